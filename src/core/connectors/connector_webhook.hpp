#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.hpp"

namespace headway::core {

// The part `webhook` of a connector spec: what the vendor sends by itself, how it proves that it
// was the vendor, and what of it matters. The format is docs/reference/connector-spec.md.

// standard: Standard Webhooks, an HMAC over id, time and body. jwt_rs256: a signed token that holds
// the body's hash. token: a secret that every delivery repeats.
enum class ProofKind { standard, jwt_rs256, token };

struct ProofSpec {
    ProofKind kind;
    std::string credential;
    std::vector<std::string> headers;  // jwt_rs256, token: any of which may carry it
    std::string hash_claim;            // jwt_rs256: of the body, SHA-256 in hex
    std::string url_claim;             // "" when the token does not name the address it is for
    std::string url_setting;           // the setting that says what that address is
};

// Holds when the value behind the pointer is one of `values`; a * in a text stands for any text.
struct Condition {
    std::string at;
    Json::Array values;
};

// What to do with a delivery to which all conditions apply.
struct EventSpec {
    std::vector<Condition> where;
    bool ignore = false;
    std::vector<std::string> record;  // pointers: the first that leads to an object with an id
    std::string lookup;               // or: the request that finds the record
    std::string id;                   // by the id behind this pointer
    std::chrono::seconds after{0};    // so long after the delivery
};

struct WebhookSpec {
    ProofSpec proof;
    std::string handshake;  // a header that is sent back as it came, "" when there is none
    std::string delivery;   // pointer to the delivery's id, "" when only its header or hash has it
    std::string event;      // pointer to the event's name
    std::string subject;    // pointers: of one subject, events are taken in the order of `sequence`
    std::string sequence;   // "" when they have none
    std::vector<EventSpec> events;  // the first that applies decides
};

// Reads the part of `spec`, a connector spec that fits its schema. Throws Failure(invalid).
WebhookSpec read_webhook(const Json& spec);

// The part's JSON schema, which uses the definitions of the whole one's.
const char* webhook_schema();

}  // namespace headway::core
