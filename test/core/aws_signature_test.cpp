#include "core/storage/aws_signature.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/encoding.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"
#include "fakes/temporary_folder.hpp"

namespace headway::core {
namespace {

// The credentials of the vendor's published examples.
const AwsScope kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "",
                        "us-east-1", "s3"};
const AwsScope kSuite{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", "us-east-1",
                      "service"};
const std::string kNoBody = hex_encode(sha256(""));

Timestamp at(const char* text) { return *parse_timestamp(text); }

std::string signature_in(const std::string& authorization) {
    return authorization.substr(authorization.rfind("Signature=") + 10);
}

TEST(AwsSignature, SignsARequestLikeTheVendorsExample) {
    AwsRequest request{"GET",
                       "/test.txt",
                       {},
                       {{"Host", "examplebucket.s3.amazonaws.com"},
                        {"X-Amz-Date", "20130524T000000Z"},
                        {"x-amz-content-sha256", kNoBody},
                        {"Range", "bytes=0-9"}},
                       kNoBody};
    EXPECT_EQ(aws_authorization(kExample, request, at("2013-05-24T00:00:00Z")),
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              " SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature="
              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(AwsSignature, PresignsAUrlLikeTheVendorsExample) {
    AwsRequest request{
        "GET", "/test.txt", {}, {{"host", "examplebucket.s3.amazonaws.com"}}, "UNSIGNED-PAYLOAD"};
    std::string query =
        aws_presigned_query(kExample, request, at("2013-05-24T00:00:00Z"), std::chrono::hours(24));
    EXPECT_EQ(query,
              "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524"
              "%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
              "&X-Amz-SignedHeaders=host&X-Amz-Signature="
              "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

std::string suite_signature(AwsRequest request) {
    request.headers.emplace_back("Host", "example.amazonaws.com");
    request.headers.emplace_back("X-Amz-Date", "20150830T123600Z");
    request.payload_hash = kNoBody;
    return signature_in(aws_authorization(kSuite, request, at("2015-08-30T12:36:00Z")));
}

TEST(AwsSignature, SortsAndEncodesTheQuery) {
    EXPECT_EQ(suite_signature({"GET", "/", {}, {}}),
              "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    EXPECT_EQ(
        suite_signature(
            {"GET", "/", {{"Param-3", "Value3"}, {"Param", "Value2"}, {"\u1234", "Value1"}}, {}}),
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac");
    EXPECT_EQ(aws_query({{"uploads", ""}}), "uploads=");
}

TEST(AwsSignature, TrimsHeadersAndJoinsEquals) {
    EXPECT_EQ(suite_signature(
                  {"GET", "/", {}, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}}),
              "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
    EXPECT_EQ(suite_signature(
                  {"GET",
                   "/",
                   {},
                   {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}}),
              "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
}

TEST(AwsSignature, CarriesTheTokenOfPassingKeys) {
    AwsScope passing = kExample;
    passing.session_token = "a/b";
    AwsRequest request{"GET", "/x", {}, {{"host", "h"}}, "UNSIGNED-PAYLOAD"};
    EXPECT_NE(
        aws_presigned_query(passing, request, at("2013-05-24T00:00:00Z"), std::chrono::seconds(5))
            .find("&X-Amz-Security-Token=a%2Fb&"),
        std::string::npos);
}

// One request file of the vendor's test suite, whose signature stands beside it.
AwsRequest read_request(const std::string& text) {
    std::vector<std::string_view> lines = split(text, '\n');
    std::vector<std::string_view> words = split(lines[0], ' ');
    std::string target(words[1]);
    std::size_t mark = target.find('?');
    AwsRequest request{std::string(words[0]), "", {}, {}, kNoBody};
    for (char c : target.substr(0, mark)) {
        bool is_plain = (c & 0x80) == 0;
        request.path += is_plain ? std::string(1, c) : percent_encode(std::string(1, c));
    }
    if (mark != std::string::npos)
        for (std::string_view pair : split(std::string_view(target).substr(mark + 1), '&')) {
            std::size_t equals = std::min(pair.find('='), pair.size());
            std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
            if (!pair.empty())
                request.query.emplace_back(percent_decode(pair.substr(0, equals)),
                                           percent_decode(value));
        }
    std::size_t n = 1;
    for (; n < lines.size() && !lines[n].empty(); ++n) {
        std::size_t colon = lines[n].find(':');
        request.headers.emplace_back(lines[n].substr(0, colon), lines[n].substr(colon + 1));
    }
    std::string body = n + 1 < lines.size() ? std::string(lines[n + 1]) : "";
    request.payload_hash = hex_encode(sha256(body));
    request.headers.emplace_back("X-Amz-Date", "20150830T123600Z");
    if (!body.empty()) request.headers.emplace_back("x-amz-content-sha256", request.payload_hash);
    return request;
}

TEST(AwsSignature, AgreesWithTheVendorsSuiteWhereItLiesBesideTheProject) {
    std::filesystem::path suite = "../shared/specs/s3/tests/aws-signing-test-suite/v4";
    if (!std::filesystem::exists(suite)) GTEST_SKIP() << "the suite is not there";
    int checked = 0;
    for (const auto& folder : std::filesystem::directory_iterator(suite)) {
        std::string name = folder.path().filename();
        // Paths are not normalised for this service; no header of ours spans lines; the suite's
        // token is read from elsewhere.
        bool is_ours = name.find("normalized") == std::string::npos &&
                       name != "get-header-value-multiline" &&
                       name != "get-vanilla-with-session-token" && !name.starts_with("post-sts-");
        if (!is_ours) continue;
        AwsRequest request = read_request(test::content_of(folder.path() / "request.txt"));
        EXPECT_EQ(signature_in(aws_authorization(kSuite, request, at("2015-08-30T12:36:00Z"))),
                  test::content_of(folder.path() / "header-signature.txt"))
            << name << '\n'
            << aws_canonical_request(request);
        ++checked;
    }
    EXPECT_GT(checked, 15);
}

}  // namespace
}  // namespace headway::core
