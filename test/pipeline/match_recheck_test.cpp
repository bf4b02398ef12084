#include "match_case.hpp"

namespace headway::pipeline {
namespace {

using core::Json;
using test::feature;
using test::no_match;
using test::verdict;
using Ids = std::vector<std::string>;

// What settling says when the theme has changed while the judge was thinking.
struct MatchRecheck : test::MatchCase {
    void appeared(int seen, Json::Array features) {
        worker.store.outcomes["match"].push_back(
            Json::Object{{"seen", seen}, {"appeared", features}});
    }
    const Json& settled(int n) const {
        for (const auto& told : worker.store.told)
            if (told.what == "match" && n-- == 0) return told.answer;
        throw std::out_of_range("not settled so often");
    }
};

TEST_F(MatchRecheck, OnlyWhatAppearedIsJudgedAgain) {
    candidates({feature("old", "Dark theme please")});
    appeared(6, {feature("new", "A dark theme")});
    answers({no_match(), verdict("new", 0.9)});
    run();
    ASSERT_EQ(worker.store.count("match"), 2);
    EXPECT_EQ(asked_about(0), Ids{"old"});
    EXPECT_EQ(asked_about(1), Ids{"new"});
    EXPECT_EQ(settled(0)["seen"].as_integer(), 5);
    EXPECT_EQ(settled(1)["seen"].as_integer(), 6);
    EXPECT_EQ(settled(1)["matching_feature_id"].as_string(), "new");
    EXPECT_EQ(outcome(), "linked");
}

TEST_F(MatchRecheck, EveryRoundLooksAtItsOwnNewcomersUntilTheThemeIsQuiet) {
    appeared(6, {feature("second", "Dark theme at night")});
    appeared(8, {feature("third", "Dark themes")});
    answers({no_match(), no_match()});
    run();
    ASSERT_EQ(worker.store.count("match"), 3);
    ASSERT_EQ(worker.model.requests.size(), 2u) << "the first round had nothing to ask about";
    EXPECT_EQ(asked_about(0), Ids{"second"});
    EXPECT_EQ(asked_about(1), Ids{"third"});
    EXPECT_EQ(settled(2)["seen"].as_integer(), 8);
    EXPECT_EQ(outcome(), "created");
}

TEST_F(MatchRecheck, TheJudgeCannotGoBackToAFeatureOfAnEarlierRound) {
    candidates({feature("old", "Dark theme please")});
    appeared(6, {feature("new", "A dark theme")});
    answers({no_match(), verdict("old", 0.99)});
    run();
    EXPECT_EQ(outcome(), "created");
    EXPECT_EQ(last().find("matching_feature_id"), nullptr);
}

TEST_F(MatchRecheck, WhatAppearedAndIsNotSimilarIsNotAskedAbout) {
    candidates({feature("old", "Dark theme please")});
    appeared(6, {feature("new", "Export as CSV")});
    answers({no_match()});
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    ASSERT_EQ(worker.store.count("match"), 2);
    EXPECT_EQ(settled(1)["seen"].as_integer(), 6);
    EXPECT_EQ(outcome(), "created");
}

// The decision that is kept says that nothing was similar, with an empty shortlist and no call,
// although a judge was asked about a feature and named it.
TEST_F(MatchRecheck, WhenNobodyIsAskedAgainTheFirstJudgementStands) {
    candidates({feature("old", "Dark theme please")});
    appeared(6, {feature("new", "Export as CSV")});
    answers({verdict("old", 0.5)});
    run();
    EXPECT_EQ(outcome(), "review");
    EXPECT_EQ(last().text_or("matching_feature_id", ""), "old");
    EXPECT_EQ(last()["reasoning"].as_string(), "It is the same wish.");
    EXPECT_EQ(last()["shortlist"].items().size(), 1u);
    EXPECT_EQ(last().text_or("call_id", ""), "call-1");
}

TEST_F(MatchRecheck, WhatAppearedBehindTheShortlistIsNotAskedAbout) {
    worker.store.match_input.set("shortlist_size", 1);
    candidates({feature("best", "Dark theme")});
    appeared(6, {feature("far", "Printing at night, after the theme of the day is over")});
    answers({no_match()});
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(outcome(), "created");
}

TEST_F(MatchRecheck, AFeatureThatWasChangedIsJudgedByItsNewWords) {
    candidates({feature("f1", "Dark colours"), feature("f2", "Export as CSV")});
    appeared(6, {feature("f1", "Dark theme for night work")});
    answers({no_match(), verdict("f1", 0.9)});
    run();
    ASSERT_EQ(worker.model.requests.size(), 2u);
    const Json& shown = worker.model.requests[1].input["candidates"];
    ASSERT_EQ(shown.items().size(), 1u) << "once, not in both forms";
    EXPECT_EQ(shown.items()[0]["title"].as_string(), "Dark theme for night work");
    EXPECT_EQ(outcome(), "linked");
}

TEST_F(MatchRecheck, WhenTheChosenFeatureIsGoneTheOthersAreJudgedWithoutIt) {
    candidates({feature("gone", "Dark theme"), feature("other", "Dark theme please")});
    appeared(5, {feature("other", "Dark theme please")});
    answers({verdict("gone", 0.95), verdict("other", 0.8)});
    run();
    EXPECT_EQ(asked_about(1), Ids{"other"});
    EXPECT_EQ(last()["matching_feature_id"].as_string(), "other");
    EXPECT_EQ(outcome(), "linked");
}

TEST_F(MatchRecheck, WhenTheChosenFeatureWasTheOnlyOneTheItemIsNew) {
    candidates({feature("gone", "Dark theme")});
    appeared(5, {});
    answers({verdict("gone", 0.95)});
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    ASSERT_EQ(worker.store.count("match"), 2);
    EXPECT_EQ(outcome(), "created");
}

TEST_F(MatchRecheck, AStoredReplyAnswersItsOwnRoundOnly) {
    candidates({feature("old", "Dark theme please")});
    answers({no_match()});
    run();
    worker.store.match_input.set("reply", worker.store.told.at(0).answer["reply"]);

    appeared(6, {feature("new", "A dark theme")});
    answers({verdict("new", 0.9)});
    run();
    EXPECT_EQ(worker.model.requests.size(), 2u) << "the first round again cost nothing";
    EXPECT_EQ(asked_about(1), Ids{"new"});
    EXPECT_EQ(outcome(), "linked");
}

TEST_F(MatchRecheck, TheRepliesOfAllRoundsAreStoredBeforeTheyAreSettled) {
    candidates({feature("old", "Dark theme please")});
    appeared(6, {feature("new", "A dark theme")});
    answers({no_match(), verdict("new", 0.9)});
    run();
    std::vector<std::string> order;
    for (const auto& told : worker.store.told) order.push_back(told.what);
    EXPECT_EQ(order, (Ids{"call", "match", "call", "match"}));
    EXPECT_EQ(last()["call_id"].as_string(), "call-3") << "the call that decided";
}

// Items that are judged at the same time are candidates like features.
struct MatchSideBySide : MatchRecheck {
    void undecided(int task, const std::string& title) {
        Json item = feature("task:" + std::to_string(task), title);
        item.set("quotes", Json::Array{"so dark"});
        worker.store.match_input.set("undecided", Json::Array{item});
    }
    void waits_for(int task, int times) {
        while (times-- > 0)
            worker.store.outcomes["match"].push_back(Json::Object{{"waits_for", task}});
    }
};

TEST_F(MatchSideBySide, AnUndecidedItemIsShownToTheJudgeWithItsQuote) {
    undecided(7, "Dark theme please");
    answers({no_match()});
    run();
    EXPECT_EQ(asked_about(0), Ids{"task:7"});
    EXPECT_EQ(worker.model.requests[0].input["candidates"].items()[0]["quotes"].dump(),
              R"(["so dark"])");
    EXPECT_EQ(last()["shortlist"].items()[0]["task_id"].as_integer(), 7);
    EXPECT_EQ(last()["shortlist"].items()[0].find("feature_id"), nullptr);
}

TEST_F(MatchSideBySide, NamingItIsALinkToWhateverItBecomes) {
    undecided(7, "Dark theme please");
    answers({verdict("task:7", 0.9)});
    run();
    EXPECT_EQ(outcome(), "linked");
    EXPECT_EQ(last()["matching_task"].as_integer(), 7);
    EXPECT_EQ(last().find("matching_feature_id"), nullptr);
}

TEST_F(MatchSideBySide, ItsDecisionIsWaitedForAndNobodyAskedAgain) {
    undecided(7, "Dark theme please");
    waits_for(7, 3);
    answers({verdict("task:7", 0.9)});
    run();
    EXPECT_EQ(worker.store.count("match"), 4);
    EXPECT_EQ(worker.model.requests.size(), 1u);
}

TEST_F(MatchSideBySide, WhatTakesLongIsWaitedForInTheQueue) {
    undecided(7, "Dark theme please");
    waits_for(7, 20);
    answers({verdict("task:7", 0.9)});
    run();
    EXPECT_EQ(worker.store.count("defer"), 1);
    EXPECT_EQ(last()["kind"].as_string(), "busy");
}

}  // namespace
}  // namespace headway::pipeline
