#include "core/models/outlay.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace headway::core {
namespace {

const char* const kProvider = R"({
  "name": "openai", "settings": {"model": "m", "max_output_tokens": 500},
  "prompt": {"name": "match", "system": "You decide.", "template": "{{item}} {{candidates}}",
             "answer_schema": {"type": "object"}}})";

Json question(const char* item = "Dark theme") {
    return Json::Object{{"item", item}, {"candidates", Json::array()}};
}

Outlay outlay(const char* change = "{}", const Json& asked = question()) {
    Json provider = Json::parse(kProvider);
    Json changed = Json::parse(change);
    for (const auto& [name, value] : changed.members()) provider.set(name, value);
    return outlay_of(provider, "match", asked);
}

TEST(Outlay, ACallUsesNoMoreThanTheBytesThatAreSentAndTheTokensThatItMayReceive) {
    Outlay found = outlay();
    std::int64_t longer = outlay("{}", question("Dark theme, please")).input_tokens;
    EXPECT_EQ(longer - found.input_tokens, 8) << "each byte may be a token";
    EXPECT_GT(found.input_tokens, 50) << "and there is more around it";
    EXPECT_EQ(found.output_tokens, 500);
    EXPECT_EQ(found.provider, "openai");
    EXPECT_EQ(found.model, "m");
}

TEST(Outlay, WithoutASettingTheProvidersDefaultsHold) {
    Outlay found = outlay(R"({"settings": {"model": "m"}})");
    EXPECT_EQ(found.output_tokens, 16'000);
    EXPECT_EQ(found.longest, std::chrono::seconds(300));
    EXPECT_EQ(outlay(R"({"settings": {"timeout_seconds": 7}})").longest, std::chrono::seconds(7));
}

TEST(Outlay, TheSameQuestionHasTheSameKeyAndEveryOtherOneAnother) {
    std::string key = outlay().key;
    EXPECT_EQ(key.size(), 64u);
    EXPECT_EQ(outlay().key, key);
    EXPECT_NE(outlay("{}", question("Dark mode")).key, key) << "another question";
    EXPECT_NE(outlay(R"({"name": "anthropic"})").key, key) << "another provider";
    EXPECT_NE(outlay(R"({"settings": {"model": "m2", "max_output_tokens": 500}})").key, key);
    for (const char* prompt :
         {R"("system": "You decide", "template": "{{item}} {{candidates}}")",
          R"("system": "You decide.", "template": "{{item}}{{candidates}}")"}) {
        std::string changed = std::string(R"({"prompt": {"name": "match", )") + prompt +
                              R"(, "answer_schema": {"type": "object"}}})";
        EXPECT_NE(outlay(changed.c_str()).key, key) << prompt;
    }
}

TEST(Outlay, APromptThatCannotBeRenderedIsRefused) {
    EXPECT_THROW(outlay(R"({"prompt": {"name": "match", "system": "", "template": "{{weather}}",
                           "answer_schema": {}}})"),
                 Failure);
}

TEST(Outlay, ATranscriberIsPaidByTheSecond) {
    Json provider = Json::parse(R"({"name": "assemblyai", "settings": {}})");
    EXPECT_EQ(speech_outlay(provider, 60, 0).model, "universal-3-pro,universal-2");
    EXPECT_EQ(speech_outlay(provider, 60, 1'000'000).audio_seconds, 61);
    EXPECT_EQ(speech_outlay(provider, {}, 500'000).audio_seconds, 1000)
        << "a file holds so many seconds";
    EXPECT_EQ(speech_outlay(provider, {}, 0).audio_seconds, 36'000);
    EXPECT_EQ(speech_outlay(provider, {}, std::uint64_t{1} << 40).audio_seconds, 36'000);
    EXPECT_THROW(speech_outlay(Json::parse(R"({"name": "nobody"})"), 60, 0), Failure);
}

TEST(Outlay, WhatMayNotBeAnsweredFromTheStoreHasNoKey) {
    Outlay found = outlay();
    EXPECT_EQ(found.to_json()["key"].as_string(), found.key);
    found.key.clear();
    EXPECT_TRUE(found.to_json()["key"].is_null());
}

}  // namespace
}  // namespace headway::core
