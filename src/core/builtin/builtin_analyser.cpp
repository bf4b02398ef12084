#include "core/builtin/builtin_analyser.hpp"

#include <optional>

#include "core/builtin/call_objections.hpp"
#include "core/builtin/call_outcome.hpp"
#include "core/builtin/call_parts.hpp"
#include "core/builtin/call_phrases.hpp"

namespace headway::core {
namespace {

constexpr double kSurelyElsewhere = 0.6;       // that a call is about something else
constexpr std::size_t kShortestAnswer = 4;     // words that meet an objection
constexpr double kMet = 0.6, kMetWell = 0.85;  // and the customer says so

const char* name_of(Objection type) {
    switch (type) {
        case Objection::safety: return "safety-risk";
        case Objection::cost: return "cost-value";
        case Objection::timing: return "timing";
        case Objection::social: return "social-concerns";
        case Objection::trust: return "provider-trust";
        case Objection::results: return "results-skepticism";
        case Objection::other: break;
    }
    return "other";
}

const char* summary_of(Objection type) {
    switch (type) {
        case Objection::safety: return "Worries about pain or harm.";
        case Objection::cost: return "Minds the price, or doubts that it is worth it.";
        case Objection::timing: return "Has no time for it, or not now.";
        case Objection::social: return "Minds what others think, see or decide.";
        case Objection::trust: return "Is not sure that these are the right people.";
        case Objection::results: return "Doubts that it works or lasts.";
        case Objection::other: break;
    }
    return "Hesitates.";
}

const char* how(Answer answer) {
    switch (answer) {
        case Answer::payment: return "A way to pay in parts was offered.";
        case Answer::price: return "The price was explained, or a cheaper way offered.";
        case Answer::relief: return "It was explained how pain and harm are avoided.";
        case Answer::proof: return "Experience and results were told.";
        case Answer::time: return "Another time or way to come was offered.";
        case Answer::discreet: return "It was explained that nobody will notice or judge.";
        case Answer::trial: return "Trying it without a risk was offered.";
        case Answer::none: break;
    }
    return "It was answered at once.";
}

// The sentence of the reply that meets an objection raised in turn `turn`.
std::optional<Json> answer_to(const std::vector<CallPart>& parts, std::size_t turn) {
    if (turn + 1 >= parts.size() || !parts[turn + 1].is_staff) return std::nullopt;
    const CallSentence* best = nullptr;
    Answer kind = Answer::none;
    double weight = 0;
    for (const CallSentence& sentence : parts[turn + 1].sentences) {
        bool says_something = sentence.words.size() >= kShortestAnswer &&
                              sentence.text.back() != '?' && sign<kEmpathy>(sentence.words) == 0;
        if (!says_something) continue;
        auto hit = strongest<kAnswerPhrases>(sentence.words);
        bool says_more = hit.weight == weight && best && sentence.words.size() > best->words.size();
        if (best && hit.weight <= weight && !says_more) continue;
        best = &sentence;
        kind = hit.kind;
        weight = hit.weight;
    }
    if (!best) return std::nullopt;
    return Json::Object{{"how", how(kind)},
                        {"quote", best->text},
                        {"confidence", kind == Answer::none ? kMet : kMetWell}};
}

}  // namespace

std::string builtin_analyse(const Conversation& conversation) {
    std::vector<CallPart> parts = call_parts(conversation);
    std::vector<FoundObjection> found = objections_in(parts);
    CallOutcome outcome = outcome_of(parts, found);
    std::string_view category = outcome.category;
    bool is_elsewhere = category == "other_question" && outcome.confidence >= kSurelyElsewhere;
    Json::Array objections;
    for (const FoundObjection& objection : found) {
        if (is_elsewhere) break;  // nothing was offered to object to
        Json::Array ways;
        if (category == "consult_scheduled")
            if (auto way = answer_to(parts, objection.turn)) ways.push_back(std::move(*way));
        objections.push_back(Json::Object{{"type", name_of(objection.type)},
                                          {"summary", summary_of(objection.type)},
                                          {"quote", objection.quote},
                                          {"confidence", objection.weight * 0.8},
                                          {"overcome", std::move(ways)}});
    }
    Json answer =
        Json::Object{{"category", outcome.category}, {"category_confidence", outcome.confidence}};
    answer.set("objections", std::move(objections));
    return answer.dump();
}

}  // namespace headway::core
