#include "core/base/phrase_pattern.hpp"

#include <gtest/gtest.h>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> words;
    for (std::string_view word : split(text, ' '))
        if (!word.empty()) words.emplace_back(word);
    return words;
}

std::size_t end_of(const char* notation, std::string_view text) {
    PhrasePattern pattern(notation);
    std::size_t end = pattern.find_end(words(text));
    bool may_stand = pattern.may_stand_in(initials_of(words(text)));
    EXPECT_TRUE(may_stand || end == PhrasePattern::npos) << "where it does stand";
    return end;
}

constexpr std::size_t kNowhere = PhrasePattern::npos;

TEST(PhrasePattern, StandsWhereItsWordsStandInARow) {
    EXPECT_EQ(end_of("is there any", "so is there any news"), 4u)
        << "the index behind its last word";
    EXPECT_EQ(end_of("is there any", "is there any"), 3u);
    EXPECT_EQ(end_of("is there any", "is there one or any"), kNowhere);
    EXPECT_EQ(end_of("is there any", "is there"), kNowhere);
    EXPECT_EQ(end_of("is there any", ""), kNowhere);
    EXPECT_EQ(end_of("any", "many anyone"), kNowhere) << "a part of a word is no word";
}

TEST(PhrasePattern, TakesAnyOfItsAlternatives) {
    for (auto text : {"could make it", "can add it", "could add it"})
        EXPECT_EQ(end_of("could|can make|add", text), 2u) << text;
    EXPECT_EQ(end_of("could|can make|add", "could can make"), 3u) << "from where it fits";
    EXPECT_EQ(end_of("could|can make|add", "make could"), kNowhere);
}

TEST(PhrasePattern, TakesEveryWordThatBeginsSo) {
    for (auto text : {"afford", "affords", "affordable"}) EXPECT_EQ(end_of("afford~", text), 1u);
    EXPECT_EQ(end_of("afford~", "affor"), kNowhere);
    EXPECT_EQ(end_of("a|pri~ list", "price list"), 2u);
}

TEST(PhrasePattern, AGapIsUpToThreeWordsLong) {
    EXPECT_EQ(end_of("would * ask for", "would ask for"), 3u);
    EXPECT_EQ(end_of("would * ask for", "would a b c ask for it"), 6u);
    EXPECT_EQ(end_of("would * ask for", "would a b c d ask for it"), kNowhere);
    EXPECT_EQ(end_of("a * b * c", "a b x b y z c"), 7u) << "gaps are tried until all fits";
}

TEST(PhrasePattern, MayBeTiedToTheBeginning) {
    EXPECT_EQ(end_of("^ can the", "can the map"), 2u);
    EXPECT_EQ(end_of("^ can the", "so can the map"), kNowhere);
    EXPECT_EQ(end_of("^ can the", ""), kNowhere);
}

TEST(PhrasePattern, FindsTheFirstPlace) { EXPECT_EQ(end_of("a b", "x a b a b"), 3u); }

TEST(PhrasePattern, NamesItsOwnWordsAndNotThoseOfAGap) {
    PhrasePattern pattern("^ could|can * make");
    for (auto word : {"could", "can", "make"}) EXPECT_TRUE(pattern.names(word)) << word;
    for (auto word : {"", "*", "^", "|", "could|can", "you"})
        EXPECT_FALSE(pattern.names(word)) << word;
    EXPECT_EQ(pattern.find_end(words("can you please make")), 4u);
}

TEST(PhrasePattern, CannotStandWhereNoWordBeginsLikeOneOfItsParts) {
    PhrasePattern pattern("could|can * make");
    EXPECT_TRUE(pattern.may_stand_in(initials_of(words("my cat")))) << "a look will tell";
    EXPECT_FALSE(pattern.may_stand_in(initials_of(words("can it be"))));
    EXPECT_FALSE(pattern.may_stand_in(initials_of(words("make it"))));
    EXPECT_FALSE(pattern.may_stand_in(initials_of({})));
}

TEST(PhraseList, TellsWhetherAnyOfItsPatternsStandsInASentence) {
    PhraseList list(std::vector<std::string_view>{"is there any", "^ can * make", "afford~"});
    for (auto text : {"so is there any news", "can you make it", "we cannot afford it", "affords"})
        EXPECT_TRUE(list.any_stands_in(words(text))) << text;
    for (auto text : {"is there one", "so can you make it", "a fjord", ""})
        EXPECT_FALSE(list.any_stands_in(words(text))) << text;
}

}  // namespace
}  // namespace headway::core
