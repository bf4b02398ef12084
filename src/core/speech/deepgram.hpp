#pragma once

#include "core/speech/transcription.hpp"

namespace headway::core {

SpeechSettings deepgram_settings(const Json& settings);

// POST {base_url}/v1/listen. With a URL the vendor fetches the recording; without one the recording
// is the body, which the caller adds with its size. Never log the result.
Outgoing deepgram_request(const SpeechSettings& settings, const std::string& api_key,
                          const std::string& audio_url);

// Throws Failure(protocol) for an answer that is none.
Result<Transcription> read_deepgram(const Answer& answer, Timestamp now);

}  // namespace headway::core
