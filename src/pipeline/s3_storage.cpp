#include "pipeline/s3_storage.hpp"

#include <algorithm>

#include "core/base/encoding.hpp"
#include "core/storage/object_name.hpp"

namespace headway::pipeline {
namespace {

using core::Failure;

// A larger file goes in parts, of which there may be 10,000.
constexpr std::uint64_t kPart = 16 << 20, kMostParts = 9'000;
constexpr std::chrono::minutes kLongest{30};

core::BaseUrl endpoint(const StorageTarget& target) {
    auto settings = core::S3Settings::from_json((*target.provider)["settings"]);
    return core::parse_base_url(settings.endpoint);
}

}  // namespace

core::S3Requests S3Storage::requests(const StorageTarget& target) {
    core::check_bucket_name(target.bucket);
    core::check_object_key(target.key);
    auto settings = core::S3Settings::from_json((*target.provider)["settings"]);
    core::Json credentials =
        exchange_.credentials(target.workspace, target.provider, endpoint(target));
    return core::S3Requests(settings, credentials, target.bucket, target.key, exchange_.now());
}

async::Task<core::Answer> S3Storage::send(const StorageTarget& target, core::Outgoing outgoing,
                                          File file) {
    auto sending = exchange_.send(std::move(outgoing), endpoint(target), kLongest, std::move(file));
    co_return (co_await std::move(sending)).value_or_throw();
}

async::Task<void> S3Storage::make_bucket(const StorageTarget& target) {
    core::Outgoing create = requests(target).create_bucket();
    auto sending = send(target, std::move(create), {});
    core::Answer answer = co_await std::move(sending);
    bool is_ours = core::s3_error_code(answer) == "BucketAlreadyOwnedByYou";
    if (answer.status != 200 && !is_ours) throw Failure(core::s3_error(answer, exchange_.now()));
}

async::Task<core::Answer> S3Storage::send_into(const StorageTarget& target, core::Outgoing outgoing,
                                               File file) {
    auto sending = send(target, outgoing, file);
    core::Answer answer = co_await std::move(sending);
    if (core::s3_error_code(answer) == "NoSuchBucket") {
        auto making = make_bucket(target);
        co_await std::move(making);
        auto sending_again = send(target, outgoing, file);
        answer = co_await std::move(sending_again);
    }
    if (answer.status != 200) throw Failure(core::s3_error(answer, exchange_.now()));
    co_return answer;
}

async::Task<void> S3Storage::put_parts(const StorageTarget& target, const LocalFile& file,
                                       const std::string& upload) {
    std::uint64_t size = std::max(kPart, file.size / kMostParts + 1);
    std::vector<std::string> tags;
    for (std::uint64_t done = 0; done < file.size; done += size) {
        core::Outgoing part = requests(target).put_part(upload, static_cast<int>(tags.size()) + 1);
        net::FileSlice slice{file.path, done, std::min(size, file.size - done)};
        auto sending = send(target, std::move(part), slice);
        core::Answer answer = co_await std::move(sending);
        auto tag = answer.headers.find("etag");
        if (answer.status != 200 || tag == answer.headers.end())
            throw Failure(core::s3_error(answer, exchange_.now()));
        tags.push_back(tag->second);
    }
    core::Outgoing complete = requests(target).complete_upload(upload, tags);
    auto sending = send(target, std::move(complete), {});
    core::Answer answer = co_await std::move(sending);
    bool is_error = answer.status != 200 || !core::s3_error_code(answer).empty();
    if (is_error) throw Failure(core::s3_error(answer, exchange_.now()));
}

// What has begun and cannot be completed is aborted: its parts would be paid for and never be seen.
async::Task<void> S3Storage::put_in_parts(const StorageTarget& target, const LocalFile& file) {
    core::Outgoing begin = requests(target).begin_upload(file.content_type);
    auto beginning = send_into(target, std::move(begin), {});
    core::Answer begun = co_await std::move(beginning);
    std::string upload = core::xml_text(begun.body, "UploadId");
    if (upload.empty()) throw Failure(core::s3_error(begun, exchange_.now()));
    std::optional<core::Error> error;
    try {
        auto putting = put_parts(target, file, upload);
        co_await std::move(putting);
        co_return;
    } catch (const Failure& failure) {
        error = failure.error();
    }
    try {
        core::Outgoing abort = requests(target).abort_upload(upload);
        auto sending = send(target, std::move(abort), {});
        co_await std::move(sending);
    } catch (const Failure&) {  // the bucket's own rules must clean up then
    }
    throw Failure(*error);
}

async::Task<core::Result<StoredObject>> S3Storage::put(StorageTarget target, LocalFile file) {
    try {
        if (file.size > kPart) {
            auto putting = put_in_parts(target, file);
            co_await std::move(putting);
            co_return stored(target);
        }
        core::Outgoing put = requests(target).put("UNSIGNED-PAYLOAD", file.content_type);
        auto sending = send_into(target, std::move(put), net::FileSlice{file.path, 0, file.size});
        co_await std::move(sending);
        co_return stored(target);
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

async::Task<core::Result<StoredObject>> S3Storage::put_text(StorageTarget target, std::string text,
                                                            std::string content_type) {
    try {
        core::Outgoing put =
            requests(target).put(core::hex_encode(core::sha256(text)), content_type);
        put.body = std::move(text);
        auto sending = send_into(target, std::move(put), {});
        co_await std::move(sending);
        co_return stored(target);
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

async::Task<core::Result<std::string>> S3Storage::signed_url(StorageTarget target,
                                                             std::chrono::seconds expires) {
    try {
        co_return requests(target).signed_url(expires);
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

async::Task<core::Result<LocalFile>> S3Storage::fetch(StorageTarget target, std::string copy) {
    try {
        core::Outgoing get = requests(target).get();
        auto fetching = exchange_.fetch(std::move(get), endpoint(target), std::move(copy));
        ProviderExchange::Fetched got = (co_await std::move(fetching)).value_or_throw();
        if (got.answer.status != 200) throw Failure(core::s3_error(got.answer, exchange_.now()));
        co_return got.file;
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

}  // namespace headway::pipeline
