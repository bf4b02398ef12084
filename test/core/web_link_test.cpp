#include "core/audio/web_link.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

std::string resolved(std::string_view reference,
                     std::string_view page = "https://a.example/calls/2026/index.html?sort=1") {
    auto link = resolve_link(reference, parse_web_link(page));
    return link ? link->str() : "none";
}

TEST(WebLink, ResolvesReferencesAsThePageMeansThem) {
    EXPECT_EQ(resolved("one.mp3"), "https://a.example/calls/2026/one.mp3");
    EXPECT_EQ(resolved("./one.mp3"), "https://a.example/calls/2026/one.mp3");
    EXPECT_EQ(resolved("../old/one.mp3"), "https://a.example/calls/old/one.mp3");
    EXPECT_EQ(resolved("../../../../one.mp3"), "https://a.example/one.mp3");
    EXPECT_EQ(resolved("/one.mp3"), "https://a.example/one.mp3");
    EXPECT_EQ(resolved("//b.example/one.mp3"), "https://b.example/one.mp3");
    EXPECT_EQ(resolved("?page=2"), "https://a.example/calls/2026/index.html?page=2");
    EXPECT_EQ(resolved("http://B.example:80/x"), "http://b.example/x");
    EXPECT_EQ(resolved("one.mp3?sig=a%2Fb&x=1#t=10"),
              "https://a.example/calls/2026/one.mp3?sig=a%2Fb&x=1");
    EXPECT_EQ(resolved("a/b/../../c/"), "https://a.example/calls/2026/c/");
    EXPECT_EQ(resolved("a/%2e%2e/b"), "https://a.example/calls/2026/b");
}

TEST(WebLink, EncodesWhatNoUrlHoldsAndForgivesBlanks) {
    EXPECT_EQ(resolved(" \n one two.mp3\t"), "https://a.example/calls/2026/one%20two.mp3");
    EXPECT_EQ(resolved("caf\u00E9 \"1\".mp3"),
              "https://a.example/calls/2026/caf%C3%A9%20%221%22.mp3");
    EXPECT_EQ(resolved("one\\two.mp3"), "https://a.example/calls/2026/one%5Ctwo.mp3");
    EXPECT_EQ(resolved("a%20b.mp3"), "https://a.example/calls/2026/a%20b.mp3");
}

TEST(WebLink, IsNoneWhereTheReferenceLeadsOutOfTheWeb) {
    for (auto reference :
         {"", "  ", "mailto:a@b.example", "javascript:void(0)", "data:audio/wav;base64,AA",
          "file:///etc/passwd", "ftp://a.example/x.mp3", "https://user:pw@a.example/x.mp3",
          "https://", "https:///x", "http://[::1/x.mp3", "http://0x7f.1/x.mp3"})
        EXPECT_EQ(resolved(reference), "none") << reference;
}

TEST(WebLink, IsReadFromAnAbsoluteUrlAlone) {
    EXPECT_EQ(parse_web_link("https://a.example").str(), "https://a.example/");
    EXPECT_EQ(parse_web_link("https://a.example?list-type=2").str(),
              "https://a.example/?list-type=2");
    EXPECT_EQ(parse_web_link("HTTPS://A.example:443/x y?").str(), "https://a.example/x%20y");
    for (auto text : {"", "one.mp3", "/one.mp3", "a.example/x", "ftp://a.example/"})
        EXPECT_EQ(failure_of([&] { parse_web_link(text); }).kind, ErrorKind::invalid) << text;
}

TEST(WebLink, KnowsTheNameOfItsFile) {
    EXPECT_EQ(file_name_of(parse_web_link("https://a.example/x/caf%C3%A9%201.mp3?y=/z.wav")),
              "caf\u00E9 1.mp3");
    EXPECT_EQ(file_name_of(parse_web_link("https://a.example/x/%FF.mp3")), "\uFFFD.mp3");
    EXPECT_EQ(file_name_of(parse_web_link("https://a.example/x/")), "");
}

}  // namespace
}  // namespace headway::core
