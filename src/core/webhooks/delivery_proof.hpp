#pragma once

#include <optional>
#include <string>

#include "core/base/timestamp.hpp"
#include "core/connectors/connector_webhook.hpp"
#include "core/webhooks/delivery.hpp"

namespace headway::core {

// What the vendor's proof is held against.
struct ProofKeys {
    std::string secret;  // the connector's credential; never ""
    std::string url;     // where it lets the vendor send, "" when its settings do not say
};

// Whether it was the vendor that sent a delivery, and lately: nothing, or why that is not believed.
std::optional<Refusal> check_proof(const ProofSpec& spec, const ProofKeys& keys,
                                   const Delivery& delivery, Timestamp now);

}  // namespace headway::core
