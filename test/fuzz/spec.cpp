// A connector spec that somebody registers, and the requests that follow from it.
#include "core/connectors/access_grant.hpp"
#include "core/connectors/connector_request.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    fuzz::may_refuse([&] {
        core::Json json = core::Json::parse(fuzz::text_of(bytes, size));
        core::ConnectorSpec spec = core::parse_connector_spec(json);
        core::RequestValues values;
        values.parents = {"1", "..", "a/b"};
        values.settings = core::complete_settings(json, core::Json::object());
        if (spec.auth.mint) fuzz::may_refuse([&] { core::grant_request(spec, values); });
        for (const auto& [name, request] : spec.requests) {
            core::Outgoing out = core::build_request(spec, request, values);
            for (const auto& [header, value] : out.headers)
                fuzz::promise((header + value).find_first_of("\r\n") == std::string::npos);
        }
    });
    return 0;
}
