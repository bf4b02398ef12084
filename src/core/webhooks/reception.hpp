#pragma once

#include <chrono>
#include <string>

#include "core/base/result.hpp"
#include "core/base/timestamp.hpp"
#include "core/connectors/connector_webhook.hpp"
#include "core/webhooks/delivery.hpp"

namespace headway::core {

// A connector that deliveries are sent to.
struct Receiver {
    WebhookSpec webhook;
    std::string record_id;       // pointer to the id in one of the type's records
    Result<std::string> secret;  // what the proof is held against, or why it cannot be had
    std::string url;             // where the connector lets the vendor send, "" when it is not said
    std::size_t max_body_bytes;
};

// What becomes of a delivery. `reason` is one of a few fixed texts.
struct Reception {
    int status = 200;                  // for the vendor
    std::string outcome = "accepted";  // or ignored, or refused
    std::string reason;
    Json echo = Json::object();  // a header of the delivery that goes back as it came
    std::string id;              // of the delivery; "" when nothing proves that it is the vendor's
    std::string event;
    std::string subject;
    Json sequence;  // an integer or null
    Json work;      // accepted: {"given": record} or {"lookup": id}, for a list task
    std::chrono::seconds after{0};  // when that task is due

    Json to_json() const;
};

// Decides about a delivery: nothing is done yet.
Reception receive(const Receiver& receiver, const Json& headers, std::string_view body,
                  Timestamp now);

}  // namespace headway::core
