#include "core/conversation/transcript.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

// "speaker@start: text" of each turn.
std::vector<std::string> read(std::string_view transcript) {
    std::vector<std::string> lines;
    for (const Turn& turn : parse_turns(transcript)) {
        std::string clock = turn.start_s ? "@" + Json(*turn.start_s).dump() : "";
        lines.push_back(turn.speaker + clock + ": " + turn.text);
    }
    return lines;
}

using Lines = std::vector<std::string>;

TEST(Transcript, ALineWithANameBeginsATurn) {
    EXPECT_EQ(read("Ann: Hello there.\nBob: Hi Ann."),
              (Lines{"Ann: Hello there.", "Bob: Hi Ann."}));
    EXPECT_EQ(read("Speaker 1: a\r\nSpeaker #2: b\r\n"), (Lines{"Speaker 1: a", "Speaker #2: b"}));
    EXPECT_EQ(read("Jörg Müller-O'Hara: ja\nDr. Ida B. Wells: yes"),
              (Lines{"Jörg Müller-O'Hara: ja", "Dr. Ida B. Wells: yes"}));
    EXPECT_EQ(read("  Ann :  spaced  out  "), (Lines{"Ann: spaced  out"}));
}

TEST(Transcript, AClockMayStandInFrontOrBehindTheName) {
    EXPECT_EQ(
        read("[00:12:03] Ann: one\n(12:04) Bob: two\nCy (1:02:03): three\nDee [12:05.5]: four"),
        (Lines{"Ann@723: one", "Bob@724: two", "Cy@3723: three", "Dee@725.5: four"}));
}

TEST(Transcript, OtherLinesGoOnWithTheTurn) {
    EXPECT_EQ(read("Ann: first\nand more\n\n  and the end\nBob: x"),
              (Lines{"Ann: first\nand more\nand the end", "Bob: x"}));
    EXPECT_EQ(read("Ann:\nall on the next line"), (Lines{"Ann: all on the next line"}));
}

TEST(Transcript, WhatStandsBeforeTheFirstNameIsNobodysTurn) {
    EXPECT_EQ(read("Call with Acme, June 3rd\nAnn: hi"),
              (Lines{": Call with Acme, June 3rd", "Ann: hi"}));
}

TEST(Transcript, ATextWithoutNamesIsOneTurn) {
    EXPECT_EQ(read("we talked\nabout this and that"), (Lines{": we talked\nabout this and that"}));
    EXPECT_EQ(read(""), Lines{});
    EXPECT_EQ(read(" \n\r\n\t\n"), Lines{});
}

TEST(Transcript, ASentenceWithAColonBeginsNoTurn) {
    for (auto line : {"so what I really want to say here is this: it is slow",
                      "https://example.com/x is the page", "we need this, that: both",
                      "\"quoted\": not a name", "(12:03 Ann: the bracket is never closed"})
        EXPECT_EQ(read("Ann: hi\n" + std::string(line)), (Lines{"Ann: hi\n" + std::string(line)}))
            << line;
}

TEST(Transcript, ATimeOfDayInASentenceBeginsNoTurn) {
    EXPECT_EQ(read("Ann: we start\nat 10:30 on Mondays"),
              (Lines{"Ann: we start\nat 10:30 on Mondays"}));
    EXPECT_EQ(read("Ann: the ratio is\n3:1 by now"), (Lines{"Ann: the ratio is\n3:1 by now"}));
}

TEST(Transcript, AClockIsMadeOfDigits) {
    for (auto transcript : {"[nan:00] Ann: hi", "[inf:00] Ann: hi", "[1e300:1e300] Ann: hi"})
        for (const Turn& turn : parse_turns(transcript))
            EXPECT_TRUE(!turn.start_s || (std::isfinite(*turn.start_s) && *turn.start_s < 1e7))
                << transcript;
}

TEST(Transcript, NoTextIsLost) {
    std::string transcript =
        "intro words\n[00:01] Ann: alpha (beta) [gamma]\ndelta: epsilon: zeta\n: eta\n[00:xx] "
        "theta\n() iota\n]:[";
    std::string kept;
    for (const Turn& turn : parse_turns(transcript)) kept += turn.speaker + ' ' + turn.text + '\n';
    for (auto word : {"intro", "Ann", "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta",
                      "00:xx", "theta", "iota"})
        EXPECT_NE(kept.find(word), std::string::npos) << word;
}

TEST(Transcript, StrangeTextsAreReadWithoutHarm) {
    for (std::string text :
         {std::string(200'000, ':'), std::string(200'000, '['), std::string(200'000, '('),
          "Ann: " + std::string(200'000, 'x'), std::string(100'000, '\n') + "Ann: hi",
          std::string("\0Ann: x", 7), std::string("[:")})
        EXPECT_LE(parse_turns(text).size(), 1u);
}

TEST(Turns, ComeBackFromTheStoredForm) {
    std::vector<Turn> turns = {
        {"Ann", 1.5, 2.0, "hello"}, {"", {}, {}, "nobody"}, {"Bob", 3.0, {}, ""}};
    Json stored = turns_to_json(turns);
    EXPECT_EQ(
        stored.dump(),
        Json::parse(R"([{"speaker":"Ann","start_s":1.5,"end_s":2,"text":"hello"},{"text":"nobody"},
                                      {"speaker":"Bob","start_s":3,"text":""}])")
            .dump());
    std::vector<Turn> read = turns_from_json(stored);
    ASSERT_EQ(read.size(), 3u);
    EXPECT_EQ(read[0].speaker, "Ann");
    EXPECT_EQ(read[0].start_s, 1.5);
    EXPECT_EQ(read[0].end_s, 2.0);
    EXPECT_EQ(read[1].speaker, "");
    EXPECT_FALSE(read[1].start_s || read[1].end_s);
    EXPECT_EQ(turns_to_json(read), stored);
    EXPECT_EQ(turns_to_json(turns_from_json(turns_to_json(parse_turns("[0:05] Ann: hi")))),
              turns_to_json(parse_turns("[0:05] Ann: hi")));
}

TEST(Turns, AnotherShapeIsRefused) {
    for (auto json :
         {"{}", "5", R"("Ann: hi")", R"([{"text":5}])", R"([{"speaker":[],"text":"x"}])",
          R"([{"start_s":"1","text":"x"}])", R"([{"end_s":{},"text":"x"}])", "true"})
        EXPECT_EQ(failure_of([&] { turns_from_json(Json::parse(json)); }).kind, ErrorKind::protocol)
            << json;
}

TEST(Turns, ATurnIsAnObject) {
    for (auto json : {"[5]", R"(["Ann: hi"])", "[null]", "[[]]"})
        EXPECT_EQ(failure_of([&] { turns_from_json(Json::parse(json)); }).kind, ErrorKind::protocol)
            << json;
}

}  // namespace
}  // namespace headway::core
