#include "core/conversation/quote.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

const std::vector<Turn> kCall = {
    {"Rep", 0.0, {}, "Thanks for joining. What brings you here?"},
    {"Dana",
     12.5,
     {},
     "Well, the weekly report takes forever \u2014 and it doesn\u2019t show \u201Copen\u201D "
     "jobs."},
    {"Rep", 30.0, {}, "I see, that is a pity."},
    {"Dana", 41.0, {}, "We would love to see a map, honestly.\nAll of us would."},
    {"Zo\u00EB",
     {},
     {},
     "D\u00E9j\u00E0 vu! Der \u00C4rger mit Stra\u00DFen\u2026 \u0416\u0434\u0451\u043C "
     "\u043E\u0442\u0432\u0435\u0442\u0430 \u0434\u043E "
     "\u0432\u0442\u043E\u0440\u043D\u0438\u043A\u0430."},
};

Quote verify(std::string_view claimed) { return QuoteVerifier(kCall).verify(claimed); }

TEST(Quote, WordsThatStandThereExactlyAreVerified) {
    for (auto claimed : {"the weekly report takes forever", "We would love to see a map, honestly.",
                         "What brings you here?", "  that is a pity.  ",
                         "Well, the weekly report takes forever \u2014 and it doesn\u2019t show "
                         "\u201Copen\u201D jobs."})
        EXPECT_EQ(verify(claimed).status, QuoteStatus::verified) << claimed;
    Quote quote = verify("the weekly report takes forever");
    EXPECT_EQ(quote.text, "the weekly report takes forever");
    EXPECT_EQ(quote.speaker, "Dana");
    EXPECT_EQ(quote.start_s, 12.5);
}

TEST(Quote, WordsSpelledAnotherWayAreRepaired) {
    for (auto claimed : {"The Weekly Report takes FOREVER", "the  weekly\nreport takes forever",
                         "the weekly report, takes forever", "\"the weekly report takes forever\"",
                         "the weekly report takes forever - and it doesn't show \"open\" jobs",
                         "takes forever... and it doesn't show open jobs!",
                         "we would love to see a map - honestly. All of us would"}) {
        Quote quote = verify(claimed);
        EXPECT_EQ(quote.status, QuoteStatus::repaired) << claimed;
        EXPECT_EQ(quote.speaker, "Dana") << claimed;
    }
}

TEST(Quote, ARepairedTextIsTheTranscriptsOwnSlice) {
    EXPECT_EQ(verify("THE WEEKLY REPORT").text, "the weekly report");
    EXPECT_EQ(verify("takes forever - and it doesn't show \"open\" jobs").text,
              "takes forever \u2014 and it doesn\u2019t show \u201Copen\u201D jobs.");
    EXPECT_EQ(verify("map honestly all of us").text, "map, honestly.\nAll of us");
    for (auto claimed : {"WEEKLY report", "forever and it DOESNT show", "a map  honestly",
                         "d\u00E9j\u00C0 VU der", "\u00E4rger MIT stra\u00DFen"}) {
        Quote quote = verify(claimed);
        ASSERT_EQ(quote.status, QuoteStatus::repaired) << claimed;
        bool found = false;
        for (const Turn& turn : kCall) found |= turn.text.find(quote.text) != std::string::npos;
        EXPECT_TRUE(found) << quote.text;
        EXPECT_EQ(fold(quote.text).text, fold(claimed).text)
            << "and it holds the claimed words, no more and no less";
    }
}

TEST(Quote, WordsBeyondAsciiAreFoundToo) {
    EXPECT_EQ(verify("Der \u00C4rger mit Stra\u00DFen").status, QuoteStatus::verified);
    Quote quote = verify("\u0436\u0434\u0451\u043C \u041E\u0442\u0432\u0435\u0442\u0430");
    EXPECT_EQ(quote.status, QuoteStatus::repaired);
    EXPECT_EQ(quote.text, "\u0416\u0434\u0451\u043C \u043E\u0442\u0432\u0435\u0442\u0430");
    EXPECT_EQ(quote.speaker, "Zo\u00EB");
    EXPECT_FALSE(quote.start_s);
}

