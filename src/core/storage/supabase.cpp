#include "core/storage/supabase.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/base/encoding.hpp"
#include "core/base/provider_settings.hpp"
#include "core/base/url.hpp"
#include "core/connectors/link.hpp"

namespace headway::core {
namespace {

constexpr const char* kPath = "/storage/v1";

Json body_of(const Answer& answer) {
    try {
        return parse_foreign_json(answer.body).value;
    } catch (const Failure&) {
        return {};
    }
}

// Written as a text or as a number.
int status_in(const Json& body, int otherwise) {
    const Json& said = body["statusCode"];
    int status = 0;
    if (said.is_integer()) status = static_cast<int>(said.as_integer());
    if (said.is_string())
        std::from_chars(said.as_string().data(), said.as_string().data() + said.as_string().size(),
                        status);
    return status >= 400 && status < 600 ? status : otherwise;
}

bool is_url_text(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::string metadata(const std::string& name, const std::string& value) {
    return name + ' ' + base64_encode(value);
}

}  // namespace

SupabaseStorage SupabaseStorage::from_json(const Json& settings, const Json& credentials) {
    SupabaseStorage read;
    for (const auto& [name, value] : settings.members()) {
        if (name == "base_url" && value.is_string())
            read.base_url = parse_base_url(value.as_string()).str();
        else if (name == "bucket_prefix" && value.is_string()) continue;  // of the database's
        else refuse_setting(name);
    }
    if (read.base_url.empty()) refuse_settings("\"base_url\" is required");
    read.service_key = credentials.text_or("service_key", "");
    return read;
}

// Only a JWT is a bearer token; the newer secret keys are refused as such.
Outgoing SupabaseStorage::request(const std::string& method, const std::string& path) const {
    Outgoing out{method, base_url + kPath + path, {{"apikey", service_key}}, {}};
    bool is_jwt = std::count(service_key.begin(), service_key.end(), '.') == 2;
    if (is_jwt) out.headers.emplace_back("Authorization", "Bearer " + service_key);
    return out;
}

Outgoing SupabaseStorage::create_bucket(const std::string& bucket) const {
    Outgoing out = request("POST", "/bucket");
    out.headers.emplace_back("Content-Type", "application/json");
    out.body = Json(Json::Object{{"name", bucket}, {"id", bucket}, {"public", false}}).dump();
    return out;
}

Outgoing SupabaseStorage::put(const std::string& bucket, const std::string& key,
                              const std::string& content_type) const {
    Outgoing out = request("POST", "/object/" + bucket + '/' + key);
    out.headers.emplace_back("Content-Type", content_type);
    out.headers.emplace_back("x-upsert", "true");
    return out;
}

Outgoing SupabaseStorage::get(const std::string& bucket, const std::string& key) const {
    return request("GET", "/object/authenticated/" + bucket + '/' + key);
}

Outgoing SupabaseStorage::sign(const std::string& bucket, const std::string& key,
                               std::chrono::seconds expires) const {
    Outgoing out = request("POST", "/object/sign/" + bucket + '/' + key);
    out.headers.emplace_back("Content-Type", "application/json");
    out.body = Json(Json::Object{{"expiresIn", expires.count()}}).dump();
    return out;
}

Outgoing SupabaseStorage::begin_upload(const std::string& bucket, const std::string& key,
                                       const std::string& content_type, std::uint64_t size) const {
    Outgoing out = request("POST", "/upload/resumable");
    out.headers.emplace_back("Tus-Resumable", "1.0.0");
    out.headers.emplace_back("Upload-Length", std::to_string(size));
    out.headers.emplace_back("Upload-Metadata", metadata("bucketName", bucket) + ',' +
                                                    metadata("objectName", key) + ',' +
                                                    metadata("contentType", content_type));
    out.headers.emplace_back("x-upsert", "true");
    return out;
}

Outgoing SupabaseStorage::put_part(const std::string& upload, std::uint64_t offset) const {
    Outgoing out = request("PATCH", "");
    out.url = upload;
    out.headers.emplace_back("Tus-Resumable", "1.0.0");
    out.headers.emplace_back("Content-Type", "application/offset+octet-stream");
    out.headers.emplace_back("Upload-Offset", std::to_string(offset));
    return out;
}

Outgoing SupabaseStorage::ask_offset(const std::string& upload) const {
    Outgoing out = request("HEAD", "");
    out.url = upload;
    out.headers.emplace_back("Tus-Resumable", "1.0.0");
    return out;
}

// The key must not follow a foreign address.
std::string SupabaseStorage::upload_of(const Answer& begun) const {
    auto location = begun.headers.find("location");
    if (location == begun.headers.end())
        throw Failure(ErrorKind::protocol, "the storage does not say where the upload is");
    BaseUrl base = parse_base_url(base_url);
    std::string path = link_within(location->second, base.origin());
    base.path.clear();
    return base.str() + path;
}

std::string SupabaseStorage::signed_url_of(const Answer& answer) const {
    Json body = body_of(answer);
    const Json& url = body["signedURL"];
    if (!url.is_string() || !url.as_string().starts_with("/object/sign/") ||
        !is_url_text(url.as_string()))
        throw Failure(ErrorKind::protocol, "the storage's answer has no URL");
    return base_url + kPath + url.as_string();
}

std::optional<std::uint64_t> upload_offset(const Answer& answer) {
    auto header = answer.headers.find("upload-offset");
    if (header == answer.headers.end()) return std::nullopt;
    const std::string& text = header->second;
    std::uint64_t offset = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
    bool is_number = error == std::errc{} && end == text.data() + text.size();
    return is_number ? std::optional(offset) : std::nullopt;
}

std::string supabase_error_code(const Answer& answer) {
    Json body = body_of(answer);
    const Json& code = body["code"];
    std::string name = code.is_string() ? code.as_string() : "";
    bool is_name = name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
                       return c < 0x80 && std::isalnum(c);
                   });
    return is_name ? name : "";
}

Error supabase_error(const Answer& answer, Timestamp now) {
    std::string code = supabase_error_code(answer);
    int status = status_in(body_of(answer), answer.status);
    std::string told = code.empty() ? "HTTP status " + std::to_string(status) : code;
    auto make = [&](ErrorKind kind, const std::string& message, const char* hint = "") {
        return Error{kind, message + told, {}, hint, status, retry_after(answer, now)};
    };
    if (code == "SlowDown" || status == 429)
        return make(ErrorKind::rate_limited, "the storage asks to wait: ");
    bool is_passing = status >= 500 || code == "ResourceLocked" || code == "LockTimeout" ||
                      code == "DatabaseTimeout";
    if (is_passing) return make(ErrorKind::server, "the storage failed: ");
    if (code == "EntityTooLarge" || status == 413)
        return make(ErrorKind::too_large, "the storage takes no file of this size: ",
                    "Raise the project's limit for uploads.");
    return make(ErrorKind::refused, "the storage refused: ",
                "Check headway_set_provider('storage', ...) and the project's keys.");
}

}  // namespace headway::core
