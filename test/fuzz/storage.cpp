// What storages answer: S3 in XML, Supabase in JSON, both in headers.
#include <algorithm>

#include "core/storage/s3.hpp"
#include "core/storage/supabase.hpp"
#include "fuzz.hpp"

namespace {

using namespace headway;

bool is_printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// What is told of a failure: a name and a status, never the answer's words.
void check(const core::Error& error) {
    fuzz::promise(error.message.size() <= 120 && error.detail.empty());
    fuzz::promise(error.http_status >= 200 && error.http_status < 600);
}

void s3(const core::Answer& answer) {
    std::string code = core::s3_error_code(answer);
    fuzz::promise(code.size() <= 64 && is_printable(code));
    fuzz::promise(core::xml_text(answer.body, "UploadId").size() <= answer.body.size());
    check(core::s3_error(answer, {}));
}

void supabase(const core::Answer& answer) {
    const core::SupabaseStorage project{"https://project.example", "key"};
    std::string code = core::supabase_error_code(answer);
    fuzz::promise(code.size() <= 64 && is_printable(code));
    check(core::supabase_error(answer, {}));
    core::upload_offset(answer);
    fuzz::may_refuse([&] {
        std::string upload = project.upload_of(answer);
        fuzz::promise(upload.starts_with("https://project.example/") && is_printable(upload));
    });
    fuzz::may_refuse([&] {
        std::string url = project.signed_url_of(answer);
        fuzz::promise(url.starts_with("https://project.example/storage/v1/object/sign/"));
        fuzz::promise(is_printable(url));
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string text(fuzz::text_of(bytes, size));
    for (int status : {200, 400, 404, 409, 503}) {
        core::Answer answer{status, {}, text};
        answer.headers["location"] = answer.headers["upload-offset"] = text.substr(0, 200);
        answer.headers["retry-after"] = text.substr(0, 40);
        s3(answer);
        supabase(answer);
    }
    return 0;
}
