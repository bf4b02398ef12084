#pragma once

#include "pipeline/filesystem_storage.hpp"
#include "pipeline/s3_storage.hpp"
#include "pipeline/supabase_storage.hpp"

namespace headway::pipeline {

// The place that the database's _stored_at() describes: {storage, bucket, key}.
StorageTarget storage_target(const std::string& workspace, const core::Json& place);

// All storage providers that this version has: an object goes to the one that its target names.
class Storages : public Storage {
  public:
    Storages(ProviderExchange& exchange, async::EventLoop& loop, const core::Settings& settings)
        : filesystem_(loop, settings), s3_(exchange), supabase_(exchange, loop) {}
    async::Task<core::Result<StoredObject>> put(StorageTarget target, LocalFile file) override;
    async::Task<core::Result<StoredObject>> put_text(StorageTarget target, std::string text,
                                                     std::string content_type) override;
    async::Task<core::Result<std::string>> signed_url(StorageTarget target,
                                                      std::chrono::seconds expires) override;
    async::Task<core::Result<LocalFile>> fetch(StorageTarget target, std::string copy) override;

  private:
    Storage& of(const StorageTarget& target);

    FilesystemStorage filesystem_;
    S3Storage s3_;
    SupabaseObjects supabase_;
};

}  // namespace headway::pipeline
