#include "core/models/embeddings.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;
using Texts = std::vector<std::string>;

ModelSettings settings(const char* json, const SettingRules& rules) {
    return ModelSettings::from_json(Json::parse(json), rules);
}

Embeddings openai(int status, const char* body, std::size_t count) {
    return read_openai_embeddings({status, {{"x-request-id", "r1"}}, body}, count, {});
}

Embeddings gemini(int status, const char* body, std::size_t count) {
    return read_gemini_embeddings({status, {}, body}, count, {});
}

float cosine(const std::vector<float>& a, const std::vector<float>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0f);
}

TEST(Embeddings, OpenAiIsAskedForManyTextsAtOnce) {
    Outgoing out = openai_embedding_request(
        settings(R"({"model": "m", "dimensions": 256})", openai_embedding_rules()), "k",
        {"one", "two"});
    EXPECT_EQ(out.url, "https://api.openai.com/v1/embeddings");
    EXPECT_EQ(out.body,
              R"({"model":"m","encoding_format":"float","input":["one","two"],"dimensions":256})");
    EXPECT_EQ(out.headers.back().second, "Bearer k");
}

TEST(Embeddings, GeminiIsToldTheModelWithEachText) {
    Outgoing out = gemini_embedding_request(
        settings(R"({"model": "m", "dimensions": 768})", gemini_embedding_rules()), "k", {"one"});
    EXPECT_EQ(out.url,
              "https://generativelanguage.googleapis.com/v1beta/models/m:batchEmbedContents");
    EXPECT_EQ(
        out.body,
        R"({"requests":[{"model":"models/m","content":{"parts":[{"text":"one"}]},"outputDimensionality":768}]})");
    EXPECT_EQ(out.headers.back(), std::pair(std::string("x-goog-api-key"), std::string("k")));
}

TEST(Embeddings, AModelForTextsHasOtherSettings) {
    for (auto given : {R"({"model": "m", "temperature": 1})", R"({"model": "m", "dimensions": 0})",
                       R"({"model": "m", "max_output_tokens": 5})", "{}"})
        EXPECT_EQ(failure_of([&] { settings(given, openai_embedding_rules()); }).kind,
                  ErrorKind::invalid)
            << given;
}

TEST(Embeddings, VectorsAreOrderedByTheirIndexAndOfLengthOne) {
    Embeddings got = openai(200, R"({"model": "m-2026", "usage": {"prompt_tokens": 9}, "data": [
        {"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 4]}]})",
                            2);
    EXPECT_EQ(got.vectors, (std::vector<std::vector<float>>{{0.6f, 0.8f}, {0, 1}}));
    EXPECT_EQ(got.model, "m-2026");
    EXPECT_EQ(got.request_id, "r1");
    EXPECT_EQ(got.tokens, 9);
}

TEST(Embeddings, GeminiAnswersInTheOrderOfTheTexts) {
    Embeddings got = gemini(200, R"({"embeddings": [{"values": [5, 0]}, {"values": [0, -1]}],
                                     "usageMetadata": {"promptTokenCount": 7}})",
                            2);
    EXPECT_EQ(got.vectors, (std::vector<std::vector<float>>{{1, 0}, {0, -1}}));
    EXPECT_EQ(got.tokens, 7);
    EXPECT_FALSE(gemini(200, R"({"embeddings": [{"values": [1]}]})", 1).tokens);
}

TEST(Embeddings, WhatIsNoVectorForEachTextIsAProtocolFailure) {
    for (auto body :
         {"", "{}", R"({"data": [{"index": 0, "embedding": [1]}]})",
          R"({"data": [{"index": 0, "embedding": [1]}, {"index": 2, "embedding": [1]}]})",
          R"({"data": [{"index": 0, "embedding": [1]}, {"index": -1, "embedding": [1]}]})",
          R"({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]})",
          R"({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [0]}]})",
          R"({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": ["1"]}]})",
          R"({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1e300]}]})",
          R"({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": "AACA"}]})"})
        EXPECT_EQ(failure_of([&] { openai(200, body, 2); }).kind, ErrorKind::protocol) << body;
    for (auto body : {"{}", R"({"embeddings": [{"values": [1]}]})",
                      R"({"embeddings": [{"values": [1]}, {"values": []}]})"})
        EXPECT_EQ(failure_of([&] { gemini(200, body, 2); }).kind, ErrorKind::protocol) << body;
}

TEST(Embeddings, AVendorsErrorIsReadAsThatOfItsModels) {
    EXPECT_EQ(openai(429, R"({"error": {"code": "insufficient_quota"}})", 1).failure->kind,
              ErrorKind::refused);
    EXPECT_EQ(
        gemini(429, R"({"error": {"details": [{"retryDelay": "3s"}]}})", 1).failure->retry_after,
        std::chrono::seconds(3));
}

TEST(Embeddings, TextsAreCutAndNoneIsEmpty) {
    EXPECT_EQ(embeddable({"", " \n", "abcdef", "ää"}, 3), (Texts{"-", "-", "abc", "ä"}));
}

TEST(Embeddings, ARequestCarriesNoMoreThanItMay) {
    EmbeddingLimits limits{.texts = 3, .bytes = 10, .bytes_per_text = 100};
    EXPECT_EQ(batch_size(Texts(5, "a"), 0, limits), 3u);
    EXPECT_EQ(batch_size(Texts(5, "a"), 4, limits), 1u);
    EXPECT_EQ(batch_size({"123456", "1234", "1"}, 0, limits), 2u);
    EXPECT_EQ(batch_size({"more than ten bytes", "1"}, 0, limits), 1u) << "there is progress";
}

TEST(BuiltinEmbedding, SaysTheSameEveryTimeInVectorsOfLengthOne) {
    Embeddings first = builtin_embeddings({"Export to Excel", "", "of the"}),
               second = builtin_embeddings({"Export to Excel", "", "of the"});
    EXPECT_EQ(first.vectors, second.vectors);
    EXPECT_EQ(first.model, "builtin-1");
    for (const auto& vector : first.vectors) {
        EXPECT_EQ(vector.size(), 256u);
        EXPECT_NEAR(cosine(vector, vector), 1, 1e-5) << "even where nothing is said";
    }
}

TEST(BuiltinEmbedding, WordsAndTheirPartsMakeTextsAlike) {
    auto v = builtin_embeddings({"Export the reports to Excel", "Exporting a report for Excel",
                                 "Dark mode for the phone", "Berichte exportieren",
                                 "Export von Berichten"})
                 .vectors;
    EXPECT_GT(cosine(v[0], v[1]), 0.6);
    EXPECT_LT(cosine(v[0], v[2]), 0.25);
    EXPECT_GT(cosine(v[3], v[4]), 0.35) << "in any language";
}

}  // namespace
}  // namespace headway::core
