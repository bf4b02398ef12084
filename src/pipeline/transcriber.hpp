#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "async/task.hpp"
#include "core/speech/transcription.hpp"
#include "pipeline/model.hpp"
#include "pipeline/storage.hpp"

namespace headway::pipeline {

// A recording to be heard: a file of this server, or, for providers that fetch by themselves, where
// anybody can read it. With `progress` it has been given to the vendor already.
struct SpeechRequest {
    std::string workspace;
    Provider provider;  // {name, settings, credentials}
    LocalFile audio;
    std::string audio_url;
    core::Json progress;
    std::optional<double> seconds = {};  // how long it is, where its source says
};

// What was heard; or, where the vendor is still at it, when to ask again and with what.
struct SpeechReply {
    std::optional<core::Transcription> heard;
    core::Json progress;
    std::chrono::seconds again_in{0};
};

// A provider of speech recognition. One call is one step; retries are its caller's business.
class Transcriber {
  public:
    virtual ~Transcriber() = default;
    // `request` must outlive the coroutine.
    virtual async::Task<core::Result<SpeechReply>> transcribe(const SpeechRequest& request) = 0;
};

}  // namespace headway::pipeline
