#include "pipeline/access_token.hpp"

#include <algorithm>

#include "core/connectors/access_grant.hpp"
#include "core/work/retry.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;
using core::Json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstPause{20}, kLongestPause{500};
constexpr seconds kPatience{60};  // of a task that waits for a token; then others have its place

// How long others leave it to us: three tries, with the pauses between them.
seconds lease_of(const core::Settings& settings) {
    return 4 * std::chrono::ceil<seconds>(settings.request_timeout) + seconds(60);
}

async::Task<core::Result<core::Grant>> try_grant(Context& ctx, const Source& source) {
    const core::MintSpec& mint = *source.spec.auth.mint;
    core::Outgoing outgoing = core::grant_request(source.spec, source.values);
    core::Result<Heard> heard = co_await ask_vendor(ctx, source, mint.group, std::move(outgoing));
    if (!heard.ok()) co_return heard.error();
    core::Result<core::Grant> grant = core::read_grant(mint, heard.value().answer, ctx.now());
    if (grant.ok()) co_return grant;  // nothing comes before keeping it
    core::Error error = grant.error();
    co_await heed_answer(ctx, source, mint.group, heard.value(), &error);
    co_return error;
}

async::Task<core::Grant> ask_for_grant(Context& ctx, const Source& source) {
    const core::RetryPolicy policy;
    for (int tries = 1;; ++tries) {
        core::Result<core::Grant> grant = co_await try_grant(ctx, source);
        if (grant.ok()) co_return grant.value();
        core::RetryDecision next = core::decide_retry(grant.error(), tries, ctx.dice(), policy);
        if (next.action != core::RetryDecision::Action::again) throw Failure(grant.error());
        co_await ctx.loop.sleep_for(next.delay);
    }
}

// What is kept of a grant. A new refresh token goes with the access token: whoever has the one has
// the other.
Json sealed_grant(Context& ctx, const Source& source, const Json& loan, const core::Grant& grant) {
    std::string origin = origin_of(source);
    const std::string& refresh = source.spec.auth.mint->refresh_token;
    bool rotated = !grant.refresh_token.empty() &&
                   grant.refresh_token != source.values.credentials.text_or(refresh, "");
    return Json::Object{
        {"lease", loan["lease"]},
        {"minted_with", loan["credentials"]["id"]},
        {"token", ctx.secrets.seal(source.workspace, origin, Json::Object{{"token", grant.token}})},
        {"fresh_seconds", core::fresh_for(grant.lifetime).count()},
        {"credentials", rotated ? ctx.secrets.replace(source.workspace, loan["credentials"], origin,
                                                      refresh, grant.refresh_token)
                                : Json()}};
}

// Has one token minted and kept.
async::Task<void> mint(Context& ctx, Source& source, const Json& loan) {
    source.values.credentials =
        ctx.secrets.open(source.workspace, loan["credentials"], origin_of(source));
    core::Grant grant = co_await ask_for_grant(ctx, source);
    Json minted = sealed_grant(ctx, source, loan, grant);
    Settlement settlement = [&] {
        ctx.store.keep_token(source.workspace, source.connector_id, minted);
        return Json();
    };
    co_await settle_at_last(ctx, settlement);
}

// The same, or the lease goes back with the reason. Outlives the task that begins it.
async::Task<void> mint_or_give_back(Context& ctx, Source source, Json loan) {
    std::optional<core::Error> error;
    try {
        co_await mint(ctx, source, loan);
    } catch (const Failure& failure) {
        error = failure.error();
    }
    if (!error) co_return;
    Settlement settlement = [&] {
        ctx.store.fail_token(source.workspace, source.connector_id, loan["lease"].as_integer(),
                             *error);
        return Json();
    };
    co_await settle_at_last(ctx, settlement);
}

core::Error error_in(const Json& problem) {
    core::Error error{core::kind_of(problem["kind"].as_string()), problem.text_or("message", ""),
                      problem.text_or("detail", ""), problem.text_or("hint", ""),
                      static_cast<int>(problem.integer_or("http_status", 0))};
    if (problem.find("retry_after"))
        error.retry_after = seconds(problem["retry_after"].as_integer());
    return error;
}

}  // namespace

async::Task<AccessToken> access_token(Context& ctx, const Source& source) {
    async::TimePoint until = ctx.loop.clock().now() + kPatience;
    for (milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
        Json loan =
            ctx.store.borrow_token(source.workspace, source.connector_id, lease_of(ctx.settings));
        if (loan.find("token")) {
            Json token = ctx.secrets.open(source.workspace, loan["token"], origin_of(source));
            co_return AccessToken{loan["token"]["id"].as_string(), token["token"].as_string()};
        }
        if (loan.find("problem")) throw Failure(error_in(loan["problem"]));
        if (loan.find("lease")) ctx.shared_work.spawn(0, mint_or_give_back(ctx, source, loan));
        if (ctx.loop.clock().now() >= until)
            throw Failure(ErrorKind::busy, "the access token is still being minted");
        co_await ctx.loop.sleep_for(pause);
    }
}

}  // namespace headway::pipeline
