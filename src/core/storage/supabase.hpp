#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"
#include "core/connectors/connector_page.hpp"

namespace headway::core {

// How a project's storage is asked: all at base_url + "/storage/v1", by its service key.
struct SupabaseStorage {
    std::string base_url;     // https://PROJECT.supabase.co, required
    std::string service_key;  // a JWT, or a secret key that is none

    // Throws Failure(invalid) naming an unknown, missing or ill-typed setting.
    static SupabaseStorage from_json(const Json& settings, const Json& credentials);

    // Never log them. Bodies that are files are the caller's to add.
    Outgoing create_bucket(const std::string& bucket) const;
    Outgoing put(const std::string& bucket, const std::string& key,
                 const std::string& content_type) const;
    Outgoing get(const std::string& bucket, const std::string& key) const;
    Outgoing sign(const std::string& bucket, const std::string& key,
                  std::chrono::seconds expires) const;
    // A resumable upload (tus 1.0.0): begun once, sent in parts, asked how far it is.
    Outgoing begin_upload(const std::string& bucket, const std::string& key,
                          const std::string& content_type, std::uint64_t size) const;
    Outgoing put_part(const std::string& upload, std::uint64_t offset) const;
    Outgoing ask_offset(const std::string& upload) const;

    // What the answers say. They throw Failure(protocol) when that is nothing.
    std::string upload_of(const Answer& begun) const;
    std::string signed_url_of(const Answer& answer) const;

  private:
    Outgoing request(const std::string& method, const std::string& path) const;
};

// How far an upload is, as the server says; no value when it does not.
std::optional<std::uint64_t> upload_offset(const Answer& answer);

// What the server calls the error: it sends most of them with HTTP status 400. "" when nothing.
std::string supabase_error_code(const Answer& answer);
Error supabase_error(const Answer& answer, Timestamp now);

}  // namespace headway::core
