#include "core/builtin/call_parts.hpp"

#include <map>

#include "core/builtin/call_phrases.hpp"
#include "core/builtin/concepts.hpp"
#include "core/conversation/sentences.hpp"

namespace headway::core {
namespace {

constexpr double kAnswersThePhone = 0.5;  // a sign of the practice, as good as half a phrase

// Who speaks for the practice: whoever is known to, else who speaks most like it.
std::vector<std::string> staff_of(const Conversation& conversation) {
    if (!conversation.insiders.empty()) return conversation.insiders;
    std::map<std::string, double> score;
    if (!conversation.turns.empty()) score[conversation.turns[0].speaker] = kAnswersThePhone;
    for (const Turn& turn : conversation.turns)
        for (std::string_view sentence : sentences_of(turn.text))
            score[turn.speaker] += sign<kStaffPhrases>(spoken(sentence).words);
    auto most = std::max_element(score.begin(), score.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; });
    return score.size() < 2 ? std::vector<std::string>() : std::vector{most->first};
}

}  // namespace

std::vector<CallPart> call_parts(const Conversation& conversation) {
    std::vector<std::string> staff = staff_of(conversation);
    std::vector<CallPart> parts;
    for (const Turn& turn : conversation.turns) {
        CallPart part;
        part.is_staff = std::find(staff.begin(), staff.end(), turn.speaker) != staff.end();
        for (std::string_view text : sentences_of(turn.text))
            part.sentences.push_back({std::string(text), spoken(text).words});
        parts.push_back(std::move(part));
    }
    return parts;
}

}  // namespace headway::core
