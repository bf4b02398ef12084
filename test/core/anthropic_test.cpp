#include "core/models/anthropic.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using std::chrono::seconds;
using test::failure_of;

const Prompt kPrompt{"extract", "You read calls.", "",
                     Json::parse(R"({"type": "object", "additionalProperties": false,
                         "required": ["score"], "properties": {
                         "score": {"type": "number", "minimum": 0, "maximum": 1}}})")};

ModelSettings settings(const char* json) {
    return ModelSettings::from_json(Json::parse(json), anthropic_rules());
}

Outgoing request(const char* json, const char* key = "key") {
    return anthropic_request(settings(json), key, kPrompt, "A call.");
}

Json body_for(const char* json) { return Json::parse(request(json).body); }

std::string header(const Outgoing& out, const std::string& name) {
    for (const auto& [key, value] : out.headers)
        if (key == name) return value;
    return "none";
}

Completion read(int status, const std::string& body,
                std::map<std::string, std::string> headers = {}) {
    return read_anthropic_answer({status, std::move(headers), body}, {});
}

std::string message(const char* stop_reason, const char* content) {
    return std::string(R"({"type": "message", "model": "m-2026", "stop_reason": ")") + stop_reason +
           R"(", "usage": {"input_tokens": 100, "cache_creation_input_tokens": 20,
              "cache_read_input_tokens": 3, "output_tokens": 42}, "content": )" +
           content + '}';
}

std::string error_body(const char* type, const char* text) {
    return Json(Json::Object{{"type", "error"},
                             {"error", Json::Object{{"type", type}, {"message", text}}}})
        .dump();
}

std::string kind_of(const Completion& read) {
    return read.failure ? name(read.failure->kind) : "none";
}

