#include <gtest/gtest.h>

#include "core/storage/s3.hpp"
#include "core/storage/supabase.hpp"
#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

const Timestamp kNow{std::chrono::seconds(1'790'000'000)};

std::string header(const Outgoing& out, const std::string& name) {
    for (const auto& [key, value] : out.headers)
        if (key == name) return value;
    return {};
}

S3Requests s3(const Json& settings = Json::object()) {
    Json keys = Json::Object{{"access_key_id", "K"}, {"secret_access_key", "s"}};
    return S3Requests(S3Settings::from_json(settings), keys, "customer-acme", "a/b_c.wav", kNow);
}

TEST(S3, PutsBucketsIntoThePath) {
    EXPECT_EQ(s3().get().url, "https://s3.us-east-1.amazonaws.com/customer-acme/a/b_c.wav");
    Json own =
        Json::Object{{"endpoint", "https://minio.internal:9000/s3"}, {"region", "eu-west-1"}};
    Outgoing part = s3(own).put_part("u/1+", 7);
    EXPECT_EQ(part.url,
              "https://minio.internal:9000/s3/customer-acme/a/b_c.wav"
              "?partNumber=7&uploadId=u%2F1%2B");
    EXPECT_EQ(
        header(part, "Authorization").find("AWS4-HMAC-SHA256 Credential=K/20260921/eu-west-1"), 0u);
    EXPECT_EQ(header(part, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
}

TEST(S3, NamesTheRegionOfABucketWhereItMust) {
    EXPECT_EQ(s3().create_bucket().body, "");
    EXPECT_NE(s3(Json::Object{{"region", "eu-west-1"}})
                  .create_bucket()
                  .body.find("<LocationConstraint>eu-west-1</LocationConstraint>"),
              std::string::npos);
}

TEST(S3, ListsThePartsThatItCompletes) {
    EXPECT_EQ(s3().complete_upload("u", {"\"e1\"", "\"<e2>\""}).body,
              "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;e1&quot;</ETag>"
              "</Part><Part><PartNumber>2</PartNumber><ETag>&quot;&lt;e2>&quot;</ETag></Part>"
              "</CompleteMultipartUpload>");
}

TEST(S3, FindsAnErrorAlsoBehindStatus200) {
    Answer answer{200, {}, "  <?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>"};
    EXPECT_EQ(s3_error_code(answer), "InternalError");
    EXPECT_EQ(s3_error(answer, kNow).kind, ErrorKind::server);
    EXPECT_EQ(s3_error_code({200, {}, "<CompleteMultipartUploadResult/>"}), "");
    EXPECT_EQ(s3_error_code({403, {}, "<Error><Code>a b<c</Code></Error>"}), "unknown");
}

TEST(S3, TellsWhatMayPassFromWhatDoesNot) {
    auto kind = [](int status, const std::string& code) {
        return s3_error({status, {}, "<Error><Code>" + code + "</Code></Error>"}, kNow).kind;
    };
    EXPECT_EQ(kind(503, "SlowDown"), ErrorKind::rate_limited);
    EXPECT_EQ(kind(400, "RequestTimeout"), ErrorKind::server);
    EXPECT_EQ(kind(409, "OperationAborted"), ErrorKind::server) << "somebody else is at the bucket";
    EXPECT_EQ(kind(403, "SignatureDoesNotMatch"), ErrorKind::refused);
    EXPECT_EQ(kind(403, "RequestTimeTooSkewed"), ErrorKind::refused);
    EXPECT_EQ(kind(404, "NoSuchKey"), ErrorKind::refused);
}

TEST(S3, ReadsOneElement) {
    EXPECT_EQ(xml_text("<a><UploadId>x&amp;y&quot;</UploadId></a>", "UploadId"), "x&y\"");
    EXPECT_EQ(xml_text("<UploadId>x", "UploadId"), "");
    EXPECT_EQ(xml_text("", "UploadId"), "");
}

TEST(S3, RefusesSettingsThatDoNotFit) {
    for (Json wrong : {Json(Json::Object{{"regoin", "x"}}), Json(Json::Object{{"region", "eu/.."}}),
                       Json(Json::Object{{"endpoint", "ftp://x"}}),
                       Json(Json::Object{{"endpoint", "https://u:p@x"}})})
        EXPECT_EQ(failure_of([&] { S3Settings::from_json(wrong); }).kind, ErrorKind::invalid)
            << wrong.dump();
}

SupabaseStorage supabase(const char* key = "a.b.c") {
    return SupabaseStorage::from_json(Json::Object{{"base_url", "https://ref.supabase.co"}},
                                      Json::Object{{"service_key", key}});
}

TEST(Supabase, SendsASecretKeyAsNoBearer) {
    EXPECT_EQ(header(supabase().create_bucket("b"), "Authorization"), "Bearer a.b.c");
    Outgoing modern = supabase("sb_secret_1").create_bucket("b");
    EXPECT_EQ(header(modern, "Authorization"), "");
    EXPECT_EQ(header(modern, "apikey"), "sb_secret_1");
    EXPECT_EQ(modern.body, R"({"name":"b","id":"b","public":false})");
}

TEST(Supabase, BeginsAnUploadAndFollowsItNowhereElse) {
    Outgoing begin = supabase().begin_upload("b", "k.wav", "audio/wav", 9'000'000);
    EXPECT_EQ(begin.url, "https://ref.supabase.co/storage/v1/upload/resumable");
    EXPECT_EQ(header(begin, "Upload-Length"), "9000000");
    EXPECT_EQ(header(begin, "Upload-Metadata"),
              "bucketName Yg==,objectName ay53YXY=,contentType YXVkaW8vd2F2");
    auto upload = [](const char* location) {
        return supabase().upload_of({201, {{"location", location}}, ""});
    };
    EXPECT_EQ(upload("https://ref.supabase.co/storage/v1/upload/resumable/x"),
              "https://ref.supabase.co/storage/v1/upload/resumable/x");
    EXPECT_EQ(failure_of([&] { upload("https://evil.example/storage/v1/upload/x"); }).kind,
              ErrorKind::protocol);
    EXPECT_EQ(failure_of([] { supabase().upload_of({201, {}, ""}); }).kind, ErrorKind::protocol);
}

TEST(Supabase, ReadsHowFarAnUploadIs) {
    auto offset = [](const char* text) {
        return upload_offset({204, {{"upload-offset", text}}, ""});
    };
    EXPECT_EQ(offset("6291456"), 6'291'456u);
    EXPECT_FALSE(offset("6e6").has_value());
    EXPECT_FALSE(offset("").has_value());
    EXPECT_FALSE(upload_offset({204, {}, ""}).has_value());
}

TEST(Supabase, GivesASignedUrlBelowItsOwn) {
    EXPECT_EQ(supabase().signed_url_of({200, {}, R"({"signedURL": "/object/sign/b/k?token=t"})"}),
              "https://ref.supabase.co/storage/v1/object/sign/b/k?token=t");
    for (const char* wrong : {R"({"signedURL": "https://evil.example/"})", "{}", "<html>",
                              R"({"signedURL": "/object/sign/b/k \r\n"})"})
        EXPECT_EQ(failure_of([&] {
                      supabase().signed_url_of({200, {}, wrong});
                  }).kind,
                  ErrorKind::protocol);
}

TEST(Supabase, ReadsItsErrorsFromTheBody) {
    auto error = [](int http, const char* body) { return supabase_error({http, {}, body}, kNow); };
    core::Error gone = error(400, R"({"statusCode": "404", "code": "NoSuchKey"})");
    EXPECT_EQ(gone.kind, ErrorKind::refused);
    EXPECT_EQ(gone.http_status, 404);
    EXPECT_EQ(error(400, R"({"statusCode": "403", "code": "AccessDenied"})").kind,
              ErrorKind::refused);
    EXPECT_EQ(error(429, R"({"statusCode": "429", "code": "SlowDown"})").kind,
              ErrorKind::rate_limited);
    EXPECT_EQ(error(544, R"({"statusCode": "544", "code": "DatabaseTimeout"})").kind,
              ErrorKind::server);
    EXPECT_EQ(error(400, R"({"statusCode": "423", "code": "ResourceLocked"})").kind,
              ErrorKind::server);
    EXPECT_EQ(error(400, R"({"statusCode": "413", "code": "EntityTooLarge"})").kind,
              ErrorKind::too_large);
    EXPECT_EQ(error(502, "<html>").kind, ErrorKind::server);
    EXPECT_EQ(error(400, "customer words").message, "the storage refused: HTTP status 400");
}

}  // namespace
}  // namespace headway::core
