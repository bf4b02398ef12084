#include "core/models/openai.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using std::chrono::seconds;
using test::failure_of;

const Timestamp kNow{seconds(1'767'225'600)};
const Prompt kPrompt{"extract", "You read calls.", "", Json::parse(R"({"type":"object"})")};

ModelSettings settings(const char* json) {
    return ModelSettings::from_json(Json::parse(json), openai_rules());
}

Json body_for(const char* json) {
    return Json::parse(openai_request(settings(json), "key", kPrompt, "A call.").body);
}

std::string header(const Outgoing& out, const std::string& name) {
    for (const auto& [key, value] : out.headers)
        if (key == name) return value;
    return "none";
}

Completion read(int status, const std::string& body,
                std::map<std::string, std::string> headers = {}) {
    return read_openai_answer({status, std::move(headers), body}, kNow);
}

std::string completion(const std::string& choice) {
    return R"({"model": "m-2026", "choices": [)" + choice +
           R"(], "usage": {"prompt_tokens": 812, "completion_tokens": 42,
              "prompt_tokens_details": {"cached_tokens": 512},
              "completion_tokens_details": {"reasoning_tokens": 0}}})";
}

std::string error_body(const char* type, const char* code, const char* message) {
    return Json(Json::Object{{"error", Json::Object{{"message", message},
                                                    {"type", type},
                                                    {"param", nullptr},
                                                    {"code", Json(code)}}}})
        .dump();
}

std::string kind_of(const Completion& read) {
    return read.failure ? name(read.failure->kind) : "none";
}

TEST(OpenAiSettings, OnlyTheModelIsRequired) {
    ModelSettings read = settings(R"({"model": "m"})");
    EXPECT_EQ(read.base_url, "https://api.openai.com/v1");
    EXPECT_EQ(read.choices["response_format"], "json_schema");
    EXPECT_FALSE(read.temperature);
    EXPECT_EQ(failure_of([] { settings("{}"); }).detail, "\"model\" is required");
}

