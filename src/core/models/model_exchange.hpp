#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"
#include "core/connectors/connector_page.hpp"

// What the exchanges with models' vendors have in common. What vendors say of an error may quote
// what was sent, so only its name is kept.
namespace headway::core {

Outgoing json_request(const std::string& url, const Json& body);

// As text that can be kept; "" when it is not there.
std::string header_of(const Answer& answer, const char* name);
// The text behind a JSON pointer; "" when there is none.
std::string text_at(const Json& json, std::string_view pointer);
// A number of tokens, where there is one that can be.
std::optional<std::int64_t> count_at(const Json& json, std::string_view pointer);
// An error's name, if it looks like one.
std::string name_or_nothing(const std::string& text);
// The JSON of an answer that may be none; null then.
Json error_json(const Answer& answer);

// What a vendor's error comes to. `code`: its name.
Error quota_error(const std::string& code, int status);
Error too_large_error(const std::string& code, int status);
// By the status alone. 429, 409 and 5xx, of which 529 is one, carry `wait`.
Error error_by_status(const std::string& code, int status,
                      std::optional<std::chrono::seconds> wait);

// An answer that was paid for and is of no use.
Error refusal();
Error cut_answer();
Error filtered_answer();
Error empty_answer();

}  // namespace headway::core
