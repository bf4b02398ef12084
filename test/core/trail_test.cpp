#include "core/conversation/trail.hpp"

#include <gtest/gtest.h>

#include "core/builtin/builtin_extractor.hpp"
#include "core/builtin/builtin_judge.hpp"

namespace headway::core {
namespace {

const std::vector<Theme> kThemes = {
    {"t-bil", "Billing", "Invoices, payments, taxes, discounts"},
    {"t-sch", "Scheduling", "Calendar, dispatch board, drag and drop, routes"}};

Conversation trail(const std::vector<std::string>& lines) {
    std::vector<Turn> turns;
    for (const std::string& line : lines) turns.push_back({{}, double(turns.size()), {}, line});
    Conversation session{"A session", "en", std::move(turns), {}, kThemes};
    session.medium = "events";
    return session;
}

Extraction extract(const Conversation& conversation) {
    return read_extraction(builtin_extract(conversation), conversation, 0.8);
}

TEST(Trail, ALineIsReadByItsParts) {
    auto event = read_trail_line(
        "[00:42] rage click on \"Save invoice\" (3 clicks in 2 s) on /invoices/new");
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, TrailKind::rage_click);
    EXPECT_EQ(event->target, "Save invoice");
    EXPECT_EQ(event->page, "/invoices/new");
    EXPECT_EQ(event->title(), "Rage click on \"Save invoice\" on /invoices/new");
}

TEST(Trail, ATitleIsALineOfItsOwn) {
    for (auto line :
         {"[1:02:03] error click on \"Pay\": TypeError on /pay", "dead click on \"Logo\"",
          "frustrated gesture on /map", "[00:01] console error: x is undefined on /a"}) {
        auto event = read_trail_line(line);
        ASSERT_TRUE(event) << line;
        auto again = read_trail_line(event->title());
        ASSERT_TRUE(again) << event->title();
        EXPECT_EQ(again->title(), event->title());
        EXPECT_EQ(again->subject(), event->subject());
    }
}

TEST(Trail, OtherTextIsNone) {
    for (auto text : {"", "[00:42]", "[00:42] page /invoices", "[00:01] 12 calm events until 00:40",
                      "Bob: I rage click on \"Save\"", "rage clicks are bad",
                      "rage click on \"Save", "dead clicking", "[x] rage click on \"Save\""})
        EXPECT_FALSE(read_trail_line(text)) << text;
}

TEST(TrailExtractor, ARageClickIsAPainPointProvedByItsLine) {
    std::string line = "[00:42] rage click on \"Save invoice\" (3 clicks in 2 s) on /invoices/new";
    Extraction found = extract(trail({"[00:00] page /invoices/new", line}));
    ASSERT_EQ(found.insights["pain_points"].items().size(), 1u);
    const Json& pain = found.insights["pain_points"].items()[0];
    EXPECT_EQ(pain["quote"].as_string(), line);
    EXPECT_EQ(pain["quote_status"].as_string(), "verified");
    EXPECT_EQ(pain["quote_start_s"].as_number(), 1);
    EXPECT_FALSE(pain.find("speaker")) << "nobody said it";
    EXPECT_EQ(pain["theme"].as_string(), "Billing");
    EXPECT_EQ(found.insights["sentiment"]["overall"].as_string(), "negative");
}

TEST(TrailExtractor, TroubleOfOneKindOnOneTargetIsOneItem) {
    std::string click = "rage click on \"Save invoice\" (4 clicks in 2 s) on /invoices";
    Extraction found = extract(trail({"[00:01] " + click, "[00:09] " + click, "[00:20] " + click}));
    ASSERT_EQ(found.insights["pain_points"].items().size(), 1u);
    EXPECT_EQ(found.insights["pain_points"].items()[0]["urgency"].as_string(), "high");
    EXPECT_NEAR(found.insights["sentiment"]["score"].as_number(), -0.9, 1e-9);
}

TEST(TrailExtractor, AClickThatRaisesAnErrorIsABug) {
    Extraction found = extract(trail({"[00:05] error click on \"Pay\": TypeError on /payments"}));
    EXPECT_EQ(found.insights["bug_reports"].items().size(), 1u);
    EXPECT_EQ(found.insights["pain_points"].items().size(), 0u);
}

TEST(TrailExtractor, WhatIsNothingToMendIsNoItem) {
    Extraction found = extract(
        trail({"[00:00] page /invoices", "[00:01] dead click on \"Logo\" on /invoices",
               "[00:02] rage click on /invoices", "[00:03] console error: oops on /invoices",
               "[00:04] 30 calm events until 03:00"}));
    EXPECT_EQ(found.quotes_total, 0) << "a single dead click, no name, no click";
    EXPECT_EQ(extract(trail({})).insights["sentiment"]["overall"].as_string(), "neutral");
    EXPECT_EQ(extract(trail({"[00:01] dead click on \"Logo\"", "[00:02] dead click on \"Logo\""}))
                  .quotes_total,
              1)
        << "a second one is a pain";
}

TEST(TrailExtractor, WhatATargetSaysIsNotHeard) {
    Extraction found =
        extract(trail({"[00:01] rage click on \"I wish we could export invoices to Excel\" on /x",
                       "[00:02] page /I wish we could export invoices to Excel"}));
    EXPECT_EQ(found.insights["feature_requests"].items().size(), 0u);
    EXPECT_EQ(found.insights["pain_points"].items().size(), 1u);
}

TEST(TrailExtractor, AWishInATrailIsDroppedWhoeverReadsIt) {
    Conversation session = trail({"[00:01] rage click on \"Save\" on /invoices"});
    std::string made_up =
        R"({"feature_requests": [{"title": "Save better", "quote": "rage click on \"Save\""}]})";
    Extraction found = read_extraction(made_up, session, 0.8);
    EXPECT_EQ(found.quotes_total, 0);
    EXPECT_EQ(found.problems.size(), 1u);
    session.medium = "";
    EXPECT_EQ(read_extraction(made_up, session, 0.8).quotes_total, 1);
}

Json judge(const std::string& title, const std::string& known) {
    MatchQuestion question;
    question.type = "pain_point";
    question.item.title = title;
    question.item.quotes = {"[00:01] " + title};
    question.candidates.push_back({});
    question.candidates[0].id = "f1";
    question.candidates[0].title = known;
    question.candidates[0].quotes = {"[07:31] " + known};
    return Json::parse(builtin_judge(question));
}

TEST(TrailExtractor, TheSameTargetIsTheSamePainAndAnotherOneIsNot) {
    std::string save = "rage click on \"Save invoice\" on /invoices/new";
    EXPECT_TRUE(
        judge(save, "dead click on \"Save invoice\" on /invoices/new")["is_duplicate"].as_bool());
    EXPECT_FALSE(
        judge(save, "rage click on \"Delete customer\" on /customers")["is_duplicate"].as_bool());
}

}  // namespace
}  // namespace headway::core
