#include "core/conversation/parts.hpp"

#include <gtest/gtest.h>

#include "core/base/json.hpp"
#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;
using Parts = std::vector<std::vector<Turn>>;

std::size_t tokens_of(const std::vector<Turn>& part) {
    std::size_t tokens = 0;
    for (const Turn& turn : part) tokens += estimate_tokens(turn.text) + 8;
    return tokens;
}

std::string text_of(const std::vector<Turn>& part) {
    std::string text;
    for (const Turn& turn : part) text += turn.text + '\n';
    return text;
}

// A call of short turns, each with its number in it.
std::vector<Turn> long_call(int turns) {
    std::vector<Turn> call;
    for (int i = 0; i < turns; ++i)
        call.push_back({i % 2 ? "Bob" : "Ann",
                        i * 4.0,
                        {},
                        "This is what was said in turn number " + std::to_string(i) + "."});
    return call;
}

TEST(Parts, TokensAreEstimatedByTheScript) {
    EXPECT_EQ(estimate_tokens(""), 0u);
    EXPECT_EQ(estimate_tokens("four letters make one"), 6u);
    EXPECT_EQ(estimate_tokens("привет"), 3u) << "two letters of other alphabets make one";
    EXPECT_EQ(estimate_tokens("報告書"), 3u) << "each Chinese character is one";
}

