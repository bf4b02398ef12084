#pragma once

#include <optional>
#include <string>

#include "pipeline/context.hpp"
#include "pipeline/temporary_file.hpp"
#include "pipeline/transcriber.hpp"

namespace headway::pipeline {

// A recording's sound on its way to a transcriber, and the copy that is needed for it, which is
// gone afterwards.
class RecordedAudio {
  public:
    RecordedAudio(Context& ctx, const ClaimedTask& task);
    RecordedAudio(const RecordedAudio&) = delete;
    RecordedAudio& operator=(const RecordedAudio&) = delete;
    ~RecordedAudio();

    // Finds what `audio` describes (as headway._audio_of() has it) and tells it to the request: a
    // file, as WAV where it has to be cut, or a URL where the provider takes one and the storage
    // has one. Throws Failure.
    async::Task<void> bring(const core::Json& audio, SpeechRequest& request);

  private:
    async::Task<void> from_storage(const core::Json& audio, SpeechRequest& request);
    async::Task<void> from_source(const core::Json& audio, SpeechRequest& request);
    async::Task<void> make_divisible(SpeechRequest& request);

    Context& ctx_;
    const ClaimedTask& task_;
    std::string copy_;
    std::optional<TemporaryFile> wav_;
};

}  // namespace headway::pipeline
