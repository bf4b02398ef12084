#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "core/base/shown_value.hpp"
#include "core/connectors/connector_spec.hpp"

namespace headway::core {
namespace {

// Texts of any length are checked by parse_connector_spec and not by a "pattern" here: the library
// matches those by recursion, one frame for every character.
// What the members of one kind of auth or pagination are, the readers of those parts know: the
// library explains a violation of alternatives badly.
constexpr const char* kSchema = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "headway connector spec",
  "type": "object",
  "required": ["base_url", "auth", "requests", "list"],
  "additionalProperties": false,
  "definitions": {
    "name": {"type": "string"},
    "pointer": {"type": "string"},
    "template": {"type": "object"},
    "answers": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["status", "then"],
        "additionalProperties": false,
        "properties": {
          "status": {"type": "integer", "minimum": 100, "maximum": 599},
          "contains": {"type": "string", "minLength": 1},
          "then": {"enum": ["empty", "retry", "fail", "restart", "rate_limited", "refresh"]}
        }
      }
    },
    "slot": {
      "type": "object",
      "required": ["in", "at"],
      "additionalProperties": false,
      "properties": {"in": {"enum": ["query", "body", "header"]}, "at": {"type": "string"}}
    }
  },
  "properties": {
    "description": {"type": "string"},
    "base_url": {
      "oneOf": [
        {"type": "string"},
        {"type": "object", "required": ["setting"], "additionalProperties": false,
         "properties": {"setting": {"$ref": "#/definitions/name"}}}
      ]
    },
    "settings": {
      "type": "object",
      "additionalProperties": {
        "type": "object",
        "required": ["type"],
        "additionalProperties": false,
        "properties": {
          "type": {"enum": ["string", "url", "boolean", "integer", "list"]},
          "required": {"type": "boolean"},
          "default": {},
          "description": {"type": "string"}
        }
      }
    },
    "credentials": {
      "type": "object",
      "additionalProperties": {
        "type": "object",
        "additionalProperties": false,
        "properties": {"description": {"type": "string"}, "optional": {"type": "boolean"}}
      }
    },
    "auth": {
      "type": "object",
      "required": ["kind"],
      "properties": {
        "kind": {"enum": ["none", "basic", "bearer", "header", "query", "oauth2_client_credentials",
                          "oauth2_refresh_token", "jwt_grant", "session"]},
        "username": {"$ref": "#/definitions/name"},
        "username_suffix": {"type": "string"},
        "password": {"$ref": "#/definitions/name"},
        "token": {"type": "string"},
        "header": {"type": "string"},
        "prefix": {"type": "string"},
        "parameter": {"type": "string"},
        "path": {"type": "string"},
        "group": {"$ref": "#/definitions/name"},
        "client_id": {"$ref": "#/definitions/name"},
        "client_secret": {"$ref": "#/definitions/name"},
        "client_in": {"enum": ["basic", "body"]},
        "refresh_token": {"$ref": "#/definitions/name"},
        "assertion": {"$ref": "#/definitions/name"},
        "form": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "object"]}},
        "body": {"$ref": "#/definitions/template"},
        "expires_in": {"$ref": "#/definitions/pointer"},
        "lifetime_seconds": {"type": "integer", "minimum": 1, "maximum": 31536000}
      }
    },
    "budgets": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["requests", "seconds"],
        "additionalProperties": false,
        "properties": {
          "requests": {"type": "integer", "minimum": 1, "maximum": 1000000000},
          "seconds": {"type": "integer", "minimum": 1, "maximum": 31536000},
          "group": {"$ref": "#/definitions/name"}
        }
      }
    },
    "rate_headers": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "limit": {"type": "string"},
        "remaining": {"type": "string"},
        "window": {"type": "string"},
        "reset": {"type": "string"}
      }
    },
    "penalty_seconds": {"type": "integer", "minimum": 1, "maximum": 86400},
    "answers": {"$ref": "#/definitions/answers"},
    "requests": {
      "type": "object",
      "minProperties": 1,
      "additionalProperties": {
        "type": "object",
        "required": ["method", "path", "records"],
        "additionalProperties": false,
        "properties": {
          "method": {"enum": ["GET", "POST"]},
          "path": {"type": "string"},
          "query": {"$ref": "#/definitions/template"},
          "headers": {"$ref": "#/definitions/template"},
          "body": {"$ref": "#/definitions/template"},
          "records": {"$ref": "#/definitions/pointer"},
          "pagination": {
            "type": "object",
            "required": ["kind"],
            "properties": {
              "kind": {"enum": ["none", "cursor", "page", "offset", "next_url", "link_header"]},
              "next": {"$ref": "#/definitions/pointer"},
              "send": {"$ref": "#/definitions/slot"},
              "first": {"type": "integer", "minimum": 0, "maximum": 1000000},
              "size": {
                "type": "object",
                "required": ["send", "value"],
                "additionalProperties": false,
                "properties": {
                  "send": {"$ref": "#/definitions/slot"},
                  "value": {"type": "integer", "minimum": 1, "maximum": 1000000}
                }
              },
              "more": {"$ref": "#/definitions/pointer"},
              "end": {"$ref": "#/definitions/pointer"},
              "pages": {"$ref": "#/definitions/pointer"},
              "total": {"$ref": "#/definitions/pointer"}
            }
          },
          "group": {"$ref": "#/definitions/name"},
          "encoding": {"enum": ["json", "form"]},
          "answers": {"$ref": "#/definitions/answers"}
        }
      }
    },
    "list": {
      "type": "object",
      "required": ["request", "id"],
      "additionalProperties": false,
      "properties": {
        "request": {"$ref": "#/definitions/name"},
        "id": {"$ref": "#/definitions/pointer"},
        "at": {"$ref": "#/definitions/pointer"},
        "at_as": {"enum": ["iso", "unix", "unix_ms"]},
        "window": {"enum": ["asked", "filtered"]},
        "order": {"enum": ["newest_first"]},
        "spans": {"type": "integer", "minimum": 1, "maximum": 16},
        "overlap_seconds": {"type": "integer", "minimum": 0, "maximum": 31536000}
      }
    },
    "children": {
      "type": "object",
      "additionalProperties": {
        "type": "object",
        "required": ["request"],
        "additionalProperties": false,
        "properties": {
          "request": {"$ref": "#/definitions/name"},
          "batch": {"type": "integer", "minimum": 1, "maximum": 1000},
          "key": {"$ref": "#/definitions/pointer"},
          "parent": {"$ref": "#/definitions/pointer"},
          "when": {"$ref": "#/definitions/pointer"},
          "unless": {"$ref": "#/definitions/pointer"}
        }
      }
    }
  }
})json";

