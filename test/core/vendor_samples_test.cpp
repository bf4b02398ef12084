// Samples of what vendors answer are not ours to publish: they are read where they lie beside the
// project.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/models/model_vendors.hpp"

namespace headway::core {
namespace {

struct Sample {
    std::string path;
    int status;
    std::string kind;  // of the failure that it is
};

void PrintTo(const Sample& sample, std::ostream* out) { *out << sample.path; }

struct VendorSamples : ::testing::TestWithParam<Sample> {
    void SetUp() override {
        std::ifstream file("../shared/samples/" + GetParam().path);
        if (!file) GTEST_SKIP() << "there are no samples beside the project";
        std::stringstream text;
        text << file.rdbuf();
        answer.status = GetParam().status;
        answer.body = text.str();
    }
    std::string vendor() const {
        std::string folder = GetParam().path.substr(0, GetParam().path.find('/'));
        return folder == "local_servers" ? "openai" : folder;
    }

    Answer answer;
};

TEST_P(VendorSamples, MeanWhatTheVendorMeans) {
    Completion got = model_vendor(vendor()).read(answer, {});
    EXPECT_EQ(got.failure ? name(got.failure->kind) : "none", GetParam().kind);
    if (got.failure) return;
    EXPECT_NE(got.text, "");
    EXPECT_NE(got.model, "");
    EXPECT_GT(got.input_tokens.value_or(0), 0);
    EXPECT_GT(got.output_tokens.value_or(0), 0);
}

INSTANTIATE_TEST_SUITE_P(
    OfModels, VendorSamples,
    ::testing::Values(Sample{"openai/chat_completion_ok.json", 200, "none"},
                      Sample{"openai/chat_json_schema_ok.json", 200, "none"},
                      Sample{"openai/chat_refusal.json", 200, "refused"},
                      Sample{"openai/chat_content_filter.json", 200, "refused"},
                      Sample{"openai/chat_json_schema_truncated_length.json", 200, "too_large"},
                      Sample{"openai/chat_reasoning_exhausted_length.json", 200, "too_large"},
                      Sample{"openai/error_400_context_length.json", 400, "too_large"},
                      Sample{"openai/error_400_invalid_schema.json", 400, "refused"},
                      Sample{"openai/error_401_invalid_key.json", 401, "refused"},
                      Sample{"openai/error_404_model_not_found.json", 404, "refused"},
                      Sample{"openai/error_429_insufficient_quota.json", 429, "refused"},
                      Sample{"openai/error_429_rate_limit_tpm.json", 429, "rate_limited"},
                      Sample{"openai/error_429_request_too_large_tpm.json", 429, "too_large"},
                      Sample{"openai/error_503_overloaded.json", 503, "server"},
                      Sample{"local_servers/ollama_v1_error_404.json", 404, "refused"},
                      Sample{"local_servers/lmstudio_response_format_error.json", 400, "refused"},
                      Sample{"local_servers/llamacpp_response_format_error.json", 400, "refused"},
                      Sample{"anthropic/message_structured_output_ok.json", 200, "none"},
                      Sample{"anthropic/message_thinking_then_text.json", 200, "none"},
                      Sample{"anthropic/message_tool_use_ok.json", 200, "none"},
                      Sample{"anthropic/message_refusal.json", 200, "refused"},
                      Sample{"anthropic/message_max_tokens.json", 200, "too_large"},
                      Sample{"anthropic/error_400_credit_balance.json", 400, "refused"},
                      Sample{"anthropic/error_400_prompt_too_long.json", 400, "too_large"},
                      Sample{"anthropic/error_400_temperature_deprecated.json", 400, "refused"},
                      Sample{"anthropic/error_401.json", 401, "refused"},
                      Sample{"anthropic/error_402_billing.json", 402, "refused"},
                      Sample{"anthropic/error_413.json", 413, "too_large"},
                      Sample{"anthropic/error_429.json", 429, "rate_limited"},
                      Sample{"anthropic/error_500.json", 500, "server"},
                      Sample{"anthropic/error_529_overloaded.json", 529, "server"},
                      Sample{"gemini/generate_json_ok.json", 200, "none"},
                      Sample{"gemini/generate_json_split_parts.json", 200, "none"},
                      Sample{"gemini/generate_max_tokens_no_parts.json", 200, "too_large"},
                      Sample{"gemini/generate_prompt_blocked.json", 200, "refused"},
                      Sample{"gemini/generate_safety.json", 200, "refused"},
                      Sample{"gemini/error_400_api_key_invalid.json", 400, "refused"},
                      Sample{"gemini/error_403.json", 403, "refused"},
                      Sample{"gemini/error_404_model.json", 404, "refused"},
                      Sample{"gemini/error_429_per_day.json", 429, "refused"},
                      Sample{"gemini/error_429_per_minute.json", 429, "rate_limited"},
                      Sample{"gemini/error_500.json", 500, "server"},
                      Sample{"gemini/error_503.json", 503, "server"}));

struct VectorSamples : VendorSamples {};

TEST_P(VectorSamples, AreTwoVectorsOfLengthOne) {
    Embeddings got = embedding_vendor(vendor()).read(answer, 2, {});
    ASSERT_EQ(got.vectors.size(), 2u);
    double square = 0;
    for (float value : got.vectors[1]) square += double{value} * value;
    EXPECT_NEAR(square, 1, 1e-5);
    EXPECT_GT(got.tokens.value_or(0), 0);
}

INSTANTIATE_TEST_SUITE_P(OfVectors, VectorSamples,
                         ::testing::Values(Sample{"openai/embeddings_float_2inputs.json", 200, ""},
                                           Sample{"gemini/batch_embed_ok.json", 200, ""}));

}  // namespace
}  // namespace headway::core
