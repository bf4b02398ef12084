#include "pipeline/fetch.hpp"

#include <iterator>
#include <set>

#include "pipeline/access_token.hpp"
#include "pipeline/retry_pause.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;

// Of a task that would have to ask again for what it has got.
constexpr std::chrono::minutes kPatienceAfterwards{10};
constexpr std::size_t kMostPages = 10'000;  // of one batch of details

core::Timestamp time_of(const core::Json& text) {
    auto time = core::parse_timestamp(text.as_string());
    if (!time) throw Failure(ErrorKind::internal, "the run has no time window");
    return *time;
}

// What one request brings; `token` is an access token where the source goes by one.
async::Task<core::Result<core::Page>> ask_page(Context& ctx, const Source& source,
                                               const core::RequestSpec& request,
                                               core::RequestValues values, std::string token) {
    core::Outgoing outgoing = core::build_request(source.spec, request, values, token);
    core::Result<Heard> heard =
        co_await ask_vendor(ctx, source, request.group, std::move(outgoing));
    if (!heard.ok()) co_return heard.error();
    core::AskedPage asked = core::asked_page(source.spec, values);
    core::Result<core::Page> page =
        core::read_page(request, heard.value().answer, ctx.now(), asked);
    std::optional<core::Error> error;
    if (!page.ok()) {
        error = page.error();
        if (error->http_status == 0) error->http_status = heard.value().answer.status;
    }
    co_await heed_answer(ctx, source, request.group, heard.value(), error ? &*error : nullptr);
    if (error) co_return *error;
    co_return page;
}

}  // namespace

Source open_source(Context& ctx, const std::string& workspace, const core::Json& input) {
    Source source{
        workspace, input["connector_id"].as_string(), core::read_connector_spec(input["spec"]), {}};
    source.most_records = input.integer_or("max_items", 0);
    source.values.settings = input["settings"];
    source.values.window_from = time_of(input["window_from"]);
    source.values.window_to = time_of(input["window_to"]);
    if (!source.spec.credentials.empty() && !source.spec.auth.mint)
        source.values.credentials =
            ctx.secrets.open(workspace, input["credentials"], origin_of(source));
    return source;
}

std::optional<Source> source_of(Context& ctx, const ClaimedTask& task) {
    core::Json input = ctx.store.input_source(task);
    if (input.is_null()) return std::nullopt;
    return open_source(ctx, task.workspace, input);
}

async::Task<core::Result<core::Page>> try_page(Context& ctx, const Source& source,
                                               const core::RequestSpec& request,
                                               core::RequestValues values) {
    AccessToken token;
    if (source.spec.auth.mint) token = co_await access_token(ctx, source);
    core::Result<core::Page> page = co_await ask_page(ctx, source, request, values, token.secret);
    if (page.ok() || page.error().kind != ErrorKind::stale_token) co_return page;
    ctx.store.drop_token(source.workspace, source.connector_id, token.id);
    token = co_await access_token(ctx, source);
    page = co_await ask_page(ctx, source, request, values, token.secret);
    if (page.ok() || page.error().kind != ErrorKind::stale_token) co_return page;
    core::Error error = page.error();  // a fresh token is not taken either: it is no matter of age
    error.kind = ErrorKind::refused;
    co_return error;
}

async::Task<core::Page> fetch_page(Context& ctx, const Source& source,
                                   const core::RequestSpec& request, core::RequestValues values) {
    for (int tries = 1;; ++tries) {
        core::Result<core::Page> page = co_await try_page(ctx, source, request, values);
        if (page.ok()) co_return page.value();
        std::optional<core::Error> end = co_await pause_before_retry(ctx, page.error(), tries);
        if (end) throw Failure(*end);
    }
}

async::Task<core::Page> fetch_all(Context& ctx, Source& source, const core::RequestSpec& request,
                                  core::RequestValues values) {
    core::Page all;
    std::set<std::string> cursors;
    std::set<std::string> marks;  // of the pages
    do {
        core::Page page = co_await fetch_page(ctx, source, request, values);
        source.patience = kPatienceAfterwards;
        values.cursor = page.next_cursor;
        if (!values.cursor.empty() && !cursors.insert(values.cursor).second)
            throw Failure(ErrorKind::protocol, "the vendor repeats a cursor");
        // A vendor that ignores the cursor would be asked for its first page until the day's budget
        // is used up.
        bool may_repeat = !cursors.empty() && !page.records.empty();
        if (may_repeat && !marks.insert(core::page_mark(page.records)).second)
            throw Failure(ErrorKind::protocol, "the vendor repeats a page");
        std::move(page.records.begin(), page.records.end(), std::back_inserter(all.records));
        all.repairs += page.repairs;
        all.bytes += page.bytes;
        if (all.bytes > ctx.settings.max_response_bytes || cursors.size() > kMostPages)
            throw Failure(ErrorKind::too_large,
                          "all pages together are larger than headway.max_response_bytes");
    } while (!values.cursor.empty());
    co_return all;
}

}  // namespace headway::pipeline
