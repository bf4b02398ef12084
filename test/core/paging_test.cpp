#include "core/connectors/paging.hpp"

#include <gtest/gtest.h>

#include "core/connectors/connector_page.hpp"
#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

const Slot kQuery{Slot::In::query, "page"};
const PageSize kTen{{Slot::In::query, "size"}, 10};

std::string next(const Pagination& pages, const std::string& cursor, std::size_t records,
                 const char* body = "{}", std::map<std::string, std::string> headers = {}) {
    Json json = Json::parse(body);
    return next_cursor(pages, cursor, {headers, json, records},
                       {"https://api.example.com:443", "key"});
}

std::string sent(const Pagination& pages, const std::string& cursor) {
    std::string text;
    for (const auto& [slot, value] : page_values(pages, cursor))
        text += slot.at + "=" + value.dump() + " ";
    return text;
}

TEST(CursorPages, GoOnUntilThereIsNoCursorOrNoMore) {
    Pagination pages{PageKind::cursor, "/next", kQuery};
    EXPECT_EQ(next(pages, "", 5, R"({"next":"abc"})"), "abc");
    EXPECT_EQ(next(pages, "abc", 0, R"({"next":"def"})"), "def")
        << "a page may be empty and not the last";
    for (auto last : {"{}", R"({"next":null})", R"({"next":""})", R"({"next":false})"})
        EXPECT_EQ(next(pages, "", 5, last), "") << last;
    pages.more = "/more";
    EXPECT_EQ(next(pages, "", 5, R"({"next":"abc","more":false})"), "");
    EXPECT_EQ(next(pages, "", 5, R"({"next":"abc","more":true})"), "abc");
    pages.more = "";
    pages.end = "/end";
    EXPECT_EQ(next(pages, "", 5, R"({"next":"abc","end":true})"), "") << "others say the opposite";
    EXPECT_EQ(next(pages, "", 5, R"({"next":"abc","end":false})"), "abc");
    EXPECT_EQ(next(pages, "", 5, R"({"next":"abc"})"), "abc")
        << "what is not said does not end the list";
    EXPECT_EQ(sent(pages, ""), "") << "the first page is asked for without a cursor";
    EXPECT_EQ(sent(pages, "abc"), "page=\"abc\" ");
}

TEST(NumberedPages, AreCountedFromTheFirst) {
    Pagination pages{PageKind::page, "", kQuery, 1, kTen};
    EXPECT_EQ(sent(pages, ""), "page=1 size=10 ");
    EXPECT_EQ(next(pages, "", 10), "2");
    EXPECT_EQ(sent(pages, "2"), "page=2 size=10 ");
    EXPECT_EQ(next(pages, "2", 10), "3");
    pages.first = 0;
    EXPECT_EQ(sent(pages, ""), "page=0 size=10 ");
    EXPECT_EQ(next(pages, "", 10), "1");
}

TEST(NumberedPages, EndAtAnEmptyOrShortPageUnlessTheVendorSaysOtherwise) {
    Pagination pages{PageKind::page, "", kQuery, 1, kTen};
    EXPECT_EQ(next(pages, "3", 0), "");
    EXPECT_EQ(next(pages, "3", 9), "");
    EXPECT_EQ(next(Pagination{PageKind::page, "", kQuery, 1}, "3", 1), "4")
        << "without a size only an empty page is short";
    pages.more = "/more";
    EXPECT_EQ(next(pages, "3", 10, R"({"more":false})"), "");
    EXPECT_EQ(next(pages, "3", 9, R"({"more":true})"), "4")
        << "a vendor that gives less than it was asked for says that there is more";
    EXPECT_EQ(next(pages, "3", 0, R"({"more":true})"), "") << "an empty page leads nowhere";
    pages.more = "";
    pages.pages = "/pages";
    EXPECT_EQ(next(pages, "3", 10, R"({"pages":3})"), "");
    EXPECT_EQ(next(pages, "3", 10, R"({"pages":"4"})"), "4");
    pages.first = 0;
    EXPECT_EQ(next(pages, "2", 10, R"({"pages":3})"), "")
        << "counted from nought, the third page is number two";
    EXPECT_EQ(next(pages, "2", 10, R"({"pages":"many"})"), "3");
}

TEST(OffsetPages, GoOnByWhatCame) {
    Pagination pages{PageKind::offset, "", {Slot::In::body, "/skip"}, 0, kTen};
    EXPECT_EQ(sent(pages, ""), "/skip=0 size=10 ");
    EXPECT_EQ(next(pages, "", 10), "10");
    EXPECT_EQ(next(pages, "10", 10), "20");
    EXPECT_EQ(next(pages, "20", 4), "");
    EXPECT_EQ(next(pages, "20", 0), "");
    pages.total = "/total";
    EXPECT_EQ(next(pages, "20", 4, R"({"total":30})"), "24");
    EXPECT_EQ(next(pages, "20", 10, R"({"total":30})"), "");
}

TEST(NumberedPages, ACursorThatIsNoNumberIsRefused) {
    for (auto cursor : {"x", "-1", "99999999999999999999", "2 ", "9223372036854775807"})
        EXPECT_EQ(failure_of([&] {
                      next(Pagination{PageKind::page, "", kQuery, 1}, cursor, 10);
                  }).kind,
                  ErrorKind::protocol)
            << cursor;
}

TEST(LinkedPages, AreRememberedWithoutTheVendorsOriginAndOurSecret) {
    Pagination url{PageKind::next_url, "/links/next"}, header;
    header.kind = PageKind::link_header;
    EXPECT_EQ(
        next(url, "", 5, R"({"links":{"next":"https://api.example.com/v2?key=s3cret&page=2"}})"),
        "/v2?page=2");
    EXPECT_EQ(next(url, "", 5, R"({"links":{"next":null}})"), "");
    EXPECT_EQ(next(header, "", 5, "{}", {{"link", "</v2?page=2>; rel=next"}}), "/v2?page=2");
    EXPECT_EQ(next(header, "", 5, "{}", {{"link", "</v2?page=1>; rel=prev"}}), "");
    EXPECT_EQ(next(header, "", 5), "");
    EXPECT_EQ(linked_page(url, "/v2?page=2"), "/v2?page=2");
    EXPECT_EQ(linked_page(Pagination{PageKind::cursor, "/next", kQuery}, "/v2?page=2"), "");
    EXPECT_EQ(failure_of([&] {
                  next(url, "", 5, R"({"links":{"next":"https://evil.example/v2"}})");
              }).kind,
              ErrorKind::protocol);
}

TEST(LinkedPages, AreAskedForWithTheRequestsHeadersAndOurSecret) {
    ConnectorSpec spec;
    spec.base_url = "https://api.example.com/v2";
    spec.auth = {AuthKind::query, "", "", "token", "", "", "key"};
    RequestSpec request{};
    request.method = "GET";
    request.path = "/calls";
    request.query = Json::parse(R"({"from":"x"})");
    request.pagination = {PageKind::next_url, "/next"};
    RequestValues values;
    values.credentials = Json::parse(R"({"token":"s&t"})");
    EXPECT_EQ(build_request(spec, request, values).url,
              "https://api.example.com/v2/calls?from=x&key=s%26t");
    values.cursor = "/other/path?page=2";
    EXPECT_EQ(build_request(spec, request, values).url,
              "https://api.example.com/other/path?page=2&key=s%26t");
    EXPECT_EQ(asked_page(spec, values).links.origin, "https://api.example.com:443");
    EXPECT_EQ(asked_page(spec, values).links.secret_parameter, "key");
}

}  // namespace
}  // namespace headway::core
