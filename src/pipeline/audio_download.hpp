#pragma once

#include <cstdint>
#include <string>

#include "core/audio/audio_format.hpp"
#include "core/base/encoding.hpp"
#include "pipeline/temporary_file.hpp"
#include "pipeline/web_visit.hpp"

namespace headway::pipeline {

// What becomes of a file as it arrives: written to disk and hashed piece by piece, and stopped as
// soon as it is known not to be wanted. A transfer that was cut goes on where it ended.
class ArrivingAudio : public net::BodySink {
  public:
    ArrivingAudio(TemporaryFile& file, std::uint64_t most_bytes) : file_(file), most_(most_bytes) {}

    bool begin(const net::HttpResponse& head) override;
    bool take(std::string_view bytes) override;

    // The headers that ask for what is missing; none before anything has come.
    std::vector<std::pair<std::string, std::string>> rest_headers() const;
    // Once all has come: why the file is left out, "" when it is not.
    std::string skip_reason() const;
    bool is_broken() const { return is_broken_; }  // the disk takes no more

    std::uint64_t size() const { return size_; }
    std::string_view first_bytes() const { return first_; }
    core::AudioFormat format() const { return *core::sniff(first_).audio; }
    std::string hash() { return core::hex_encode(hash_.digest()); }  // once

  private:
    void restart();
    bool is_audio_so_far() const;

    TemporaryFile& file_;
    const std::uint64_t most_;
    std::uint64_t size_ = 0;
    std::string first_;
    std::string validator_;  // what tells that the rest is of the same file
    core::Sha256Stream hash_;
    bool is_too_large_ = false;
    bool is_broken_ = false;
};

// Brings a file over, and goes on after cuts as long as each attempt brings something. What is not
// wanted of it is not fetched: see skip_reason(). Throws Failure. `audio` must outlive the
// coroutine.
async::Task<void> download_audio(Context& ctx, WebVisit visit, ArrivingAudio& audio);

}  // namespace headway::pipeline
