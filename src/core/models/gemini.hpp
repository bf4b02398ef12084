#pragma once

#include <string>

#include "core/connectors/connector_page.hpp"
#include "core/models/completion.hpp"
#include "core/models/model_settings.hpp"
#include "core/models/prompt.hpp"

namespace headway::core {

// response_format "json_object" asks for JSON of any shape, for schemas that the vendor finds too
// large.
const SettingRules& gemini_rules();

// POST {base_url}/models/{model}:generateContent. Never log the result.
Outgoing gemini_request(const ModelSettings& settings, const std::string& api_key,
                        const Prompt& prompt, const std::string& question);

// Throws Failure(protocol) for an answer that is none. Kinds as those of read_openai_answer().
Completion read_gemini_answer(const Answer& answer, Timestamp now);

// The same for an answer whose status is not 200, of any of the vendor's endpoints.
Error read_gemini_error(const Answer& answer);

// The address of a model's method.
std::string gemini_url(const ModelSettings& settings, const char* method);

}  // namespace headway::core
