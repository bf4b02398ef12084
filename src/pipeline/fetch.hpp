#pragma once

#include <string>

#include "core/connectors/connector_page.hpp"
#include "pipeline/vendor.hpp"

namespace headway::pipeline {

// Makes a source of what _source() gives.
Source open_source(Context& ctx, const std::string& workspace, const core::Json& input);
// The source of a list or detail task; no value when somebody else holds the task.
std::optional<Source> source_of(Context& ctx, const ClaimedTask& task);

// One page of one of the source's requests, asked for once, within its rate budgets; once more when
// the vendor does not take the access token any longer.
async::Task<core::Result<core::Page>> try_page(Context& ctx, const Source& source,
                                               const core::RequestSpec& request,
                                               core::RequestValues values);

// The same, retried as core::decide_retry says. Throws Failure. What is passed by reference must
// outlive the coroutine, here and below.
async::Task<core::Page> fetch_page(Context& ctx, const Source& source,
                                   const core::RequestSpec& request, core::RequestValues values);

// All pages of a request, joined. A cursor that comes twice is Failure(protocol).
async::Task<core::Page> fetch_all(Context& ctx, Source& source, const core::RequestSpec& request,
                                  core::RequestValues values);

}  // namespace headway::pipeline
