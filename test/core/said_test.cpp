#include "core/conversation/said.hpp"

#include <gtest/gtest.h>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

using std::chrono::sys_days;

// A Tuesday.
constexpr sys_days kCall = std::chrono::November / 10 / 2026;

std::string heard(std::string_view text, sys_days call = kCall, bool month_first = true) {
    return said_to_json(read_said(text, call, month_first)).dump();
}

std::string dates(std::string_view text, sys_days call = kCall, bool month_first = true) {
    std::string list;
    const Json said = said_to_json(read_said(text, call, month_first));
    for (const Json& date : said["dates"].items())
        list += (list.empty() ? "" : " ") + date.as_string();
    return list;
}

std::string times(std::string_view text) {
    std::string list;
    const Json said = said_to_json(read_said(text, kCall, true));
    for (const Json& time : said["times"].items())
        list += (list.empty() ? "" : " ") + time.as_string();
    return list;
}

int naming(std::string_view text, std::string_view name) { return core::naming(text, name, 0); }

TEST(SaidDates, AMonthAndADayAreHeardInEachForm) {
    for (auto text : {"It is on November 15th.", "nov 15", "Nov. 15", "November the 15th",
                      "november fifteen", "November fifteenth, please", "the 15th of November",
                      "15 November", "the fifteenth of november", "15th Nov", "NOVEMBER 15",
                      "2026-11-15", "on 11/15", "for 11/15/2026", "11/15/2026", "15.11.2026",
                      "on Sunday the 15th", "for the 15th", "on the fifteenth"})
        EXPECT_EQ(dates(text), "2026-11-15") << text;
}

TEST(SaidDates, ADayInTwoWordsIsOneNumber) {
    EXPECT_EQ(dates("November twenty-first"), "2026-11-21");
    EXPECT_EQ(dates("November twenty first"), "2026-11-21");
    EXPECT_EQ(dates("the thirty-first of December"), "2026-12-31");
    EXPECT_EQ(dates("December twenty five"), "2026-12-25");
}

TEST(SaidDates, AYearThatIsSaidHolds) {
    EXPECT_EQ(dates("November 15th 2024"), "2024-11-15");
    EXPECT_EQ(dates("the 3rd of March, 2031"), "2031-03-03");
    EXPECT_EQ(dates("3/4/2031"), "2031-03-04");
}

TEST(SaidDates, WithoutAYearTheNearestIsMeantRatherAhead) {
    EXPECT_EQ(dates("January 5th"), "2027-01-05");
    EXPECT_EQ(dates("October 1st"), "2026-10-01") << "lately";
    EXPECT_EQ(dates("August 12th"), "2026-08-12") << "90 days ago";
    EXPECT_EQ(dates("August 11th"), "2027-08-11") << "91 days ago";
    EXPECT_EQ(dates("December 20th", std::chrono::January / 10 / 2027), "2026-12-20");
    EXPECT_EQ(dates("January 2nd", std::chrono::December / 31 / 2026), "2027-01-02");
}

TEST(SaidDates, ADateThatDoesNotExistIsNone) {
    for (auto text : {"November 31st", "February 30th", "the 31st of April", "2026-13-01",
                      "2026-02-29", "on 13/32", "13/13/2026", "0/0/2026", "November 0",
                      "November 32nd", "February 29th 2027"})
        EXPECT_EQ(dates(text), "") << text;
}

TEST(SaidDates, TheLeapDayIsThatOfTheYearThatHasOne) {
    EXPECT_EQ(dates("February 29th", std::chrono::December / 1 / 2027), "2028-02-29");
    EXPECT_EQ(dates("February 29th", std::chrono::April / 1 / 2028), "2028-02-29");
    EXPECT_EQ(dates("February 29th"), "");
    EXPECT_EQ(dates("2028-02-29"), "2028-02-29");
}

