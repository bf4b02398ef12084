#include "pipeline/filesystem_storage.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <random>

#include "core/base/encoding.hpp"
#include "core/base/text.hpp"
#include "core/storage/object_name.hpp"
#include "net/descriptor.hpp"

namespace headway::pipeline {
namespace {

using core::Error;
using core::ErrorKind;
using core::Failure;
using net::Descriptor;

// Between two of them the loop turns.
constexpr std::size_t kChunk = 4 << 20;

[[noreturn]] void fail(const char* what) {
    bool may_pass = errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EMFILE;
    throw Failure(Error{may_pass ? ErrorKind::server : ErrorKind::refused, what, strerror(errno),
                        "Set headway.storage_directory to a directory that the server's user may "
                        "write, with room in it."});
}

// Where an object lies: the directory, held open, and its name there.
struct Place {
    Descriptor folder;
    std::string name;
};

Descriptor open_folder(int parent, const std::string& name, bool may_create, int flags) {
    if (may_create && mkdirat(parent, name.c_str(), 0700) == 0) fsync(parent);
    return Descriptor(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags));
}

Place place_of(const std::string& root, const StorageTarget& target, bool may_create) {
    core::check_object_key(target.workspace);
    core::check_bucket_name(target.bucket);
    core::check_object_key(target.key);
    Place place{open_folder(AT_FDCWD, root, may_create, 0), {}};
    std::string path = target.workspace + '/' + target.bucket + '/' + target.key;
    for (std::string_view segment : core::split(path, '/')) {
        if (!place.folder.is_open()) break;
        if (!place.name.empty())
            place.folder = open_folder(place.folder.fd(), place.name, may_create, O_NOFOLLOW);
        place.name = segment;
    }
    if (!place.folder.is_open()) fail("the storage directory cannot be opened");
    return place;
}

// A name that no key can have.
std::string unfinished_name(const std::string& name) {
    std::random_device random;
    return name.substr(0, 100) + '~' + std::to_string(random()) + std::to_string(random());
}

// A file that is being written beside its place and vanishes unless it gets there.
class Unfinished {
  public:
    explicit Unfinished(const Place& place) : place_(place), name_(unfinished_name(place.name)) {}
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
    ~Unfinished() {
        if (!name_.empty()) unlinkat(place_.folder.fd(), name_.c_str(), 0);
    }

    Descriptor create() {
        Descriptor file(openat(place_.folder.fd(), name_.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file.is_open()) fail("a stored file cannot be created");
        return file;
    }
    bool link_to(const std::string& path) {
        return linkat(AT_FDCWD, path.c_str(), place_.folder.fd(), name_.c_str(), 0) == 0;
    }
    void finish(const Descriptor& file) {
        int folder = place_.folder.fd();
        if (fdatasync(file.fd()) != 0 ||
            renameat(folder, name_.c_str(), folder, place_.name.c_str()) != 0 || fsync(folder) != 0)
            fail("a stored file cannot be completed");
        name_.clear();
    }

  private:
    const Place& place_;
    std::string name_;
};

// Appends what `from` has at `offset`; how much that was.
std::size_t copy_some(const Descriptor& from, std::uint64_t offset, const Descriptor& to) {
    off_t at = static_cast<off_t>(offset);
    ssize_t copied = sendfile(to.fd(), from.fd(), &at, kChunk);
    if (copied < 0) fail("a stored file cannot be written");
    // Begun now, so that waiting for the disk at the end is short.
    sync_file_range(to.fd(), static_cast<off_t>(offset), copied, SYNC_FILE_RANGE_WRITE);
    return static_cast<std::size_t>(copied);
}

}  // namespace

async::Task<core::Result<StoredObject>> FilesystemStorage::put(StorageTarget target,
                                                               LocalFile file) {
    try {
        Place place = place_of(settings_.storage_directory, target, true);
        Unfinished unfinished(place);
        Descriptor source(open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!source.is_open()) fail("the file to store cannot be read");
        if (unfinished.link_to(file.path)) {
            unfinished.finish(source);
            co_return stored(target);
        }
        Descriptor copy = unfinished.create();
        for (std::uint64_t done = 0; done < file.size;) {
            std::size_t more = copy_some(source, done, copy);
            if (more == 0) throw Failure(ErrorKind::internal, "the file to store was cut");
            done += more;
            co_await loop_.sleep_for({});
        }
        unfinished.finish(copy);
        co_return stored(target);
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

async::Task<core::Result<StoredObject>> FilesystemStorage::put_text(StorageTarget target,
                                                                    std::string text, std::string) {
    try {
        Place place = place_of(settings_.storage_directory, target, true);
        Unfinished unfinished(place);
        Descriptor file = unfinished.create();
        if (!net::write_all(file, text)) fail("a stored file cannot be written");
        unfinished.finish(file);
        co_return stored(target);
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

async::Task<core::Result<std::string>> FilesystemStorage::signed_url(StorageTarget,
                                                                     std::chrono::seconds) {
    co_return Error{ErrorKind::refused,
                    "the filesystem gives no URLs",
                    {},
                    "Use supabase or s3 as the storage provider, or read the file on the server."};
}

async::Task<core::Result<LocalFile>> FilesystemStorage::fetch(StorageTarget target, std::string) {
    try {
        const std::string& root = settings_.storage_directory;
        Place place = place_of(root, target, false);
        struct stat about;
        if (fstatat(place.folder.fd(), place.name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(about.st_mode))
            throw Failure(ErrorKind::refused, "the stored file is not there");
        LocalFile file;
        file.path = root + '/' + target.workspace + '/' + stored(target).path;
        file.size = static_cast<std::uint64_t>(about.st_size);
        co_return file;
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

}  // namespace headway::pipeline
