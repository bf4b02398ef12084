#pragma once

#include "pipeline/filesystem_storage.hpp"

namespace headway::pipeline {

// All storage providers that this version has: an object goes to the one that its target names.
class Storages : public Storage {
  public:
    Storages(async::EventLoop& loop, const core::Settings& settings)
        : filesystem_(loop, settings) {}
    async::Task<core::Result<StoredObject>> put(StorageTarget target, LocalFile file) override;
    async::Task<core::Result<StoredObject>> put_text(StorageTarget target, std::string text,
                                                     std::string content_type) override;
    async::Task<core::Result<std::string>> signed_url(StorageTarget target,
                                                      std::chrono::seconds expires) override;
    async::Task<core::Result<LocalFile>> fetch(StorageTarget target, std::string copy) override;

  private:
    Storage& of(const StorageTarget& target);

    FilesystemStorage filesystem_;
};

}  // namespace headway::pipeline
