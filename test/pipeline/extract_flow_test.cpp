#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using core::Json;
using test::FakeWorker;

const char* const kConversation = R"({
  "title": "Weekly call", "language": "english",
  "turns": [{"speaker": "Ann", "start_s": 1.5, "text": "How is it going?"},
            {"speaker": "Bob", "start_s": 4.5, "text": "We need a dark theme, our eyes hurt."}],
  "insiders": ["Ann"],
  "themes": [{"id": "t1", "name": "Look and feel", "description": "How it looks"}],
  "threshold": 0.8})";

std::string answer_with(const std::string& quote, const std::string& more = "") {
    return R"({"summary": "Eyes hurt.", "feature_requests": [{"title": "Dark theme",
               "description": "For the night.", "theme": "Look and feel", "theme_confidence": 0.9,
               "urgency": "high", "quote": ")" +
           quote + "\"}" + more + "]}";
}

Json prompt(const char* id) {
    return Json::Object{{"id", id},
                        {"name", "extract"},
                        {"system", ""},
                        {"template", ""},
                        {"answer_schema", Json::object()}};
}

Json fake_provider() { return Json::Object{{"name", "fake"}, {"prompt", prompt("active")}}; }

struct ExtractFlow : ::testing::Test {
    ExtractFlow() { worker.store.extract_input = Json::parse(kConversation); }
    void run(int attempt = 1) {
        worker.loop.run(run_task(worker.ctx, ClaimedTask{"w", 1, 1, "extract", {}, attempt}));
    }
    const Json& last() const { return worker.store.told.back().answer; }
    void refuse_to_settle(int times) {
        worker.store.on_tell = [times](const test::FakeStore::Told& told) mutable {
            if (told.what == "extract" && times-- > 0)
                throw core::Failure(core::ErrorKind::busy, "somebody holds a lock");
        };
    }

    FakeWorker worker;
};

TEST_F(ExtractFlow, TheModelIsShownTheTranscriptWithItsInsidersMarkedAndTheThemes) {
    worker.model.answers = {"{}"};
    run();
    ASSERT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(worker.model.requests[0].purpose, "extract");
    Json shown = Json::parse(kConversation);
    const Json& asked = worker.model.requests[0].input;
    for (const char* part : {"title", "language", "insiders", "themes"})
        EXPECT_EQ(asked[part].dump(), shown[part].dump()) << part;
    ASSERT_EQ(asked["turns"].items().size(), 2u);
    EXPECT_EQ(asked["turns"].items()[1]["speaker"].as_string(), "Bob");
    EXPECT_EQ(asked["turns"].items()[1]["text"].as_string(),
              "We need a dark theme, our eyes hurt.");
    EXPECT_EQ(asked.find("threshold"), nullptr) << "what the model need not know";
}

TEST_F(ExtractFlow, SettlingIsGivenTheItemsTheInsightsAndTheCounts) {
    worker.model.answers = {answer_with("our eyes hurt", R"(, {"description": "no title"})")};
    run();
    ASSERT_EQ(worker.store.count("extract"), 1);
    Json item = Json::parse(R"({"title": "Dark theme", "description": "For the night.",
        "urgency": "high", "theme_confidence": 0.9, "quote": "our eyes hurt",
        "quote_status": "verified", "quote_start_s": 4.5, "speaker": "Bob",
        "type": "feature_request", "theme_id": "t1"})");
    ASSERT_EQ(last()["items"].items().size(), 1u);
    EXPECT_EQ(last()["items"].items()[0].dump(), item.dump());
    EXPECT_TRUE(last()["unmatched"].as_array().empty());
    EXPECT_EQ(last()["insights"]["summary"].as_string(), "Eyes hurt.");
    EXPECT_EQ(last()["insights"]["feature_requests"].items().size(), 1u);
    EXPECT_EQ(last()["quotes_total"].as_integer(), 1);
    EXPECT_EQ(last()["quotes_verified"].as_integer(), 1);
    EXPECT_DOUBLE_EQ(last()["relevance"].as_number(), 0.9);
    ASSERT_EQ(last()["problems"].items().size(), 1u) << "what was dropped is told";
    EXPECT_EQ(last()["problems"].items()[0].as_string(),
              "feature_requests: an item without a title");
}

