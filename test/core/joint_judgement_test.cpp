#include "core/matching/joint_judgement.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/error.hpp"

namespace headway::core {
namespace {

MatchQuestion question(const char* title, const char* candidate = "f1") {
    return {"feature_request", {"", title, ""}, {{candidate, "A dark theme", ""}}, "english"};
}

const std::vector<MatchQuestion> kTwo{question("Dark theme"), question("Excel export")};

TEST(JointJudgement, TheQuestionsAreNumberedAndNameTheirCandidates) {
    Json joint = joint_question({question("Dark theme"), question("Excel export", "f2")});
    EXPECT_EQ(joint["language"].as_string(), "english");
    ASSERT_EQ(joint["items"].items().size(), 2u);
    const Json& second = joint["items"].items()[1];
    EXPECT_EQ(second["number"].as_integer(), 2);
    EXPECT_EQ(second["type"].as_string(), "feature_request");
    EXPECT_EQ(second["item"]["title"].as_string(), "Excel export");
    EXPECT_EQ(second["candidates"].dump(), R"(["f2"])");
}

TEST(JointJudgement, AFeatureThatSeveralMayBeIsToldOnce) {
    Json joint = joint_question(kTwo);
    ASSERT_EQ(joint["features"].items().size(), 1u);
    EXPECT_EQ(joint["features"].items()[0]["id"].as_string(), "f1");
    EXPECT_EQ(joint["features"].items()[0]["title"].as_string(), "A dark theme");
}

TEST(JointJudgement, TheSingleQuestionsAreFoundInItAgain) {
    const std::vector<MatchQuestion> asked{question("Dark theme"), question("Excel export", "f2")};
    const auto questions = single_questions(joint_question(asked));
    ASSERT_EQ(questions.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i)
        EXPECT_EQ(questions[i].to_json().dump(), asked[i].to_json().dump());
}

TEST(JointJudgement, TheAnswersAreTakenApartByNumberWhateverTheirOrder) {
    auto parts = split_judgements(R"({"judgements": [
        {"number": 2, "is_duplicate": true, "matching_feature_id": "f1", "confidence": 0.9},
        {"number": 1, "is_duplicate": false, "matching_feature_id": null, "confidence": 0.8}]})",
                                  kTwo);
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_FALSE(read_judgement(parts[0].value(), kTwo[0]).is_duplicate);
    EXPECT_EQ(read_judgement(parts[1].value(), kTwo[1]).matching_feature_id, "f1");
}

// The parts that can be used of an answer with a good judgement of the first item and others.
std::vector<bool> usable(const std::string& others) {
    std::vector<bool> which;
    for (const auto& part : split_judgements(
             R"({"judgements": [{"number": 1, "is_duplicate": true, "matching_feature_id": "f1",
                 "confidence": 0.9})" +
                 others + "]}",
             kTwo))
        which.push_back(part.has_value());
    return which;
}

TEST(JointJudgement, WhatIsWrongWithOneTakesNothingFromTheOthers) {
    const std::vector<bool> only_the_first{true, false};
    EXPECT_EQ(usable(""), only_the_first) << "it is left out";
    EXPECT_EQ(usable(R"(, {"number": 2})"), only_the_first) << "it cannot be read";
    EXPECT_EQ(usable(R"(, {"number": 2, "is_duplicate": "perhaps", "confidence": 1})"),
              only_the_first);
    EXPECT_EQ(usable(R"(, {"number": 2, "is_duplicate": true, "confidence": 1,
                          "matching_feature_id": "invented"})"),
              only_the_first);
    const std::string second = R"(, {"number": 2, "is_duplicate": false, "confidence": 1})";
    EXPECT_EQ(usable(second + second), only_the_first) << "there are two of it";
    EXPECT_EQ(usable(second), (std::vector<bool>{true, true}));
}

TEST(JointJudgement, AnAnswerThatDoesNotTellWhoseJudgementsTheyAreIsNone) {
    for (const char* judgements :
         {R"([{"number": 0}, {"number": 1}])", R"([{"number": 1}, {"number": 3}])",
          R"([{"number": 1}, {"number": "2"}])", R"([{"number": 1}, {}])", R"([1, 2])",
          R"({"number": 1})", "null"})
        EXPECT_THROW(split_judgements(std::string(R"({"judgements": )") + judgements + "}", kTwo),
                     Failure)
            << judgements;
    EXPECT_THROW(split_judgements("no JSON", kTwo), Failure);
    EXPECT_THROW(split_judgements("[]", kTwo), Failure);
}

TEST(JointJudgement, WhoNamesTheCandidateOfAnotherHasMixedUpTheNumbers) {
    const std::vector<MatchQuestion> questions{question("Dark theme", "f1"),
                                               question("Excel export", "f2")};
    EXPECT_THROW(split_judgements(R"({"judgements": [
                     {"number": 1, "is_duplicate": true, "matching_feature_id": "f2",
                      "confidence": 1},
                     {"number": 2, "is_duplicate": false, "confidence": 1}]})",
                                  questions),
                 Failure);
}

}  // namespace
}  // namespace headway::core
