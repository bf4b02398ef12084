#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/error.hpp"

namespace headway::core {

// What a model said, or why it said nothing. Unknown figures are absent.
struct Completion {
    std::string text = {};
    std::string model = {};
    std::string finish_reason = {};  // in the vendor's word
    std::string request_id = {};
    std::optional<std::int64_t> input_tokens = {};   // all, those from the vendor's cache included
    std::optional<std::int64_t> output_tokens = {};  // all, reasoning included
    std::optional<std::int64_t> cached_tokens = {};
    std::optional<std::int64_t> cache_write_tokens = {};  // kept by a vendor that charges for it
    std::optional<std::int64_t> reasoning_tokens = {};
    std::optional<Error> failure = {};  // paid for all the same: a refusal, an answer that was cut
};

}  // namespace headway::core
