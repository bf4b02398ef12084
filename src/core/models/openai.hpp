#pragma once

#include <string>

#include "core/connectors/connector_page.hpp"
#include "core/models/completion.hpp"
#include "core/models/model_settings.hpp"
#include "core/models/prompt.hpp"

namespace headway::core {

// token_limit: local servers know "max_tokens" only; OpenAI's reasoning models know the other one
// only. response_format: "json_object" for some local servers, or "text".
const SettingRules& openai_rules();

// POST {base_url}/chat/completions with the prompt's answer schema in strict mode. `api_key` may be
// empty for local servers. Never log the result.
Outgoing openai_request(const ModelSettings& settings, const std::string& api_key,
                        const Prompt& prompt, const std::string& question);

// Throws Failure(protocol) for an answer that is none. The kinds: refused (a refusal, the content
// filter, a wrong key, no money, an unknown model), too_large (the context or the answer's limit),
// rate_limited, timeout, server.
Completion read_openai_answer(const Answer& answer, Timestamp now);

// The same for an answer whose status is not 200, of any of the vendor's endpoints.
Error read_openai_error(const Answer& answer, Timestamp now);

}  // namespace headway::core
