#include "core/builtin/builtin_extractor.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/builtin/cues.hpp"
#include "core/builtin/similarity.hpp"
#include "core/builtin/theme_guess.hpp"
#include "core/builtin/trail_extractor.hpp"
#include "core/conversation/sentences.hpp"

namespace headway::core {
namespace {

constexpr double kComplaintWeight = 2.5;  // "crashes", "slow": complaints tell the area
constexpr double kNeighbourWeight = 0.5;  // the sentences before and after, by the same speaker
constexpr double kSameInConversation = 0.35;
constexpr double kSomeTheme = 0.5;
constexpr double kSureCue = 0.9;
constexpr std::size_t kShortestSentence = 5;  // words
constexpr std::size_t kLongestTitle = 90;

struct Sentence {
    std::size_t turn;
    std::string text;
    Spoken said;
};

struct Finding {
    std::size_t turn, sentence;
    Cue cue;
    ThemeGuess theme;
    std::string quote;
    std::string description;
    std::string title;
    double strength() const { return cue.weight * theme.confidence; }
};

// How many of the words from `first` on only lead to what is asked for: "that", "we could".
std::size_t leading_words(const std::vector<std::string>& words, std::size_t first) {
    constexpr auto kWords = std::to_array<std::string_view>(
        {"and", "but", "for", "if", "is", "like", "now", "or", "so", "that", "then", "to"});
    constexpr auto kPeople = std::to_array<std::string_view>({"i", "they", "we", "you"});
    auto is_one_of = [](const auto& list, const std::string& word) {
        return std::find(list.begin(), list.end(), word) != list.end();
    };
    if (is_one_of(kWords, words[first])) return 1;
    const std::string& next = words[first + 1];
    bool may = is_one_of(kPeople, words[first]) && (next == "could" || next == "can");
    bool make_it = words[first] == "it" && next == "that";
    return may || make_it ? 2 : 0;
}

// What is asked for, without the words that ask: "I'd love to get the report out" -> "Get the
// report out". A complaint keeps all its words.
std::string title_of(const Sentence& sentence, const Cue& cue) {
    const Spoken& said = sentence.said;
    std::size_t first = 0;
    bool only_asks = cue.kind == CueKind::request && (Terms::is_stop_word(said.words[cue.last]) ||
                                                      is_wish_word(said.words[cue.last]));
    if (only_asks && cue.last + 3 < said.words.size()) first = cue.last + 1;
    for (std::size_t skip = 1; skip > 0 && first + 3 < said.words.size(); first += skip)
        skip = leading_words(said.words, first);

    std::string_view text = std::string_view(sentence.text).substr(said.begin[first]);
    while (!text.empty() && std::string_view(",.;:?! ").find(text.back()) != std::string_view::npos)
        text.remove_suffix(1);
    std::string title(clip_words(text, kLongestTitle));
    if (!title.empty() && title[0] >= 'a' && title[0] <= 'z')
        title[0] = static_cast<char>(title[0] - 32);
    return title;
}

class Reader {
  public:
    explicit Reader(const Conversation& conversation)
        : conversation_(conversation), guesser_(conversation.themes, concepts_) {}

    std::vector<Finding> findings() {
        for (std::size_t turn = 0; turn < conversation_.turns.size(); ++turn)
            if (!conversation_.is_insider(conversation_.turns[turn].speaker)) read_turn(turn);
        std::erase_if(findings_, [this](const Finding& finding) {
            return is_noise(finding) || is_reason(finding);
        });
        return std::move(findings_);
    }

  private:
    void read_turn(std::size_t turn) {
        std::vector<Sentence> sentences;
        for (std::string_view text : sentences_of(conversation_.turns[turn].text))
            sentences.push_back({turn, std::string(text), spoken(text)});
        for (std::size_t i = 0; i < sentences.size(); ++i) read_sentence(sentences, i);
    }

    void read_sentence(const std::vector<Sentence>& sentences, std::size_t i) {
        const Sentence& sentence = sentences[i];
        if (sentence.said.words.size() < kShortestSentence) return;
        Cue cue = find_cue(sentence.said.words);
        if (cue.kind == CueKind::none || is_answered(sentence)) return;
        if (leads_over(sentences, i, cue)) return read_answer(sentences[i + 1], i + 1, cue);

        WeightedConcepts about;
        add_sentence(about, sentence, cue);
        std::string description = sentence.text;
        if (i > 0) add(about, sentences[i - 1].text, kNeighbourWeight);
        if (i + 1 < sentences.size()) {
            add(about, sentences[i + 1].text, kNeighbourWeight);
            description += ' ' + sentences[i + 1].text;  // where people explain what they have said
        }
        keep({sentence.turn, i, cue, guesser_.guess(about), sentence.text, std::move(description),
              title_of(sentence, cue)});
    }

