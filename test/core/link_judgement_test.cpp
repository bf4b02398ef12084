#include "core/linking/link_judgement.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

const Json kOffered = Json::parse(R"([{"id": "b1", "customer": "Ann"}, {"id": "b2"}, {}])");

LinkJudgement judged(std::string_view answer) { return read_link_judgement(answer, kOffered); }

TEST(LinkJudgement, IsReadAsTheModelGaveIt) {
    LinkJudgement judgement =
        judged(R"({"candidate": "b2", "confidence": 0.9, "reasoning": "She says six guests."})");
    EXPECT_EQ(judgement.candidate, "b2");
    EXPECT_DOUBLE_EQ(judgement.confidence, 0.9);
    EXPECT_EQ(judgement.reasoning, "She says six guests.");
}

TEST(LinkJudgement, ACandidateThatWasNotOfferedIsNone) {
    for (auto answer :
         {R"({"candidate": "b3", "confidence": 1})", R"({"candidate": "B1", "confidence": 1})",
          R"({"candidate": "b1 ", "confidence": 1})", R"({"candidate": "", "confidence": 1})",
          R"({"candidate": null, "confidence": 1})", R"({"confidence": 1})"})
        EXPECT_EQ(judged(answer).candidate, "") << answer;
}

TEST(LinkJudgement, WithoutCandidatesThereIsNone) {
    for (auto offered : {"[]", "null", "{}", "7"})
        EXPECT_EQ(
            read_link_judgement(R"({"candidate": "b1", "confidence": 1})", Json::parse(offered))
                .candidate,
            "")
            << offered;
}

TEST(LinkJudgement, ConfidenceIsKeptWithinItsBounds) {
    EXPECT_DOUBLE_EQ(judged(R"({"candidate": "b1", "confidence": 7})").confidence, 1);
    EXPECT_DOUBLE_EQ(judged(R"({"candidate": "b1", "confidence": -1})").confidence, 0);
    EXPECT_DOUBLE_EQ(judged(R"({"candidate": "b1", "confidence": 1e308})").confidence, 1);
}

TEST(LinkJudgement, ReasoningIsClipped) {
    LinkJudgement judgement = judged(R"({"candidate": "b1", "confidence": 1, "reasoning": ")" +
                                     std::string(5000, 'x') + "\"}");
    EXPECT_LE(judgement.reasoning.size(), 1000u);
}

TEST(LinkJudgement, WhatIsNoneIsRefused) {
    for (auto answer :
         {"", "I think it is b1.", "[]", "7", "null", "{}", R"({"candidate": "b1"})",
          R"({"candidate": "b1", "confidence": "high"})",
          R"({"candidate": "b1", "confidence": null})", R"({"candidate": 1, "confidence": 1})",
          R"({"candidate": ["b1"], "confidence": 1})",
          R"({"confidence": 1, "reasoning": {"a": 1}})",
          "```json\n{\"candidate\": \"b1\", \"confidence\": 1}\n```"})
        EXPECT_EQ(failure_of([&] { judged(answer); }).kind, ErrorKind::protocol) << answer;
}

}  // namespace
}  // namespace headway::core
