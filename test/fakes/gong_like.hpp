#pragma once

#include "core/base/json.hpp"

namespace headway::test {

// A small spec in the form of gong's, and the source that a task of such a connector reads.
inline core::Json gong_like_spec() {
    return core::Json::parse(R"({
      "base_url": {"setting": "base_url"},
      "settings": {"base_url": {"type": "url", "required": true}, "team": {"type": "string"}},
      "credentials": {"access_key": {}, "secret_key": {}},
      "auth": {"kind": "basic", "username": "access_key", "password": "secret_key"},
      "budgets": [{"requests": 3, "seconds": 1}],
      "answers": [{"status": 404, "contains": "nothing found", "then": "empty"},
                  {"status": 400, "contains": "cursor has expired", "then": "restart"}],
      "requests": {
        "calls": {"method": "POST", "path": "/v2/calls",
                  "body": {"filter": {"from": {"$": "window.from"}, "to": {"$": "window.to"}, "team": {"$": "settings.team"}}},
                  "records": "/calls",
                  "pagination": {"kind": "cursor", "next": "/page/next", "send": {"in": "body", "at": "/cursor"}}},
        "transcripts": {"method": "POST", "path": "/v2/transcripts", "body": {"ids": {"$": "parents"}}, "records": "/transcripts",
                  "pagination": {"kind": "cursor", "next": "/page/next", "send": {"in": "body", "at": "/cursor"}}}
      },
      "list": {"request": "calls", "id": "/id", "at": "/started"},
      "children": {"transcripts": {"request": "transcripts", "batch": 100, "key": "/callId"}}
    })");
}

inline core::Json gong_like_source() {
    return core::Json::Object{
        {"connector_id", "c1"},
        {"spec", gong_like_spec()},
        {"settings", core::Json::Object{{"base_url", "https://api.vendor.example"}}},
        {"window_from", "2025-12-25T00:00:00Z"},
        {"window_to", "2026-01-01T00:00:00Z"},
        {"credentials", core::Json::Object{{"id", "k"}}}};
}

}  // namespace headway::test
