#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/base/timestamp.hpp"

namespace headway::core {

// Who signs, and for what (AWS Signature Version 4).
struct AwsScope {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;  // "" for lasting keys
    std::string region;
    std::string service = "s3";
};

// A request as it is signed: `path` percent-encoded as it is sent, `query` as names and values in
// the clear, in any order; `headers` in any order and case, host among them.
struct AwsRequest {
    std::string method;
    std::string path;
    std::vector<std::pair<std::string, std::string>> query;
    std::vector<std::pair<std::string, std::string>> headers;
    // The body's SHA-256 in hex, or UNSIGNED-PAYLOAD.
    std::string payload_hash = "UNSIGNED-PAYLOAD";
};

// "20150830T123600Z"
std::string aws_date(Timestamp at);
// A query as it is sent and signed: encoded and sorted.
std::string aws_query(const std::vector<std::pair<std::string, std::string>>& query);

// The value of the Authorization header; the request must carry x-amz-date, and the security token
// where there is one.
std::string aws_authorization(const AwsScope& scope, const AwsRequest& request, Timestamp at);

// The query of a URL by which anybody can make the request until it expires, signature included.
std::string aws_presigned_query(const AwsScope& scope, AwsRequest request, Timestamp at,
                                std::chrono::seconds expires);

// What is signed, for tests against published vectors.
std::string aws_canonical_request(const AwsRequest& request);

}  // namespace headway::core
