#include "core/models/gemini.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using std::chrono::seconds;
using test::failure_of;

const Prompt kPrompt{"extract", "You read calls.", "", Json::parse(R"({"type":"object"})")};

Outgoing request(const char* json, const char* key = "key") {
    return gemini_request(ModelSettings::from_json(Json::parse(json), gemini_rules()), key, kPrompt,
                          "A call.");
}

std::string header(const Outgoing& out, const std::string& name) {
    for (const auto& [key, value] : out.headers)
        if (key == name) return value;
    return "none";
}

Completion read(int status, const std::string& body) {
    return read_gemini_answer({status, {}, body}, {});
}

std::string answer(const char* candidates) {
    return std::string(R"({"modelVersion": "m-2026", "responseId": "r1", "usageMetadata": {
        "promptTokenCount": 412, "candidatesTokenCount": 38, "thoughtsTokenCount": 80},
        "candidates": )") +
           candidates + '}';
}

std::string kind_of(const Completion& read) {
    return read.failure ? name(read.failure->kind) : "none";
}

TEST(GeminiRequest, AsksForTheAnswersSchema) {
    Outgoing out = request(R"({"model": "gemini-2.5-flash", "temperature": 0.5})");
    EXPECT_EQ(out.url,
              "https://generativelanguage.googleapis.com/v1beta/models/"
              "gemini-2.5-flash:generateContent");
    EXPECT_EQ(header(out, "x-goog-api-key"), "key") << "never in the address, which is logged";
    EXPECT_EQ(
        out.body,
        R"({"systemInstruction":{"parts":[{"text":"You read calls."}]},"contents":[{"parts":[{"text":"A call."}],"role":"user"}],)"
        R"("generationConfig":{"maxOutputTokens":16000,"responseMimeType":"application/json","responseJsonSchema":{"type":"object"},"temperature":0.5}})");
}

TEST(GeminiRequest, ASchemaCanBeLeftOut) {
    Json body = Json::parse(request(R"({"model": "m", "response_format": "json_object"})").body);
    EXPECT_EQ(body.at("/generationConfig/responseJsonSchema"), nullptr);
    EXPECT_EQ(body.at("/generationConfig/responseMimeType")->as_string(), "application/json");
}

TEST(GeminiRequest, AModelsNameCannotLeaveItsPlace) {
    EXPECT_EQ(request(R"({"model": "../x?key=1"})").url,
              "https://generativelanguage.googleapis.com/v1beta/models/"
              "..%2Fx%3Fkey%3D1:generateContent");
}

TEST(GeminiAnswer, IsReadWithItsFigures) {
    Completion got = read(200, answer(R"([{"finishReason": "STOP", "content": {"parts": [
        {"text": "Hm.", "thought": true}, {"text": "{\"a\":"}, {"text": "1}"}]}}])"));
    EXPECT_EQ(kind_of(got), "none");
    EXPECT_EQ(got.text, R"({"a":1})") << "in parts, and without the thoughts";
    EXPECT_EQ(got.model, "m-2026");
    EXPECT_EQ(got.request_id, "r1");
    EXPECT_EQ(got.input_tokens, 412);
    EXPECT_EQ(got.output_tokens, 118) << "thoughts are paid for as output";
    EXPECT_EQ(got.reasoning_tokens, 80);
    EXPECT_EQ(got.cached_tokens, 0) << "what is left out is 0";
}

TEST(GeminiAnswer, WithoutFiguresTheyAreUnknown) {
    Completion got = read(200, R"({"candidates": [{"content": {"parts": [{"text": "x"}]}}]})");
    EXPECT_EQ(got.text, "x");
    EXPECT_FALSE(got.input_tokens || got.output_tokens || got.cached_tokens);
}

TEST(GeminiAnswer, AGoodStatusIsNoAnswerYet) {
    struct Case {
        const char *candidates, *kind;
    };
    for (const Case& c :
         {Case{R"([{"finishReason": "SAFETY"}])", "refused"},
          Case{R"([{"finishReason": "RECITATION", "content": {"parts": [{"text": "x"}]}}])",
               "refused"},
          Case{R"([{"finishReason": "A_REASON_OF_TOMORROW"}])", "refused"},
          Case{R"([{"finishReason": "MAX_TOKENS", "content": {"role": "model"}}])", "too_large"},
          Case{R"([{"finishReason": "MALFORMED_RESPONSE"}])", "protocol"},
          Case{R"([{"finishReason": "STOP", "content": {}}])", "protocol"}}) {
        Completion got = read(200, answer(c.candidates));
        EXPECT_EQ(kind_of(got), c.kind) << c.candidates;
        EXPECT_EQ(got.input_tokens, 412) << "the tokens were used all the same";
    }
    Completion blocked = read(200, R"({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
                                       "usageMetadata": {"promptTokenCount": 31}})");
    EXPECT_EQ(kind_of(blocked), "refused") << "there is no candidate at all";
    EXPECT_EQ(blocked.finish_reason, "PROHIBITED_CONTENT");
    EXPECT_EQ(blocked.input_tokens, 31);
}

TEST(GeminiAnswer, AWrongKeyIsABadRequestWithAReason) {
    Completion got = read(400, R"({"error": {"code": 400, "message": "API key not valid: AIza1",
        "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}})");
    EXPECT_EQ(kind_of(got), "refused");
    EXPECT_EQ(got.failure->detail, "API_KEY_INVALID");
    EXPECT_EQ((got.failure->message + got.failure->hint).find("AIza1"), std::string::npos);
}

TEST(GeminiAnswer, AMinutesQuotaIsWaitedForAndADaysIsNot) {
    auto limited = [](const char* details) {
        return read(429, std::string(R"({"error": {"status": "RESOURCE_EXHAUSTED", "details": )") +
                             details + "}}");
    };
    Completion minute = limited(R"([{"violations": [{"quotaId": "GenerateRequestsPerMinute"}]},
                                    {"retryDelay": "20.7s"}])");
    EXPECT_EQ(kind_of(minute), "rate_limited");
    EXPECT_EQ(minute.failure->retry_after, seconds(21)) << "the wait stands in the body";
    Completion day = limited(R"([{"violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}]},
                                 {"retryDelay": "20s"}])");
    EXPECT_EQ(kind_of(day), "refused");
    for (auto odd : {R"([{"retryDelay": "soon"}])", R"([{"retryDelay": "-5s"}])", "{}", "null"})
        EXPECT_FALSE(limited(odd).failure->retry_after) << odd;
}

TEST(GeminiAnswer, ErrorsAreFoundInAnArrayToo) {
    EXPECT_EQ(read(403, R"([{"error": {"status": "PERMISSION_DENIED"}}])").failure->detail,
              "PERMISSION_DENIED");
}

TEST(GeminiAnswer, StatusesHaveTheirKinds) {
    for (int status : {500, 503, 504}) EXPECT_EQ(kind_of(read(status, "")), "server") << status;
    for (int status : {400, 403, 404}) EXPECT_EQ(kind_of(read(status, "{}")), "refused") << status;
    EXPECT_EQ(kind_of(read(400, R"({"error": {"message":
        "The input token count (9) exceeds the maximum number of tokens allowed (8)."}})")),
              "too_large");
}

TEST(GeminiAnswer, WhatIsNoAnswerIsAProtocolFailure) {
    for (auto body : {"", "<html>", "[]", "{}", R"({"candidates": []})", R"({"candidates": [1]})"})
        EXPECT_EQ(failure_of([&] { read(200, body); }).kind, ErrorKind::protocol) << body;
}

}  // namespace
}  // namespace headway::core
