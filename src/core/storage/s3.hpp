#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/url.hpp"
#include "core/connectors/connector_page.hpp"
#include "core/storage/aws_signature.hpp"

namespace headway::core {

// A server that speaks S3. Buckets stand in the path: then all are at one origin.
struct S3Settings {
    std::string region = "us-east-1";
    std::string endpoint;  // https://s3.REGION.amazonaws.com unless "endpoint" names another

    // Throws Failure(invalid) naming an unknown or ill-typed setting.
    static S3Settings from_json(const Json& settings);
};

// What is stored where, as S3 is asked: all of them signed requests without their body, whose
// SHA-256 is `payload_hash` in hex (of nothing by default). Never log them.
class S3Requests {
  public:
    // `credentials`: {access_key_id, secret_access_key, session_token where there is one}.
    S3Requests(const S3Settings& settings, const Json& credentials, const std::string& bucket,
               const std::string& key, Timestamp now);

    Outgoing create_bucket() const;  // with its body
    Outgoing put(const std::string& payload_hash, const std::string& content_type) const;
    Outgoing get() const;
    Outgoing begin_upload(const std::string& content_type) const;
    Outgoing put_part(const std::string& upload, int number) const;
    Outgoing complete_upload(const std::string& upload,
                             const std::vector<std::string>& tags) const;  // with its body
    Outgoing abort_upload(const std::string& upload) const;
    std::string signed_url(std::chrono::seconds expires) const;

  private:
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    Outgoing request(const std::string& method, const std::string& path, Pairs query,
                     const std::string& payload_hash, Pairs headers) const;
    std::string host() const;

    BaseUrl endpoint_;
    AwsScope scope_;
    std::string bucket_path_, object_path_;
    Timestamp now_;
};

// What the error in an answer is called, "" when it is none. An answer with status 200 may be one.
std::string s3_error_code(const Answer& answer);
// Why an answer is not what was asked for.
Error s3_error(const Answer& answer, Timestamp now);
// The text of the first element of that name, "" when there is none.
std::string xml_text(std::string_view document, const std::string& element);

}  // namespace headway::core
