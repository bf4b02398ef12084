#include "pipeline/temporary_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <random>

#include "core/base/error.hpp"

namespace headway::pipeline {

TemporaryFile::TemporaryFile(const std::string& prefix) {
    std::random_device random;
    path_ = prefix + std::to_string(random()) + std::to_string(random());
    // The directory is made by whoever needs the first temporary file.
    std::string directory = path_.substr(0, path_.rfind('/'));
    mkdir(directory.c_str(), 0700);
    file_ = net::Descriptor(open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file_.is_open())
        throw core::Failure(core::Error{core::ErrorKind::server,
                                        "a temporary file cannot be created", strerror(errno)});
}

TemporaryFile::~TemporaryFile() { unlink(path_.c_str()); }

std::uint64_t TemporaryFile::size() const {
    struct stat about {};
    fstat(file_.fd(), &about);
    return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace headway::pipeline
