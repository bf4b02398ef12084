#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "async/task.hpp"
#include "core/base/result.hpp"
#include "pipeline/model.hpp"

namespace headway::pipeline {

// A place of a workspace's storage: {name, settings, credentials} of its provider, as the
// database's _storage() gives it (null is the filesystem), a bucket and a key in it
// (core/storage/object_name).
struct StorageTarget {
    std::string workspace;
    Provider provider = std::make_shared<const core::Json>();
    std::string bucket;
    std::string key;
};

// A file of this server that holds what is stored. It is read as it is sent, never into memory, and
// must not change until then.
struct LocalFile {
    std::string path;
    std::uint64_t size = 0;
    std::string content_type = "application/octet-stream";
};

struct StoredObject {
    std::string path;  // as bulk_import_files.storage_path has it: bucket/key
};

inline StoredObject stored(const StorageTarget& target) {
    return {target.bucket + '/' + target.key};
}

// Where recordings and analyses are kept. Buckets are private and made when they are missing; what
// a key held before is replaced, so that a step that is taken once more does no harm. Failures are
// results; the caller decides whether to try again. The parameters are copied into the coroutine.
class Storage {
  public:
    virtual ~Storage() = default;
    // The object is complete and durable when this returns.
    virtual async::Task<core::Result<StoredObject>> put(StorageTarget target, LocalFile file) = 0;
    virtual async::Task<core::Result<StoredObject>> put_text(StorageTarget target, std::string text,
                                                             std::string content_type) = 0;
    // Where anybody can read the object until it expires. Error(refused) from the filesystem, which
    // has no URLs.
    virtual async::Task<core::Result<std::string>> signed_url(StorageTarget target,
                                                              std::chrono::seconds expires) = 0;
    // A file of this server with the object's content: the stored file itself, or a copy that is
    // written to `copy`. The caller removes that and nothing else.
    virtual async::Task<core::Result<LocalFile>> fetch(StorageTarget target, std::string copy) = 0;
};

}  // namespace headway::pipeline
