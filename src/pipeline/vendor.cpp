#include "pipeline/vendor.hpp"

#include "core/base/url.hpp"
#include "core/connectors/rate_notice.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;

constexpr std::chrono::minutes kLongestFile{30};
// Then a request stands in line like any other, or a quick list would keep all details waiting.
constexpr int kTurnsLeftToOthers = 3;

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

core::BaseUrl base_of(const Source& source) {
    return core::parse_base_url(core::base_url_of(source.spec, source.values.settings));
}

// Waits until the rate budgets have room. What takes long is not waited for here: the task goes
// back to the queue until then. Gives the limit that the vendor states.
async::Task<std::optional<core::RateLimit>> await_budget(Context& ctx, const Source& source,
                                                         const std::string& group) {
    for (int turns_left = kTurnsLeftToOthers;; --turns_left) {
        Reservation place = ctx.store.reserve_request(source.workspace, source.connector_id,
                                                      source.spec.budgets, group, ctx.now());
        if (!place.free_at) co_return place.stated;
        auto wait = *place.free_at - ctx.now();
        if (wait > source.patience)
            throw Failure(core::Error{ErrorKind::rate_limited,
                                      place.is_stop ? "the vendor asked to wait"
                                                    : "the connector's rate budget is used up",
                                      {},
                                      {},
                                      0,
                                      std::chrono::ceil<std::chrono::seconds>(wait)});
        if (turns_left > 0) wait += source.courtesy;
        co_await ctx.loop.sleep_for(wait);
    }
}

// Whether a notice tells more than the ledger knows already.
bool is_news(const core::RateNotice& notice, const std::optional<core::RateLimit>& known) {
    if (notice.stop || notice.stated.has_value() != known.has_value()) return true;
    return known &&
           (known->requests != notice.stated->requests || known->window != notice.stated->window);
}

}  // namespace

std::string origin_of(const Source& source) { return base_of(source).origin(); }

async::Task<core::Result<Heard>> ask_vendor(Context& ctx, const Source& source,
                                            const std::string& group, core::Outgoing outgoing,
                                            net::BodySink* sink) {
    std::optional<core::RateLimit> stated = co_await await_budget(ctx, source, group);
    net::HttpRequest http = http_request(outgoing, base_of(source), ctx.settings);
    http.sink = sink;
    if (sink) http.total_timeout = kLongestFile;
    async::Gate::Place place = co_await ctx.exchanges.enter();
    core::Result<net::HttpResponse> response = co_await ctx.http.send(std::move(http));
    if (!response.ok()) co_return response.error();
    const net::HttpResponse& got = response.value();
    co_return Heard{{got.status, got.headers, got.body}, stated};
}

async::Task<void> heed_answer(Context& ctx, const Source& source, const std::string& group,
                              const Heard& heard, core::Error* error) {
    bool is_limited = error && error->kind == ErrorKind::rate_limited;
    if (is_limited && !error->retry_after) error->retry_after = source.spec.penalty;
    std::optional<std::chrono::seconds> wait;
    if (is_limited) wait = error->retry_after;
    core::RateNotice notice =
        core::read_rate_notice(source.spec, group, heard.answer, ctx.now(), wait);
    if (!is_news(notice, heard.stated)) co_return;
    Settlement settlement = [&] {
        ctx.store.heed_vendor(source.workspace, source.connector_id, notice);
        return core::Json();
    };
    try {
        co_await settle(ctx, settlement);
    } catch (const Failure& failure) {
        if (failure.error().kind != ErrorKind::busy) throw;
    }
}

}  // namespace headway::pipeline