TEST_F(ExtractFlow, TheAnswerIsSettledTogetherWithTheRecordOfTheCall) {
    worker.model.answers = {answer_with("our eyes hurt")};
    run();
    EXPECT_EQ(worker.store.batches, (std::vector<std::size_t>{1, 1})) << "read once, written once";
    ASSERT_EQ(worker.store.told.size(), 2u);
    const Json& record = worker.store.told[0].answer;
    EXPECT_EQ(record["call"]["status"].as_string(), "ok");
    EXPECT_EQ(record["call"]["quotes_total"].as_integer(), 1);
    EXPECT_EQ(record["call"]["quotes_verified"].as_integer(), 1);
    EXPECT_TRUE(record["reply"].is_null()) << "nothing is left to keep it for";
    EXPECT_EQ(last().find("call_id"), nullptr) << "its record has the counts already";
}

TEST_F(ExtractFlow, AnAnswerThatCannotBeSettledIsKeptWithItsRecordAndSettledLater) {
    worker.model.answers = {answer_with("our eyes hurt")};
    refuse_to_settle(2);
    run();
    ASSERT_EQ(worker.store.told.size(), 2u);
    const Json& record = worker.store.told[0].answer;
    EXPECT_TRUE(record["reply"]["text"].is_string());
    EXPECT_EQ(last()["items"].items().size(), 1u);
    EXPECT_EQ(last()["call_id"].as_string(), "call-1");
    EXPECT_EQ(last()["call_started_at"].as_string(), "2026-01-01T00:00:00.000000Z");
    EXPECT_EQ(worker.model.requests.size(), 1u);
}

TEST_F(ExtractFlow, AfterAnAttemptThatEndedBadlyAnAnswerIsKeptBeforeItIsRead) {
    worker.model.answers = {answer_with("our eyes hurt")};
    run(2);
    ASSERT_EQ(worker.store.told.size(), 2u);
    EXPECT_TRUE(worker.store.told[0].answer["reply"]["text"].is_string());
    EXPECT_EQ(last()["call_id"].as_string(), "call-1");
}

TEST_F(ExtractFlow, AFabricatedQuoteEndsAsAnUnmatchedItem) {
    worker.model.answers = {answer_with("we would pay double for it")};
    run();
    ASSERT_EQ(worker.store.count("extract"), 1);
    EXPECT_TRUE(last()["items"].as_array().empty());
    ASSERT_EQ(last()["unmatched"].items().size(), 1u);
    const Json& item = last()["unmatched"].items()[0];
    EXPECT_EQ(item["reason"].as_string(), "unverified_quote");
    EXPECT_EQ(item["quote_status"].as_string(), "unverified");
    EXPECT_EQ(item["title"].as_string(), "Dark theme");
    EXPECT_EQ(last()["quotes_total"].as_integer(), 1);
    EXPECT_EQ(last()["quotes_verified"].as_integer(), 0);
}

TEST_F(ExtractFlow, TheWorkspacesThresholdDecidesWhichThemeIsSureEnough) {
    worker.store.extract_input.set("threshold", 0.95);
    worker.model.answers = {answer_with("our eyes hurt")};
    run();
    ASSERT_EQ(last()["unmatched"].items().size(), 1u);
    EXPECT_EQ(last()["unmatched"].items()[0]["reason"].as_string(), "low_theme_confidence");
}

TEST_F(ExtractFlow, AnAnswerThatIsNoJsonIsAProtocolFailureAndTheTaskComesAgain) {
    worker.model.answers = {"Sure! Here are the feature requests:"};
    run();
    EXPECT_EQ(worker.store.count("extract"), 0);
    EXPECT_EQ(worker.store.count("call"), 1) << "the exchange was paid for and is logged";
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last()["kind"].as_string(), "protocol");
    EXPECT_TRUE(last()["again"].as_bool());
}

