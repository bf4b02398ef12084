#include "pipeline/storages.hpp"

namespace headway::pipeline {

StorageTarget storage_target(const std::string& workspace, const core::Json& place) {
    return {workspace, std::make_shared<const core::Json>(place["storage"]),
            place["bucket"].as_string(), place["key"].as_string()};
}

Storage& Storages::of(const StorageTarget& target) {
    std::string name = target.provider->text_or("name", "filesystem");
    if (name == "filesystem") return filesystem_;
    if (name == "s3") return s3_;
    if (name == "supabase") return supabase_;
    throw core::Failure(
        core::Error{core::ErrorKind::invalid, "this version has no such storage", name});
}

async::Task<core::Result<StoredObject>> Storages::put(StorageTarget target, LocalFile file) {
    auto putting = of(target).put(target, std::move(file));
    co_return co_await std::move(putting);
}

async::Task<core::Result<StoredObject>> Storages::put_text(StorageTarget target, std::string text,
                                                           std::string content_type) {
    auto putting = of(target).put_text(target, std::move(text), std::move(content_type));
    co_return co_await std::move(putting);
}

async::Task<core::Result<std::string>> Storages::signed_url(StorageTarget target,
                                                            std::chrono::seconds expires) {
    auto signing = of(target).signed_url(target, expires);
    co_return co_await std::move(signing);
}

async::Task<core::Result<LocalFile>> Storages::fetch(StorageTarget target, std::string copy) {
    auto fetching = of(target).fetch(target, std::move(copy));
    co_return co_await std::move(fetching);
}

}  // namespace headway::pipeline
