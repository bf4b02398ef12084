#include "core/builtin/relevance.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

Conversation call(std::initializer_list<Turn> turns) {
    Conversation conversation;
    conversation.turns = turns;
    conversation.insiders = {"Ann"};
    conversation.themes = {{"t1", "Reporting & exports", "Reports, dashboards, exports to Excel"}};
    return conversation;
}

double relevance(const std::string& said) {
    return relevance_of(call(
        {{"Ann", {}, {}, "Good morning, how can I help you with this?"}, {"Bob", {}, {}, said}}));
}

TEST(Relevance, SmallTalkIsWorthNoModel) {
    for (const char* said :
         {"Hi Ann, this is Bob. I am on the train, so I will call you back in the afternoon, and "
          "then we can talk about it. Have a good day, and say hello to the team.",
          "Thank you so much. We will be there on Friday at ten, and I will bring the papers that "
          "you sent to me. See you then, and have a great weekend with the kids."})
        EXPECT_EQ(relevance(said), 0) << said;
}

TEST(Relevance, WhatSoundsLikeAWishOrTroubleIsRead) {
    const std::string rest = " And then we went to the office, as it was the day of the visit.";
    for (const char* said : {"I wish we could export the list.", "It crashes.", "It is so slow.",
                             "The numbers on the invoice are wrong again.", "We are stuck with it.",
                             "My people hate the new screen.", "You should see how they do that."})
        EXPECT_GE(relevance(said + rest), 0.4) << said;
}

TEST(Relevance, ASentenceAboutAThemeIsEnough) {
    EXPECT_GE(relevance("We open the dashboard and the exports in Excel each and every morning, "
                        "and then it is what it is for us all."),
              0.4);
}

TEST(Relevance, WhatCannotBeJudgedIsRead) {
    EXPECT_EQ(relevance("OK, bye."), 1) << "too short to tell";
    EXPECT_EQ(relevance("Guten Tag, ich bin im Zug und rufe Sie am Nachmittag zurück, und dann "
                        "können wir es in Ruhe besprechen. Grüßen Sie das Team von uns."),
              1)
        << "its cues are English";
    EXPECT_EQ(relevance_of(call({})), 1);
}

TEST(Relevance, WhatColleaguesSayDoesNotCount) {
    Conversation conversation =
        call({{"Ann", {}, {}, "I wish it would crash less often, and the export is slow for you."},
              {"Bob",
               {},
               {},
               "We are all here and it is a day like any other for the team, so "
               "let us begin with the plan of the day."}});
    EXPECT_EQ(relevance_of(conversation), 0);
}

TEST(Relevance, ATrailIsReadWhenItTellsOfTrouble) {
    Conversation trail = call({{"", 0.0, {}, "[00:01] page /invoices"}});
    trail.medium = "events";
    EXPECT_EQ(relevance_of(trail), 0);
    trail.turns.push_back({"", 42.0, {}, "[00:42] rage click on \"Save\" (3 clicks in 2 s) on /a"});
    EXPECT_EQ(relevance_of(trail), 1);
}

}  // namespace
}  // namespace headway::core
