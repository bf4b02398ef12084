#include "pipeline/embedding.hpp"

#include "pipeline/match_case.hpp"

namespace headway::test {
namespace {

// The same item in a workspace with a provider of embeddings. Feature "b" is like it.
struct MatchByLikeness : MatchCase {
    MatchByLikeness() {
        worker.store.match_input.set("embedding", Json::parse(R"({
            "provider": {"name": "openai", "settings": {"model": "m"}}, "model": "openai m",
            "auto_match": 0.9, "auto_new": 0.3})"));
        candidates({feature("a", "Dark roast coffee"), feature("b", "Dark mode")});
        worker.store.likeness = {{"a", 0.1}, {"b", 0.95}};
        worker.store.embedded = {"Dark theme", "Dark roast coffee", "Dark mode"};
    }
};

TEST_F(MatchByLikeness, WhatIsAlikeEnoughIsLinkedWithoutAsking) {
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_EQ(outcome(), "linked");
    EXPECT_EQ(last()["matching_feature_id"].as_string(), "b");
    EXPECT_EQ(last()["decided_by"].as_string(), "similarity");
    EXPECT_DOUBLE_EQ(last()["confidence"].as_number(), 0.95);
    EXPECT_EQ(last().find("call_id"), nullptr) << "no call stands behind it";
    EXPECT_DOUBLE_EQ(last()["shortlist"].items()[0]["cosine"].as_number(), 0.95);
}

TEST_F(MatchByLikeness, ItIsLinkedWhateverConfidenceAJudgeWouldNeed) {
    worker.store.match_input.set("threshold", 0.99);
    run();
    EXPECT_EQ(outcome(), "linked");
}

TEST_F(MatchByLikeness, WhatIsLikeNothingIsNewWithoutAsking) {
    worker.store.likeness["b"] = 0.2;
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_EQ(outcome(), "created");
    EXPECT_EQ(last()["decided_by"].as_string(), "similarity");
    EXPECT_EQ(last()["shortlist"].items().size(), 2u) << "what it was compared with is told";
}

TEST_F(MatchByLikeness, InBetweenTheModelIsAsked) {
    worker.store.likeness["b"] = 0.6;
    answers({verdict("b", 0.9)});
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(outcome(), "linked");
    EXPECT_EQ(last()["decided_by"].as_string(), "builtin") << "who is the model here";
}

TEST_F(MatchByLikeness, WhatHasNoVectorGetsOneFirst) {
    worker.store.embedded = {"Dark roast coffee"};
    run();
    ASSERT_EQ(worker.embedder.requests.size(), 1u);
    EXPECT_EQ(worker.embedder.requests[0].texts,
              (std::vector<std::string>{"Dark mode", "Dark theme"}));
    EXPECT_EQ(worker.store.count("keep"), 1);
    EXPECT_EQ(outcome(), "linked");
}

TEST_F(MatchByLikeness, VectorsOfEachExchangeAreKeptAsTheyCome) {
    worker.store.embedded.clear();  // three texts, of which two go into one exchange
    run();
    EXPECT_EQ(worker.embedder.requests.size(), 2u);
    EXPECT_EQ(worker.store.count("keep"), 2);
    EXPECT_EQ(worker.store.told[1].answer["model"].as_string(), "openai m");
    const Json& made = worker.store.told[1].answer["made"];
    EXPECT_EQ(made.items()[0]["vector"].as_string(), "{10}") << "cut as the vendor wants it";
    EXPECT_TRUE(made.items()[0]["is_kept"].as_bool()) << "a feature's";
}

TEST_F(MatchByLikeness, AVendorThatSaysNoLeavesItToTheJudge) {
    worker.store.embedded.clear();
    worker.embedder.failures = {{core::ErrorKind::refused, "wrong key"}};
    answers({verdict("b", 0.9)});
    run();
    EXPECT_EQ(worker.store.told[1].what, "embedding failure") << "who looks must see why";
    EXPECT_EQ(worker.store.told[1].answer["message"].as_string(), "wrong key");
    EXPECT_EQ(worker.store.told[1].answer["model"].as_string(), "openai m");
    EXPECT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(outcome(), "linked");
    EXPECT_EQ(last()["shortlist"].items()[0].find("cosine"), nullptr);
}

TEST_F(MatchByLikeness, AnOutageThatOutlastsTheTriesDoesSo) {
    worker.store.embedded.clear();
    worker.embedder.failures = {{core::ErrorKind::network, ""},
                                {core::ErrorKind::server, ""},
                                {core::ErrorKind::timeout, ""}};
    answers({verdict("b", 0.9)});
    run();
    EXPECT_EQ(worker.embedder.requests.size(), 3u);
    EXPECT_EQ(outcome(), "linked");
}

TEST_F(MatchByLikeness, ABusyVendorIsWaitedForAndALongWaitIsNot) {
    worker.store.embedded.clear();
    core::Error busy{core::ErrorKind::rate_limited, "asks to wait"};
    busy.retry_after = std::chrono::seconds(60);
    worker.embedder.failures = {busy};
    run();
    EXPECT_EQ(worker.store.told.back().what, "defer");
    EXPECT_EQ(worker.store.count("embedding failure"), 0);

    busy.retry_after = std::chrono::hours(7);
    worker.embedder.failures = {busy};
    answers({verdict("b", 0.9)});
    run();
    EXPECT_EQ(outcome(), "linked");
}

TEST_F(MatchByLikeness, WhatFailsInALaterRoundTakesTheLikenessOfTheFirstAway) {
    worker.store.likeness = {{"a", 0.1}, {"b", 0.2}};
    worker.store.outcomes["match"] = {
        Json::Object{{"seen", 9}, {"appeared", Json::Array{feature("c", "Darkness")}}}};
    worker.embedder.failures = {{core::ErrorKind::refused, "no money"}};
    answers({verdict("c", 0.9)});
    run();
    EXPECT_EQ(asked_about(0), (std::vector<std::string>{"c"}));
    EXPECT_EQ(outcome(), "linked");
    EXPECT_EQ(last()["matching_feature_id"].as_string(), "c");
}

TEST_F(MatchByLikeness, WhatAppearsMeanwhileIsComparedAsWell) {
    worker.store.likeness = {{"a", 0.1}, {"b", 0.2}, {"c", 0.97}};
    worker.store.outcomes["match"] = {
        Json::Object{{"seen", 9}, {"appeared", Json::Array{feature("c", "Dark theme")}}}};
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_EQ(worker.store.compared, (std::vector<std::string>{"a", "b", "c"})) << "each once";
    EXPECT_EQ(last()["matching_feature_id"].as_string(), "c");
    EXPECT_EQ(last()["shortlist"].items().size(), 3u);
}

TEST_F(MatchByLikeness, WhatAppearsAndIsUnlikeChangesNothing) {
    worker.store.likeness = {{"a", 0.1}, {"b", 0.6}, {"c", 0.1}};
    worker.store.outcomes["match"] = {
        Json::Object{{"seen", 9}, {"appeared", Json::Array{feature("c", "Dark matter")}}}};
    answers({no_match(0.8)});
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u) << "nobody is asked about it";
    EXPECT_EQ(outcome(), "created");
    EXPECT_EQ(last()["decided_by"].as_string(), "builtin") << "the model's word stands";
    EXPECT_DOUBLE_EQ(last()["confidence"].as_number(), 0.8);
}

TEST_F(MatchByLikeness, OfManyOnlyThoseAreComparedThatWordsPutFirst) {
    Json::Array many;
    for (int i = 0; i < 300; ++i) {
        many.push_back(feature(std::to_string(i), i == 299 ? "Dark theme" : "Dark thing"));
        worker.store.likeness[std::to_string(i)] = 0.5;
    }
    worker.store.embedded.insert("Dark thing");
    candidates(many);
    answers({no_match()});
    run();
    EXPECT_EQ(worker.store.compared.size(), 200u);
    EXPECT_EQ(worker.store.compared.back(), "299");
    EXPECT_EQ(asked_about(0).size(), 20u);
}

TEST_F(MatchByLikeness, WhatVectorsPutNearIsACandidateAsWell) {
    Json near = feature("z", "Black look");
    near.set("cosine", 0.97);
    Json known = feature("b", "Dark mode");
    known.set("cosine", 0.5);
    worker.store.likeness["b"] = 0.5;
    worker.store.near = Json::Array{near, known};
    run();
    EXPECT_EQ(last()["matching_feature_id"].as_string(), "z");
    EXPECT_EQ(last()["shortlist"].items().size(), 3u) << "each once";
}

TEST_F(MatchByLikeness, WhereNoWordLeadsAnywhereVectorsMay) {
    candidates({});
    worker.store.match_input.set("scope", Json::Object{{"type", "feature_request"}});
    Json near = feature("z", "Black look");
    near.set("cosine", 0.97);
    worker.store.near = Json::Array{near};
    run();
    EXPECT_EQ(last()["matching_feature_id"].as_string(), "z");
}

TEST_F(MatchByLikeness, NobodyIsPaidWhereThereIsNothingToCompareWith) {
    candidates({});
    worker.store.embedded.clear();
    run();
    EXPECT_TRUE(worker.embedder.requests.empty());
    EXPECT_EQ(outcome(), "created");
}

TEST_F(MatchByLikeness, WithoutAProviderOfEmbeddingsNothingIsCompared) {
    worker.store.match_input.set("embedding", Json());
    answers({verdict("b", 0.9)});
    run();
    EXPECT_TRUE(worker.store.compared.empty());
    EXPECT_EQ(last()["shortlist"].items()[0].find("cosine"), nullptr);
}

struct EmbedFeatures : ::testing::Test {
    void run() {
        worker.loop.run(pipeline::run_task(worker.ctx, ClaimedTask{"w", 1, 1, "embed", {}, 1}));
    }
    FakeWorker worker;
};

TEST_F(EmbedFeatures, EachTextOfTheBatchGetsItsVector) {
    worker.store.embed_input = Json::parse(R"({
        "provider": {"name": "openai", "settings": {"model": "m"}}, "model": "openai m",
        "auto_match": 0.9, "auto_new": 0.3, "features": 3, "last": "c",
        "missing": [{"key": "k1", "text": "a", "is_kept": true},
                    {"key": "k2", "text": "bb", "is_kept": true},
                    {"key": "k3", "text": "ccc", "is_kept": true}]})");
    run();
    EXPECT_EQ(worker.store.embedded, (std::set<std::string>{"k1", "k2", "k3"}));
    EXPECT_EQ(worker.store.told.back().what, "embed");
    EXPECT_EQ(worker.store.told.back().answer["last"].as_string(), "c");
}

