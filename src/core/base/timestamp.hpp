#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace headway::core {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// Reads ISO 8601 as APIs spell it: "2026-06-10T21:50:07.428+02:00", "...Z", up to nanoseconds
// (rounded down to microseconds). A time without offset is refused: guessing a zone loses records.
std::optional<Timestamp> parse_timestamp(std::string_view text);

// "2026-06-10T19:50:07.428000Z"
std::string format_timestamp(Timestamp at);

// An HTTP date in the form that servers must send (RFC 9110): "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<Timestamp> parse_http_date(std::string_view text);

}  // namespace headway::core
