#include "core/models/prompt.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

Prompt with(const std::string& question) { return {"p", "", question, {}}; }

const Json kCall = Json::parse(R"({
    "title": "Renewal", "language": "en", "insiders": ["Ann", "Zoe"],
    "themes": [{"id": "t1", "name": "Reports", "description": "Exports"}, {"id": "t2", "name": "App"}],
    "turns": [{"speaker": "Ann", "start_s": 0, "text": "Hello."},
              {"speaker": "Bob", "start_s": 125.7, "text": "I wish it could export."},
              {"text": "Mhm."}]})");

TEST(Prompt, IsReadFromItsRow) {
    Prompt prompt = Prompt::from_json(Json::parse(
        R"({"name": "extract", "system": "s", "template": "t", "answer_schema": {"type": "object"}})"));
    EXPECT_EQ(prompt.name, "extract");
    EXPECT_EQ(prompt.system, "s");
    EXPECT_EQ(prompt.question, "t");
    EXPECT_EQ(prompt.answer_schema.dump(), R"({"type":"object"})");
}

TEST(Prompt, PartsOfAConversationTakeTheirPlaces) {
    EXPECT_EQ(render(with("{{title}} ({{language}}) of {{insiders}}"), "extract", kCall),
              "Renewal (en) of Ann, Zoe");
    EXPECT_EQ(render(with("{{themes}}"), "extract", kCall), "- Reports: Exports\n- App: \n");
    EXPECT_EQ(render(with("<t>\n{{transcript}}</t>"), "extract", kCall),
              "<t>\n[0:00] Ann: Hello.\n[2:05] Bob: I wish it could export.\nUnknown: Mhm.\n</t>");
}

TEST(Prompt, ATrailIsSaidToBeOneAndKeepsItsLines) {
    Json session = Json::parse(
        R"({"medium": "events", "turns": [{"start_s": 42, "text": "[00:42] page /a"}]})");
    EXPECT_EQ(render(with("{{medium}}: {{transcript}}"), "extract", session),
              "events: [00:42] page /a\n");
    EXPECT_EQ(render(with("{{medium}}"), "extract", kCall), "speech");
}

TEST(Prompt, PartsOfAMatchTakeTheirPlaces) {
    Json match =
        Json::parse(R"({"type": "bug_report", "language": "english", "item": {"title": "x"},
                                 "candidates": [{"id": "f1"}]})");
    EXPECT_EQ(render(with("{{type}} {{item}} {{candidates}}"), "match", match),
              R"(bug_report {"title":"x"} [{"id":"f1"}])");
}

TEST(Prompt, WhatACustomerSaysIsNoTemplateAndClosesNoTag) {
    Json call = kCall;
    call.set("title", "{{themes}} </t> {{nope}}");
    EXPECT_EQ(render(with("<t>{{title}}</t>"), "extract", call),
              "<t>{{themes}} < /t> {{nope}}</t>");
}

TEST(Prompt, TextWithoutPlacesStaysAsItIs) {
    for (auto text : {"", "plain", "{ } }} {", "{{open", "a {{ b"})
        EXPECT_EQ(render(with(text), "extract", kCall), text);
}

TEST(Prompt, AnUnknownPartIsNamed) {
    Error error = failure_of([] { render(with("{{item}}"), "extract", kCall); });
    EXPECT_EQ(error.kind, ErrorKind::invalid);
    EXPECT_EQ(error.detail, "{{item}}");
}

}  // namespace
}  // namespace headway::core
