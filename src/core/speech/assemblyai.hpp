#pragma once

#include "core/speech/transcription.hpp"

namespace headway::core {

SpeechSettings assemblyai_settings(const Json& settings);

// The three steps, each a request. `upload` has the recording for its body, which the caller adds.
Outgoing assemblyai_upload(const SpeechSettings& settings, const std::string& api_key);
Outgoing assemblyai_submit(const SpeechSettings& settings, const std::string& api_key,
                           const std::string& audio_url);
Outgoing assemblyai_poll(const SpeechSettings& settings, const std::string& api_key,
                         const std::string& id);

// Where the recording is now, and what the transcript will be known by. They throw
// Failure(protocol) for an answer that is none.
Result<std::string> read_assemblyai_upload(const Answer& answer, Timestamp now);
Result<std::string> read_assemblyai_submit(const Answer& answer, Timestamp now);

// No value while the vendor is at it.
Result<std::optional<Transcription>> read_assemblyai(const Answer& answer, Timestamp now);

}  // namespace headway::core
