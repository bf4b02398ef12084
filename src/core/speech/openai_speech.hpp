#pragma once

#include "core/speech/transcription.hpp"

namespace headway::core {

// The vendor takes at most 25 MiB, form and all, and its newer models at most 1400 seconds.
constexpr std::uint64_t kOpenAiMostBytes = 25'000'000;
constexpr double kOpenAiMostSeconds = 1'200;

SpeechSettings openai_speech_settings(const Json& settings);

// A form whose one file stands between the request's body and `end`. `file_name`: its extension
// tells the vendor what it is. Never log it.
struct SpeechForm {
    Outgoing request;
    std::string end;
};
SpeechForm openai_speech_form(const SpeechSettings& settings, const std::string& api_key,
                              const std::string& file_name);

// What was heard in a part of a recording that begins at `offset` seconds. Throws Failure(protocol)
// for an answer that is none.
Result<Transcription> read_openai_speech(const Answer& answer, double offset, Timestamp now);

}  // namespace headway::core
