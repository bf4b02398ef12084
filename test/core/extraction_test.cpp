#include "core/conversation/extraction.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "core/base/text.hpp"
#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

Conversation call() {
    return {"Weekly sync",
            "en",
            {{"Rep", 0.0, {}, "How is it going?"},
             {"Dana",
              7.5,
              {},
              "The export takes forever. I wish we could filter the map by team, please."}},
            {"Rep"},
            {{"t-map", "Map & Routing", "maps"}, {"t-exp", "Exports", "files"}}};
}

Extraction read(const std::string& answer, double threshold = 0.8) {
    return read_extraction(answer, call(), threshold);
}

// An answer with one feature request, changed as a test needs it.
Json one_item() {
    return Json::parse(
        R"({"title":"Filter the map","description":"By team","urgency":"high","theme":"Map & Routing",
            "theme_confidence":0.95,
                           "quote":"I wish we could filter the map by team"})");
}

Extraction read_item(const char* key, Json value) {
    Json item = one_item();
    item.set(key, std::move(value));
    return read(Json(Json::Object{{"feature_requests", Json::Array{item}}}).dump());
}

std::string reason(const Extraction& found) {
    return found.unmatched.empty() ? "matched" : found.unmatched.at(0)["reason"].as_string();
}

TEST(Extraction, AGoodItemGoesOnToMatching) {
    Extraction found = read_item("title", "Filter the map");
    ASSERT_EQ(found.items.size(), 1u);
    const Json& item = found.items[0];
    EXPECT_EQ(item["title"].as_string(), "Filter the map");
    EXPECT_EQ(item["description"].as_string(), "By team");
    EXPECT_EQ(item["type"].as_string(), "feature_request");
    EXPECT_EQ(item["urgency"].as_string(), "high");
    EXPECT_EQ(item["theme_id"].as_string(), "t-map");
    EXPECT_DOUBLE_EQ(item["theme_confidence"].as_number(), 0.95);
    EXPECT_EQ(item["quote_status"].as_string(), "verified");
    EXPECT_EQ(item["speaker"].as_string(), "Dana");
    EXPECT_DOUBLE_EQ(item["quote_start_s"].as_number(), 7.5);
    EXPECT_TRUE(found.unmatched.empty());
    EXPECT_TRUE(found.problems.empty());
    EXPECT_EQ(found.quotes_total, 1);
    EXPECT_EQ(found.quotes_verified, 1);
    EXPECT_DOUBLE_EQ(found.relevance, 0.95);
    EXPECT_EQ(found.insights["feature_requests"].items().size(), 1u);
}

TEST(Extraction, EachListHasItsType) {
    Json item = one_item();
    Extraction found = read(
        Json(Json::Object{{"bug_reports", Json::Array{item}}, {"pain_points", Json::Array{item}}})
            .dump());
    ASSERT_EQ(found.items.size(), 2u);
    EXPECT_EQ(found.items[0]["type"].as_string(), "bug_report");
    EXPECT_EQ(found.items[1]["type"].as_string(), "pain_point");
}

TEST(Extraction, AThemeIsHeldAgainstTheList) {
    for (auto theme : {"Map & Routing", "map routing", " MAP & ROUTING ", "t-map"}) {
        Extraction found = read_item("theme", theme);
        ASSERT_EQ(found.items.size(), 1u) << theme;
        EXPECT_EQ(found.items[0]["theme_id"].as_string(), "t-map") << theme;
    }
    for (auto theme : {"Billing", "Map", "t-map2", "", "  ", "&"}) {
        Extraction found = read_item("theme", theme);
        EXPECT_TRUE(found.items.empty()) << theme;
        EXPECT_EQ(reason(found), "no_theme") << theme;
    }
    EXPECT_EQ(read_item("theme", "Billing").unmatched.at(0)["proposed_theme"].as_string(),
              "Billing");
}

TEST(Extraction, AnItemBelowTheThresholdWaitsForAPerson) {
    Extraction found = read_item("theme_confidence", 0.79);
    EXPECT_EQ(reason(found), "low_theme_confidence");
    EXPECT_EQ(found.unmatched.at(0)["proposed_theme"].as_string(), "Map & Routing");
    EXPECT_DOUBLE_EQ(found.relevance, 0) << "what waits says nothing about the conversation yet";
    EXPECT_EQ(read_item("theme_confidence", 0.8).items.size(), 1u)
        << "the threshold itself is enough";
}

