// What SQL asks about a delivery: the decision is core's, the secret is opened here and goes
// nowhere.

#include <chrono>
#include <string>

#include "core/webhooks/reception.hpp"
#include "pg/keyring_file.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

namespace headway::pg {
namespace {

using core::Json;

core::Result<std::string> secret_of(const std::string& workspace, const Json& source,
                                    const std::string& name) {
    try {
        return open_own_secret(workspace, source["credentials"], name);
    } catch (const core::Failure& failure) {
        return failure.error();
    }
}

// `source` as _source() gives it.
Json judge_delivery(const std::string& workspace, const Json& source, const Json& headers,
                    const std::string& body) {
    core::WebhookSpec webhook = core::read_webhook(source["spec"]);
    core::Receiver receiver{webhook, source["spec"]["list"]["id"].as_string(),
                            secret_of(workspace, source, webhook.proof.credential),
                            source["settings"].text_or(webhook.proof.url_setting, ""),
                            read_settings().max_response_bytes};
    auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    return core::receive(receiver, headers, body, now).to_json();
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_judge_delivery);

Datum headway_judge_delivery(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry(
        [&] {
            std::string workspace = uuid_text(PG_GETARG_DATUM(0));
            headway::core::Json source = json_of(PG_GETARG_DATUM(1));
            headway::core::Json headers = json_of(PG_GETARG_DATUM(2));
            std::string body = text_of(PG_GETARG_DATUM(3));  // both are varlena
            return jsonb_datum(judge_delivery(workspace, source, headers, body));
        },
        true);
}
}
