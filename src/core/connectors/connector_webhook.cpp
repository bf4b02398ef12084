#include "core/connectors/connector_webhook.hpp"

#include <map>

#include "core/connectors/connector_request.hpp"
#include "core/connectors/spec_parts.hpp"

namespace headway::core {
namespace {

ProofSpec read_proof(const Json& verify, const Json& spec) {
    static const std::map<std::string, ProofKind> kKinds = {{"standard", ProofKind::standard},
                                                            {"jwt_rs256", ProofKind::jwt_rs256},
                                                            {"token", ProofKind::token}};
    ProofSpec proof{kKinds.at(verify["kind"].as_string()),
                    verify["credential"].as_string(),
                    {},
                    verify.text_or("body_sha256", "body_sha256"),
                    verify["url"].text_or("claim", ""),
                    verify["url"].text_or("setting", "")};
    for (const Json& header : verify["headers"].items())
        proof.headers.push_back(header.as_string());
    for (const std::string& header : proof.headers)
        require_spec(is_header_name(header), "webhook/verify/headers", "must be names of headers");
    require_spec(proof.kind == ProofKind::standard || !proof.headers.empty(),
                 "webhook/verify/headers", "must name a header");
    require_spec(spec["credentials"].find(proof.credential), "webhook/verify/credential",
                 "must name one of the spec's credentials");
    require_spec(proof.url_setting.empty() || spec["settings"].find(proof.url_setting),
                 "webhook/verify/url/setting", "must name one of the spec's settings");
    return proof;
}

std::vector<Condition> read_conditions(const Json& where, const std::string& path) {
    std::vector<Condition> conditions;
    for (const auto& [pointer, values] : where.members())
        conditions.push_back({read_pointer(pointer, path), values.as_array()});
    return conditions;
}

EventSpec read_event(const Json& event, const Json& spec, const std::string& path) {
    EventSpec read;
    read.where = read_conditions(event["where"], path + "/where");
    read.ignore = event.bool_or("ignore", false);
    for (const Json& pointer : event["record"].items())
        read.record.push_back(read_pointer(pointer, path + "/record"));
    if (const Json* lookup = event.find("lookup")) {
        read.lookup = (*lookup)["request"].as_string();
        read.id = read_pointer((*lookup)["id"], path + "/lookup/id");
        read.after = std::chrono::seconds(lookup->integer_or("after_seconds", 0));
        require_spec(spec["requests"].find(read.lookup), path + "/lookup/request",
                     "names no request");
    }
    require_spec(read.ignore + !read.record.empty() + !read.lookup.empty() == 1, path,
                 "needs one of \"record\", \"lookup\" and \"ignore\": true");
    return read;
}

std::string optional_pointer(const Json& webhook, const char* name) {
    const Json* pointer = webhook.find(name);
    return pointer ? read_pointer(*pointer, std::string("webhook/") + name) : std::string();
}

}  // namespace

WebhookSpec read_webhook(const Json& spec) {
    const Json& webhook = spec["webhook"];
    WebhookSpec read{read_proof(webhook["verify"], spec),
                     webhook.text_or("handshake", ""),
                     optional_pointer(webhook, "delivery"),
                     optional_pointer(webhook, "event"),
                     optional_pointer(webhook["sequence"], "of"),
                     optional_pointer(webhook["sequence"], "at"),
                     {}};
    require_spec(read.handshake.empty() || is_header_name(read.handshake), "webhook/handshake",
                 "must be the name of a header");
    for (const Json& event : webhook["events"].as_array())
        read.events.push_back(
            read_event(event, spec, "webhook/events/" + std::to_string(read.events.size())));
    return read;
}

const char* webhook_schema() {
    return R"json({
  "type": "object",
  "required": ["verify", "events"],
  "additionalProperties": false,
  "properties": {
    "verify": {
      "type": "object",
      "required": ["kind", "credential"],
      "additionalProperties": false,
      "properties": {
        "kind": {"enum": ["standard", "jwt_rs256", "token"]},
        "credential": {"$ref": "#/definitions/name"},
        "headers": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 10},
        "body_sha256": {"type": "string", "minLength": 1},
        "url": {
          "type": "object",
          "required": ["claim", "setting"],
          "additionalProperties": false,
          "properties": {"claim": {"type": "string", "minLength": 1}, "setting": {"$ref": "#/definitions/name"}}
        }
      }
    },
    "handshake": {"type": "string"},
    "delivery": {"$ref": "#/definitions/pointer"},
    "event": {"$ref": "#/definitions/pointer"},
    "sequence": {
      "type": "object",
      "required": ["of", "at"],
      "additionalProperties": false,
      "properties": {"of": {"$ref": "#/definitions/pointer"}, "at": {"$ref": "#/definitions/pointer"}}
    },
    "events": {
      "type": "array",
      "minItems": 1,
      "maxItems": 100,
      "items": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "where": {
            "type": "object",
            "additionalProperties": {
              "type": "array",
              "minItems": 1,
              "items": {"type": ["string", "integer", "boolean"]}
            }
          },
          "ignore": {"enum": [true]},
          "record": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/pointer"}},
          "lookup": {
            "type": "object",
            "required": ["request", "id"],
            "additionalProperties": false,
            "properties": {
              "request": {"$ref": "#/definitions/name"},
              "id": {"$ref": "#/definitions/pointer"},
              "after_seconds": {"type": "integer", "minimum": 0, "maximum": 86400}
            }
          }
        }
      }
    }
  }
})json";
}

}  // namespace headway::core
