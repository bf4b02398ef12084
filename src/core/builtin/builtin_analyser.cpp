#include "core/builtin/builtin_analyser.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/text.hpp"
#include "core/builtin/call_phrases.hpp"
#include "core/builtin/concepts.hpp"
#include "core/conversation/sentences.hpp"

namespace headway::core {
namespace {

constexpr double kSure = 0.6;                  // from here on a call ended with an appointment
constexpr double kAnswersThePhone = 0.5;       // a sign of the practice, as good as half a phrase
constexpr std::size_t kShortestAnswer = 4;     // words that meet an objection
constexpr double kMet = 0.6, kMetWell = 0.85;  // and the customer says so

template <class Kind, class Phrases>
auto strongest(const Phrases& phrases, const std::vector<std::string>& words) {
    // Compiled once; never destroyed, since the server may end a process without unwinding.
    static const auto& table = *new PhraseTable<Kind>(phrases);
    return table.strongest(words);
}

struct Sentence {
    std::string text;
    std::vector<std::string> words;
};

struct Part {  // a turn
    bool is_staff = false;
    std::vector<Sentence> sentences;
    bool names_time = false;
};

struct Found {
    Objection type;
    double weight;
    std::string quote;
    std::size_t turn;
};

// Independent signs of one thing.
double either(double a, double b) { return 1 - (1 - a) * (1 - b); }

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

// Who speaks for the practice: whoever is known to, else who speaks most like it.
std::vector<std::string> staff_of(const Conversation& conversation) {
    if (!conversation.insiders.empty()) return conversation.insiders;
    std::map<std::string, double> score;
    if (!conversation.turns.empty()) score[conversation.turns[0].speaker] = kAnswersThePhone;
    for (const Turn& turn : conversation.turns)
        for (std::string_view sentence : sentences_of(turn.text))
            score[turn.speaker] += strongest<bool>(kStaffPhrases, spoken(sentence).words).weight;
    auto most = std::max_element(score.begin(), score.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; });
    return score.size() < 2 ? std::vector<std::string>() : std::vector{most->first};
}

std::vector<Part> parts_of(const Conversation& conversation) {
    std::vector<std::string> staff = staff_of(conversation);
    std::vector<Part> parts;
    for (const Turn& turn : conversation.turns) {
        Part part;
        part.is_staff = std::find(staff.begin(), staff.end(), turn.speaker) != staff.end();
        for (std::string_view text : sentences_of(turn.text)) {
            std::vector<std::string> words = spoken(text).words;
            part.names_time = part.names_time || strongest<bool>(kTimePhrases, words).weight > 0;
            part.sentences.push_back({std::string(text), std::move(words)});
        }
        parts.push_back(std::move(part));
    }
    return parts;
}

// What is said against it. Sentences of one turn about one thing are one objection.
std::vector<Found> objections_in(const std::vector<Part>& parts) {
    std::vector<Found> found;
    for (std::size_t turn = 0; turn < parts.size(); ++turn) {
        if (parts[turn].is_staff) continue;
        for (const Sentence& sentence : parts[turn].sentences) {
            if (strongest<bool>(kNoObjection, sentence.words).weight > 0) continue;
            auto hit = strongest<Objection>(kObjectionPhrases, sentence.words);
            if (!hit.pattern) continue;
            auto same = std::find_if(found.begin(), found.end(), [&](const Found& known) {
                return known.turn == turn && known.type == hit.kind;
            });
            if (same == found.end()) found.push_back({hit.kind, hit.weight, sentence.text, turn});
            else if (hit.weight > same->weight) *same = {hit.kind, hit.weight, sentence.text, turn};
        }
    }
    return found;
}

// How surely a call has taken each of the steps.
struct Steps {
    double agreed = 0, existing = 0, interest = 0, declined = 0;

    double scheduled() const { return agreed * (1 - existing); }
};

Steps steps_of(const std::vector<Part>& parts) {
    Steps steps;
    for (std::size_t turn = 0; turn < parts.size(); ++turn) {
        const Part& part = parts[turn];
        bool time_is_named = part.names_time || (turn > 0 && parts[turn - 1].names_time);
        for (const Sentence& sentence : part.sentences) {
            auto hit = part.is_staff ? strongest<Step>(kStaffSteps, sentence.words)
                                     : strongest<Step>(kCustomerSteps, sentence.words);
            switch (hit.kind) {
                case Step::agreed: steps.agreed = either(steps.agreed, hit.weight); break;
                case Step::accepted:
                    if (time_is_named) steps.agreed = either(steps.agreed, hit.weight);
                    break;
                case Step::existing: steps.existing = either(steps.existing, hit.weight); break;
                case Step::interest: steps.interest = either(steps.interest, hit.weight); break;
                case Step::declined: steps.declined = either(steps.declined, hit.weight); break;
                case Step::none: break;
            }
        }
    }
    return steps;
}

// The sentence of the reply that meets an objection raised in turn `turn`.
std::optional<Json> answer_to(const std::vector<Part>& parts, std::size_t turn) {
    if (turn + 1 >= parts.size() || !parts[turn + 1].is_staff) return std::nullopt;
    const Sentence* best = nullptr;
    Answer kind = Answer::none;
    double weight = 0;
    for (const Sentence& sentence : parts[turn + 1].sentences) {
        bool says_something = sentence.words.size() >= kShortestAnswer &&
                              sentence.text.back() != '?' &&
                              strongest<bool>(kEmpathy, sentence.words).weight == 0;
        if (!says_something) continue;
        auto hit = strongest<Answer>(kAnswerPhrases, sentence.words);
        if (best && hit.weight <= weight) continue;
        best = &sentence;
        kind = hit.kind;
        weight = hit.weight;
    }
    if (!best) return std::nullopt;
    return Json::Object{{"how", how(kind)},
                        {"quote", best->text},
                        {"confidence", kind == Answer::none ? kMet : kMetWell}};
}

struct Category {
    const char* name;
    double confidence;
};

Category category_of(const Steps& steps, const std::vector<Found>& objections) {
    double scheduled = steps.scheduled();
    if (scheduled >= kSure) return {"consult_scheduled", scheduled};
    double open = either(steps.interest, steps.declined);
    for (const Found& objection : objections) open = either(open, objection.weight / 2);
    open *= 1 - steps.existing;
    if (open >= kSure) return {"consult_not_scheduled", open * (1 - scheduled)};
    return {"other_question", 1 - std::max(open, scheduled)};
}

}  // namespace

std::string builtin_analyse(const Conversation& conversation) {
    std::vector<Part> parts = parts_of(conversation);
    std::vector<Found> found = objections_in(parts);
    Category category = category_of(steps_of(parts), found);
    bool is_scheduled = std::string_view(category.name) == "consult_scheduled";
    Json::Array objections;
    for (const Found& objection : found) {
        Json::Array ways;
        if (is_scheduled)
            if (auto way = answer_to(parts, objection.turn)) ways.push_back(std::move(*way));
        objections.push_back(Json::Object{{"type", name_of(objection.type)},
                                          {"summary", summary_of(objection.type)},
                                          {"quote", objection.quote},
                                          {"confidence", objection.weight * 0.8},
                                          {"overcome", std::move(ways)}});
    }
    Json answer =
        Json::Object{{"category", category.name}, {"category_confidence", category.confidence}};
    answer.set("objections", std::move(objections));
    return answer.dump();
}

}  // namespace headway::core
