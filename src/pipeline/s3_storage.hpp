#pragma once

#include "core/storage/s3.hpp"
#include "pipeline/provider_exchange.hpp"
#include "pipeline/storage.hpp"

namespace headway::pipeline {

// Any server that speaks S3: the vendor's own, and those of others.
class S3Storage : public Storage {
  public:
    explicit S3Storage(ProviderExchange& exchange) : exchange_(exchange) {}
    async::Task<core::Result<StoredObject>> put(StorageTarget target, LocalFile file) override;
    async::Task<core::Result<StoredObject>> put_text(StorageTarget target, std::string text,
                                                     std::string content_type) override;
    async::Task<core::Result<std::string>> signed_url(StorageTarget target,
                                                      std::chrono::seconds expires) override;
    async::Task<core::Result<LocalFile>> fetch(StorageTarget target, std::string copy) override;

  private:
    using File = std::optional<net::FileSlice>;

    // They throw Failure.
    core::S3Requests requests(const StorageTarget& target);
    async::Task<core::Answer> send(const StorageTarget& target, core::Outgoing outgoing, File file);
    async::Task<void> make_bucket(const StorageTarget& target);
    // Sends it, and once more with a new bucket where that is missing.
    async::Task<core::Answer> send_into(const StorageTarget& target, core::Outgoing outgoing,
                                        File file);
    async::Task<void> put_in_parts(const StorageTarget& target, const LocalFile& file);
    async::Task<void> put_parts(const StorageTarget& target, const LocalFile& file,
                                const std::string& upload);

    ProviderExchange& exchange_;
};

}  // namespace headway::pipeline
