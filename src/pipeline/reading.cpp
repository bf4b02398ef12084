#include "pipeline/reading.hpp"

#include <limits>

#include "core/base/claims.hpp"
#include "core/builtin/relevance.hpp"
#include "core/conversation/commands.hpp"
#include "core/conversation/parts.hpp"

namespace headway::pipeline {
namespace {

using core::Json;
using Answers = std::vector<std::string>;

core::Conversation heard(core::Conversation conversation) {
    conversation.commands = core::take_out_commands(conversation);
    return conversation;
}

// The built-in provider has no limit, and reads better what it sees as a whole.
std::size_t most_tokens(const Provider& provider, const Json& rules) {
    constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
    bool limited = !provider->is_null() && rules["chunk_tokens"].is_integer();
    return limited ? static_cast<std::size_t>(rules["chunk_tokens"].as_integer()) : kNoLimit;
}

}  // namespace

Reading::Reading(core::Conversation conversation, const Json& rules, Provider provider,
                 std::string workspace)
    : conversation_(heard(std::move(conversation))),
      threshold_(rules["threshold"].as_number()),
      provider_(std::move(provider)),
      workspace_(std::move(workspace)),
      parts_(core::split_turns(conversation_.turns, most_tokens(provider_, rules))) {}

double Reading::relevance() const {
    return provider_->is_null() ? 1 : core::relevance_of(conversation_);
}

ModelRequest Reading::next(const Answers& answers) const {
    Json question = conversation_.to_json(parts_.at(answers.size()));
    if (parts_.size() > 1)
        question.set("title", conversation_.title + " (part " + std::to_string(answers.size() + 1) +
                                  " of " + std::to_string(parts_.size()) + ")");
    return {"extract", std::move(question), provider_, workspace_, core::parse_answer};
}

core::Extraction Reading::read(const Answers& answers) const {
    return core::read_extraction(core::join_answers(answers), conversation_, threshold_);
}

Json Reading::round(const Answers& answers) const {
    if (parts_.size() == 1) return {};
    return Json::Object{{"parts", parts_.size()},
                        {"answers", Json::Array(answers.begin(), answers.end())}};
}

Answers Reading::stored_answers(const Json& reply) const {
    std::optional<ModelAnswer> last = stored_answer(reply);
    auto parts = static_cast<std::size_t>(reply["round"].integer_or("parts", 1));
    if (!last || parts != parts_.size()) return {};
    Answers answers;
    for (const Json& answer : reply["round"]["answers"].items())
        answers.push_back(answer.as_string());
    // If the last one cannot be read, it was the reason why the earlier attempt failed.
    if (is_readable(*last, core::parse_answer)) answers.push_back(last->text);
    return answers;
}

}  // namespace headway::pipeline
