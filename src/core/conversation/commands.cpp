#include "core/conversation/commands.hpp"

#include <algorithm>
#include <array>

#include "core/base/phrase_pattern.hpp"
#include "core/base/text.hpp"
#include "core/conversation/extraction.hpp"
#include "core/conversation/sentences.hpp"

namespace headway::core {
namespace {

constexpr std::string_view kTakenOut = "[...]";

// In the notation of PhrasePattern, over folded words. A customer may wish to mark all tickets as
// urgent, and complain of rules that are ignored: orders count where they begin a sentence, or name
// what only a model has.
constexpr auto kOrders = std::to_array<std::string_view>({
    "ignore|disregard|forget|override|bypass|discard all|any|your|previous|prior|earlier|above * * "
    "instructions|instruction|prompt|directives|guidelines|programming",
    "^ ignore|disregard|forget|override|discard * * * instructions|rules|prompt|guidelines|orders",
    "^ please|now|and|so|then|instead|also|ok|okay ignore|disregard|forget * * "
    "instructions|rules|prompt|guidelines",
    "^ ignore|disregard|forget everything|anything|all you|above|before|previous",
    "^ new|updated|revised instructions|orders|directives",
    "your system|hidden|initial|original prompt|instructions",
    "you are a|an|the|now|no * ai|llm|chatbot|bot|dan",
    "you are a|an|the|now * helpful|obedient|unrestricted|different * "
    "assistant|model|reader|analyst",
    "if|when|since you are a|an|the * ai|llm|model|bot|language",
    "as an|a ai|llm|language model|assistant",
    "^ attention|note|message|instruction|instructions|hey|hello|dear|important|warning "
    "to|for|the|all|any|every|ai|llm|language * "
    "ai|llm|model|models|assistant|bot|reader|summarizer",
    "^ dear|hey|attention|hello ai|llm|assistant|model|bot",
    "^ mark|set|rate|flag|label|classify|treat|rank|score|tag * everything|all|every|each|anything "
    "* "
    "* critical|urgent|high|highest|maximum|top|blocker|severe|low",
    "^ please|now|and|then|instead|also|always|just "
    "mark|set|rate|flag|label|classify|treat|rank|score|tag * everything|all|every|each * * "
    "critical|urgent|highest|maximum",
    "you must|should|shall|will mark|set|rate|flag|label|classify|treat|rank|score|tag * "
    "everything|all|every|each * * critical|urgent|highest|maximum",
    "^ everything|all|every|each * * must|should|shall be critical|urgent|marked|rated|reported",
    "^ set|put|change|assign * urgency|severity|confidence|themes * to|as",
    "^ set|assign * theme * * everything|all|every|each",
    "^ respond|answer|reply|output|return|print|write only|exactly|just",
    "^ respond|answer|reply|output|return|print * json",
    "^ add|invent|include|create|report|insert|append|count * * "
    "feature|features|request|requests|item|items|bug|bugs|quote|mention|mentions * * "
    "answer|output|json|times",
    "^ do not|never report|extract|summarize",
    "^ report|list|extract|return|output nothing|no",
    "match|link|merge this|it|everything|all * to|with feature * id|number",
    // Other languages.
    "^ ignoriere|ignorieren|vergiss|vergessen|missachte|missachten * * * "
    "anweisungen|vorgaben|regeln|instruktionen|befehle",
    "^ bitte|und|jetzt ignoriere|ignorieren|vergiss * * * anweisungen|vorgaben|regeln|befehle",
    "^ markiere|setze|bewerte|stufe|behandle|melde alles|alle|jede|jeden * * "
    "kritisch|dringend|hoch|höchste",
    "^ ignore|ignorez|oublie|oubliez * * instructions|consignes|règles|directives",
    "^ marque|marquez|classe|classez|considère|traite|traitez tout|tous|toutes|chaque * * * "
    "critique|critiques|urgent|urgents|urgente|urgentes",
    "^ ignora|ignore|olvida|olvide|ignoren|ignorad * * instrucciones|reglas|indicaciones|órdenes",
    "^ marca|marque|clasifica|clasifique|trata todo|todos|todas|cada * * * "
    "crítico|críticos|crítica|críticas|critico|urgente|urgentes",
    "^ ignora|ignorate|dimentica|dimenticate * * istruzioni|regole|indicazioni",
    "^ segna|contrassegna|classifica|marca tutto|tutti|tutte|ogni * * "
    "critico|critici|urgente|urgenti",
    "^ ignore|ignora|esqueça|esquece|desconsidere * * instruções|regras|ordens",
    "^ negeer|vergeet * * instructies|regels|opdrachten|aanwijzingen",
    "^ markeer|beschouw alles|alle|elke * * kritiek|dringend|urgent",
});

// What nobody says, and only a model is sent; and orders in scripts that put no blanks between
// words.
constexpr auto kMarks = std::to_array<std::string_view>(
    {"theme_confidence", "feature_requests", "bug_reports", "pain_points", "matching_feature_id",
     "is_duplicate", "quote_status", "<system", "</", "[inst", "<|", "```", "### ", "игнорируй",
     "忽略之前", "忽略以上", "指示を無視", "これまでの指示"});

std::vector<std::string> words_of(std::string_view sentence) {
    std::string visible;
    for (std::size_t at = 0; at < sentence.size();) {
        char32_t c = next_code_point(sentence, at);
        if (!is_invisible(c)) append_utf8(visible, c);
    }
    std::string folded = fold(visible).text;
    std::vector<std::string> words;
    for (std::string_view word : split(folded, ' ')) words.emplace_back(word);
    return words;
}

bool has_mark(std::string_view sentence) {
    std::string text = lower(sentence);
    return std::any_of(kMarks.begin(), kMarks.end(),
                       [&](std::string_view mark) { return text.find(mark) != std::string::npos; });
}

std::size_t take_out_of(std::string& text) {
    std::string kept;
    std::size_t from = 0, taken = 0;
    for (std::string_view sentence : sentences_of(text)) {
        if (!commands_a_model(sentence)) continue;
        auto at = static_cast<std::size_t>(sentence.data() - text.data());
        kept.append(text, from, at - from).append(kTakenOut);
        from = at + sentence.size();
        ++taken;
    }
    if (taken > 0) text = kept + text.substr(from);
    return taken;
}

std::size_t clear_command(std::string& name) {
    bool is_one = commands_a_model(name);
    if (is_one) name.clear();
    return is_one;
}

}  // namespace

bool commands_a_model(std::string_view sentence) {
    static const auto& orders = *new PhraseList(kOrders);
    return has_mark(sentence) || orders.any_stands_in(words_of(sentence));
}

std::size_t take_out_commands(Conversation& conversation) {
    std::size_t taken = clear_command(conversation.title) + clear_command(conversation.customer);
    for (Turn& turn : conversation.turns)
        taken += take_out_of(turn.text) + clear_command(turn.speaker);
    return taken;
}

}  // namespace headway::core
