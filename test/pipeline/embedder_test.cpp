#include "pipeline/embedder.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Json;
using Texts = std::vector<std::string>;

struct EmbedTexts : ::testing::Test {
    core::Embeddings embed(Texts texts) {
        core::Embeddings all;
        auto embedding = [](Context& ctx, ClaimedTask task, Texts given,
                            core::Embeddings& out) -> async::Task<void> {
            TaskCalls log(ctx, task);
            auto provider = std::make_shared<const Json>(
                Json::Object{{"name", "openai"}, {"settings", Json::Object{{"model", "m"}}}});
            EmbedRequest request{given, provider, "w"};
            out = co_await embed_texts(ctx, log, request);
        };
        ClaimedTask task{"w", 1, 1, "embed", {}, 1};
        worker.loop.run(embedding(worker.ctx, task, std::move(texts), all));
        return all;
    }
    Json call(std::size_t number) const { return worker.store.told.at(number).answer["call"]; }

    test::FakeWorker worker;
};

TEST_F(EmbedTexts, ManyTextsTakeSeveralExchangesAndKeepTheirOrder) {
    worker.embedder.figures.model = "m-2026";
    worker.embedder.figures.tokens = 5;
    core::Embeddings all = embed({"a", "bb", "ccc", "dddd", "a text that is too long"});
    EXPECT_EQ(all.vectors, (std::vector<std::vector<float>>{{1}, {2}, {3}, {4}, {10}}));
    EXPECT_EQ(worker.embedder.requests.size(), 3u) << "two texts go into one";
    EXPECT_EQ(all.model, "m-2026");
    EXPECT_EQ(all.tokens, 15);
}

TEST_F(EmbedTexts, EachExchangeHasItsRow) {
    worker.embedder.figures.model = "m-2026";
    worker.embedder.figures.tokens = 5;
    embed({"a", "b", "c"});
    EXPECT_EQ(worker.store.told.size(), 2u);
    EXPECT_EQ(call(0)["purpose"].as_string(), "embed");
    EXPECT_EQ(call(0)["provider"].as_string(), "openai");
    EXPECT_EQ(call(0)["request_model"].as_string(), "m");
    EXPECT_EQ(call(0)["response_model"].as_string(), "m-2026");
    EXPECT_EQ(call(0)["input_tokens"].as_integer(), 5);
    EXPECT_EQ(call(0).find("cost_usd"), nullptr) << "unknown is not 0";
}

TEST_F(EmbedTexts, AFaultIsLoggedAndTriedAgain) {
    worker.embedder.failures = {{ErrorKind::server, "overloaded"}};
    EXPECT_EQ(embed({"a"}).vectors.size(), 1u);
    EXPECT_EQ(call(0)["error"].as_string(), "overloaded");
    EXPECT_EQ(call(1)["status"].as_string(), "ok");
}

TEST_F(EmbedTexts, ARefusalIsPassedOn) {
    worker.embedder.failures = {{ErrorKind::refused, "wrong key"}};
    EXPECT_THROW(embed({"a"}), core::Failure);
    EXPECT_EQ(worker.embedder.requests.size(), 1u);
}

TEST_F(EmbedTexts, NothingCostsNothing) {
    EXPECT_EQ(embed({}).vectors.size(), 0u);
    EXPECT_EQ(worker.embedder.requests.size(), 0u);
}

}  // namespace
}  // namespace headway::pipeline
