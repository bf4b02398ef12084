#pragma once

#include "async/event_loop.hpp"
#include "core/base/settings.hpp"
#include "pipeline/storage.hpp"

namespace headway::pipeline {

// Objects as files below headway.storage_directory, which only the server's user may enter:
// <workspace>/<bucket>/<key>. Below it no link is followed, and a file appears whole or not at all.
class FilesystemStorage : public Storage {
  public:
    FilesystemStorage(async::EventLoop& loop, const core::Settings& settings)
        : loop_(loop), settings_(settings) {}

    // A file on the same file system is linked, not copied: it must not change afterwards either.
    async::Task<core::Result<StoredObject>> put(StorageTarget target, LocalFile file) override;
    async::Task<core::Result<StoredObject>> put_text(StorageTarget target, std::string text,
                                                     std::string content_type) override;
    async::Task<core::Result<std::string>> signed_url(StorageTarget target,
                                                      std::chrono::seconds expires) override;
    async::Task<core::Result<LocalFile>> fetch(StorageTarget target, std::string copy) override;

  private:
    async::EventLoop& loop_;
    const core::Settings& settings_;
};

}  // namespace headway::pipeline