TEST_F(ExtractFlow, AfterACrashTheStoredReplyIsUsedAndTheModelIsNotAskedTwice) {
    worker.model.answers = {answer_with("our eyes hurt")};
    bool refused = false;
    worker.store.on_tell = [&refused](const test::FakeStore::Told& told) {
        if (told.what != "extract") return;
        if (std::exchange(refused, true)) throw test::Killed();
        throw core::Failure(core::ErrorKind::busy, "somebody holds a lock");
    };
    EXPECT_THROW(run(), test::Killed);
    ASSERT_EQ(worker.store.count("call"), 1) << "the reply is stored whatever hinders settling";

    Json reply = last()["reply"];
    reply.set("call_id", "paid-call");
    reply.set("started_at", "2026-01-01T00:00:00Z");
    worker.store.extract_input.set("reply", reply);
    worker.store.on_tell = nullptr;
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    ASSERT_EQ(worker.store.count("extract"), 1);
    EXPECT_EQ(last()["items"].items().size(), 1u);
    EXPECT_EQ(last()["call_id"].as_string(), "paid-call");
    EXPECT_EQ(last()["call_started_at"].as_string(), "2026-01-01T00:00:00Z");
}

// The second attempt reads the same stored words and fails in the same way, until it is dead.
TEST_F(ExtractFlow, AStoredReplyThatCannotBeReadIsNotUsedAgain) {
    worker.model.answers = {"Sure! Here you are:", answer_with("our eyes hurt")};
    run();
    ASSERT_EQ(worker.store.count("fail"), 1);
    worker.store.extract_input.set("reply", worker.store.told.at(0).answer["reply"]);
    run();
    EXPECT_EQ(worker.model.requests.size(), 2u);
    EXPECT_EQ(worker.store.count("extract"), 1);
}

// A call of some 500 tokens, read in parts of 200.
struct LongExtractFlow : ExtractFlow {
    LongExtractFlow() {
        Json::Array turns;
        for (int i = 0; i < 20; ++i)
            turns.push_back(Json::Object{
                {"speaker", "Bob"},
                {"start_s", i * 10},
                {"text",
                 "What we need is wish number " + std::to_string(i) + ", and we need it badly."}});
        worker.store.extract_input.set("turns", std::move(turns));
        worker.store.extract_input.set("provider", fake_provider());
        worker.store.extract_input.set("chunk_tokens", 200);
    }
    static std::string wish(int number) {
        std::string n = std::to_string(number);
        return R"({"feature_requests": [{"title": "Wish )" + n +
               R"(", "theme": "Look and feel", "theme_confidence": 0.9, "quote": "we need is wish number )" +
               n + "\"}]}";
    }
};

TEST_F(LongExtractFlow, EachPartIsAskedAboutAndAllIsSettledAsOne) {
    worker.model.answers = {wish(1), wish(8), wish(17)};
    run();
    ASSERT_EQ(worker.model.requests.size(), 3u);
    EXPECT_EQ(worker.model.requests[0].input["title"].as_string(), "Weekly call (part 1 of 3)");
    EXPECT_EQ(worker.model.requests[2].input["title"].as_string(), "Weekly call (part 3 of 3)");
    EXPECT_LT(worker.model.requests[1].input["turns"].items().size(), 10u);
    EXPECT_EQ(worker.store.count("call"), 3) << "each exchange is logged";
    ASSERT_EQ(worker.store.count("extract"), 1);
    ASSERT_EQ(last()["items"].items().size(), 3u);
    EXPECT_DOUBLE_EQ(last()["items"].items()[2]["quote_start_s"].as_number(), 170);
    EXPECT_EQ(last()["quotes_total"].as_integer(), 3);
}

TEST_F(LongExtractFlow, AWishThatTwoPartsHaveIsOneItem) {
    worker.model.answers = {wish(7), wish(7), "{}"};
    run();
    EXPECT_EQ(last()["items"].items().size(), 1u);
}

