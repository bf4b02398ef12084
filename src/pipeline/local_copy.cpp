#include "pipeline/local_copy.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "net/descriptor.hpp"

namespace headway::pipeline {

LocalFile write_copy(const std::string& path, std::string_view content) {
    net::Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    std::string_view rest = content;
    while (file.is_open() && !rest.empty()) {
        ssize_t written = ::write(file.fd(), rest.data(), rest.size());
        if (written < 0) break;
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (!file.is_open() || !rest.empty())
        throw core::Failure(core::Error{
            core::ErrorKind::server, "a copy of the recording cannot be written", strerror(errno),
            "Set headway.storage_directory to a directory that the "
            "server's user may write, with room in it."});
    return {path, content.size()};
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
