#pragma once

#include <cstdint>
#include <string>

#include "net/descriptor.hpp"

namespace headway::pipeline {

// A file that only the server's user may see and that vanishes with its owner. Its name is one that
// the server removes at its next start, should all else fail.
class TemporaryFile {
  public:
    // `prefix`: Settings::temporary_prefix. Throws Failure(busy) when there is no room.
    explicit TemporaryFile(const std::string& prefix);
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    const std::string& path() const { return path_; }
    net::Descriptor& file() { return file_; }
    std::uint64_t size() const;

  private:
    std::string path_;
    net::Descriptor file_;
};

}  // namespace headway::pipeline