// valijson writes a context as <root>[requests][calls]; people read requests/calls.
std::string path_of(const std::string& context) {
    std::string path;
    for (char c : context.substr(std::min(context.find('['), context.size()))) {
        if (c == '[' && !path.empty()) path += '/';
        if (c != '[' && c != ']') path += c;
    }
    return path.empty() ? "spec" : path;
}

// valijson speaks in its own terms: that a type is "not permitted", of 16.000000.
std::string plain(std::string description) {
    const std::string zeros = ".000000", number = "Expected number";
    if (description.starts_with("Value type")) return "must be of another type (numbers are whole)";
    if (description.ends_with(zeros)) description.erase(description.size() - zeros.size());
    if (description.starts_with(number)) description.replace(0, number.size(), "must be a number");
    return description;
}

// Where a number stands that is larger than any that we can read.
std::optional<std::string> path_of_endless(const Json& value, const std::string& path) {
    if (value.is_number() && !std::isfinite(value.as_number())) return path;
    std::optional<std::string> found;
    for (const auto& [name, member] : value.members())
        if ((found = path_of_endless(member, path + '/' + name))) return found;
    for (std::size_t i = 0; i < value.items().size(); ++i)
        if ((found = path_of_endless(value.items()[i], path + '/' + std::to_string(i))))
            return found;
    return found;
}

std::string with_value(const Json& spec, const std::string& path, const std::string& what) {
    const Json* value = spec.at('/' + path);
    return path + ": " + what + (value && value->is_number() ? ", and is " + shown(*value) : "");
}

}  // namespace

std::string schema_violation(const Json& spec) {
    if (auto path = path_of_endless(spec, ""))
        return with_value(spec, path->substr(path->empty() ? 0 : 1), "must be nearer to zero");
    nlohmann::json schema_text = nlohmann::json::parse(kSchema);
    schema_text["properties"]["webhook"] = nlohmann::json::parse(webhook_schema());
    nlohmann::json target = nlohmann::json::parse(spec.dump());
    valijson::Schema schema;
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_text), schema);
    valijson::ValidationResults results;
    if (valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(target),
                                       &results))
        return {};
    // The first error found is the deepest; those that follow only say that its parents fail too.
    valijson::ValidationResults::Error error;
    results.popError(error);
    std::string context;
    for (const std::string& part : error.context) context += part;
    return with_value(spec, path_of(context), plain(error.description));
}

}  // namespace headway::core