TEST(Parts, AConversationThatFitsIsOnePartAndUntouched) {
    std::vector<Turn> call = long_call(10);
    Parts parts = split_turns(call, 1'000);
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(text_of(parts[0]), text_of(call));
    EXPECT_EQ(split_turns({}, 1'000).size(), 1u) << "an empty one too";
}

TEST(Parts, ALongCallIsCutBetweenTurnsAndNothingIsLost) {
    std::vector<Turn> call = long_call(500);
    Parts parts = split_turns(call, 1'000);
    ASSERT_GT(parts.size(), 5u);
    std::size_t next = 0;
    for (const auto& part : parts) {
        EXPECT_LE(tokens_of(part), 1'000u);
        for (const Turn& turn : part) {
            auto number = static_cast<std::size_t>(*turn.start_s / 4);
            ASSERT_LE(number, next) << "no turn is left out";
            EXPECT_EQ(turn.text, call[number].text) << "turns stay whole";
            EXPECT_EQ(turn.speaker, call[number].speaker);
            next = std::max(next, number + 1);
        }
    }
    EXPECT_EQ(next, call.size());
}

TEST(Parts, APartBeginsWithTheEndOfTheOneBeforeIt) {
    Parts parts = split_turns(long_call(500), 1'000);
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const Turn& first = parts[i].front();
        bool shared = false;
        std::size_t repeated = 0;
        for (const Turn& turn : parts[i - 1]) {
            shared = shared || turn.start_s == first.start_s;
            if (shared) repeated += estimate_tokens(turn.text) + 8;
        }
        EXPECT_TRUE(shared) << "part " << i;
        EXPECT_LE(repeated, 100u) << "a tenth, not more";
    }
}

TEST(Parts, AMonologueIsCutBetweenSentences) {
    std::string monologue;
    for (int i = 0; i < 300; ++i) monologue += "Sentence " + std::to_string(i) + " is here. ";
    Parts parts = split_turns({{"Ann", 0.0, {}, monologue}}, 500);
    ASSERT_GT(parts.size(), 2u);
    for (const auto& part : parts) {
        ASSERT_EQ(part.size(), 1u) << "what is of one turn is one turn again";
        EXPECT_EQ(part[0].text.rfind("Sentence ", 0), 0u);
        EXPECT_EQ(part[0].text.back(), '.');
        EXPECT_NE(monologue.find(part[0].text), std::string::npos) << "word by word";
    }
    EXPECT_NE(parts.back()[0].text.find("Sentence 299"), std::string::npos);
}

TEST(Parts, TextWithoutAPlaceToCutItEndsAllTheSame) {
    for (const std::string& text : {std::string(20'000, 'a'), std::string(9'000, ' ') + "b"}) {
        std::string rebuilt;
        for (const auto& part : split_turns({{"", {}, {}, text}}, 0)) {
            EXPECT_LE(tokens_of(part), 200u + 8u);
            rebuilt += text_of(part);
        }
        EXPECT_FALSE(rebuilt.empty());
    }
    std::string chinese;
    for (int i = 0; i < 5'000; ++i) chinese += "字";
    for (const auto& part : split_turns({{"", {}, {}, chinese}}, 300))
        EXPECT_EQ(part[0].text.size() % 3, 0u) << "never within a character";
}

Json join(const std::vector<std::string>& answers) { return Json::parse(join_answers(answers)); }

std::string item(const std::string& title, const std::string& quote) {
    return R"({"title": ")" + title + R"(", "quote": ")" + quote + "\"}";
}

std::string requests(const std::string& items) {
    return R"({"feature_requests": [)" + items + "]}";
}

TEST(PartAnswers, OneAnswerStaysAsItIs) { EXPECT_EQ(join_answers({"anything"}), "anything"); }

TEST(PartAnswers, ItemsOfAllPartsAreOneList) {
    Json joined = join({requests(item("Dark mode", "We need a dark mode, really.")),
                        requests(item("Excel export", "I wish we could export to Excel."))});
    ASSERT_EQ(joined["feature_requests"].items().size(), 2u);
    EXPECT_EQ(joined["feature_requests"].items()[1]["title"].as_string(), "Excel export");
}

TEST(PartAnswers, WhatTwoPartsHaveIsThereOnce) {
    std::string first = item("Excel export of reports", "I wish we could export reports to Excel.");
    for (const std::string& second :
         {first, item("Export to Excel", "i wish we could export reports to Excel"),
          item("excel export of REPORTS", "Another sentence about it, much later."),
          item("Exporting to Excel", "we could export reports to Excel. Every single Monday")}) {
        Json joined = join({requests(first), requests(second)});
        EXPECT_EQ(joined["feature_requests"].items().size(), 1u) << second;
    }
}

TEST(PartAnswers, TwoWishesOfOneSentenceStayTwo) {
    std::string quote = "Give us a dark mode and an export to Excel.";
    Json joined = join({requests(item("Dark mode", quote)), requests(item("Excel export", quote))});
    EXPECT_EQ(joined["feature_requests"].items().size(), 2u);
    joined = join({requests(item("Dark mode", quote) + "," + item("Excel export", quote)),
                   requests(item("Excel export", quote))});
    EXPECT_EQ(joined["feature_requests"].items().size(), 2u);
}

TEST(PartAnswers, TitlesOfSignsAloneAreOneOnlyWhenTheyAreEqual) {
    std::string one = item("???", "We need a dark mode."), other = item("!!!", "Export to Excel.");
    EXPECT_EQ(join({requests(one), requests(other)})["feature_requests"].items().size(), 2u);
    EXPECT_EQ(join({requests(one), requests(one)})["feature_requests"].items().size(), 1u);
}

TEST(PartAnswers, WordsThatAreAlikeAreNotTheSamePlace) {
    Json joined = join({requests(item("Wish 1", "What we need is wish number 1")),
                        requests(item("Wish 17", "What we need is wish number 17"))});
    EXPECT_EQ(joined["feature_requests"].items().size(), 2u);
}

TEST(PartAnswers, TheSameWordsOfAnotherKindAreAnotherItem) {
    std::string one = item("Slow export", "The export takes forever, I mean it.");
    Json joined = join({requests(one), R"({"pain_points": [)" + one + "]}"});
    EXPECT_EQ(joined["feature_requests"].items().size(), 1u);
    EXPECT_EQ(joined["pain_points"].items().size(), 1u);
}

TEST(PartAnswers, MoodSummaryAndPhrasesAreOfTheWhole) {
    Json joined = join({R"({"sentiment": {"overall": "positive", "score": 0.5}, "summary": "One.",
                            "topics": ["a", "b"], "language": "", "intent": "renewal"})",
                        R"({"sentiment": {"overall": "negative", "score": -1}, "summary": "Two. ",
                            "topics": ["b", "c"], "language": "en", "intent": "other"})"});
    EXPECT_EQ(joined["sentiment"]["overall"].as_string(), "mixed");
    EXPECT_DOUBLE_EQ(joined["sentiment"]["score"].as_number(), -0.25);
    EXPECT_EQ(joined["summary"].as_string(), "One. Two.");
    EXPECT_EQ(joined["topics"].items().size(), 3u);
    EXPECT_EQ(joined["language"].as_string(), "en");
    EXPECT_EQ(joined["intent"].as_string(), "renewal");

    joined = join({R"({"sentiment": {"overall": "neutral"}})",
                   R"({"sentiment": {"overall": "negative", "score": -1}})"});
    EXPECT_EQ(joined["sentiment"]["overall"].as_string(), "negative");
}

TEST(PartAnswers, AnAnswerThatIsNoObjectIsAFailure) {
    EXPECT_EQ(failure_of([] { join_answers({"{}", "[]"}); }).kind, ErrorKind::protocol);
    EXPECT_EQ(failure_of([] { join_answers({"{}", "Sure!"}); }).kind, ErrorKind::protocol);
}

TEST(PartAnswers, ListsThatAreNoneAreIgnored) {
    Json joined = join({R"({"feature_requests": "none", "topics": 3})", requests("7, {}")});
    EXPECT_EQ(joined["feature_requests"].items().size(), 2u) << "the reader judges what they are";
}

}  // namespace
}  // namespace headway::core
