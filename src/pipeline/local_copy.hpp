#pragma once

#include <string>

#include "net/descriptor.hpp"
#include "net/http.hpp"
#include "pipeline/storage.hpp"

namespace headway::pipeline {

// An answer's body as it arrives: written to a file that only the server's user may read; what a
// refusal says is kept as text.
class ArrivingCopy : public net::BodySink {
  public:
    // Throws Failure when the file cannot be created.
    ArrivingCopy(std::string path, std::uint64_t most_bytes);

    bool begin(const net::HttpResponse& head) override;
    bool take(std::string_view bytes) override;

    const std::string& refusal() const { return refusal_; }
    // Once all has come. Throws Failure when it was too large, or the disk takes no more.
    LocalFile file() const;

  private:
    const std::string path_;
    const std::uint64_t most_;
    net::Descriptor file_;
    std::uint64_t size_ = 0;
    std::string refusal_;
    bool is_refusal_ = false;
    bool is_too_large_ = false;
    int problem_ = 0;  // errno
};

// What a file has from `offset` on, at most `size` bytes. Throws Failure.
std::string read_part(const std::string& path, std::uint64_t offset, std::size_t size);

}  // namespace headway::pipeline