TEST(AnthropicRequest, AsksForTheAnswersSchema) {
    Outgoing out = request(R"({"model": "m"})");
    Json body = Json::parse(out.body);
    EXPECT_EQ(out.url, "https://api.anthropic.com/v1/messages");
    EXPECT_EQ(header(out, "x-api-key"), "key");
    EXPECT_EQ(header(out, "anthropic-version"), "2023-06-01");
    EXPECT_EQ(body["max_tokens"].as_integer(), 16'000);
    EXPECT_EQ(body.at("/system/0/text")->as_string(), "You read calls.");
    EXPECT_EQ(body["messages"].dump(), R"([{"role":"user","content":"A call."}])");
    EXPECT_EQ(body["output_config"]["format"]["type"].as_string(), "json_schema");
    EXPECT_EQ(body.find("temperature"), nullptr) << "newer models refuse to be told";
}

TEST(AnthropicRequest, MarksWhatStaysTheSameForTheVendorsCache) {
    Json body = body_for(R"({"model": "m"})");
    EXPECT_EQ(body["system"].items().size(), 1u);
    EXPECT_EQ(body.at("/system/0/cache_control")->dump(), R"({"type":"ephemeral"})");
    EXPECT_EQ(body["messages"].dump().find("cache_control"), std::string::npos)
        << "a conversation is read once: writing it into the cache would cost more";
}

TEST(AnthropicRequest, ModelsWithoutSchemasAreMadeToCallATool) {
    Json body = body_for(R"({"model": "m", "response_format": "tool", "temperature": 1})");
    EXPECT_EQ(body.find("output_config"), nullptr);
    EXPECT_EQ(body.at("/tools/0/name")->as_string(), "extract");
    EXPECT_EQ(body.at("/tools/0/input_schema/type")->as_string(), "object");
    EXPECT_EQ(body["tool_choice"].dump(),
              R"({"type":"tool","name":"extract","disable_parallel_tool_use":true})");
    EXPECT_EQ(body["temperature"].as_number(), 1);
}

TEST(AnthropicRequest, AServerOfOnesOwnMayWantNoKey) {
    Outgoing out = request(R"({"model": "m", "base_url": "http://llm:80/"})", "");
    EXPECT_EQ(out.url, "http://llm/v1/messages");
    EXPECT_EQ(header(out, "x-api-key"), "none");
}

TEST(AnthropicSchema, WhatIsNotEnforcedIsTold) {
    Json schema = anthropic_schema(Json::parse(R"({"type": "object", "properties": {
        "maximum": {"type": "number", "minimum": 0, "description": "Sure?"},
        "list": {"type": "array", "minItems": 1, "maxItems": 5, "items": {"type": "string", "maxLength": 9}},
        "kind": {"enum": ["minimum", "maximum"]}}, "$defs": {"pattern": {"type": "string", "pattern": "^a"}}})"));
    EXPECT_EQ(schema.at("/properties/maximum")->dump(),
              R"({"type":"number","description":"Sure?, minimum: 0"})")
        << "a property may be called like a keyword";
    EXPECT_EQ(
        schema.at("/properties/list")->dump(),
        R"({"type":"array","minItems":1,"items":{"type":"string","description":"maxLength: 9"},"description":"maxItems: 5"})");
    EXPECT_EQ(schema.at("/properties/kind/enum")->dump(), R"(["minimum","maximum"])");
    EXPECT_EQ(schema.at("/$defs/pattern/description")->as_string(), "pattern: \"^a\"");
}

TEST(AnthropicAnswer, IsReadWithItsFigures) {
    Completion got = read(200, message("end_turn", R"([{"type": "text", "text": "{}"}])"),
                          {{"request-id", "req_1"}});
    EXPECT_EQ(kind_of(got), "none");
    EXPECT_EQ(got.text, "{}");
    EXPECT_EQ(got.model, "m-2026");
    EXPECT_EQ(got.request_id, "req_1");
    EXPECT_EQ(got.input_tokens, 123) << "what came from the cache and went there is input, too";
    EXPECT_EQ(got.cached_tokens, 3);
    EXPECT_EQ(got.cache_write_tokens, 20) << "they have a price of their own";
    EXPECT_EQ(got.output_tokens, 42);
    EXPECT_FALSE(got.reasoning_tokens);
}

TEST(AnthropicAnswer, ThoughtsAreNoAnswer) {
    EXPECT_EQ(read(200, message("end_turn", R"([{"type": "thinking", "thinking": "Hm."},
                                               {"type": "text", "text": "yes"}])"))
                  .text,
              "yes");
}

TEST(AnthropicAnswer, AToolsInputIsTheAnswer) {
    EXPECT_EQ(
        read(200, message("tool_use", R"([{"type": "tool_use", "name": "x", "input": {"a": 1}}])"))
            .text,
        R"({"a":1})");
}

TEST(AnthropicAnswer, RefusalsAndCutsAreToldApartAndPaidFor) {
    struct Case {
        const char *stop_reason, *content, *kind;
    };
    for (const Case& c : {Case{"refusal", "[]", "refused"},
                          Case{"max_tokens", R"([{"type":"text","text":"{"}])", "too_large"},
                          Case{"model_context_window_exceeded", "[]", "too_large"},
                          Case{"end_turn", "[]", "protocol"}}) {
        Completion got = read(200, message(c.stop_reason, c.content));
        EXPECT_EQ(kind_of(got), c.kind) << c.stop_reason;
        EXPECT_EQ(got.text, "") << c.stop_reason;
        EXPECT_EQ(got.output_tokens, 42) << "the tokens were used all the same";
    }
}

TEST(AnthropicAnswer, AnEmptyPurseIsNoBadRequest) {
    EXPECT_EQ(
        read(400, error_body("invalid_request_error", "Your credit balance is too low to access"))
            .failure->message,
        "the model's vendor says that the quota is used up");
    EXPECT_EQ(read(402, error_body("billing_error", "")).failure->message,
              "the model's vendor says that the quota is used up");
    EXPECT_EQ(kind_of(read(429, R"({"error": {"type": "rate_limit_error", "message": "",
                  "details": {"error_code": "enforced_spend_limit_reached"}}})")),
              "refused");
}

TEST(AnthropicAnswer, StatusesHaveTheirKinds) {
    Completion slow = read(429, error_body("rate_limit_error", ""), {{"retry-after", "7"}});
    EXPECT_EQ(kind_of(slow), "rate_limited");
    EXPECT_EQ(slow.failure->retry_after, seconds(7));
    for (int status : {409, 500, 504, 529})
        EXPECT_EQ(kind_of(read(status, error_body("overloaded_error", ""))), "server") << status;
    EXPECT_EQ(kind_of(read(413, "<html>")), "too_large");
    EXPECT_EQ(kind_of(read(400, error_body("invalid_request_error",
                                           "prompt is too long: 200001 tokens > 200000 maximum"))),
              "too_large");
    for (int status : {400, 401, 403, 404})
        EXPECT_EQ(kind_of(read(status, error_body("some_error", ""))), "refused") << status;
}

TEST(AnthropicAnswer, WhatAModelDoesNotKnowHasItsHint) {
    EXPECT_NE(read(400, error_body("invalid_request_error", "output_config: not supported"))
                  .failure->hint.find("\"tool\""),
              std::string::npos);
    EXPECT_NE(read(400, error_body("invalid_request_error", "`temperature` is deprecated"))
                  .failure->hint.find("temperature"),
              std::string::npos);
}

TEST(AnthropicAnswer, TheVendorsWordsAreNotPassedOn) {
    Error error = *read(401, error_body("authentication_error", "bad key sk-ant-123")).failure;
    EXPECT_EQ(error.detail, "authentication_error");
    EXPECT_EQ((error.message + error.detail + error.hint).find("sk-ant"), std::string::npos);
}

TEST(AnthropicAnswer, WhatIsNoAnswerIsAProtocolFailure) {
    for (auto body : {"", "<html>", "[]", "{}", R"({"content": "text"})"})
        EXPECT_EQ(failure_of([&] { read(200, body); }).kind, ErrorKind::protocol) << body;
}

}  // namespace
}  // namespace headway::core
