#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/json.hpp"

namespace headway::core {

// What one exchange with a provider may use at most, and what tells its question from all others.
struct Outlay {
    std::string provider;
    std::string model;
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    double audio_seconds = 0;
    std::chrono::seconds longest{0};  // that it may take
    std::string key = {};             // hexadecimal; "" when no stored answer will do

    Json to_json() const;
};

// Of a question to a language model (pipeline::ModelRequest), by what its provider is set to. A
// token stands for a byte or more, so a text has no more tokens than bytes. Throws Failure(invalid)
// when the provider's prompt cannot be rendered.
Outlay outlay_of(const Json& provider, const std::string& purpose, const Json& input);

// Of all that a transcriber does about one recording. `seconds`: how long that is, as its source
// says; without that it is no longer than its `bytes` allow (0: nobody knows how many there are).
// Throws Failure(invalid) when the provider cannot be what it is set to.
Outlay speech_outlay(const Json& provider, std::optional<double> seconds, std::uint64_t bytes);

}  // namespace headway::core
