#pragma once

#include "async/event_loop.hpp"
#include "core/storage/supabase.hpp"
#include "pipeline/provider_exchange.hpp"
#include "pipeline/storage.hpp"

namespace headway::pipeline {

// The storage of a Supabase project.
class SupabaseObjects : public Storage {
  public:
    SupabaseObjects(ProviderExchange& exchange, async::EventLoop& loop)
        : exchange_(exchange), loop_(loop) {}
    async::Task<core::Result<StoredObject>> put(StorageTarget target, LocalFile file) override;
    async::Task<core::Result<StoredObject>> put_text(StorageTarget target, std::string text,
                                                     std::string content_type) override;
    async::Task<core::Result<std::string>> signed_url(StorageTarget target,
                                                      std::chrono::seconds expires) override;
    async::Task<core::Result<LocalFile>> fetch(StorageTarget target, std::string copy) override;

  private:
    using File = std::optional<net::FileSlice>;

    // They throw Failure.
    core::SupabaseStorage project(const StorageTarget& target);
    async::Task<core::Answer> send(core::SupabaseStorage project, core::Outgoing outgoing,
                                   File file);
    async::Task<void> make_bucket(core::SupabaseStorage project, std::string bucket);
    // Sends it, and once more with a new bucket where that is missing.
    async::Task<core::Answer> send_into(core::SupabaseStorage project, std::string bucket,
                                        core::Outgoing outgoing, File file);
    async::Task<void> put_parts(core::SupabaseStorage project, std::string upload, LocalFile file);
    async::Task<std::uint64_t> put_part(core::SupabaseStorage project, std::string upload,
                                        LocalFile file, std::uint64_t offset);

    ProviderExchange& exchange_;
    async::EventLoop& loop_;
};

}  // namespace headway::pipeline
