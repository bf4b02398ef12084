#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/connectors/connector_page.hpp"
#include "core/conversation/transcript.hpp"

namespace headway::core {

// How a provider of speech recognition is asked. Read from its settings.
struct SpeechSettings {
    std::string base_url;
    std::string model;
    std::string language;               // "" lets the vendor find out
    std::chrono::seconds timeout{600};  // "timeout_seconds"
    bool by_url = false;                // "send": "url" instead of "bytes"

    // What is not given is as in `otherwise`. Throws Failure(invalid) naming an unknown or
    // ill-typed setting.
    static SpeechSettings from_json(const Json& settings, SpeechSettings otherwise);
};

// What a vendor has heard in a recording.
struct Transcription {
    std::vector<Turn> turns;
    std::string language;
    std::string model;
    std::string request_id;
    std::optional<double> audio_seconds;

    // Adds what was said; one speaker's words in a row become one turn, and where nobody tells the
    // speakers apart, those of a sentence. Words without a sound of meaning (blank text) are
    // nothing.
    void add(Turn said);
};

// "Speaker 1" for the vendor's first speaker, 0.
std::string speaker_name(std::int64_t number);

// Why an answer holds no transcript, by its status. What a vendor says may quote what was sent, so
// only the status is told.
Error speech_error(const Answer& answer, Timestamp now);
// What a vendor that heard nobody leaves to say.
Error silence();

// A text in an answer; "" where there is none.
std::string text_of(const Json& value);
// A number of seconds in an answer, where there is one that can be.
std::optional<double> seconds_of(const Json& value);

}  // namespace headway::core
