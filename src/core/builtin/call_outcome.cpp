#include "core/builtin/call_outcome.hpp"

#include <set>

#include "core/builtin/call_steps.hpp"

namespace headway::core {
namespace {

constexpr double kSure = 0.6;      // from here on a call ended with an appointment
constexpr double kAccepted = 0.7;  // a time that was offered
constexpr double kRepeated = 0.5;  // by the practice, once it is accepted
constexpr int kOpening = 2;        // turns in which a customer says what the call is about

using Words = std::set<std::string>;

// The words by which a turn names a time, for who repeats them.
Words time_of(const CallPart& part) {
    Words named;
    if (sign<kTimePhrases>(part) == 0) return named;
    for (const CallSentence& sentence : part.sentences)
        for (const std::string& word : sentence.words)
            if (sign<kTimeWords>({word}) > 0) named.insert(word);
    return named;
}

bool share(const Words& a, const Words& b) {
    return std::any_of(a.begin(), a.end(), [&](const std::string& word) { return b.count(word); });
}

// An appointment is a time that one side names and the other takes; the last word counts.
double agreed_time(const std::vector<CallPart>& parts) {
    Words offered, accepted;
    double sure = 0;
    for (const CallPart& part : parts) {
        Words named = time_of(part);
        if (part.is_staff) {
            if (!accepted.empty() && share(named, accepted)) sure = either(sure, kRepeated);
            offered = std::move(named);
            continue;
        }
        bool takes = !offered.empty() && (sign<kAcceptance>(part) > 0 || share(named, offered));
        if (takes && sign<kRefusal>(part) <= sign<kAcceptance>(part)) {
            sure = either(sure, kAccepted);
            accepted = offered;
            accepted.merge(named);
        } else if (sign<kRefusal>(part) > 0) {
            sure = 0;
            accepted.clear();
        } else if (!named.empty()) {
            accepted = named;  // asks for that time: it is for the practice to say yes
        }
    }
    return sure;
}

// How surely a call has taken each of the steps.
struct Steps {
    double agreed = 0, existing = 0, interest = 0, declined = 0;

    void add(Step step, double weight, bool time_is_named) {
        switch (step) {
            case Step::agreed: agreed = either(agreed, weight); break;
            case Step::accepted:
                if (time_is_named) agreed = either(agreed, weight);
                break;
            case Step::existing: existing = either(existing, weight); break;
            case Step::interest: interest = either(interest, weight); break;
            case Step::declined: declined = either(declined, weight); break;
            case Step::none: break;
        }
    }
};

Steps steps_of(const std::vector<CallPart>& parts) {
    Steps steps;
    int customer_turns = 0;
    for (std::size_t turn = 0; turn < parts.size(); ++turn) {
        const CallPart& part = parts[turn];
        bool time_is_named =
            sign<kTimePhrases>(part) > 0 || (turn > 0 && sign<kTimePhrases>(parts[turn - 1]) > 0);
        bool is_opening = !part.is_staff && ++customer_turns <= kOpening;
        for (const CallSentence& sentence : part.sentences) {
            auto hit = part.is_staff ? strongest<kStaffSteps>(sentence.words)
                                     : strongest<kCustomerSteps>(sentence.words);
            steps.add(hit.kind, hit.weight, time_is_named);
            if (is_opening) steps.add(Step::existing, sign<kOtherBusiness>(sentence.words), false);
            double interest =
                part.is_staff ? sign<kPitch>(sentence.words) : sign<kInterest>(sentence.words);
            if (hit.kind != Step::interest) steps.add(Step::interest, interest, false);
        }
    }
    return steps;
}

}  // namespace

CallOutcome outcome_of(const std::vector<CallPart>& parts,
                       const std::vector<FoundObjection>& objections) {
    Steps steps = steps_of(parts);
    double scheduled = either(steps.agreed, agreed_time(parts)) * (1 - steps.existing);
    if (scheduled >= kSure) return {"consult_scheduled", scheduled};
    double open = either(steps.interest, steps.declined);
    for (const FoundObjection& objection : objections) open = either(open, objection.weight / 2);
    open *= 1 - steps.existing;
    if (open >= kSure) return {"consult_not_scheduled", open * (1 - scheduled)};
    return {"other_question", 1 - std::max(open, scheduled)};
}

}  // namespace headway::core