    // "You know what I'd love? A dark mode." The wish is the sentence behind the question.
    static bool leads_over(const std::vector<Sentence>& sentences, std::size_t i, const Cue& cue) {
        const Sentence& sentence = sentences[i];
        bool ends_with_cue = cue.kind == CueKind::request && cue.says(sentence.said.words.back());
        return ends_with_cue && sentence.text.back() == '?' && i + 1 < sentences.size() &&
               !sentences[i + 1].said.words.empty();
    }

    void read_answer(const Sentence& answer, std::size_t i, const Cue& cue) {
        WeightedConcepts about;
        add(about, answer.text, 1);
        Cue nothing_said = {cue.kind, cue.weight, 0, nullptr};
        keep({answer.turn, i, nothing_said, guesser_.guess(about), answer.text, answer.text,
              title_of(answer, nothing_said)});
    }

    // The words of a complaint ("crashes") tell the area more than others; those of a wish ("could
    // really use") tell nothing.
    void add_sentence(WeightedConcepts& about, const Sentence& sentence, const Cue& cue) const {
        std::string complaint, rest;
        for (const std::string& word : sentence.said.words) {
            bool in_cue = cue.says(word);
            if (in_cue && cue.kind != CueKind::request) complaint += word + ' ';
            if (!(in_cue && is_wish_word(word))) rest += word + ' ';
        }
        add(about, rest, 1);
        add(about, complaint, kComplaintWeight);
    }

    void add(WeightedConcepts& about, std::string_view text, double weight) const {
        for (std::string& concept_name : concepts_.of(text))
            about.emplace_back(std::move(concept_name), weight);
    }

    // A question that a colleague answers with "it's under settings" was no wish.
    bool is_answered(const Sentence& sentence) const {
        if (sentence.text.back() != '?' || sentence.turn + 1 >= conversation_.turns.size())
            return false;
        const Turn& reply = conversation_.turns[sentence.turn + 1];
        auto said = sentences_of(reply.text);
        return conversation_.is_insider(reply.speaker) && !said.empty() &&
               confirms_existing(spoken(said[0]).words);
    }

    // Talk that only sounds like a wish: about no theme, and not put to the vendor either.
    static bool is_noise(const Finding& finding) {
        bool to_vendor = finding.cue.kind == CueKind::request && finding.cue.says("you");
        return finding.theme.confidence < kSomeTheme &&
               !(to_vendor && finding.cue.weight >= kSureCue);
    }

    // A complaint with a wish behind it, in one breath and about one theme, is the wish's reason.
    bool is_reason(const Finding& finding) const {
        return finding.cue.kind == CueKind::pain &&
               std::any_of(findings_.begin(), findings_.end(), [&](const Finding& wish) {
                   return wish.cue.kind == CueKind::request && wish.turn == finding.turn &&
                          wish.sentence > finding.sentence &&
                          wish.theme.theme == finding.theme.theme;
               });
    }

    // People come back to what they asked for, and take two sentences to say it: one conversation
    // states each thing once.
    void keep(Finding finding) {
        for (Finding& known : findings_) {
            bool same_area =
                known.theme.theme == finding.theme.theme && known.cue.kind == finding.cue.kind;
            bool goes_on = known.turn == finding.turn && known.sentence + 1 == finding.sentence;
            if (!same_area || (!goes_on && similarity(concepts_, known.quote, finding.quote) <
                                               kSameInConversation))
                continue;
            std::string description = goes_on ? known.description : std::string();
            if (finding.strength() > known.strength()) known = std::move(finding);
            if (goes_on) known.description = description;
            return;
        }
        findings_.push_back(std::move(finding));
    }

    const Conversation& conversation_;
    Concepts concepts_;
    ThemeGuesser guesser_;
    std::vector<Finding> findings_;
};

Json item_of(const Finding& finding) {
    Json item = Json::Object{{"title", finding.title},
                             {"description", finding.description},
                             {"quote", finding.quote},
                             {"theme_confidence", finding.theme.confidence}};
    if (finding.theme.theme) item.set("theme", finding.theme.theme->name);
    return item;
}

}  // namespace

std::string builtin_extract(const Conversation& conversation) {
    if (conversation.is_trail()) return extract_from_trail(conversation);
    Json::Array requests, bugs, pains;
    for (const Finding& finding : Reader(conversation).findings()) {
        Json::Array& list = finding.cue.kind == CueKind::bug    ? bugs
                            : finding.cue.kind == CueKind::pain ? pains
                                                                : requests;
        list.push_back(item_of(finding));
    }
    Json answer = Json::Object{{"feature_requests", std::move(requests)},
                               {"bug_reports", std::move(bugs)},
                               {"pain_points", std::move(pains)},
                               {"language", conversation.language}};
    return answer.dump();
}

}  // namespace headway::core