TEST_F(EmbedFeatures, AFailureIsNotedAndFailsTheTask) {
    worker.store.embed_input = Json::parse(R"({
        "provider": {"name": "openai", "settings": {"model": "m"}}, "model": "openai m",
        "auto_match": 0.9, "auto_new": 0.3, "features": 1, "last": "c",
        "missing": [{"key": "k1", "text": "a", "is_kept": true}]})");
    worker.embedder.failures = {{core::ErrorKind::refused, "wrong key"}};
    run();
    EXPECT_EQ(worker.store.count("embedding failure"), 1);
    EXPECT_EQ(worker.store.told.back().what, "fail");
}

TEST_F(EmbedFeatures, NothingIsSentWhenNothingIsMissing) {
    worker.store.embed_input = Json::parse(R"({
        "provider": {"name": "openai", "settings": {"model": "m"}}, "model": "openai m",
        "auto_match": 0.9, "auto_new": 0.3, "features": 3, "last": "c", "missing": []})");
    run();
    EXPECT_TRUE(worker.embedder.requests.empty());
    EXPECT_EQ(worker.store.told.back().what, "embed");
}

TEST_F(EmbedFeatures, WhoHasNothingToDoLeaves) {
    run();
    EXPECT_TRUE(worker.store.told.empty());
}

}  // namespace
}  // namespace headway::test
