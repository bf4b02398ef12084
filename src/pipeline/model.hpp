#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/task.hpp"
#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/models/completion.hpp"

namespace headway::pipeline {

// Who is asked: {name, settings, credentials, prompt, fallback} as the database's _provider() gives
// it, the fallback another such object without a prompt of its own; null is the built-in provider.
// Shared by all requests of a workspace.
using Provider = std::shared_ptr<const core::Json>;

// What a model is asked. `input` is the whole question as data: for "extract" a
// core::Conversation, for "match" a core::MatchQuestion, both in their JSON forms, or several as
// core::joint_question() puts them, for "link"
// {call, language, candidates, turns}, for "analyse" a core::Conversation once more. A provider
// that speaks to a network renders it into a prompt; the built-in one reads it as it is.
struct ModelRequest {
    std::string purpose;  // as in llm_calls: extract, match, link, analyse
    core::Json input;
    Provider provider = std::make_shared<const core::Json>();
    std::string workspace = {};  // which the credentials are sealed for
    // Reads an answer, and throws Failure when it is of no use. Answers to requests that have it
    // are kept, and given again to who asks the same. Must live as long as the request.
    std::function<void(const std::string& text)> read = {};
};

// As in llm_calls.provider.
std::string provider_name(const Provider& provider);
// As in llm_calls.request_model.
std::string model_name(const Provider& provider);
// As in match_decisions.decided_by, for a provider's name.
std::string judge_name(const std::string& provider);
// Who is asked when the provider has failed for good.
std::optional<Provider> fallback_of(const Provider& provider);
bool has_fallback(const Provider& provider);

// What came back: the answer as text, to be checked by core before anything believes it, and what
// the call was worth. Unknown figures are absent, never 0.
struct ModelReply : core::Completion {
    std::string request_model = {};
    std::optional<double> cost_usd = {};
};

// A provider of language models. One ask is one exchange; retries are its caller's business.
class Model {
  public:
    virtual ~Model() = default;
    // `request` must outlive the coroutine.
    virtual async::Task<core::Result<ModelReply>> ask(const ModelRequest& request) = 0;
};

}  // namespace headway::pipeline
