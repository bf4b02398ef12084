#include "core/builtin/builtin_analyser.hpp"

#include <gtest/gtest.h>

#include "core/conversation/analysis.hpp"

namespace headway::core {
namespace {

Analysis analysed(const char* transcript, std::vector<std::string> insiders = {}) {
    Conversation call;
    call.turns = parse_turns(transcript);
    call.insiders = std::move(insiders);
    return read_analysis(builtin_analyse(call), call);
}

constexpr const char* kImplant = R"(A: Thank you for calling, this is Priya.
B: Hi. I'd like to know about implants, but I'm afraid of the pain.
A: I understand. Dr. Lee uses local anaesthetic, so you won't feel a thing.
B: Good. Friday at noon works for me.
A: Then I have you down for Friday at noon.)";

TEST(BuiltinAnalyser, KnowsAnAppointmentByWhatBothSay) {
    Analysis found = analysed(kImplant);
    EXPECT_EQ(found.category, "consult_scheduled");
    EXPECT_GT(found.confidence, 0.9);
}

TEST(BuiltinAnalyser, FindsTheObjectionAndTheWordsThatMetIt) {
    Analysis found = analysed(kImplant);
    ASSERT_EQ(found.objections.size(), 1u);
    EXPECT_EQ(found.objections[0]["type"].as_string(), "safety-risk");
    ASSERT_EQ(found.objections[0]["overcome"].items().size(), 1u);
    EXPECT_EQ(found.objections[0]["overcome"].items()[0]["quote"].as_string(),
              "Dr. Lee uses local anaesthetic, so you won't feel a thing.")
        << "that somebody listens is no answer";
}

TEST(BuiltinAnalyser, WithoutAnAgreedTimeItIsNoAppointment) {
    Analysis found = analysed(R"(A: Thank you for calling. Would you like to come in on Friday?
B: That's too expensive for me. I'll think about it.
A: Sure.)");
    EXPECT_EQ(found.category, "consult_not_scheduled");
    ASSERT_EQ(found.objections.size(), 1u);
    EXPECT_EQ(found.objections[0]["type"].as_string(), "cost-value");
    EXPECT_TRUE(found.objections[0]["overcome"].items().empty());
}

TEST(BuiltinAnalyser, AnAppointmentThatIsMovedIsNoNewOne) {
    EXPECT_EQ(analysed(R"(A: Hello, how can I help?
B: I have an appointment on Monday and need to move it.
A: I moved you to Tuesday at nine. See you then.)")
                  .category,
              "other_question");
}

TEST(BuiltinAnalyser, WhatThePracticeSaysIsNoObjection) {
    constexpr const char* call = R"(Ann: Hello there, I am calling about braces.
Bob: Some say it is too expensive. Thank you for calling.)";
    EXPECT_TRUE(analysed(call).objections.empty()) << "it is known by how it speaks";
    EXPECT_EQ(analysed(call, {"Ann"}).objections.size(), 1u) << "unless one is told";
}

TEST(BuiltinAnalyser, GivesTheSameAnswerForAnyText) {
    for (const char* text :
         {"", "....", "A:\nB:\nA:", "nobody is named here, and it is expensive"}) {
        Conversation call;
        call.turns = parse_turns(text);
        EXPECT_EQ(builtin_analyse(call), builtin_analyse(call)) << text;
        EXPECT_NO_THROW(read_analysis(builtin_analyse(call), call)) << text;
    }
}

}  // namespace
}  // namespace headway::core