TEST(OpenAiSettings, WhatDoesNotFitIsNamed) {
    for (auto given :
         {R"({"model": "m", "colour": 1})", R"({"model": 5})",
          R"({"model": "m", "temperature": "hot"})", R"({"model": "m", "max_output_tokens": 0})",
          R"({"model": "m", "token_limit": "many"})", R"({"model": "m", "response_format": "xml"})",
          R"({"model": "m", "base_url": "ftp://x"})"})
        EXPECT_EQ(failure_of([&] { settings(given); }).kind, ErrorKind::invalid) << given;
}

TEST(OpenAiSettings, ANumberOutOfItsRangeIsShownWithTheRange) {
    auto refusal = [](const std::string& name, Json value) {
        return failure_of([&] {
            ModelSettings::from_json(Json::Object{{"model", "m"}, {name, std::move(value)}},
                                     openai_rules());
        });
    };
    const std::string googol = '1' + std::string(400, '0');
    const Json endless = Json::Decimal{HUGE_VAL, googol};
    EXPECT_EQ(refusal("temperature", endless).detail,
              "\"temperature\" is 100000000000000000000000000000... (401 characters).");
    EXPECT_EQ(refusal("temperature", -0.1).detail, "\"temperature\" is -0.1.");
    EXPECT_EQ(refusal("temperature", 2.1).hint, "\"temperature\" takes a number from 0 to 2.");
    EXPECT_EQ(refusal("temperature", "sk-secret").detail, "\"temperature\" is a text.");
    for (const char* name : {"timeout_seconds", "max_output_tokens"})
        for (const Json& wrong :
             {endless, Json(-1), Json(0), Json(1.5), Json(INT64_MAX), Json(true), Json("5"), Json(),
              Json(Json::array()), Json(Json::object())})
            EXPECT_NE(refusal(name, wrong).hint.find("takes a whole number from 1 to"),
                      std::string::npos)
                << name << ": " << wrong.dump();
}

TEST(OpenAiSettings, TheEndsOfARangeBelongToIt) {
    EXPECT_EQ(settings(R"({"model": "m", "temperature": 0})").temperature, 0);
    EXPECT_EQ(settings(R"({"model": "m", "temperature": 2})").temperature, 2);
    EXPECT_EQ(settings(R"({"model": "m", "timeout_seconds": 3600})").timeout.count(), 3600);
    EXPECT_EQ(settings(R"({"model": "m", "max_output_tokens": 1})").max_output_tokens, 1);
}

TEST(OpenAiRequest, AsksForTheAnswersSchemaInStrictMode) {
    Json body = body_for(R"({"model": "m"})");
    EXPECT_EQ(body["model"].as_string(), "m");
    EXPECT_EQ(
        body["messages"].dump(),
        R"([{"role":"system","content":"You read calls."},{"role":"user","content":"A call."}])");
    EXPECT_EQ(
        body["response_format"].dump(),
        R"({"type":"json_schema","json_schema":{"name":"extract","strict":true,"schema":{"type":"object"}}})");
    EXPECT_EQ(body["max_completion_tokens"].as_integer(), 16'000);
    EXPECT_EQ(body.find("temperature"), nullptr) << "some models refuse to be told";
}

TEST(OpenAiRequest, LocalServersAreAskedInTheirWay) {
    Json body = body_for(R"({"model": "m", "token_limit": "max_tokens", "max_output_tokens": 500,
                             "response_format": "json_object", "temperature": 0})");
    EXPECT_EQ(body["max_tokens"].as_integer(), 500);
    EXPECT_EQ(body.find("max_completion_tokens"), nullptr);
    EXPECT_EQ(body["response_format"].dump(), R"({"type":"json_object"})");
    EXPECT_EQ(body["temperature"].as_number(), 0);
}

TEST(OpenAiRequest, CarriesTheKeyIfThereIsOne) {
    ModelSettings local = settings(R"({"model": "m", "base_url": "http://localhost:11434/v1/"})");
    Outgoing with_key = openai_request(local, "sk-1", kPrompt, ""),
             without = openai_request(local, "", kPrompt, "");
    EXPECT_EQ(with_key.url, "http://localhost:11434/v1/chat/completions");
    EXPECT_EQ(header(with_key, "Authorization"), "Bearer sk-1");
    EXPECT_EQ(header(without, "Authorization"), "none");
}

TEST(OpenAiAnswer, IsReadWithItsFigures) {
    Completion got = read(200, completion(R"({"finish_reason": "stop",
                                         "message": {"content": "{}", "refusal": null}})"),
                          {{"x-request-id", "req_1"}});
    EXPECT_EQ(kind_of(got), "none");
    EXPECT_EQ(got.text, "{}");
    EXPECT_EQ(got.model, "m-2026");
    EXPECT_EQ(got.request_id, "req_1");
    EXPECT_EQ(got.input_tokens, 812);
    EXPECT_EQ(got.output_tokens, 42);
    EXPECT_EQ(got.cached_tokens, 512);
    EXPECT_EQ(got.reasoning_tokens, 0);
}

TEST(OpenAiAnswer, FiguresThatCannotBeAreAbsent) {
    for (const char* count : {"-1", "9000000000000000000", "1e300", "2.5"}) {
        Completion got =
            read(200, R"({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": )" +
                          std::string(count) + R"(, "completion_tokens": 7}})");
        EXPECT_FALSE(got.input_tokens) << count;
        EXPECT_EQ(got.output_tokens, 7);
    }
}

TEST(OpenAiAnswer, AHeaderThatIsNoTextIsMadeOne) {
    std::string body = R"({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}]})";
    EXPECT_EQ(read(200, body, {{"x-request-id", "r\xff-1"}}).request_id, "r\xEF\xBF\xBD-1");
}

TEST(OpenAiAnswer, UnknownFiguresAreAbsentAndNotZero) {
    Completion got = read(200, R"({"choices": [{"message": {"content": "x"}}]})");
    EXPECT_EQ(got.text, "x");
    EXPECT_FALSE(got.input_tokens || got.output_tokens || got.cached_tokens ||
                 got.reasoning_tokens);
}

TEST(OpenAiAnswer, RefusalsCutsAndFiltersAreToldApartAndPaidFor) {
    struct Case {
        const char *choice, *kind, *message;
    };
    for (const Case& c :
         {Case{R"({"finish_reason":"stop","message":{"content":null,"refusal":"Sorry."}})",
               "refused", "the model refused to answer"},
          Case{R"({"finish_reason":"length","message":{"content":"{\"a\":","refusal":null}})",
               "too_large", "the model's answer was cut at its limit of tokens"},
          Case{R"({"finish_reason":"length","message":{"content":"{}","refusal":null}})",
               "too_large", "the model's answer was cut at its limit of tokens"},
          Case{R"({"finish_reason":"content_filter","message":{"content":"","refusal":null}})",
               "refused", "the vendor's content filter withheld the answer"},
          Case{R"({"finish_reason":"stop","message":{"content":null}})", "protocol",
               "the model's answer has no content"}}) {
        Completion got = read(200, completion(c.choice));
        EXPECT_EQ(kind_of(got), c.kind) << c.choice;
        EXPECT_EQ(got.failure->message, c.message);
        EXPECT_EQ(got.input_tokens, 812) << "the tokens were used all the same";
    }
}

