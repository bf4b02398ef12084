#include "core/storage/s3.hpp"

#include <algorithm>
#include <cctype>

#include "core/base/encoding.hpp"
#include "core/base/error.hpp"
#include "core/base/provider_settings.hpp"

namespace headway::core {
namespace {

constexpr std::string_view kRegionChars = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr const char* kUnsigned = "UNSIGNED-PAYLOAD";

std::string hash_of(std::string_view body) { return hex_encode(sha256(body)); }

std::string escape_xml(std::string_view text) {
    std::string escaped;
    for (char c : text) {
        if (c == '&') escaped += "&amp;";
        else if (c == '<') escaped += "&lt;";
        else if (c == '"') escaped += "&quot;";
        else escaped += c;
    }
    return escaped;
}

}  // namespace

S3Settings S3Settings::from_json(const Json& settings) {
    S3Settings read;
    for (const auto& [name, value] : settings.members()) {
        bool is_region = value.is_string() && !value.as_string().empty() &&
                         value.as_string().find_first_not_of(kRegionChars) == std::string::npos;
        if (name == "region" && is_region) read.region = value.as_string();
        else if (name == "endpoint" && value.is_string())
            read.endpoint = parse_base_url(value.as_string()).str();
        else if (name == "bucket_prefix" && value.is_string()) continue;  // of the database's
        else refuse_setting(name);
    }
    if (read.endpoint.empty()) read.endpoint = "https://s3." + read.region + ".amazonaws.com";
    return read;
}

S3Requests::S3Requests(const S3Settings& settings, const Json& credentials,
                       const std::string& bucket, const std::string& key, Timestamp now)
    : endpoint_(parse_base_url(settings.endpoint)),
      scope_{credentials.text_or("access_key_id", ""), credentials.text_or("secret_access_key", ""),
             credentials.text_or("session_token", ""), settings.region},
      bucket_path_(endpoint_.path + '/' + percent_encode_path(bucket)),
      object_path_(bucket_path_ + '/' + percent_encode_path(key)),
      now_(now) {
    endpoint_.path.clear();
}

std::string S3Requests::host() const {
    std::string url = endpoint_.str();
    return url.substr(url.find("//") + 2);
}

Outgoing S3Requests::request(const std::string& method, const std::string& path, Pairs query,
                             const std::string& payload_hash, Pairs headers) const {
    AwsRequest asked{method, path, std::move(query), std::move(headers), payload_hash};
    asked.headers.emplace_back("Host", host());
    asked.headers.emplace_back("x-amz-content-sha256", payload_hash);
    asked.headers.emplace_back("x-amz-date", aws_date(now_));
    if (!scope_.session_token.empty())
        asked.headers.emplace_back("x-amz-security-token", scope_.session_token);
    std::string text = aws_query(asked.query);
    Outgoing out{method, endpoint_.str() + path + (text.empty() ? "" : "?" + text), {}, {}};
    std::string authorization = aws_authorization(scope_, asked, now_);
    for (auto& header : asked.headers)
        if (header.first != "Host") out.headers.push_back(std::move(header));
    out.headers.emplace_back("Authorization", std::move(authorization));
    return out;
}

// Where the region is named nowhere else, it is us-east-1, which must not be named.
Outgoing S3Requests::create_bucket() const {
    std::string body;
    if (scope_.region != "us-east-1")
        body =
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<LocationConstraint>" +
            scope_.region + "</LocationConstraint></CreateBucketConfiguration>";
    Outgoing out = request("PUT", bucket_path_, {}, hash_of(body), {});
    out.body = std::move(body);
    return out;
}

Outgoing S3Requests::put(const std::string& payload_hash, const std::string& content_type) const {
    return request("PUT", object_path_, {}, payload_hash, {{"Content-Type", content_type}});
}

Outgoing S3Requests::get() const { return request("GET", object_path_, {}, hash_of(""), {}); }

Outgoing S3Requests::begin_upload(const std::string& content_type) const {
    return request("POST", object_path_, {{"uploads", ""}}, hash_of(""),
                   {{"Content-Type", content_type}});
}

// The connection's own check must do for a part: its hash would mean reading it twice.
Outgoing S3Requests::put_part(const std::string& upload, int number) const {
    return request("PUT", object_path_,
                   {{"partNumber", std::to_string(number)}, {"uploadId", upload}}, kUnsigned, {});
}

Outgoing S3Requests::complete_upload(const std::string& upload,
                                     const std::vector<std::string>& tags) const {
    std::string body = "<CompleteMultipartUpload>";
    for (std::size_t n = 0; n < tags.size(); ++n)
        body += "<Part><PartNumber>" + std::to_string(n + 1) + "</PartNumber><ETag>" +
                escape_xml(tags[n]) + "</ETag></Part>";
    body += "</CompleteMultipartUpload>";
    Outgoing out = request("POST", object_path_, {{"uploadId", upload}}, hash_of(body),
                           {{"Content-Type", "application/xml"}});
    out.body = std::move(body);
    return out;
}

Outgoing S3Requests::abort_upload(const std::string& upload) const {
    return request("DELETE", object_path_, {{"uploadId", upload}}, hash_of(""), {});
}

std::string S3Requests::signed_url(std::chrono::seconds expires) const {
    AwsRequest asked{"GET", object_path_, {}, {{"host", host()}}, kUnsigned};
    return endpoint_.str() + object_path_ + '?' + aws_presigned_query(scope_, asked, now_, expires);
}

std::string xml_text(std::string_view document, const std::string& element) {
    std::size_t begin = document.find('<' + element + '>');
    if (begin == std::string_view::npos) return {};
    begin += element.size() + 2;
    std::size_t end = document.find("</" + element + '>', begin);
    if (end == std::string_view::npos) return {};
    std::string text;
    for (std::string_view rest = document.substr(begin, end - begin); !rest.empty();) {
        bool is_quote = rest.starts_with("&quot;");
        bool is_ampersand = rest.starts_with("&amp;");
        text += is_quote ? '"' : rest[0];
        rest.remove_prefix(is_quote ? 6 : is_ampersand ? 5 : 1);
    }
    return text;
}

std::string s3_error_code(const Answer& answer) {
    if (answer.body.find("<Error>") == std::string::npos) return {};
    std::string code = xml_text(answer.body, "Code");
    bool is_name = !code.empty() && code.size() <= 64 &&
                   std::all_of(code.begin(), code.end(),
                               [](unsigned char c) { return c < 0x80 && std::isalnum(c); });
    return is_name ? code : "unknown";
}

Error s3_error(const Answer& answer, Timestamp now) {
    std::string code = s3_error_code(answer);
    int status = answer.status;
    std::string told = code.empty() ? "HTTP status " + std::to_string(status) : code;
    auto make = [&](ErrorKind kind, const std::string& message, const char* hint = "") {
        return Error{kind, message + told, {}, hint, status, retry_after(answer, now)};
    };
    if (code == "SlowDown" || status == 429)
        return make(ErrorKind::rate_limited, "the storage asks to wait: ");
    // OperationAborted: somebody else is at the same bucket at this moment.
    if (status >= 500 || code == "InternalError" || code == "RequestTimeout" ||
        code == "ServiceUnavailable" || code == "OperationAborted")
        return make(ErrorKind::server, "the storage failed: ");
    if (code == "RequestTimeTooSkewed")
        return make(ErrorKind::refused, "the storage refused: ", "Set the server's clock.");
    return make(ErrorKind::refused, "the storage refused: ",
                "Check headway_set_provider('storage', ...) and the account's rights.");
}

}  // namespace headway::core
