#include "pipeline/supabase_storage.hpp"

#include <algorithm>

#include "core/base/url.hpp"
#include "core/storage/object_name.hpp"
#include "core/work/retry.hpp"

namespace headway::pipeline {
namespace {

using core::Failure;

// The size of a part that the vendor wants, and above which it wants parts.
constexpr std::uint64_t kPart = 6 << 20;
constexpr std::chrono::minutes kLongest{30};
// How often a part is resumed that does not get on.
constexpr int kMostResumptions = 5;
constexpr std::chrono::seconds kPause{1};

bool is_done(const core::Answer& answer) { return answer.status >= 200 && answer.status < 300; }

}  // namespace

core::SupabaseStorage SupabaseObjects::project(const StorageTarget& target) {
    core::check_bucket_name(target.bucket);
    core::check_object_key(target.key);
    const core::Json& settings = (*target.provider)["settings"];
    std::string url = core::SupabaseStorage::from_json(settings, {}).base_url;
    core::BaseUrl base = core::parse_base_url(url);
    core::Json credentials = exchange_.credentials(target.workspace, target.provider, base);
    return core::SupabaseStorage::from_json(settings, credentials);
}

async::Task<core::Answer> SupabaseObjects::send(core::SupabaseStorage project,
                                                core::Outgoing outgoing, File file) {
    core::BaseUrl base = core::parse_base_url(project.base_url);
    auto sending = exchange_.send(std::move(outgoing), base, kLongest, std::move(file));
    co_return (co_await std::move(sending)).value_or_throw();
}

async::Task<void> SupabaseObjects::make_bucket(core::SupabaseStorage project, std::string bucket) {
    core::Outgoing create = project.create_bucket(bucket);
    auto sending = send(project, std::move(create), {});
    core::Answer answer = co_await std::move(sending);
    bool is_there = core::supabase_error_code(answer) == "BucketAlreadyExists";
    if (!is_done(answer) && !is_there) throw Failure(core::supabase_error(answer, exchange_.now()));
}

async::Task<core::Answer> SupabaseObjects::send_into(core::SupabaseStorage project,
                                                     std::string bucket, core::Outgoing outgoing,
                                                     File file) {
    auto sending = send(project, outgoing, file);
    core::Answer answer = co_await std::move(sending);
    if (is_done(answer)) co_return answer;
    if (core::supabase_error_code(answer) == "NoSuchBucket" || answer.status == 404) {
        auto making = make_bucket(project, bucket);
        co_await std::move(making);
        auto sending = send(project, outgoing, file);
        answer = co_await std::move(sending);
    }
    if (!is_done(answer)) throw Failure(core::supabase_error(answer, exchange_.now()));
    co_return answer;
}

// How far the upload is after one more part.
async::Task<std::uint64_t> SupabaseObjects::put_part(core::SupabaseStorage project,
                                                     std::string upload, LocalFile file,
                                                     std::uint64_t offset) {
    net::FileSlice slice{file.path, offset, std::min(kPart, file.size - offset)};
    core::Outgoing part = project.put_part(upload, offset);
    auto sending = send(project, std::move(part), slice);
    core::Answer answer = co_await std::move(sending);
    if (!is_done(answer)) throw Failure(core::supabase_error(answer, exchange_.now()));
    co_return core::upload_offset(answer).value_or(offset + slice.size);
}

// A part that breaks off is taken up where the server says.
async::Task<void> SupabaseObjects::put_parts(core::SupabaseStorage project, std::string upload,
                                             LocalFile file) {
    std::uint64_t done = 0;
    int resumptions = 0;
    while (done < file.size) {
        std::uint64_t before = done;
        std::optional<core::Error> error;
        try {
            auto putting = put_part(project, upload, file, done);
            done = co_await std::move(putting);
        } catch (const Failure& failure) {
            error = failure.error();
        }
        if (error) {
            // 409: the server is elsewhere than we think.
            bool may_resume = core::is_retryable(error->kind) || error->http_status == 409;
            if (!may_resume || ++resumptions > kMostResumptions) throw Failure(*error);
            co_await loop_.sleep_for(kPause * resumptions);
            core::Outgoing ask = project.ask_offset(upload);
            auto sending = send(project, std::move(ask), {});
            core::Answer answer = co_await std::move(sending);
            if (!is_done(answer)) throw Failure(core::supabase_error(answer, exchange_.now()));
            done = core::upload_offset(answer).value_or(0);
        }
        if (done > file.size || (!error && done <= before))
            throw Failure(core::ErrorKind::protocol, "the storage loses count of an upload");
    }
}

async::Task<core::Result<StoredObject>> SupabaseObjects::put(StorageTarget target, LocalFile file) {
    try {
        core::SupabaseStorage to = project(target);
        bool is_large = file.size > kPart;
        core::Outgoing outgoing =
            is_large ? to.begin_upload(target.bucket, target.key, file.content_type, file.size)
                     : to.put(target.bucket, target.key, file.content_type);
        File body;
        if (!is_large) body = net::FileSlice{file.path, 0, file.size};
        auto sending = send_into(to, target.bucket, std::move(outgoing), body);
        core::Answer answer = co_await std::move(sending);
        if (is_large) {
            auto putting = put_parts(to, to.upload_of(answer), file);
            co_await std::move(putting);
        }
        co_return stored(target);
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

async::Task<core::Result<StoredObject>> SupabaseObjects::put_text(StorageTarget target,
                                                                  std::string text,
                                                                  std::string content_type) {
    try {
        core::SupabaseStorage to = project(target);
        core::Outgoing outgoing = to.put(target.bucket, target.key, content_type);
        outgoing.body = std::move(text);
        auto sending = send_into(to, target.bucket, std::move(outgoing), {});
        co_await std::move(sending);
        co_return stored(target);
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

async::Task<core::Result<std::string>> SupabaseObjects::signed_url(StorageTarget target,
                                                                   std::chrono::seconds expires) {
    try {
        core::SupabaseStorage from = project(target);
        core::Outgoing sign = from.sign(target.bucket, target.key, expires);
        auto sending = send(from, std::move(sign), {});
        core::Answer answer = co_await std::move(sending);
        if (!is_done(answer)) throw Failure(core::supabase_error(answer, exchange_.now()));
        co_return from.signed_url_of(answer);
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

async::Task<core::Result<LocalFile>> SupabaseObjects::fetch(StorageTarget target,
                                                            std::string copy) {
    try {
        core::SupabaseStorage from = project(target);
        core::Outgoing get = from.get(target.bucket, target.key);
        core::BaseUrl base = core::parse_base_url(from.base_url);
        auto fetching = exchange_.fetch(std::move(get), base, std::move(copy));
        ProviderExchange::Fetched got = (co_await std::move(fetching)).value_or_throw();
        if (!is_done(got.answer)) throw Failure(core::supabase_error(got.answer, exchange_.now()));
        co_return got.file;
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

}  // namespace headway::pipeline