TEST(OpenAiAnswer, TheKindsOf429AreToldApart) {
    EXPECT_EQ(kind_of(read(429, error_body("insufficient_quota", "insufficient_quota", "..."))),
              "refused");
    EXPECT_EQ(kind_of(read(429, error_body("tokens", "rate_limit_exceeded",
                                           "Request too large for m on tokens per min (TPM)"))),
              "too_large");
    Completion slow =
        read(429, error_body("requests", "rate_limit_exceeded", "Please try again in 84ms."),
             {{"retry-after", "1"}, {"retry-after-ms", "2084"}});
    EXPECT_EQ(kind_of(slow), "rate_limited");
    EXPECT_EQ(slow.failure->retry_after, seconds(3)) << "the exact figure, rounded up";
    EXPECT_EQ(read(429, "", {{"retry-after", "7"}}).failure->retry_after, seconds(7));
    EXPECT_FALSE(read(429, "").failure->retry_after);
}

TEST(OpenAiAnswer, OtherStatusesHaveTheirKinds) {
    EXPECT_EQ(
        kind_of(read(400, error_body("invalid_request_error", "context_length_exceeded", ""))),
        "too_large");
    EXPECT_EQ(kind_of(read(400, error_body("invalid_request_error", "invalid_schema", ""))),
              "refused");
    EXPECT_EQ(kind_of(read(401, error_body("invalid_request_error", "invalid_api_key", ""))),
              "refused");
    EXPECT_EQ(kind_of(read(404, error_body("invalid_request_error", "model_not_found", ""))),
              "refused");
    EXPECT_EQ(kind_of(read(408, "")), "timeout");
    for (int status : {409, 500, 502, 503}) EXPECT_EQ(kind_of(read(status, "")), "server");
    EXPECT_EQ(read(404, "").failure->http_status, 404);
}

TEST(OpenAiAnswer, TheVendorsWordsAreNotPassedOn) {
    Error error =
        *read(401, error_body("x", "invalid_api_key", "Incorrect API key: sk-proj-123")).failure;
    EXPECT_EQ(error.detail, "invalid_api_key");
    EXPECT_EQ((error.message + error.detail + error.hint).find("sk-proj"), std::string::npos);
    error = *read(400, error_body("x", "a customer's words", "")).failure;
    EXPECT_EQ(error.detail, "") << "a code is a name";
}

TEST(OpenAiAnswer, ErrorsOfLocalServersAreTextsAndIntegers) {
    EXPECT_EQ(kind_of(read(400, R"({"error": "'response_format.type' must be 'json_schema'"})")),
              "refused");
    EXPECT_EQ(kind_of(read(503, R"({"error": {"code": 503, "message": "Loading model"}})")),
              "server");
}

TEST(OpenAiAnswer, WhatIsNoAnswerIsAProtocolFailure) {
    for (auto body : {"", "<html>", "[]", "{}", R"({"choices": []})", R"({"choices": [5]})",
                      R"({"choices": {"0": {}}})"})
        EXPECT_EQ(failure_of([&] { read(200, body); }).kind, ErrorKind::protocol) << body;
}

}  // namespace
}  // namespace headway::core
