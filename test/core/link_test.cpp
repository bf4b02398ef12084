#include "core/connectors/link.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

TEST(NextLink, IsFoundAmongOthers) {
    EXPECT_EQ(next_link(R"(<https://a.example/x?page=2>; rel="next")"),
              "https://a.example/x?page=2");
    EXPECT_EQ(next_link(R"(</x?page=1>; rel="prev", </x?page=3>; rel=next)"), "/x?page=3");
    EXPECT_EQ(next_link(R"(</a,b;c>; title="x, y; rel=next"; rel="last", </n>; REL="Start Next")"),
              "/n");
    EXPECT_EQ(next_link(R"(</a>; title="say \"hi\", rel=next"; rel=prev)"), "");
}

TEST(NextLink, IsEmptyWhereThereIsNone) {
    for (auto header : {"", "<", "</x>", "</x>; rel", "</x>; rel=", R"(</x>; rel="nextish")",
                        "nonsense", R"(</x; rel="next")", R"(</x>; title="next")", ",,,"})
        EXPECT_EQ(next_link(header), "") << header;
}

const std::string kOrigin = "https://api.example.com:443";

TEST(LinkWithin, KeepsPathAndQueryOfTheSameOrigin) {
    EXPECT_EQ(link_within("https://api.example.com/v2/x?cursor=a%2Fb&n=1#top", kOrigin),
              "/v2/x?cursor=a%2Fb&n=1");
    EXPECT_EQ(link_within("HTTPS://API.example.com:443/v2", kOrigin), "/v2");
    EXPECT_EQ(link_within("/v2/x?page=2", kOrigin), "/v2/x?page=2");
    EXPECT_EQ(link_within("https://api.example.com", kOrigin), "/");
    EXPECT_EQ(link_within("https://api.example.com?page=2", kOrigin), "/?page=2");
    EXPECT_EQ(link_within("/v2/caf\u00E9 x?q=a|b\r\nc", kOrigin),
              "/v2/caf%C3%A9%20x?q=a%7Cb%0D%0Ac");
}

TEST(LinkWithin, NeverLeavesTheOrigin) {
    for (auto link :
         {"https://evil.example/v2", "http://api.example.com/v2", "https://api.example.com:8443/v2",
          "//evil.example/v2", "https://api.example.com@evil.example/",
          "https://api.example.com.evil.example/", "https:/\\evil.example/",
          "https://evil.example\\@api.example.com/", "https://api.example.com\\.evil.example/",
          "?page=2", "page2", "javascript:alert(1)", "https://", "ftp://api.example.com/"}) {
        Error error = failure_of([&] { link_within(link, kOrigin); });
        EXPECT_EQ(error.kind, ErrorKind::protocol) << link;
        EXPECT_EQ((error.message + error.detail).find("evil"), std::string::npos)
            << "a link may hold what nobody shall read";
    }
    EXPECT_EQ(link_within("/\\evil.example/", kOrigin), "/%5Cevil.example/")
        << "a backslash is no slash";
}

TEST(WithoutParameter, TakesOutAllOfThem) {
    EXPECT_EQ(without_parameter("/x?key=secret&page=2&key=other", "key"), "/x?page=2");
    EXPECT_EQ(without_parameter("/x?key=secret", "key"), "/x");
    EXPECT_EQ(without_parameter("/x?keys=1&k=key", "key"), "/x?keys=1&k=key");
    EXPECT_EQ(without_parameter("/x?api%20key=secret&a=1", "api key"), "/x?a=1");
    EXPECT_EQ(without_parameter("/x?a=1", ""), "/x?a=1");
}

}  // namespace
}  // namespace headway::core
