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

TEST(BuiltinAnalyser, ATimeThatIsOfferedAndTakenIsAnAppointment) {
    constexpr const char* call = R"(A: Oak Clinic, this is Vera.
B: I'd like to ask about a mole.
A: How's the sixth at half past ten?
B: %
A: Okay.)";
    auto category_after = [&](std::string answer) {
        std::string text = call;
        return analysed(text.replace(text.find('%'), 1, answer).c_str()).category;
    };
    EXPECT_EQ(category_after("The sixth is alright."), "consult_scheduled");
    EXPECT_EQ(category_after("That suits me nicely."), "consult_scheduled");
    EXPECT_EQ(category_after("I can't, I'm away all week."), "consult_not_scheduled");
    EXPECT_EQ(category_after("Okay, let me think about it."), "consult_not_scheduled");
}

TEST(BuiltinAnalyser, TheLastWordAboutATimeCounts) {
    EXPECT_EQ(analysed(R"(A: Oak Clinic, this is Vera.
B: I'm thinking about a lift.
A: Would Tuesday at nine be alright?
B: Tuesday, sure.
A: It is four thousand.
B: No, that's too much. I'll let you know.)")
                  .category,
              "consult_not_scheduled");
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

// What is objected by a customer who was told something before.
std::string objected(const std::string& sentence, const std::string& told = "What can I do?") {
    std::string call =
        "A: Thank you for calling.\nB: I'm curious about surgery, what does it cost?\n";
    call += "A: " + told + "\nB: " + sentence + "\nA: I see.\nB: I'll think about it.";
    std::string types;
    for (const Json& objection : analysed(call.c_str()).objections)
        types += (types.empty() ? "" : " ") + objection["type"].as_string();
    return types;
}

TEST(BuiltinAnalyser, ObjectionsAreToldByWhatTheyAreAbout) {
    EXPECT_EQ(objected("The thought of a needle makes me queasy."), "safety-risk");
    EXPECT_EQ(objected("We're still paying off a mortgage."), "cost-value");
    EXPECT_EQ(objected("My boss would never let me go."), "timing");
    EXPECT_EQ(objected("I'd die of shame, everyone would see it."), "social-concerns");
    EXPECT_EQ(objected("You people only want to sell me something."), "provider-trust");
    EXPECT_EQ(objected("I've heard it all comes back."), "results-skepticism");
    EXPECT_EQ(objected("I'm on the fence."), "other");
}

TEST(BuiltinAnalyser, AnObjectionWithoutASubjectIsToWhatWasSaid) {
    EXPECT_EQ(objected("Ouch.", "That is four thousand dollars."), "cost-value");
    EXPECT_EQ(objected("Goodness.", "It takes six weeks until you can work."), "timing");
    EXPECT_EQ(objected("Ouch."), "");
}

TEST(BuiltinAnalyser, ContentmentAndDenialAreNoObjection) {
    EXPECT_EQ(objected("I'm not bothered about pain."), "");
    EXPECT_EQ(objected("The money isn't an issue."), "");
    EXPECT_EQ(objected("That's a good price, thanks.", "It is four hundred."), "");
    EXPECT_EQ(objected("How long does it take?"), "") << "a question for facts";
}

TEST(BuiltinAnalyser, WhereNothingWasOfferedNothingIsObjectedTo) {
    Analysis found = analysed(R"(A: Oak Clinic, this is Vera.
B: I need a refill of my drops. I'm afraid I lost them.
A: It's at the pharmacy.)");
    EXPECT_EQ(found.category, "other_question");
    EXPECT_TRUE(found.objections.empty());
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
