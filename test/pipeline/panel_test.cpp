#include "pipeline/panel.hpp"

#include <gtest/gtest.h>

#include "core/matching/joint_judgement.hpp"
#include "pipeline/builtin_model.hpp"
#include "pipeline/match_case.hpp"

namespace headway::pipeline {
namespace {

using core::Json;
using namespace std::chrono_literals;

// Tasks about items of one message, each with a known feature to be held against.
struct PanelTest : test::MatchCase {
    PanelTest() {
        candidates({test::feature("f1", "A dark theme")});
        worker.store.match_input.set("provider", provider("match"));
        share(8);
    }
    static Json provider(const std::string& prompt) {
        return Json::parse(R"({"name": "openai", "settings": {"model": "m"},
            "prompt": {"id": "p1", "name": ")" +
                           prompt + R"(", "system": "", "template": "", "answer_schema": {}}})");
    }
    void share(int items, int tokens = 12'000) {
        Json joint = Json::Object{
            {"provider", provider("match_many")}, {"items", items}, {"tokens", tokens}};
        worker.store.match_input.set("joint", std::move(joint));
    }
    static ClaimedTask task(std::int64_t id, const char* message = "m1", int attempts = 1) {
        return {"w", id, 1, "match", Json::Object{{"message_id", message}}, attempts};
    }
    void run_all(std::vector<ClaimedTask> tasks) {
        async::TaskGroup group(worker.loop,
                               [](std::exception_ptr error) { std::rethrow_exception(error); });
        for (ClaimedTask& one : tasks) group.spawn(one.id, run_task(worker.ctx, one));
        worker.loop.run(group.drain());
    }
    static std::string joint(std::vector<std::string> judgements) {
        Json::Array list;
        for (std::size_t i = 0; i < judgements.size(); ++i) {
            list.push_back(Json::parse(judgements[i]));
            list.back().set("number", i + 1);
        }
        return Json(Json::Object{{"judgements", std::move(list)}}).dump();
    }
    const Json& settled(std::int64_t task) const {
        static const Json kNothing;
        for (const auto& told : worker.store.told)
            if (told.what == "match" && told.task == task) return told.answer;
        return kNothing;
    }
    std::string prompt_of(std::size_t request) const {
        return (*worker.model.requests.at(request).provider)["prompt"].text_or("name", "");
    }
};

TEST_F(PanelTest, TheItemsOfOneMessageAreJudgedInOneExchange) {
    answers({joint({test::verdict("f1", 0.9), test::no_match()})});
    run_all({task(1), task(2)});
    ASSERT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(prompt_of(0), "match_many");
    EXPECT_EQ(worker.model.requests[0].input["items"].items().size(), 2u);
    EXPECT_EQ(worker.store.count("call"), 1) << "it is one row of llm_calls";
    EXPECT_EQ(settled(1).text_or("outcome", ""), "linked");
    EXPECT_EQ(settled(2).text_or("outcome", ""), "created");
    EXPECT_EQ(settled(1)["call_id"].dump(), settled(2)["call_id"].dump());
}

TEST_F(PanelTest, EveryTaskKeepsItsOwnPartOfTheAnswer) {
    answers({joint({test::verdict("f1", 0.9), test::no_match()})});
    run_all({task(1), task(2)});
    const auto& kept = worker.store.kept_replies;
    ASSERT_EQ(kept.size(), 2u);
    EXPECT_EQ(Json::parse(kept.at(1)["text"].as_string())["number"].as_integer(), 1);
    EXPECT_EQ(Json::parse(kept.at(2)["text"].as_string())["number"].as_integer(), 2);
    EXPECT_TRUE(kept.at(2)["round"]["question"].is_object()) << "with which it can go on";
}

TEST_F(PanelTest, OneAloneIsAskedAsEver) {
    answers({test::verdict("f1", 0.9)});
    run_all({task(1)});
    ASSERT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(prompt_of(0), "match");
    EXPECT_EQ(settled(1).text_or("outcome", ""), "linked");
}

TEST_F(PanelTest, TheBuiltInProviderStandsInForSeveralItems) {
    const core::Document dark{"f1", "Dark theme", "A dark theme for the night shift"};
    const std::vector<core::MatchQuestion> questions{
        {"feature_request", {"", dark.title, dark.description}, {dark}, "english"},
        {"feature_request", {"", "Excel export", "Reports as spreadsheets"}, {dark}, "english"}};
    BuiltinModel builtin;
    const ModelRequest request{"match", core::joint_question(questions)};
    std::string answer;
    auto ask = [&]() -> async::Task<void> {
        answer = (co_await builtin.ask(request)).value().text;
    };
    worker.loop.run(ask());
    auto parts = core::split_judgements(answer, questions);
    EXPECT_TRUE(core::read_judgement(parts[0].value(), questions[0]).is_duplicate);
    EXPECT_FALSE(core::read_judgement(parts[1].value(), questions[1]).is_duplicate);
}

TEST_F(PanelTest, ItemsOfDifferentMessagesAreNotMixed) {
    answers({test::verdict("f1", 0.9), test::no_match()});
    run_all({task(1, "m1"), task(2, "m2")});
    EXPECT_EQ(worker.model.requests.size(), 2u);
}

TEST_F(PanelTest, WhereWaitingHelpsAFailureIsTheFailureOfAll) {
    worker.model.failures.assign(3, {core::ErrorKind::server, "it is down"});
    run_all({task(1), task(2)});
    EXPECT_EQ(worker.model.requests.size(), 3u) << "as often as for one item";
    EXPECT_EQ(worker.store.count("fail"), 2);
}

TEST_F(PanelTest, WhatIsRefusedToAllIsAskedAboutOneByOne) {
    for (core::ErrorKind kind : {core::ErrorKind::refused, core::ErrorKind::too_large}) {
        worker.store.told.clear();
        worker.model.requests.clear();
        worker.model.failures = {{kind, "not so many"}};
        answers({test::verdict("f1", 0.9), test::no_match()});
        run_all({task(1), task(2)});
        EXPECT_EQ(worker.model.requests.size(), 3u);
        EXPECT_EQ(worker.store.count("match"), 2);
        EXPECT_EQ(worker.store.count("fail"), 0);
    }
}

TEST_F(PanelTest, AnAnswerThatIsOfNoUseHasEachAskedAlone) {
    answers({"Sure!", test::verdict("f1", 0.9), test::no_match()});
    run_all({task(1), task(2)});
    EXPECT_EQ(worker.model.requests.size(), 3u);
    EXPECT_EQ(prompt_of(1), "match");
    EXPECT_EQ(settled(1).text_or("outcome", ""), "linked");
    EXPECT_EQ(settled(2).text_or("outcome", ""), "created");
    EXPECT_EQ(worker.store.count("call"), 3) << "the useless exchange is on record, too";
}

TEST_F(PanelTest, WhoHasNoUsableJudgementIsAskedAboutAloneAndTheOthersKeepTheirs) {
    for (const std::string& second :
         {std::string(R"({"is_duplicate": "perhaps"})"), test::verdict("invented", 1)}) {
        worker.store.told.clear();
        worker.store.kept_replies.clear();
        worker.model.requests.clear();
        answers({joint({test::verdict("f1", 0.9), second, test::no_match()}), test::no_match()});
        run_all({task(1), task(2), task(3)});
        ASSERT_EQ(worker.model.requests.size(), 2u);
        EXPECT_EQ(prompt_of(1), "match");
        EXPECT_EQ(settled(1).text_or("outcome", ""), "linked");
        EXPECT_EQ(settled(2).text_or("outcome", ""), "created");
        EXPECT_EQ(settled(3).text_or("outcome", ""), "created");
        EXPECT_EQ(settled(1)["call_id"].dump(), settled(3)["call_id"].dump());
        EXPECT_NE(settled(1)["call_id"].dump(), settled(2)["call_id"].dump());
        EXPECT_EQ(worker.store.kept_replies.at(2)["text"].as_string(), test::no_match())
            << "of the joint answer it has kept nothing";
    }
}

TEST_F(PanelTest, AnAnswerWithAGapIsNotKeptForWhoAsksTheSame) {
    answers({joint({test::verdict("f1", 0.9)}), test::no_match()});
    run_all({task(1), task(2)});
    ASSERT_EQ(worker.store.told[0].what, "call");
    EXPECT_EQ(worker.store.told[0].answer["call"].find("kept"), nullptr);
}

TEST_F(PanelTest, AWholeAnswerIsKeptForWhoAsksTheSameAndCostsNothingThen) {
    const std::string whole = joint({test::verdict("f1", 0.9), test::no_match()});
    answers({whole});
    run_all({task(1), task(2)});
    EXPECT_EQ(worker.store.told[0].answer["call"]["kept"]["text"].as_string(), whole);

    worker.store.told.clear();
    worker.store.prepared_leaves = {{.answer = whole, .model = "m"}};
    run_all({task(3), task(4)});
    EXPECT_EQ(worker.model.requests.size(), 1u) << "nobody is asked again";
    EXPECT_TRUE(worker.store.told[0].answer["call"]["cache_hit"].as_bool());
    EXPECT_EQ(settled(3).text_or("outcome", ""), "linked");
}

TEST_F(PanelTest, WhatNoMoneyIsLeftForTogetherMayBePaidForOneByOne) {
    worker.store.prepared_leaves = {
        {.refusal = core::Error{core::ErrorKind::over_budget, "used up", {}, {}, 0, 3600s}}};
    answers({test::verdict("f1", 0.9), test::no_match()});
    run_all({task(1), task(2)});
    EXPECT_EQ(worker.store.outlays.size(), 3u);
    EXPECT_EQ(worker.store.count("match"), 2);
}

TEST_F(PanelTest, OneReservationIsForAll) {
    answers({joint({test::verdict("f1", 0.9), test::no_match()})});
    run_all({task(1), task(2)});
    EXPECT_EQ(worker.store.outlays.size(), 1u);
}

TEST_F(PanelTest, NoMoreThanASettingAllowsAreAskedAtOnce) {
    share(4);
    std::vector<ClaimedTask> tasks;
    for (std::int64_t id = 1; id <= 10; ++id) tasks.push_back(task(id));
    const std::string four = joint(std::vector<std::string>(4, test::no_match()));
    answers({four, four, joint(std::vector<std::string>(2, test::no_match()))});
    run_all(tasks);
    EXPECT_EQ(worker.model.requests.size(), 3u);
    EXPECT_EQ(worker.store.count("match"), 10);
}

TEST_F(PanelTest, QuestionsAreNotJoinedToALongerOneThanAModelReads) {
    share(8, 5'000);
    candidates({Json::Object{
        {"id", "f1"}, {"title", "A dark theme"}, {"description", std::string(24'000, 'x')}}});
    answers({test::no_match(), test::no_match()});
    run_all({task(1), task(2)});
    EXPECT_EQ(worker.model.requests.size(), 2u);
    EXPECT_EQ(worker.store.count("match"), 2);
}

TEST_F(PanelTest, AFeatureThatBothMayBeTakesItsRoomOnce) {
    share(8, 9'000);
    candidates({Json::Object{
        {"id", "f1"}, {"title", "A dark theme"}, {"description", std::string(24'000, 'x')}}});
    answers({joint({test::no_match(), test::no_match()})});
    run_all({task(1), task(2)});
    EXPECT_EQ(worker.model.requests.size(), 1u);
}

TEST_F(PanelTest, OneAloneWaitsForNobody) {
    answers({test::verdict("f1", 0.9)});
    auto began = worker.loop.clock().now();
    run_all({task(1)});
    EXPECT_EQ(worker.loop.clock().now(), began);
}

TEST_F(PanelTest, ThoseWhoHaveAllComeWaitNoLonger) {
    answers({joint({test::verdict("f1", 0.9), test::no_match()})});
    auto began = worker.loop.clock().now();
    run_all({task(1), task(2)});
    EXPECT_EQ(worker.loop.clock().now(), began);
}

TEST_F(PanelTest, WhoIsCancelledBeforeTheQuestionIsNotAskedAbout) {
    answers({test::no_match()});
    async::TaskGroup group(worker.loop, [](std::exception_ptr) {});
    group.spawn(1, run_task(worker.ctx, task(1)));
    group.spawn(2, run_task(worker.ctx, task(2)));
    group.cancel(1);
    worker.loop.run(group.drain());
    ASSERT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(prompt_of(0), "match");
}

TEST_F(PanelTest, WhereNothingIsSharedEachIsAskedAlone) {
    worker.store.match_input.set("joint", Json());
    answers({test::verdict("f1", 0.9), test::no_match()});
    run_all({task(1), task(2)});
    EXPECT_EQ(worker.model.requests.size(), 2u);
    EXPECT_EQ(prompt_of(1), "match");
}

// Of two items, likeness tells all about the one whose text has a vector that is like the feature.
TEST_F(PanelTest, WhatLikenessDecidesTakesNoPartInAQuestion) {
    worker.store.match_input.set("embedding", Json::parse(R"({
        "provider": {"name": "openai", "settings": {"model": "m"}}, "model": "openai m",
        "auto_match": 0.9, "auto_new": 0.3})"));
    worker.store.embedded = {"Dark theme", "A dark theme"};
    worker.store.likeness = {{"f1", 0.95}};
    run_all({task(1), task(2)});
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_EQ(settled(1)["decided_by"].as_string(), "similarity");

    worker.store.told.clear();
    worker.store.likeness = {{"f1", 0.5}};
    answers({joint({test::verdict("f1", 0.9), test::no_match()})});
    run_all({task(3), task(4)});
    EXPECT_EQ(worker.model.requests.size(), 1u) << "in between the judge is asked about both";
    EXPECT_EQ(settled(3).text_or("outcome", ""), "linked");
}

TEST_F(PanelTest, ACancelledTaskDoesNotTakeTheOthersAnswerAway) {
    worker.model.delay = 10s;
    answers({joint({test::verdict("f1", 0.9), test::no_match()})});
    async::TaskGroup group(worker.loop, [](std::exception_ptr) {});
    group.spawn(1, run_task(worker.ctx, task(1)));
    group.spawn(2, run_task(worker.ctx, task(2)));
    auto cancel_first = [&]() -> async::Task<void> {
        co_await worker.loop.sleep_for(1s);
        group.cancel(1);
        co_await group.drain();
    };
    worker.loop.run(cancel_first());
    EXPECT_TRUE(settled(1).is_null());
    EXPECT_EQ(settled(2).text_or("outcome", ""), "created");
}

}  // namespace
}  // namespace headway::pipeline
