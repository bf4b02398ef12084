#include "pipeline/inquiry.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "fakes/gong_like.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Json;
using test::FakeWorker;
using namespace std::chrono_literals;

struct FakeInquirer : Inquirer {
    bool is_waiting() const override { return looks-- > 0; }
    mutable int looks = 1'000'000;  // so often it is found waiting
};

struct Inquiry : ::testing::Test {
    void TearDown() override { EXPECT_EQ(test::Live::count, 0) << "every exchange has ended"; }

    Json ask(Json inquiry) {
        Json answer;
        inquiry.set("workspace", "w");
        worker.loop.run(answer_inquiry(worker.ctx, session, inquiry, answer));
        return answer;
    }
    static Json match() {
        return Json::parse(R"({"kind": "match", "language": "english", "threshold": 0.7,
            "shortlist_size": 20, "item": {"title": "Dark theme", "type": "feature_request"},
            "candidates": [{"id": "f1", "title": "A dark theme", "description": ""}]})");
    }
    static Json test_of(Json source) {
        return Json::Object{{"kind", "test"}, {"source", std::move(source)}};
    }
    std::string judgement(const char* feature) {
        return Json(Json::Object{{"is_duplicate", true},
                                 {"matching_feature_id", feature},
                                 {"confidence", 0.9},
                                 {"reasoning", "The same."}})
            .dump();
    }

    FakeWorker worker;
    FakeInquirer session;
};

TEST_F(Inquiry, AMatchIsJudgedAndLoggedUnderItsWorkspace) {
    worker.model.answers = {judgement("f1")};
    worker.model.figures.input_tokens = 40;
    worker.model.figures.output_tokens = 2;
    Json answer = ask(match())["answer"];
    EXPECT_EQ(answer.text_or("outcome", ""), "linked");
    EXPECT_EQ(answer.text_or("matching_feature_id", ""), "f1");
    EXPECT_EQ(answer["tokens"].as_integer(), 42);
    EXPECT_EQ(worker.store.count("call"), 1);
}

TEST_F(Inquiry, WithoutASimilarFeatureNobodyIsAsked) {
    Json asked = match();
    asked.set("candidates", Json::array());
    Json answer = ask(asked)["answer"];
    EXPECT_EQ(answer.text_or("decided_by", ""), "similarity");
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_EQ(worker.store.count("call"), 0);
}

TEST_F(Inquiry, AnInventedFeatureIsNoMatch) {
    worker.model.answers = {judgement("f9")};
    EXPECT_EQ(ask(match())["answer"].text_or("outcome", ""), "created");
}

TEST_F(Inquiry, AFailureComesBackAsAnError) {
    worker.model.failures = {core::Error{ErrorKind::refused, "the key is not known"}};
    Json error = ask(match())["error"];
    EXPECT_EQ(error.text_or("message", ""), "the key is not known");
    EXPECT_EQ(error.text_or("kind", ""), "refused");
    EXPECT_EQ(worker.store.count("call"), 1) << "a failed exchange is logged as well";
}

TEST_F(Inquiry, BeingToldToWaitForLongSaysForHowLong) {
    core::Error busy{ErrorKind::rate_limited, "asked to wait"};
    busy.retry_after = 3600s;
    worker.model.failures = {busy};
    std::string hint = ask(match())["error"].text_or("hint", "");
    EXPECT_TRUE(hint.starts_with("Try again in 36")) << hint;
}

TEST_F(Inquiry, APassingFaultIsTriedAgainWhileTheSessionWaits) {
    worker.model.failures = {core::Error{ErrorKind::server, "down"}};
    worker.model.answers = {judgement("f1")};
    EXPECT_EQ(ask(match())["answer"].text_or("outcome", ""), "linked");
    EXPECT_EQ(worker.store.count("call"), 2);
}

TEST_F(Inquiry, AQuestionOfASessionThatHasGoneCostsNothing) {
    session.looks = 0;
    worker.model.answers = {judgement("f1")};
    ask(match());
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_EQ(worker.store.count("call"), 0);
}

TEST_F(Inquiry, OnceTheSessionIsGoneNothingFurtherIsAskedButWhatWasIsLogged) {
    session.looks = 1;
    worker.model.failures = {core::Error{ErrorKind::server, "down"}};
    worker.model.answers = {judgement("f1")};
    EXPECT_EQ(ask(match())["error"].text_or("kind", ""), "server");
    EXPECT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(worker.store.count("call"), 1);
}

TEST_F(Inquiry, APaidAnswerIsWaitedForAfterTheSessionHasGone) {
    session.looks = 1;
    worker.model.delay = 30s;
    worker.model.answers = {judgement("f1")};
    ask(match());
    EXPECT_EQ(worker.store.count("call"), 1);
}

TEST_F(Inquiry, AStopEndsItWhateverIsUnderWay) {
    worker.model.delay = 3600s;
    worker.store.on_look = [] { throw test::Killed(); };
    EXPECT_THROW(ask(match()), test::Killed);
}

TEST_F(Inquiry, AnUnknownKindIsAnError) {
    EXPECT_EQ(ask(Json::Object{{"kind", "dance"}})["error"].text_or("kind", ""), "invalid");
}

TEST_F(Inquiry, ATestAsksOnceAndSaysWhatCameOfIt) {
    worker.http.answer(200, R"({"calls": [{}, {}], "page": {}})");
    worker.http.delay = 120ms;
    Json answer = ask(test_of(test::gong_like_source()))["answer"];
    EXPECT_EQ(answer["ok"], Json(true));
    EXPECT_EQ(answer["status"].as_integer(), 200);
    EXPECT_EQ(answer["latency_ms"].as_integer(), 120);
    EXPECT_EQ(answer.text_or("detail", ""), "calls: 2 record(s) on the first page of the last day");
}

TEST_F(Inquiry, ATestThatFailsIsAResultAndNotTriedAgain) {
    worker.http.answer(503, "");
    Json answer = ask(test_of(test::gong_like_source()))["answer"];
    EXPECT_EQ(answer["ok"], Json(false));
    EXPECT_EQ(answer["status"].as_integer(), 503);
    EXPECT_EQ(worker.http.requests.size(), 1u);
}

TEST_F(Inquiry, ATestIsLeftWhenNobodyWaitsForIt) {
    session.looks = 0;
    worker.http.delay = 3600s;
    ask(test_of(test::gong_like_source()));
    EXPECT_LT(worker.clock.now().time_since_epoch(), 1h + 5s);
}

}  // namespace
}  // namespace headway::pipeline
