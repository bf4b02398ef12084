#include "match_case.hpp"

namespace headway::pipeline {
namespace {

using core::Json;
using test::feature;
using test::no_match;
using test::verdict;

struct MatchFlow : test::MatchCase {};

TEST_F(MatchFlow, WhereNothingIsKnownYetTheItemIsNewAndNobodyIsAsked) {
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    ASSERT_EQ(worker.store.count("match"), 1);
    EXPECT_EQ(outcome(), "created");
    EXPECT_FALSE(last()["is_duplicate"].as_bool());
    EXPECT_TRUE(last()["shortlist"].as_array().empty());
    EXPECT_EQ(last().find("call_id"), nullptr);
    EXPECT_EQ(last()["seen"].as_integer(), 5);
}

TEST_F(MatchFlow, WhereNothingKnownIsSimilarTheItemIsNewAndNobodyIsAsked) {
    candidates({feature("f1", "Export as CSV"), feature("f2", "Zoom in")});
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_EQ(outcome(), "created");
}

TEST_F(MatchFlow, AConfidentJudgeLinksTheItemAndTheReasonIsKept) {
    candidates({feature("f1", "Export as CSV"), feature("f2", "Dark theme please")});
    answers({verdict("f2", 0.93)});
    run();
    ASSERT_EQ(worker.store.count("match"), 1);
    EXPECT_EQ(outcome(), "linked");
    EXPECT_TRUE(last()["is_duplicate"].as_bool());
    EXPECT_EQ(last()["matching_feature_id"].as_string(), "f2");
    EXPECT_DOUBLE_EQ(last()["confidence"].as_number(), 0.93);
    EXPECT_EQ(last()["reasoning"].as_string(), "It is the same wish.");
    EXPECT_DOUBLE_EQ(last()["threshold"].as_number(), 0.7);
    EXPECT_EQ(last()["decided_by"].as_string(), "builtin");
    EXPECT_EQ(last()["call_id"].as_string(), "call-1");
    EXPECT_EQ(last()["seen"].as_integer(), 5);
}

TEST_F(MatchFlow, TheDecisionKeepsTheShortlistWithItsScores) {
    candidates({feature("f1", "Export as CSV"), feature("f2", "Dark theme please")});
    answers({verdict("f2", 0.93)});
    run();
    ASSERT_EQ(last()["shortlist"].items().size(), 1u) << "what is not similar is not in it";
    const Json& entry = last()["shortlist"].items()[0];
    EXPECT_EQ(entry["feature_id"].as_string(), "f2");
    EXPECT_EQ(entry["name"].as_string(), "Dark theme please");
    EXPECT_GT(entry["score"].as_number(), 0);
    EXPECT_GT(entry["bm25"].as_number(), 0);
    EXPECT_GT(entry["ngrams"].as_number(), 0);
}

TEST_F(MatchFlow, AJudgeBelowTheThresholdLeavesANewFeatureToBeReviewed) {
    candidates({feature("f1", "Dark theme please")});
    answers({verdict("f1", 0.69)});
    run();
    EXPECT_EQ(outcome(), "review");
    EXPECT_EQ(last()["matching_feature_id"].as_string(), "f1") << "for the person who reviews";
}

TEST_F(MatchFlow, TheThresholdItselfIsEnough) {
    candidates({feature("f1", "Dark theme please")});
    answers({verdict("f1", 0.7)});
    run();
    EXPECT_EQ(outcome(), "linked");
}

TEST_F(MatchFlow, TheThresholdIsTheWorkspaces) {
    worker.store.match_input.set("threshold", 0.95);
    candidates({feature("f1", "Dark theme please")});
    answers({verdict("f1", 0.93)});
    run();
    EXPECT_EQ(outcome(), "review");
    EXPECT_DOUBLE_EQ(last()["threshold"].as_number(), 0.95);
}

TEST_F(MatchFlow, AJudgeWhoSaysNoMakesANewFeatureHoweverSureItIs) {
    candidates({feature("f1", "Dark theme please")});
    answers({no_match(1)});
    run();
    EXPECT_EQ(outcome(), "created");
    EXPECT_EQ(last()["reasoning"].as_string(), "None of them.");
}

TEST_F(MatchFlow, AFeatureThatExistsButWasNotInTheShortlistIsNotTrusted) {
    candidates({feature("f1", "Export as CSV"), feature("f2", "Dark theme please")});
    answers({verdict("f1", 0.99)});
    run();
    EXPECT_EQ(outcome(), "created");
    EXPECT_EQ(last().find("matching_feature_id"), nullptr);
}

TEST_F(MatchFlow, WhatTheIndexHasFoundKeepsItsScoresAndIsRankedByThem) {
    Json near = feature("near", "Said in other words"), far = feature("far", "Dark theme");
    near.set("bm25", 9.5), near.set("ngrams", 0.7);
    far.set("bm25", 1.5), far.set("ngrams", 0.1);
    candidates({far, near});
    answers({no_match()});
    run();
    EXPECT_EQ(asked_about(0), (std::vector<std::string>{"near", "far"}));
    EXPECT_DOUBLE_EQ(last()["shortlist"].items()[0]["bm25"].as_number(), 9.5);
}

TEST_F(MatchFlow, AnItemThatIsUndecidedIsComparedOnTheScaleOfTheIndex) {
    Json indexed = feature("indexed", "Dark something");
    indexed.set("bm25", 3), indexed.set("ngrams", 0.3);
    candidates({indexed});
    worker.store.match_input.set("known", Json::Object{{"documents", 5000}, {"of", Json::array()}});
    worker.store.match_input.set("undecided", Json::Array{feature("task:7", "Dark theme")});
    answers({no_match()});
    run();
    EXPECT_EQ(asked_about(0), (std::vector<std::string>{"task:7", "indexed"}))
        << "words that none of five thousand features has weigh much";
}

TEST_F(MatchFlow, ManyFeaturesOutsideTheIndexAreTakenIntoIt) {
    worker.store.match_input.set("unfolded", 128);
    worker.store.to_fold = 3;
    run();
    EXPECT_EQ(worker.store.folded, std::vector<std::string>(3, "t1 feature_request"));
    EXPECT_EQ(outcome(), "created");
}

TEST_F(MatchFlow, FewFeaturesOutsideTheIndexAreLeftThere) {
    worker.store.match_input.set("unfolded", 127);
    run();
    EXPECT_TRUE(worker.store.folded.empty());
}

TEST_F(MatchFlow, TheShortlistIsBoundedAndTheBestComeFirst) {
    Json::Array many;
    for (int i = 0; i < 50; ++i)
        many.push_back(
            feature("f" + std::to_string(i), "Theme number " + std::to_string(i) + " for reports"));
    many.push_back(feature("best", "Dark theme"));
    candidates(many);
    worker.store.match_input.set("shortlist_size", 3);
    answers({verdict("best", 0.9)});
    run();
    ASSERT_EQ(asked_about(0).size(), 3u);
    EXPECT_EQ(asked_about(0)[0], "best");
    EXPECT_EQ(last()["shortlist"].items().size(), 3u);
}

TEST_F(MatchFlow, TheJudgeIsShownWhatCustomersSaid) {
    candidates({feature("f1", "Dark theme please")});
    worker.store.quotes = Json::parse(R"({"f1": ["too bright at night", "my eyes"]})");
    answers({verdict("f1", 0.9)});
    run();
    const Json& question = worker.model.requests.at(0).input;
    EXPECT_EQ(worker.model.requests[0].purpose, "match");
    EXPECT_EQ(question["type"].as_string(), "feature_request");
    EXPECT_EQ(question["item"]["title"].as_string(), "Dark theme");
    EXPECT_EQ(question["item"]["quotes"].dump(), R"(["our eyes hurt"])");
    EXPECT_EQ(question["candidates"].items().at(0)["quotes"].dump(),
              R"(["too bright at night","my eyes"])");
}

TEST_F(MatchFlow, AnAnswerThatIsNoJudgementIsAProtocolFailureAndTheTaskComesAgain) {
    candidates({feature("f1", "Dark theme please")});
    answers({R"({"is_duplicate": "yes"})"});
    run();
    EXPECT_EQ(worker.store.count("match"), 0);
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last()["kind"].as_string(), "protocol");
    EXPECT_TRUE(last()["again"].as_bool());
}

TEST_F(MatchFlow, AfterACrashTheStoredReplyIsUsedAndTheJudgeIsNotAskedTwice) {
    candidates({feature("f1", "Dark theme please")});
    answers({verdict("f1", 0.9)});
    worker.store.on_tell = [](const test::FakeStore::Told& told) {
        if (told.what == "match") throw test::Killed();
    };
    EXPECT_THROW(run(), test::Killed);
    ASSERT_EQ(worker.store.count("call"), 1) << "the reply was stored before settling";

    Json reply = last()["reply"];
    reply.set("call_id", "paid-call");
    worker.store.match_input.set("reply", reply);
    worker.store.on_tell = nullptr;
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(outcome(), "linked");
    EXPECT_EQ(last()["call_id"].as_string(), "paid-call");
}

TEST_F(MatchFlow, AStoredReplyServesThoughTheFeaturesHaveChangedMeanwhile) {
    candidates({feature("f1", "Dark theme please")});
    answers({verdict("f1", 0.9)});
    worker.store.on_tell = [](const test::FakeStore::Told& told) {
        if (told.what == "match") throw test::Killed();
    };
    EXPECT_THROW(run(), test::Killed);
    worker.store.match_input.set("reply", last()["reply"]);
    worker.store.on_tell = nullptr;

    candidates({feature("f1", "Dark theme please"), feature("f2", "A dark theme")});
    worker.store.quotes = Json::parse(R"({"f1": ["another call said it too"]})");
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u) << "nothing is paid for twice";
    EXPECT_EQ(outcome(), "linked");
    EXPECT_EQ(last()["shortlist"].items().size(), 1u) << "as the judge was shown it";
}

TEST_F(MatchFlow, ATaskThatIsSomebodyElsesByNowAsksNothing) {
    worker.store.match_input = Json();
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_TRUE(worker.store.told.empty());
}

}  // namespace
}  // namespace headway::pipeline
