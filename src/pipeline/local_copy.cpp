#include "pipeline/local_copy.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace headway::pipeline {

namespace {

// Of a refusal no more is read.
constexpr std::size_t kLongestRefusal = 64 << 10;

[[noreturn]] void fail(int problem) {
    throw core::Failure(core::Error{
        core::ErrorKind::server, "a copy of the recording cannot be written", strerror(problem),
        "Set headway.storage_directory to a directory that the server's user may "
        "write, with room in it."});
}

}  // namespace

ArrivingCopy::ArrivingCopy(std::string path, std::uint64_t most_bytes)
    : path_(std::move(path)),
      most_(most_bytes),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (!file_.is_open()) fail(errno);
}

bool ArrivingCopy::begin(const net::HttpResponse& head) {
    is_refusal_ = head.status / 100 != 2;
    return true;
}

bool ArrivingCopy::take(std::string_view bytes) {
    if (is_refusal_) {
        refusal_.append(bytes.substr(0, kLongestRefusal - refusal_.size()));
        return refusal_.size() < kLongestRefusal;
    }
    size_ += bytes.size();
    is_too_large_ = size_ > most_;
    if (!is_too_large_ && !net::write_all(file_, bytes)) problem_ = errno;
    return !is_too_large_ && problem_ == 0;
}

LocalFile ArrivingCopy::file() const {
    if (is_too_large_)
        throw core::Failure(core::ErrorKind::too_large,
                            "the recording is larger than headway.max_audio_bytes");
    if (problem_ != 0) fail(problem_);
    return {path_, size_};
}

std::string read_part(const std::string& path, std::uint64_t offset, std::size_t size) {
    net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string part(size, '\0');
    ssize_t got =
        file.is_open() ? ::pread(file.fd(), part.data(), size, static_cast<off_t>(offset)) : -1;
    if (got < 0)
        throw core::Failure(core::Error{core::ErrorKind::internal, "the recording cannot be read",
                                        strerror(errno)});
    part.resize(static_cast<std::size_t>(got));
    return part;
}

}  // namespace headway::pipeline
