#include "core/matching/judgement.hpp"

#include <gtest/gtest.h>

#include "core/base/text.hpp"
#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

MatchQuestion question() {
    return {
        "feature_request",
        {"", "Dark theme", "for night shifts", {"our eyes hurt"}},
        {{"f1", "Night mode", "", {}}, {"f2", "CSV export", "of all jobs", {"I need it in Excel"}}},
        "english"};
}

Judgement read(const char* answer) { return read_judgement(answer, question()); }

TEST(Judgement, IsReadAsAnswered) {
    Judgement judgement = read(
        R"({"is_duplicate":true,"matching_feature_id":"f1","confidence":0.9,"reasoning":"the same wish"})");
    EXPECT_TRUE(judgement.is_duplicate);
    EXPECT_EQ(judgement.matching_feature_id, "f1");
    EXPECT_DOUBLE_EQ(judgement.confidence, 0.9);
    EXPECT_EQ(judgement.reasoning, "the same wish");
}

TEST(Judgement, AFeatureThatWasNotOfferedIsNoMatch) {
    for (auto answer : {R"({"is_duplicate":true,"matching_feature_id":"f3","confidence":1})",
                        R"({"is_duplicate":true,"matching_feature_id":"F1","confidence":1})",
                        R"({"is_duplicate":true,"matching_feature_id":"f1 ","confidence":1})",
                        R"({"is_duplicate":true,"matching_feature_id":"","confidence":1})",
                        R"({"is_duplicate":true,"matching_feature_id":null,"confidence":1})",
                        R"({"is_duplicate":true,"matching_feature_id":1,"confidence":1})",
                        R"({"is_duplicate":true,"matching_feature_id":["f1"],"confidence":1})",
                        R"({"is_duplicate":true,"confidence":1})"}) {
        Judgement judgement = read(answer);
        EXPECT_FALSE(judgement.is_duplicate) << answer;
        EXPECT_EQ(judgement.matching_feature_id, "") << answer;
        EXPECT_STREQ(outcome_of(judgement, 0.7), "created") << answer;
    }
}

TEST(Judgement, ConfidenceIsKeptBetweenZeroAndOne) {
    EXPECT_DOUBLE_EQ(read(R"({"is_duplicate":false,"confidence":85})").confidence, 1);
    EXPECT_DOUBLE_EQ(read(R"({"is_duplicate":false,"confidence":-0.1})").confidence, 0);
    EXPECT_DOUBLE_EQ(read(R"({"is_duplicate":false,"confidence":1e300})").confidence, 1);
}

TEST(Judgement, WhatIsNoSuchAnswerIsRefused) {
    for (auto answer :
         {"", "null", "[]", "{}", "yes", R"({"is_duplicate":true})", R"({"confidence":1})",
          R"({"is_duplicate":"true","confidence":1})", R"({"is_duplicate":1,"confidence":1})",
          R"({"is_duplicate":true,"confidence":"high"})",
          R"({"is_duplicate":true,"confidence":null})", R"({"is_duplicate":true,"confidence":NaN})",
          R"([{"is_duplicate":true,"confidence":1}])"})
        EXPECT_EQ(failure_of([&] { read(answer); }).kind, ErrorKind::protocol) << answer;
}

TEST(Judgement, ReasoningIsBoundedAndMayBeAnything) {
    std::string answer = R"({"is_duplicate":false,"confidence":1,"reasoning":")";
    for (int i = 0; i < 50'000; ++i) answer += "\u00E9";
    Judgement judgement = read_judgement(answer + "\"}", question());
    EXPECT_LE(judgement.reasoning.size(), 10'000u);
    EXPECT_EQ(sanitize_utf8(judgement.reasoning).repairs, 0u);
    for (auto other : {"null", "5", "[]", "{}"})
        EXPECT_EQ(
            read((R"({"is_duplicate":false,"confidence":1,"reasoning":)" + std::string(other) + "}")
                     .c_str())
                .reasoning,
            "");
}

TEST(Judgement, WhatFollowsDependsOnTheThreshold) {
    Judgement sure{true, "f1", 0.7, ""}, unsure{true, "f1", 0.69, ""},
        different{false, "", 0.99, ""};
    EXPECT_STREQ(outcome_of(sure, 0.7), "linked");
    EXPECT_STREQ(outcome_of(unsure, 0.7), "review");
    EXPECT_STREQ(outcome_of(unsure, 0.5), "linked") << "the same answer under another threshold";
    EXPECT_STREQ(outcome_of(different, 0.7), "created");
    EXPECT_STREQ(outcome_of({false, "f1", 0.2, ""}, 0.7), "created");
}

TEST(MatchQuestion, ComesBackFromJson) {
    MatchQuestion after = MatchQuestion::from_json(Json::parse(question().to_json().dump()));
    EXPECT_EQ(after.to_json(), question().to_json());
    EXPECT_EQ(after.candidates.at(1).quotes, std::vector<std::string>{"I need it in Excel"});
    EXPECT_EQ(after.item.title, "Dark theme");
    EXPECT_TRUE(MatchQuestion::from_json(Json()).candidates.empty());
}

}  // namespace
}  // namespace headway::core
