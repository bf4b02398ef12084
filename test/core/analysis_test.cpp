#include "core/conversation/analysis.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

Conversation call() {
    Conversation conversation;
    conversation.turns = {
        {"Priya", 2.0, {}, "Thank you for calling. How can I help?"},
        {"Ann", 6.5, {}, "I'm scared it's going to hurt. And it is a lot of money."},
        {"Priya", 14.0, {}, "We numb it first, and you can pay monthly."},
        {"Ann", 20.0, {}, "Okay, Thursday at three works."}};
    return conversation;
}

Json objection(const char* quote, const char* overcome = "[]") {
    return Json::parse(
        std::string(R"({"type": "safety-risk", "summary": "Fears pain.", "quote": ")") + quote +
        R"(", "confidence": 0.9, "overcome": )" + overcome + "}");
}

std::string answer(const char* category, Json::Array objections) {
    Json json = Json::Object{{"category", category}, {"category_confidence", 0.9}};
    json.set("objections", std::move(objections));
    return json.dump();
}

Analysis read(const std::string& text) { return read_analysis(text, call()); }

TEST(Analysis, TakesTheCategoryAndEachObjectionWithItsPlaceInTheCall) {
    Analysis found =
        read(answer("consult_scheduled", {objection("I'm scared it's going to hurt.")}));
    EXPECT_EQ(found.category, "consult_scheduled");
    EXPECT_DOUBLE_EQ(found.confidence, 0.9);
    ASSERT_EQ(found.objections.size(), 1u);
    EXPECT_EQ(found.objections[0]["quote_status"].as_string(), "verified");
    EXPECT_DOUBLE_EQ(found.objections[0]["quote_start_s"].as_number(), 6.5);
    EXPECT_TRUE(found.problems.empty());
}

TEST(Analysis, WhatMetAnObjectionIsProvedByAQuoteOfItsOwn) {
    Analysis found = read(answer(
        "consult_scheduled",
        {objection(
            "I'm scared it's going to hurt.",
            R"([{"how": "They numb it.", "quote": "we numb it FIRST", "confidence": 0.8}])")}));
    const Json& way = found.objections[0]["overcome"].items()[0];
    EXPECT_EQ(way["quote"].as_string(), "We numb it first,") << "in the transcript's own words";
    EXPECT_EQ(way["quote_status"].as_string(), "repaired");
    EXPECT_DOUBLE_EQ(way["quote_start_s"].as_number(), 14.0);
    EXPECT_EQ(found.quotes_total, 2);
    EXPECT_EQ(found.quotes_verified, 2);
}

TEST(Analysis, AQuoteThatNobodySaidStaysAsSuch) {
    Analysis found = read(answer("consult_not_scheduled", {objection("I would never do that.")}));
    ASSERT_EQ(found.objections.size(), 1u);
    EXPECT_EQ(found.objections[0]["quote_status"].as_string(), "unverified");
    EXPECT_EQ(found.objections[0].find("quote_start_s"), nullptr);
    EXPECT_EQ(found.quotes_verified, 0);
}

TEST(Analysis, AColleagueRaisesNoObjection) {
    Conversation conversation = call();
    conversation.insiders = {"Priya"};
    Analysis found = read_analysis(answer("consult_scheduled", {objection("you can pay monthly")}),
                                   conversation);
    EXPECT_TRUE(found.objections.empty());
    EXPECT_EQ(found.problems, std::vector<std::string>{"a colleague's objection"});
}

TEST(Analysis, OneQuoteIsOneObjection) {
    Analysis found =
        read(answer("consult_scheduled", {objection("I'm scared it's going to hurt."),
                                          objection("i'm scared it's going to hurt")}));
    EXPECT_EQ(found.objections.size(), 1u);
    EXPECT_EQ(found.problems.size(), 1u);
}

TEST(Analysis, NothingWasOvercomeWhereNothingWasScheduled) {
    Analysis found = read(answer(
        "consult_not_scheduled",
        {objection(
            "I'm scared it's going to hurt.",
            R"([{"how": "They numb it.", "quote": "We numb it first", "confidence": 1}])")}));
    ASSERT_EQ(found.objections.size(), 1u);
    EXPECT_TRUE(found.objections[0]["overcome"].items().empty());
    EXPECT_EQ(found.problems.size(), 1u);
}

TEST(Analysis, AnUnknownTypeIsOtherAndNumbersAreKeptInBounds) {
    Json wild = objection("it is a lot of money");
    wild.set("type", "karma");
    wild.set("confidence", 17);
    Analysis found = read(answer("consult_scheduled", {wild}));
    EXPECT_EQ(found.objections[0]["type"].as_string(), "other");
    EXPECT_DOUBLE_EQ(found.objections[0]["confidence"].as_number(), 1.0);
}

TEST(Analysis, AnEndlessListIsCut) {
    Json::Array many;
    for (int i = 0; i < 500; ++i)
        many.push_back(objection(("invented " + std::to_string(i)).c_str()));
    Analysis found = read(answer("consult_scheduled", many));
    EXPECT_EQ(found.objections.size(), 30u);
    EXPECT_EQ(found.problems, std::vector<std::string>{"too many objections"});
}

TEST(Analysis, WhatIsNoAnswerIsRefused) {
    for (const char* text : {"Sure! Here is what I found.", "[]", "{}", R"({"category": "won"})",
                             R"({"category": 1, "objections": []})"})
        EXPECT_EQ(test::failure_of([&] { read(text); }).kind, ErrorKind::protocol) << text;
}

TEST(Analysis, ListsOfAnotherShapeAreNone) {
    Analysis found = read(R"({"category": "other_question", "objections": "none"})");
    EXPECT_TRUE(found.objections.empty());
    EXPECT_EQ(found.problems.size(), 1u);
    found = read(R"({"category": "other_question", "objections": [1, null, {"quote": {}}]})");
    EXPECT_TRUE(found.objections.empty());
    EXPECT_DOUBLE_EQ(found.confidence, 0);
}

}  // namespace
}  // namespace headway::core
