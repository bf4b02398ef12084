#include "core/builtin/call_objections.hpp"

#include "core/builtin/call_cues.hpp"

namespace headway::core {
namespace {

constexpr double kEnough = 0.65;     // from here on it is an objection
constexpr double kOfContext = 0.95;  // what was just said, as good as a word of one's own

struct Reading {
    Objection type = Objection::other;
    double weight = 0;
};

// What the practice has said last: an objection without a subject is to that.
Reading subject_before(const std::vector<CallPart>& parts, std::size_t turn) {
    Reading subject;
    if (turn == 0 || !parts[turn - 1].is_staff) return subject;
    for (const CallSentence& sentence : parts[turn - 1].sentences) {
        auto hit = strongest<kStaffSubjects>(sentence.words);
        if (hit.weight > subject.weight) subject = {hit.kind, hit.weight * kOfContext};
    }
    return subject;
}

// Whether a sentence is an objection, and to what: by a phrase that is one; by a word that people
// only use of what they mind; or by a subject together with reluctance.
Reading read(const std::vector<std::string>& words, const Reading& before) {
    if (sign<kNoObjection>(words) > 0) return {};
    Reading best;
    auto consider = [&](Objection type, double weight) {
        if (weight > best.weight) best = {type, weight};
    };
    if (auto hit = strongest<kObjectionPhrases>(words); hit.pattern) consider(hit.kind, hit.weight);
    if (sign<kContentment>(words) > 0) return best;
    if (auto hit = strongest<kMinded>(words); hit.pattern) consider(hit.kind, hit.weight);
    double reluctance = sign<kReluctance>(words);
    if (reluctance == 0) return best;
    auto subject = strongest<kSubjects>(words);
    if (subject.pattern) consider(subject.kind, either(subject.weight, reluctance) * 0.9);
    else consider(before.type, before.weight * reluctance);
    return best;
}

}  // namespace

std::vector<FoundObjection> objections_in(const std::vector<CallPart>& parts) {
    std::vector<FoundObjection> found;
    for (std::size_t turn = 0; turn < parts.size(); ++turn) {
        if (parts[turn].is_staff) continue;
        Reading before = subject_before(parts, turn);
        for (const CallSentence& sentence : parts[turn].sentences) {
            Reading hit = read(sentence.words, before);
            if (hit.weight < kEnough) continue;
            auto same = std::find_if(found.begin(), found.end(), [&](const FoundObjection& known) {
                bool is_price = hit.type == Objection::cost;  // one thing, however often
                return known.type == hit.type && (known.turn == turn || is_price);
            });
            FoundObjection one{hit.type, hit.weight, sentence.text, turn};
            if (same == found.end()) found.push_back(std::move(one));
            else if (one.weight > same->weight) *same = std::move(one);
        }
    }
    return found;
}

}  // namespace headway::core