TEST(Extraction, WhatFitsNoThemeGoesToTheOneThatTakesTheRest) {
    Conversation conversation = call();
    conversation.themes.push_back({"t-rest", "Everything else", "", true});
    auto read_item = [&](const char* name, Json value) {
        Json item = one_item();
        item.set(name, std::move(value));
        Json answer = Json::Object{{"feature_requests", Json::Array{item}}};
        return read_extraction(answer.dump(), conversation, 0.8);
    };
    for (Json theme : {Json("Billing"), Json(""), Json()}) {
        Extraction found = read_item("theme", theme);
        ASSERT_EQ(found.items.size(), 1u) << theme.dump();
        EXPECT_EQ(found.items[0]["theme_id"].as_string(), "t-rest") << theme.dump();
        EXPECT_DOUBLE_EQ(found.relevance, 0) << "no theme is the clearer for it";
        EXPECT_TRUE(found.insights["feature_requests"].items().at(0)["theme"].is_null())
            << "what the model made of it stays";
    }
    EXPECT_EQ(read_item("theme_confidence", 0.79).items.at(0)["theme_id"].as_string(), "t-rest");
    EXPECT_EQ(read_item("theme_confidence", 0.8).items.at(0)["theme_id"].as_string(), "t-map")
        << "a theme that fits goes before it";
    EXPECT_EQ(reason(read_item("quote", "We will cancel tomorrow")), "unverified_quote")
        << "it takes nothing that nobody said";
}

TEST(Extraction, AnItemWhoseQuoteNobodySaidWaitsForAPerson) {
    for (auto quote : {"We will cancel tomorrow if you do not act", "", "filter"}) {
        Extraction found = read_item("quote", quote);
        EXPECT_EQ(reason(found), "unverified_quote") << quote;
        EXPECT_EQ(found.quotes_total, 1);
        EXPECT_EQ(found.quotes_verified, 0);
    }
    EXPECT_EQ(
        read_item("quote", "we will cancel tomorrow").insights["feature_requests"].items().size(),
        1u)
        << "and is seen all the same";
    Extraction repaired = read_item("quote", "i wish we could FILTER the map, by team");
    EXPECT_EQ(repaired.items.at(0)["quote_status"].as_string(), "repaired");
    EXPECT_EQ(repaired.items.at(0)["quote"].as_string(), "I wish we could filter the map by team,");
    EXPECT_EQ(repaired.quotes_verified, 1);
}

TEST(Extraction, AnItemWithoutTitleIsDroppedAndSaidSo) {
    for (const Json& title : {Json(), Json(""), Json("  \n"), Json(5), Json(Json::Array{"x"})}) {
        Extraction found = read_item("title", title);
        EXPECT_TRUE(found.items.empty() && found.unmatched.empty());
        ASSERT_EQ(found.problems.size(), 1u);
        EXPECT_NE(found.problems[0].find("feature_requests"), std::string::npos);
    }
}

