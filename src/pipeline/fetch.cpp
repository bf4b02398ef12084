#include "pipeline/fetch.hpp"

#include <iterator>
#include <set>

#include "core/base/url.hpp"
#include "core/work/retry.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;

constexpr std::size_t kMostPages = 10'000;  // of one batch of details

core::Timestamp time_of(const core::Json& text) {
    auto time = core::parse_timestamp(text.as_string());
    if (!time) throw Failure(ErrorKind::internal, "the run has no time window");
    return *time;
}

net::HttpRequest http_request(const core::Outgoing& outgoing, const core::BaseUrl& base,
                              const core::Settings& settings) {
    net::HttpRequest request;
    request.method = outgoing.method;
    request.url = outgoing.url;
    request.headers = outgoing.headers;
    request.body = outgoing.body;
    request.total_timeout = settings.request_timeout;
    request.max_response_bytes = settings.max_response_bytes;
    request.allow_private = core::names_host(settings.allowed_private_hosts, base);
    return request;
}

// Waits until the rate budgets have room. What takes long is not waited for here: the task goes
// back to the queue until then.
async::Task<void> await_budget(Context& ctx, const Source& source) {
    const core::RetryPolicy policy;
    while (auto free_at = ctx.store.reserve_request(source.workspace, source.connector_id,
                                                    source.spec.budgets, ctx.now())) {
        auto wait = *free_at - ctx.now();
        if (wait > policy.patience)
            throw Failure(core::Error{ErrorKind::rate_limited,
                                      "the connector's rate budget is used up",
                                      {},
                                      {},
                                      0,
                                      std::chrono::ceil<std::chrono::seconds>(wait)});
        co_await ctx.loop.sleep_for(wait);
    }
}

}  // namespace

Source open_source(Context& ctx, const std::string& workspace, const core::Json& input) {
    if (input.number_or("suspended_seconds", 0) > 0)
        throw Failure(core::Error{
            ErrorKind::rate_limited,
            "the vendor asked to wait",
            {},
            {},
            0,
            std::chrono::seconds(1 + static_cast<long>(input["suspended_seconds"].as_number()))});
    Source source{
        workspace, input["connector_id"].as_string(), core::read_connector_spec(input["spec"]), {}};
    source.values.settings = input["settings"];
    source.values.window_from = time_of(input["window_from"]);
    source.values.window_to = time_of(input["window_to"]);
    std::string origin =
        core::parse_base_url(core::base_url_of(source.spec, input["settings"])).origin();
    if (!source.spec.credentials.empty())
        source.values.credentials = ctx.secrets.open(workspace, input["credentials"], origin);
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
    co_await await_budget(ctx, source);
    core::BaseUrl base = core::parse_base_url(core::base_url_of(source.spec, values.settings));
    core::Outgoing outgoing = core::build_request(source.spec, request, values);
    net::HttpRequest http = http_request(outgoing, base, ctx.settings);
    async::Gate::Place place = co_await ctx.exchanges.enter();
    core::Result<net::HttpResponse> response = co_await ctx.http.send(std::move(http));
    if (!response.ok()) co_return response.error();
    const net::HttpResponse& got = response.value();
    core::AskedPage asked = core::asked_page(source.spec, values);
    co_return core::read_page(request, core::Answer{got.status, got.headers, got.body}, ctx.now(),
                              asked);
}

async::Task<core::Page> fetch_page(Context& ctx, const Source& source,
                                   const core::RequestSpec& request, core::RequestValues values) {
    const core::RetryPolicy policy;
    for (int tries = 1;; ++tries) {
        core::Result<core::Page> page = co_await try_page(ctx, source, request, values);
        if (page.ok()) co_return page.value();
        core::Error error = page.error();
        core::RetryDecision next = core::decide_retry(error, tries, ctx.dice(), policy);
        if (next.action == core::RetryDecision::Action::later)
            error.retry_after = std::chrono::ceil<std::chrono::seconds>(next.delay);
        if (next.action != core::RetryDecision::Action::again) throw Failure(error);
        co_await ctx.loop.sleep_for(next.delay);
    }
}

async::Task<core::Page> fetch_all(Context& ctx, const Source& source,
                                  const core::RequestSpec& request, core::RequestValues values) {
    core::Page all;
    std::set<std::string> cursors;
    std::set<std::string> marks;  // of the pages
    do {
        core::Page page = co_await fetch_page(ctx, source, request, values);
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
