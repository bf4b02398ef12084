#pragma once

#include <chrono>
#include <string>

#include "core/connectors/connector_page.hpp"

namespace headway::core {

// The request that mints an access token; for kinds of auth that have one. Its body and headers
// hold secrets: never log them.
Outgoing grant_request(const ConnectorSpec& spec, const RequestValues& values);

// What a vendor grants. Secrets: never logged, never part of an error.
struct Grant {
    std::string token;
    std::chrono::seconds lifetime;
    std::string refresh_token;  // "" when the answer brings none
};

// What an answer grants. An error names the status and, where it is one of RFC 6749's, the code
// that the vendor gave, and nothing else of the answer.
Result<Grant> read_grant(const MintSpec& mint, const Answer& answer, Timestamp now);

// How long a token with this lifetime is used: a little less.
std::chrono::seconds fresh_for(std::chrono::seconds lifetime);

}  // namespace headway::core
