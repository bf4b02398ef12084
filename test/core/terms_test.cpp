#include "core/matching/terms.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

using Words = std::vector<std::string>;

TEST(Words, AreInLowerCaseAndInOrderWithNothingLeftOut) {
    EXPECT_EQ(Terms::words("The App, the APP \u2014 version 2.5!"),
              (Words{"the", "app", "the", "app", "version", "2", "5", "2.5"}));
    EXPECT_EQ(Terms::words("Größe für ÄRGER; \u0416\u0414\u0401\u041C"),
              (Words{"größe", "für", "ärger", "\u0436\u0434\u0451\u043C"}));
    EXPECT_EQ(Terms::words(""), Words{});
    EXPECT_EQ(Terms::words(" \n,.;\u2026 "), Words{});
}

TEST(Words, IdentifiersCountWholeAndInParts) {
    EXPECT_EQ(Terms::words("NameNode"), (Words{"namenode", "name", "node"}));
    EXPECT_EQ(Terms::words("getHTTPStatus"), (Words{"gethttpstatus", "get", "http", "status"}));
    EXPECT_EQ(Terms::words("iPhone"), (Words{"iphone", "i", "phone"}));
    EXPECT_EQ(Terms::words("ABC Abc abc"), (Words{"abc", "abc", "abc"}))
        << "a plain word has no parts";
}

TEST(Words, IdentifiersWithADotCountWholeToo) {
    Words words = Terms::words("set fs.data now");
    for (auto word : {"fs.data", "fs", "data"})
        EXPECT_EQ(std::count(words.begin(), words.end(), word), 1) << word;
}

TEST(StopWords, SayNothingAboutTheSubject) {
    for (auto word : {"a", "the", "and", "we", "would", "dont", "cant", "really", "um", "you",
                      "yours", "about", "its", "without"})
        EXPECT_TRUE(Terms::is_stop_word(word)) << word;
    for (auto word : {"export", "slow", "crash", "map", "", "thee", "The"})
        EXPECT_FALSE(Terms::is_stop_word(word)) << word;
}

TEST(Terms, FormsOfOneWordAreOneTerm) {
    Terms terms("english");
    Words exported = terms.of("exports exporting exported EXPORT");
    ASSERT_EQ(exported.size(), 4u);
    for (const std::string& term : exported) EXPECT_EQ(term, exported[0]);
    EXPECT_EQ(terms.stem("calendars"), terms.stem("calendar"));
    EXPECT_NE(terms.stem("calendar"), terms.stem("invoice"));
}

TEST(Terms, StopWordsAreLeftOutHoweverTheyAreSpelled) {
    Terms terms("english");
    EXPECT_EQ(terms.of("We don't, can\u2019t and WOULD not!"), Words{});
    EXPECT_EQ(terms.of("What we really want is maps").size(), 1u);
}

TEST(Terms, LanguagesGoByNameOrCode) {
    for (auto language : {"german", "de", "German"})
        EXPECT_EQ(Terms(language).of("Berichte Berichts"), Terms("german").of("Bericht Bericht"))
            << language;
    EXPECT_NE(Terms("german").stem("exporting"), Terms("english").stem("exporting"));
}

TEST(Terms, UnknownLanguagesAreNotStemmed) {
    for (auto language : {"", "klingon", "xx", "../english"})
        EXPECT_EQ(Terms(language).of("Exports exporting"), (Words{"exports", "exporting"}))
            << language;
}

TEST(Terms, VeryLongWordsAreTermsToo) {
    std::string word(100'000, 'x');
    EXPECT_EQ(Terms().of(word).size(), 1u);
}

}  // namespace
}  // namespace headway::core