TEST_F(LongExtractFlow, AfterACrashThePartsThatArePaidForAreNotAskedAboutAgain) {
    worker.model.answers = {wish(1), wish(8), wish(17)};
    worker.store.on_tell = [this](const test::FakeStore::Told& told) {
        if (told.what == "call" && worker.store.count("call") == 2) throw test::Killed();
    };
    EXPECT_THROW(run(), test::Killed);
    ASSERT_EQ(worker.store.count("call"), 2) << "the third answer was lost with the worker";

    worker.store.extract_input.set("reply", last()["reply"]);
    worker.store.on_tell = nullptr;
    worker.model.answers.push_back(wish(17));
    run(2);
    ASSERT_EQ(worker.model.requests.size(), 4u);
    EXPECT_EQ(worker.model.requests[3].input["title"].as_string(), "Weekly call (part 3 of 3)");
    EXPECT_EQ(last()["items"].items().size(), 3u);
}

TEST_F(LongExtractFlow, PartsThatAreCutElsewhereByNowAreAskedAboutAnew) {
    worker.store.extract_input.set(
        "reply", Json::Object{{"text", wish(1)},
                              {"round", Json::Object{{"parts", 5}, {"answers", Json::array()}}}});
    worker.model.answers = {wish(1), wish(8), wish(17)};
    run(2);
    EXPECT_EQ(worker.model.requests.size(), 3u);
    EXPECT_EQ(last()["items"].items().size(), 3u);
}

TEST_F(LongExtractFlow, AnUnreadableAnswerCostsItsPartAndNotTheOthers) {
    worker.model.answers = {wish(1), "Sure!"};
    run();
    ASSERT_EQ(worker.store.count("fail"), 1);
    Json kept;
    for (const auto& told : worker.store.told)
        if (told.what == "call") kept = told.answer["reply"];
    worker.store.extract_input.set("reply", kept);
    worker.model.answers.push_back(wish(8));
    worker.model.answers.push_back(wish(17));
    run(2);
    EXPECT_EQ(worker.model.requests.size(), 4u) << "the second part again, and the third";
    EXPECT_EQ(last()["items"].items().size(), 3u);
}

TEST_F(LongExtractFlow, TheBuiltInProviderReadsTheWhole) {
    worker.store.extract_input.set("provider", Json());
    worker.model.answers = {wish(1)};
    run();
    ASSERT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(worker.model.requests[0].input["turns"].items().size(), 20u);
}

// Small talk, and a workspace that has it left unread.
struct SmallTalk : ExtractFlow {
    SmallTalk() {
        worker.store.extract_input.set(
            "turns",
            Json::parse(R"([{"speaker": "Bob", "text": "Hi, this is Bob, and I am on the train, )"
                        R"(so I will call you back in the afternoon with the team. Bye."}])"));
        worker.store.extract_input.set("provider", fake_provider());
        worker.store.extract_input.set("min_relevance", 0.1);
        worker.model.answers = {"{}"};
    }
};

TEST_F(SmallTalk, NoModelIsPaidForItAndTheReasonIsSettled) {
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_EQ(worker.store.count("call"), 0);
    ASSERT_EQ(worker.store.count("extract"), 1);
    EXPECT_EQ(last()["skipped"].as_string(), "nobody in it seems to ask for anything");
    EXPECT_DOUBLE_EQ(last()["relevance"].as_number(), 0);
}

TEST_F(SmallTalk, ItIsReadWhereTheWorkspaceWantsThat) {
    worker.store.extract_input.set("min_relevance", 0);
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
}

TEST_F(SmallTalk, ItIsReadWhereThatCostsNothing) {
    worker.store.extract_input.set("provider", Json());
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
}

TEST_F(SmallTalk, ItIsReadWhenSomebodyAsksForASecondReading) {
    worker.store.extract_input.set("again", true);
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
}

TEST_F(ExtractFlow, APromptOfTheTasksOwnGoesBeforeTheActiveOne) {
    worker.store.extract_input.set("provider", fake_provider());
    worker.store.extract_input.set("prompt", prompt("other"));
    worker.model.answers = {"{}"};
    run();
    ASSERT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ((*worker.model.requests[0].provider)["prompt"]["id"].as_string(), "other");
    EXPECT_EQ((*worker.model.requests[0].provider)["name"].as_string(), "fake");
}

TEST_F(ExtractFlow, ATaskThatIsSomebodyElsesByNowAsksNothing) {
    worker.store.extract_input = Json();
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_TRUE(worker.store.told.empty());
}

}  // namespace
}  // namespace headway::pipeline
