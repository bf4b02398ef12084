#include "pipeline/web_visit.hpp"

#include <charconv>

#include "pipeline/retry_pause.hpp"

namespace headway::pipeline {
namespace {

using core::Error;
using core::ErrorKind;

constexpr int kMostRedirects = 5;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<std::chrono::seconds> retry_after(const net::HttpResponse& response) {
    std::string text = response.header("retry-after");
    int seconds = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || seconds < 0) return std::nullopt;
    return std::chrono::seconds(seconds);
}

Error refusal(const net::HttpResponse& response) {
    int status = response.status;
    std::string number = " (HTTP " + std::to_string(status) + ')';
    auto error = [&](ErrorKind kind, const char* what) {
        Error made{kind, what + number};
        made.http_status = status;
        return made;
    };
    if (status == 429) {
        Error limited = error(ErrorKind::rate_limited, "the source asks to wait");
        limited.retry_after = retry_after(response).value_or(std::chrono::seconds(30));
        return limited;
    }
    if (status >= 500) {
        Error failed = error(ErrorKind::server, "the source fails");
        failed.retry_after = retry_after(response);
        return failed;
    }
    if (status == 404 || status == 410) return error(ErrorKind::refused, "the link is dead");
    if (status == 401) return error(ErrorKind::refused, "the source wants credentials");
    if (status == 403) return error(ErrorKind::refused, "the link has expired or is forbidden");
    if (status == 416) return error(ErrorKind::protocol, "the source refuses the rest of the file");
    return error(ErrorKind::refused, "the source refuses");
}

net::HttpRequest request_for(Context& ctx, const WebVisit& visit) {
    net::HttpRequest request;
    request.url = visit.link.str();
    request.headers = visit.headers;
    if (visit.link.origin() == visit.secrets.origin)
        request.headers.insert(request.headers.end(), visit.secrets.headers.begin(),
                               visit.secrets.headers.end());
    request.total_timeout = visit.total_timeout;
    request.max_response_bytes = ctx.settings.max_response_bytes;
    request.allow_private = core::names_host(ctx.settings.allowed_private_hosts, visit.link.base);
    request.sink = visit.sink;
    return request;
}

}  // namespace

SourceHeaders open_headers(Context& ctx, const std::string& workspace, const core::Json& source) {
    const core::Json& sealed = source["headers"];
    if (sealed.is_null()) return {};
    SourceHeaders opened{sealed["origin"].as_string()};
    core::Json secrets = ctx.secrets.open(workspace, sealed, opened.origin);
    for (const auto& [name, value] : secrets.members())
        opened.headers.emplace_back(name, value.as_string());
    return opened;
}

async::Task<core::Result<Visited>> visit_web(Context& ctx, WebVisit visit) {
    for (int redirects = 0;; ++redirects) {
        if (visit.link.base.scheme == "http" &&
            !core::names_host(ctx.settings.allowed_private_hosts, visit.link.base))
            co_return Error{ErrorKind::forbidden, "plain http is not allowed for this host"};
        net::HttpRequest request = request_for(ctx, visit);
        core::Result<net::HttpResponse> sent = co_await ctx.http.send(std::move(request));
        if (!sent.ok()) co_return sent.error();
        const net::HttpResponse& response = sent.value();
        if (response.status / 100 == 2) co_return Visited{response, visit.link};
        if (!is_redirect(response.status)) co_return refusal(response);
        auto next = core::resolve_link(response.header("location"), visit.link);
        if (!next || redirects == kMostRedirects)
            co_return Error{ErrorKind::refused, next ? "the source redirects without an end"
                                                     : "the source redirects to nowhere"};
        visit.link = *next;
    }
}

async::Task<Visited> visit_again(Context& ctx, WebVisit visit) {
    for (int tries = 1;; ++tries) {
        core::Result<Visited> visited = co_await visit_web(ctx, visit);
        if (visited.ok()) co_return visited.value();
        std::optional<Error> end = co_await pause_before_retry(ctx, visited.error(), tries);
        if (end) throw core::Failure(*end);
    }
}

}  // namespace headway::pipeline