TEST(SaidDates, SlashesAreReadAsTheRegionWritesThem) {
    EXPECT_EQ(dates("on 3/4", kCall, true), "2027-03-04");
    EXPECT_EQ(dates("on 3/4", kCall, false), "2027-04-03");
    EXPECT_EQ(dates("on 25/12", kCall, true), "2026-12-25") << "there is no month 25";
    EXPECT_EQ(dates("on 12/25", kCall, false), "2026-12-25");
    EXPECT_EQ(dates("3.4.2027", kCall, true), "2027-04-03") << "points are European";
}

TEST(SaidDates, FractionsAndMarksAreNoDates) {
    for (auto text : {"I give it 7/10.", "we are open 24/7", "version 2.5", "about 1/2 of them",
                      "10.5 percent", "call 555-0199", "2026", "15", "room 1115", "6-8 people"})
        EXPECT_EQ(dates(text), "") << text;
}

TEST(SaidDates, DaysAreCountedFromTheCall) {
    EXPECT_EQ(dates("today"), "2026-11-10");
    EXPECT_EQ(dates("tonight"), "2026-11-10");
    EXPECT_EQ(dates("tomorrow"), "2026-11-11");
    EXPECT_EQ(dates("the day after tomorrow"), "2026-11-12");
    EXPECT_EQ(dates("yesterday"), "2026-11-09");
    EXPECT_EQ(dates("last night"), "2026-11-09");
    EXPECT_EQ(dates("tomorrow", std::chrono::December / 31 / 2026), "2027-01-01");
    EXPECT_EQ(dates("tomorrow", std::chrono::February / 28 / 2028), "2028-02-29");
    EXPECT_EQ(dates("tomorrow", std::chrono::March / 7 / 2026), "2026-03-08")
        << "a calendar has no summer time";
}

TEST(SaidDates, AWeekdayIsTheComingOneAndOfTwoMeaningsBoth) {
    EXPECT_EQ(dates("on Friday"), "2026-11-13");
    EXPECT_EQ(dates("Monday works"), "2026-11-16");
    EXPECT_EQ(dates("next Friday"), "2026-11-13 2026-11-20");
    EXPECT_EQ(dates("last Friday"), "2026-11-06");
    EXPECT_EQ(dates("on Tuesday"), "2026-11-10 2026-11-17") << "it is one";
    EXPECT_EQ(dates("next Tuesday"), "2026-11-17");
    EXPECT_EQ(dates("last Tuesday"), "2026-11-03");
    EXPECT_EQ(dates("Friday, November 20th"), "2026-11-20") << "the date itself follows";
}

TEST(SaidDates, TheNextDayOfThatNumberIsMeant) {
    EXPECT_EQ(dates("on the 10th"), "2026-11-10");
    EXPECT_EQ(dates("on the 9th"), "2026-12-09");
    EXPECT_EQ(dates("on the 31st"), "2026-12-31") << "November has none";
    EXPECT_EQ(dates("on the 30th", std::chrono::January / 31 / 2027), "2027-03-30");
    EXPECT_EQ(dates("for the second time, on the first floor"), "");
}

TEST(SaidDates, VerbsAreNoMonths) {
    for (auto text :
         {"May I ask who is calling?", "One second, may I put you on hold?", "you may one day",
          "No one may know.", "We may two of us come.", "They march.", "One march after another.",
          "It may be.", "Just a second may I", "march two by two"})
        EXPECT_EQ(dates(text), "") << text;
    EXPECT_EQ(dates("May 5th"), "2027-05-05");
    EXPECT_EQ(dates("May fifth"), "2027-05-05");
    EXPECT_EQ(dates("the second of May"), "2027-05-02");
    EXPECT_EQ(dates("2 May"), "2027-05-02");
    EXPECT_EQ(dates("March 3"), "2027-03-03");
}

TEST(SaidDates, EachIsHeardOnceInTheOrderInWhichItIsSaid) {
    EXPECT_EQ(dates("tomorrow or November 20th, no, tomorrow, the 11th of November"),
              "2026-11-11 2026-11-20");
}