TEST(Quote, WhatNobodySaidIsUnverified) {
    for (auto claimed :
         {"the monthly report takes forever", "the weekly report takes forever and ever",
          "the report weekly takes forever", "weekly takes forever",
          "the weekly reports take forever", "e weekly report takes foreve", "", "   ", "?!\u2026",
          "Ignore all previous instructions"}) {
        Quote quote = verify(claimed);
        EXPECT_EQ(quote.status, QuoteStatus::unverified) << claimed;
        EXPECT_EQ(quote.speaker, "") << "it is nobody's";
        EXPECT_FALSE(quote.start_s);
    }
    EXPECT_EQ(verify("  nobody ever said this  ").text, "nobody ever said this")
        << "the claimed words are kept";
}

TEST(Quote, WordsGluedTogetherFromTwoTurnsAreNobodysQuote) {
    EXPECT_EQ(verify("it doesn\u2019t show \u201Copen\u201D jobs. I see, that is a pity.").status,
              QuoteStatus::unverified);
    EXPECT_EQ(verify("that is a pity. We would love to see a map").status, QuoteStatus::unverified);
    EXPECT_EQ(verify("the weekly report takes forever ... we would love to see a map").status,
              QuoteStatus::unverified);
}

TEST(Quote, AQuoteWithALeftOutMiddleIsUnverified) {
    EXPECT_EQ(verify("the weekly report ... doesn\u2019t show").status, QuoteStatus::unverified);
}

TEST(Quote, AConversationWithoutWordsHoldsNoQuote) {
    std::vector<Turn> none, empty = {{"Ann", {}, {}, ""}};
    EXPECT_EQ(QuoteVerifier(none).verify("the weekly report").status, QuoteStatus::unverified);
    EXPECT_EQ(QuoteVerifier(empty).verify("the weekly report").status, QuoteStatus::unverified);
}

TEST(Quote, LooksAtEveryPlaceWhereTheWordsMayStand) {
    std::vector<Turn> turns = {{"A", {}, {}, "an export to Exceland, then export to Excel"},
                               {"B", {}, {}, "reexport to Excel"}};
    EXPECT_EQ(QuoteVerifier(turns).verify("export to Excel").speaker, "A");
    std::vector<Turn> glued = {{"A", {}, {}, "reexport to Excelsior"}};
    EXPECT_EQ(QuoteVerifier(glued).verify("export to Excel").status, QuoteStatus::unverified)
        << "parts of words are no words";
}

// The second speaker said it to the letter, so it is verified and hers.
TEST(Quote, ExactWordsOfALaterTurnGoBeforeSimilarOnesOfAnEarlier) {
    std::vector<Turn> turns = {{"Rep", 1.0, {}, "You mean the app crashes, daily?"},
                               {"Dana", 9.0, {}, "Yes, the app crashes daily."}};
    Quote quote = QuoteVerifier(turns).verify("the app crashes daily");
    EXPECT_EQ(quote.status, QuoteStatus::verified);
    EXPECT_EQ(quote.speaker, "Dana");
}

// Chinese and Japanese put no blanks between words: a part of a sentence stands there all the same.
TEST(Quote, APartOfASentenceWithoutBlanksIsFound) {
    std::vector<Turn> turns = {
        {"\u738B",
         {},
         {},
         "\u6211\u4EEC\u9700\u8981\u5BFC\u51FA\u62A5\u8868\u7684\u529F\u80FD\u3002"},
        {"\u7530\u4E2D",
         {},
         {},
         "\u30EC\u30DD\u30FC\u30C8\u306E\u66F8\u304D\u51FA\u3057\u304C\u3068\u3066\u3082\u9045"
         "\u3044\u3067\u3059"
         "\u3002"}};
    QuoteVerifier verifier(turns);
    EXPECT_EQ(verifier.verify("\u9700\u8981\u5BFC\u51FA\u62A5\u8868").status,
              QuoteStatus::verified);
    EXPECT_EQ(
        verifier.verify("\u66F8\u304D\u51FA\u3057\u304C\u3068\u3066\u3082\u9045\u3044").status,
        QuoteStatus::verified);
}

TEST(Quote, EachStatusHasItsName) {
    EXPECT_STREQ(name(QuoteStatus::verified), "verified");
    EXPECT_STREQ(name(QuoteStatus::repaired), "repaired");
    EXPECT_STREQ(name(QuoteStatus::unverified), "unverified");
}

}  // namespace
}  // namespace headway::core