TEST(Extraction, UrgencyIsOneOfFourWords) {
    auto urgency = [](const char* key, Json value) {
        return read_item(key, std::move(value)).items.at(0)["urgency"].as_string();
    };
    EXPECT_EQ(urgency("urgency", "CRITICAL"), "critical");
    EXPECT_EQ(urgency("urgency", " low "), "low");
    for (const Json& other :
         {Json("asap"), Json(3), Json(), Json(std::string(10'000, 'x')), Json::array()})
        EXPECT_EQ(urgency("urgency", other), "medium");
    Json bug = one_item();
    std::erase_if(bug.as_object(),
                  [](const Json::Member& member) { return member.first == "urgency"; });
    bug.set("severity", "low");
    EXPECT_EQ(read(Json(Json::Object{{"bug_reports", Json::Array{bug}}}).dump())
                  .items.at(0)["urgency"]
                  .as_string(),
              "low");
}

TEST(Extraction, ConfidenceIsANumberFromZeroToOne) {
    auto confidence = [](Json value) {
        Extraction found = read_item("theme_confidence", std::move(value));
        return (found.items.empty() ? found.unmatched : found.items)
            .at(0)["theme_confidence"]
            .as_number();
    };
    EXPECT_DOUBLE_EQ(confidence(7), 1);
    EXPECT_DOUBLE_EQ(confidence(-3), 0);
    EXPECT_DOUBLE_EQ(confidence(Json::parse("1e300")), 1);
    for (const Json& other :
         {Json("0.9"), Json(), Json(true), Json("NaN"), Json::array(), Json::object()})
        EXPECT_DOUBLE_EQ(confidence(other), 0);
}

TEST(Extraction, LengthsAreBounded) {
    Extraction found = read_item("title", std::string(1'000'000, 'x'));
    EXPECT_LE(found.items.at(0)["title"].as_string().size(), 1000u);
    found = read_item("description", "\u00E9" + std::string(1'000'000, 'y') + "\u00E9");
    EXPECT_LE(found.items.at(0)["description"].as_string().size(), 10'000u);
    found = read_item("quote", std::string(1'000'000, 'z'));
    EXPECT_LE(found.unmatched.at(0)["quote"].as_string().size(), 10'000u);
    std::string accents;
    for (int i = 0; i < 5000; ++i) accents += "\u00E9\u20AC\U0001F600";
    for (auto key : {"title", "description", "quote", "theme"})
        EXPECT_EQ(sanitize_utf8(read_item(key, accents).insights.dump()).repairs, 0u)
            << "cut between characters";
}

TEST(Extraction, TenThousandItemsAreCutToAFewAndSaidSo) {
    Json::Array many(10'000, one_item());
    Extraction found =
        read(Json(Json::Object{{"feature_requests", many}, {"pain_points", many}}).dump());
    EXPECT_LE(found.items.size(), 200u);
    EXPECT_GT(found.items.size(), 0u);
    ASSERT_EQ(found.problems.size(), 2u);
    Json::Array phrases(10'000, Json("phrase"));
    EXPECT_LE(
        read(Json(Json::Object{{"topics", phrases}}).dump()).insights["topics"].items().size(),
        200u);
}

TEST(Extraction, SentimentAndWordsAroundItAreRead) {
    Extraction found = read(
        R"({"sentiment":{"overall":"Mixed","score":-0.25},"summary":" short ","language":"en","intent":"renewal",
                               "topics":["maps","",5,null," exports "],"action_items":["call back"]})");
    const Json& insights = found.insights;
    EXPECT_EQ(insights["sentiment"]["overall"].as_string(), "mixed");
    EXPECT_DOUBLE_EQ(insights["sentiment"]["score"].as_number(), -0.25);
    EXPECT_EQ(insights["summary"].as_string(), "short");
    EXPECT_EQ(insights["language"].as_string(), "en");
    EXPECT_EQ(insights["intent"].as_string(), "renewal");
    EXPECT_EQ(insights["topics"].dump(), R"(["maps","exports"])");
    EXPECT_EQ(insights["action_items"].dump(), R"(["call back"])");
    EXPECT_DOUBLE_EQ(
        read(R"({"sentiment":{"score":-9}})").insights["sentiment"]["score"].as_number(), -1);
}

TEST(Extraction, AnEmptyObjectGivesEveryListAndNoItem) {
    Extraction found = read("{}");
    for (auto list : {"feature_requests", "bug_reports", "pain_points", "topics", "action_items",
                      "concerns", "requests", "feedback", "preferences"})
        EXPECT_EQ(found.insights[list].dump(), "[]") << list;
    EXPECT_EQ(found.insights["sentiment"]["overall"].as_string(), "neutral");
    EXPECT_TRUE(found.items.empty() && found.unmatched.empty() && found.problems.empty());
}

TEST(Extraction, OnlyWhatIsNoObjectIsAFailure) {
    for (auto answer : {"", "null", "[]", "5", "\"{}\"", "I cannot help with that.",
                        "```json\n{}\n```", R"({"feature_requests":[)", "{} and more"}) {
        Error error = failure_of([&] { read(answer); });
        EXPECT_EQ(error.kind, ErrorKind::protocol) << answer;
    }
    EXPECT_EQ(failure_of([] { read("my secret words"); }).message.find("secret"), std::string::npos)
        << "the model's words are not repeated";
}

TEST(Extraction, BadCharactersInAnAnswerAreReplaced) {
    Extraction found = read(
        "{\"feature_requests\":[{\"title\":\"a\\u0000b\\ud800c\xFF\",\"quote\":\"filter the map by "
        "team\",\"theme\":\"t-map\",\"theme_confidence\":1}]}");
    EXPECT_EQ(found.items.at(0)["title"].as_string(), "a\uFFFDb\uFFFDc\uFFFD");
}

// Every part of an answer replaced by every type of value: nothing may throw, and the shape stays.
TEST(Extraction, WrongTypesAnywhereDoNoHarm) {
    const Json whole = Json::parse(
        R"({"feature_requests":[{"title":"t","description":"d","urgency":"low","theme":"t-map","theme_confidence":1,
        "quote":"filter the map by team"}],"bug_reports":[{"title":"b","severity":"low"}],"pain_points":[{"title":"p"}],
        "sentiment":{"overall":"mixed","score":1},"summary":"s","language":"en","intent":"i",
        "topics":["a"],"concerns":["b"]})");
    std::vector<std::string> pointers;
    std::function<void(const Json&, const std::string&)> walk = [&](const Json& value,
                                                                    const std::string& at) {
        if (!at.empty()) pointers.push_back(at);
        for (const auto& [key, member] : value.members()) walk(member, at + "/" + key);
        for (std::size_t i = 0; i < value.items().size(); ++i)
            walk(value.items()[i], at + "/" + std::to_string(i));
    };
    walk(whole, "");
    for (const std::string& pointer : pointers)
        for (auto value :
             {"null", "true", "-1", "1e300", "0.5", "18446744073709551616", "\"\"", "\"x\"", "[]",
              "[[[]]]", "[null,1,\"a\",{}]", "{}", R"({"title":"x","0":1})"}) {
            Json answer = whole;
            *const_cast<Json*>(answer.at(pointer)) = Json::parse(value);
            Extraction found = read(answer.dump());
            EXPECT_TRUE(found.insights["feature_requests"].is_array()) << pointer << " = " << value;
            EXPECT_GE(found.quotes_total, found.quotes_verified);
            EXPECT_GE(found.relevance, 0);
            EXPECT_LE(found.relevance, 1);
            for (const Json& item : found.items)
                EXPECT_TRUE(item["theme_id"].is_string() && item["title"].is_string());
            for (const Json& item : found.unmatched) EXPECT_TRUE(item["reason"].is_string());
        }
}

TEST(Extraction, AListThatIsNoListIsSaidToBeDropped) {
    EXPECT_FALSE(read(R"({"feature_requests":{"title":"Filter the map"}})").problems.empty());
    EXPECT_FALSE(read(R"({"bug_reports":"the export crashes"})").problems.empty());
}

// A speaker without a full stop: the quote is cut to the bound in the middle of a word and then not
// found.
TEST(Extraction, ALongQuoteToTheLetterIsVerified) {
    Conversation conversation = call();
    std::string words = "I wish";
    while (words.size() < 3000) words += " somebody listened";
    conversation.turns.push_back({"Dana", {}, {}, words});
    Json item = one_item();
    item.set("quote", words);
    Extraction found = read_extraction(
        Json(Json::Object{{"feature_requests", Json::Array{item}}}).dump(), conversation, 0.8);
    EXPECT_EQ(found.quotes_verified, 1);
}

TEST(Conversation, ComesBackFromJson) {
    Conversation before = call(),
                 after = Conversation::from_json(Json::parse(before.to_json().dump()));
    EXPECT_EQ(after.to_json(), before.to_json());
    EXPECT_TRUE(after.is_insider("Rep"));
    EXPECT_FALSE(after.is_insider("Dana"));
    EXPECT_EQ(after.themes.at(1).id, "t-exp");
    EXPECT_EQ(after.turns.at(1).start_s, 7.5);
    EXPECT_TRUE(Conversation::from_json(
                    Json::parse(R"({"themes":[{"id":"t","name":"Rest","takes_rest":true}]})"))
                    .themes.at(0)
                    .takes_rest);
}

}  // namespace
}  // namespace headway::core
