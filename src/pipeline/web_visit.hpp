#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/audio/web_link.hpp"
#include "pipeline/context.hpp"

namespace headway::pipeline {

// Headers that carry secrets, and the one origin that they go to.
struct SourceHeaders {
    std::string origin = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
};

// Opens what _import_source() gives.
SourceHeaders open_headers(Context& ctx, const std::string& workspace, const core::Json& source);

struct WebVisit {
    core::WebLink link;
    SourceHeaders secrets;
    std::vector<std::pair<std::string, std::string>> headers = {};  // for whoever is asked
    net::BodySink* sink = nullptr;
    std::chrono::milliseconds total_timeout{60'000};
};

struct Visited {
    net::HttpResponse response;
    core::WebLink link;  // where it came from in the end
};

// Gets what is behind a link, along a few redirects: to https, or to hosts that the administrator
// allows, and never with secrets to another origin. A status that is no success is an error:
// refused with what it means, rate_limited with the wait, or server.
async::Task<core::Result<Visited>> visit_web(Context& ctx, WebVisit visit);

// The same, retried as core::decide_retry says. Throws Failure.
async::Task<Visited> visit_again(Context& ctx, WebVisit visit);

}  // namespace headway::pipeline
