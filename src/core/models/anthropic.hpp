#pragma once

#include <string>

#include "core/connectors/connector_page.hpp"
#include "core/models/completion.hpp"
#include "core/models/model_settings.hpp"
#include "core/models/prompt.hpp"

namespace headway::core {

// response_format "tool" is for models that know no schemas: they are made to call one.
const SettingRules& anthropic_rules();

// POST {base_url}/v1/messages. No temperature unless one is set: newer models refuse to be told.
// Never log the result.
Outgoing anthropic_request(const ModelSettings& settings, const std::string& api_key,
                           const Prompt& prompt, const std::string& question);

// Throws Failure(protocol) for an answer that is none. Kinds as those of read_openai_answer().
Completion read_anthropic_answer(const Answer& answer, Timestamp now);

// The vendor's subset of JSON schema: keywords outside of it become a hint in the description.
Json anthropic_schema(const Json& schema);

}  // namespace headway::core