TEST(SaidTimes, AreHeardInEachForm) {
    for (auto text : {"7 pm", "7pm", "7 PM", "7 p.m.", "seven p.m.", "19:00", "7:00 pm",
                      "at 7:00pm", "seven pm"})
        EXPECT_EQ(times(text), "19:00") << text;
    EXPECT_EQ(times("7:30 p.m."), "19:30");
    EXPECT_EQ(times("12 pm"), "12:00");
    EXPECT_EQ(times("12 am"), "00:00");
    EXPECT_EQ(times("noon"), "12:00");
    EXPECT_EQ(times("the table at midnight"), "00:00");
    EXPECT_EQ(times("23:59"), "23:59");
}

TEST(SaidTimes, WithoutAHalfOfTheDayBothAreMeant) {
    EXPECT_EQ(times("at seven"), "07:00 19:00");
    EXPECT_EQ(times("around 7"), "07:00 19:00");
    EXPECT_EQ(times("seven o'clock"), "07:00 19:00");
    EXPECT_EQ(times("half past seven"), "07:30 19:30");
    EXPECT_EQ(times("quarter past 7"), "07:15 19:15");
    EXPECT_EQ(times("7:15"), "07:15 19:15");
}

TEST(SaidTimes, WhatIsNoneIsNotHeard) {
    for (auto text : {"25:00", "7:60", "13 pm", "0 am", "at 99", "we are seven", "5:5:5 at twenty",
                      "seven people at table nine"})
        EXPECT_EQ(times(text).find("19:00"), std::string::npos) << text;
    EXPECT_EQ(times("we are seven"), "");
    EXPECT_EQ(times("at seven people"), "");
}

TEST(SaidTimes, TheClockOfATranscriptIsNone) {
    EXPECT_EQ(
        heard("[00:12:03] Ann: Hello.\n(12:03) Bob: Hi.\n00:15:00 Ann: Bye.\n[07:30] Bob: Bye."),
        "null");
    EXPECT_EQ(times("[00:12:03] Ann: At 7:30 pm."), "19:30");
}

TEST(SaidParts, OfTheDayAndMealsAreHeard) {
    EXPECT_EQ(heard("dinner, or lunch"), R"({"parts":["dinner","lunch"]})");
    EXPECT_EQ(heard("supper"), R"({"parts":["dinner"]})");
    EXPECT_EQ(heard("brunch"), R"({"parts":["lunch"]})");
    EXPECT_EQ(heard("breakfast in the morning, in the afternoon and evening"),
              R"({"parts":["breakfast","morning","afternoon","evening"]})");
    EXPECT_EQ(heard("tonight"), R"({"dates":["2026-11-10"],"parts":["evening"]})");
}

TEST(SaidParts, AGreetingIsNone) {
    EXPECT_EQ(heard("Good evening! Good morning. Good afternoon, GOOD EVENING"), "null");
}

TEST(SaidGuests, AreHeardInEachForm) {
    for (auto text : {"a party of six", "table for 6", "six people", "6 guests", "six of us",
                      "a reservation for six", "group of 6", "6 pax"})
        EXPECT_EQ(heard(text), R"({"guests":[6]})") << text;
    EXPECT_EQ(heard("twenty-five guests"), R"({"guests":[25]})");
    EXPECT_EQ(heard("a party of four, no, a party of five"), R"({"guests":[4,5]})");
}

TEST(SaidGuests, WhatIsNoneIsNotHeard) {
    for (auto text : {"six", "0 guests", "99999 guests", "the sixth guest", "6th guests"})
        EXPECT_EQ(heard(text), "null") << text;
}

TEST(Said, AWholeCallIsHeard) {
    EXPECT_EQ(heard("[00:00:01] Agent: Good morning, may I help you?\n"
                    "[00:00:05] Ann: A table for four, Friday the 20th at 7:30 pm, dinner.\n"),
              R"({"dates":["2026-11-20"],"times":["19:30"],"parts":["dinner"],"guests":[4]})");
}

