#pragma once

#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/connectors/connector_page.hpp"
#include "core/models/prompt.hpp"

namespace headway::core {

// How an OpenAI-compatible endpoint is asked. Read from a provider's settings.
struct OpenAiSettings {
    std::string base_url = "https://api.openai.com/v1";
    std::string model;
    std::optional<double> temperature;
    int max_output_tokens = 16'000;
    std::chrono::seconds timeout{300};  // "timeout_seconds"
    // Local servers know "max_tokens" only; OpenAI's reasoning models know the other one only.
    std::string token_limit = "max_completion_tokens";
    // "json_schema", "json_object" (some local servers) or "text".
    std::string response_format = "json_schema";

    // Throws Failure(invalid) naming an unknown or ill-typed setting.
    static OpenAiSettings from_json(const Json& settings);
};

// POST {base_url}/chat/completions with the prompt's answer schema in strict mode. `api_key` may be
// empty for local servers. Never log the result.
Outgoing openai_request(const OpenAiSettings& settings, const std::string& api_key,
                        const Prompt& prompt, const std::string& question);

// A completion, or why there is none. Unknown figures are absent.
struct Completion {
    std::string text;
    std::string model;
    std::string finish_reason;
    std::string request_id;
    std::optional<std::int64_t> input_tokens;
    std::optional<std::int64_t> output_tokens;
    std::optional<std::int64_t> cached_tokens;
    std::optional<std::int64_t> reasoning_tokens;
    std::optional<Error> failure;  // paid for all the same: a refusal, an answer that was cut
};

// Throws Failure(protocol) for an answer that is none. The kinds: refused (a refusal, the content
// filter, a wrong key, no money, an unknown model), too_large (the context or the answer's limit),
// rate_limited, timeout, server.
Completion read_openai_answer(const Answer& answer, Timestamp now);

}  // namespace headway::core
