#include "core/base/xml_reader.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

// Each tag as "name", "/name" or "name/", behind the text before it in brackets.
std::string walk(std::string_view document) {
    XmlReader xml(document);
    std::string seen;
    while (xml.next()) {
        if (!xml.text().empty()) seen += '[' + xml.text() + ']';
        seen += (xml.is_start() ? "" : "/") + xml.name() +
                (xml.is_start() && xml.is_end() ? "/" : "") + ' ';
    }
    return seen;
}

TEST(XmlReader, GoesFromTagToTag) {
    EXPECT_EQ(walk("<?xml version='1.0'?><!DOCTYPE x><a><b:c>t</b:c><!-- <d> --><e/></a>"),
              "a c [t]/c e/ /a ");
    EXPECT_EQ(walk("<a>1<![CDATA[<2>&amp;]]>3</a>"), "a [1<2>&amp;3]/a ");
}

TEST(XmlReader, ResolvesXmlsOwnEntitiesAndNoOther) {
    EXPECT_EQ(walk("<a>&lt;&#233;&#xE9;&amp;amp; &lol; & &#0;&#xD800;&#99999999;</a>"),
              "a [<\u00E9\u00E9&amp; &lol; & &#0;&#xD800;&#99999999;]/a ");
}

TEST(XmlReader, GivesAttributes) {
    XmlReader xml("<x:link rel='next' xlink:href = \"/a?b=1&amp;c=>\" empty='' bare=1/>");
    ASSERT_TRUE(xml.next());
    EXPECT_EQ(xml.attribute("rel"), "next");
    EXPECT_EQ(xml.attribute("href"), "/a?b=1&c=>");
    EXPECT_EQ(xml.attribute("empty"), "");
    EXPECT_EQ(xml.attribute("bare"), "1");
    EXPECT_EQ(xml.attribute("none"), "");
}

TEST(XmlReader, EndsWithACutDocument) {
    for (auto cut : {"", "<", "</", "<a", "<a b", "<a b='", "<!--", "<![CDATA[x", "<?x", "&",
                     "<a b=>", "<a =>"})
        walk(cut);
    EXPECT_EQ(walk("<a><b>x"), "a b ");
}

}  // namespace
}  // namespace headway::core