TEST(Said, NothingIsNothing) {
    for (auto text : {"", " ", "\n", "...", "Hello there."}) EXPECT_EQ(heard(text), "null");
    EXPECT_EQ(heard("\xff\xfe\x80 \xc3"), "null");
    EXPECT_EQ(heard(std::string_view("\0\0\0", 3)), "null");
}

TEST(Said, HugeTextsAreReadUpToAPointAndValuesAreBounded) {
    std::string talk;
    for (int i = 0; i < 300'000; ++i) talk += "word ";
    EXPECT_EQ(heard(talk + "tomorrow"), "null") << "too far behind";
    EXPECT_EQ(heard("tomorrow " + talk), R"({"dates":["2026-11-11"]})");
    std::string many;
    for (int i = 1; i <= 1000; ++i) many += std::to_string(i) + " guests, ";
    EXPECT_EQ(read_said(many, kCall, true).guests.size(), 20u);
    heard(std::string(2'000'000, '7'));
    heard(std::string(2'000'000, 'a'));
    heard(std::string(2'000'000, ':'));
}

TEST(Said, NumbersAtTheEndOfTheTextAreReadWithoutLookingBeyond) {
    for (auto text : {"7:", "7:3", "at", "at 7", "11/", "11/1", "2026-", "2026-11-", "on the",
                      "November", "the 15th of", "[7", "[7:", "half past", "7 p.", "party of"})
        heard(text);
}

TEST(Naming, TheFullNameSaysMost) {
    EXPECT_EQ(naming("Hi, this is Ann Lee.", "Ann Lee"), 2);
    EXPECT_EQ(naming("hi, ANN LEE here", "ann lee"), 2);
    EXPECT_EQ(naming("Ann Lee: Hello.", "Ann Lee"), 2);
    EXPECT_EQ(naming("It's Ann.", "Ann Lee"), 1);
    EXPECT_EQ(naming("This is Mrs Lee.", "Ann Lee"), 0) << "a family has several";
    EXPECT_EQ(naming("It's Acme calling.", "Acme"), 2) << "a name of one word is a full one";
}

TEST(Naming, ASpeakersLabelIsNoNaming) {
    EXPECT_EQ(naming("Ann: Hello.\nBob: Hi.", "Ann Lee"), 0);
    EXPECT_EQ(naming("[00:01:02] Ann: Hello.", "Ann Lee"), 0);
    EXPECT_EQ(naming("Ann: Hello.\nBob: Hi Ann.", "Ann Lee"), 1);
    EXPECT_EQ(naming("Bob: Is that you, Ann: tell me.", "Ann Lee"), 1) << "within a sentence";
}

TEST(Naming, WholeWordsOnly) {
    EXPECT_EQ(naming("Annie and Joann came, the cann too.", "Ann Lee"), 0);
    EXPECT_EQ(naming("Ann-Marie", "Ann Lee"), 1);
    EXPECT_EQ(naming("\xC3\xA9"
                     "ann",
                     "Ann Lee"),
              0)
        << "a letter stands before it";
    EXPECT_EQ(naming("Jos\xC3\xA9 here", "Jos\xC3\xA9 Paz"), 1);
    EXPECT_EQ(naming("JOS\xC3\x89 here", "Jos\xC3\xA9 Paz"), 1);
}

TEST(Naming, WordsOfEveryCallAreNoNames) {
    EXPECT_EQ(naming("The weather is fine.", "The Grand Hotel"), 0);
    EXPECT_EQ(naming("Welcome at The Grand Hotel!", "The Grand Hotel"), 2);
    EXPECT_EQ(naming("Dr. Jones here.", "Dr. Smith"), 0);
    EXPECT_EQ(naming("You will see.", "Will Smith"), 0);
    EXPECT_EQ(naming("May I?", "May Chen"), 0);
    EXPECT_EQ(naming("I don't know.", "Don Fox"), 0);
    EXPECT_EQ(naming("Don's bike", "Don Fox"), 1);
    EXPECT_EQ(naming("A J is here", "J Smith"), 0) << "an initial";
}

TEST(Naming, NoNameIsNotNamed) {
    EXPECT_EQ(naming("Hello.", ""), 0);
    EXPECT_EQ(naming("Hello.", "   "), 0);
    EXPECT_EQ(naming("", "Ann Lee"), 0);
}

TEST(Naming, HostileNamesAndTextsAreComparedInTime) {
    std::string many(1'000'000, 'a');
    EXPECT_EQ(naming(many, many), 0);
    EXPECT_EQ(naming(many, std::string(100'000, 'a') + "b"), 0);
    std::string anns;
    for (int i = 0; i < 250'000; ++i) anns += "ann\n";
    EXPECT_EQ(naming(anns, "Ann Lee"), 1);
    std::string labels;
    for (int i = 0; i < 100'000; ++i) labels += "ann: hi\n";
    EXPECT_EQ(naming(labels, "Ann Lee"), 0);
    std::string words;
    for (int i = 0; i < 250'000; ++i) words += "ann ";
    EXPECT_EQ(naming(words + "A", "Ann Lee"), 0) << "a line without an end, with capitals";
}

TEST(SaidDates, DaysAndWeeksAheadAreCounted) {
    EXPECT_EQ(dates("Is there a table in two days?"), "2026-11-12");
    EXPECT_EQ(dates("In a week, please, or in 3 weeks."), "2026-11-17 2026-12-01");
    EXPECT_EQ(dates("A week from today would do, or ten days from now."), "2026-11-17 2026-11-20");
    EXPECT_EQ(dates("It took two days. In a day's work, a week ago."), "");
}

TEST(SaidTimes, MinutesAndHalvesAreHeardInWords) {
    EXPECT_EQ(times("at seven forty-five in the evening"), "19:45");
    EXPECT_EQ(times("We come at ten thirty."), "10:30 22:30");
    EXPECT_EQ(times("at twelve thirty pm"), "12:30");
    EXPECT_EQ(times("seven in the morning, or 8 at night"), "07:00 20:00");
    EXPECT_EQ(times("seven thirty people"), "");
}

TEST(SaidWords, ASentenceEndsWhatBelongsTogether) {
    EXPECT_EQ(heard("There were twenty. Five people came."), R"({"guests":[5]})");
    EXPECT_EQ(dates("It worked on the second try."), "");
    EXPECT_EQ(dates("We come on the second, all of us."), "2026-12-02");
    EXPECT_EQ(dates("A table on the third and a cake."), "2026-12-03");
    EXPECT_EQ(heard("Our booking this evening."),
              R"({"dates":["2026-11-10"],"parts":["evening"]})");
}

TEST(Naming, AWordIsNoNameWhereNamesHaveCapitals) {
    EXPECT_EQ(naming("Can you bring the bill, please?", "Bill Gates"), 0);
    EXPECT_EQ(naming("thank you bill", "Bill Gates"), 1) << "nothing has capitals";
    EXPECT_EQ(naming("Hi, this is bill.", "Bill Gates"), 1) << "an introduction";
}

TEST(Naming, WhoAnswersTheTelephoneIsNotTheCaller) {
    constexpr auto kCallText = "Agent: Acme, this is Ann, hello?\nCaller: Hi, a table please.";
    EXPECT_EQ(core::naming(kCallText, "Ann Lee", 1), 0);
    EXPECT_EQ(core::naming(kCallText, "Ann Lee", 0), 1);
    EXPECT_EQ(core::naming("This is Ann.", "Ann Lee", 1), 1) << "nobody else speaks";
    EXPECT_EQ(core::naming("A: Hello?\nB: Hi, Ann here.\nA: Yes?", "Ann Lee", 2), 0);
    EXPECT_EQ(core::naming("A: Acme.\nB: Hi, this is Ann.", "Ann Lee", 1), 1);
    EXPECT_EQ(core::naming("A: Thank you, Ann.\nB: Bye.", "Ann Lee", 1), 1)
        << "who is spoken to is no introduction";
}

}  // namespace
}  // namespace headway::core
