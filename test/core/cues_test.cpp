#include "core/builtin/cues.hpp"

#include <gtest/gtest.h>

#include "core/builtin/concepts.hpp"

namespace headway::core {
namespace {

Cue cue_of(const std::string& sentence) { return find_cue(spoken(sentence).words); }

void expect_kind(CueKind kind, std::initializer_list<const char*> sentences) {
    for (auto sentence : sentences) {
        Cue cue = cue_of(sentence);
        EXPECT_EQ(cue.kind, kind) << sentence;
        if (kind == CueKind::none) continue;
        EXPECT_GT(cue.weight, 0) << sentence;
        EXPECT_LE(cue.weight, 1) << sentence;
        EXPECT_LT(cue.last, spoken(sentence).words.size()) << sentence;
    }
}

TEST(Cues, WishesAreHeard) {
    expect_kind(CueKind::request,
                {"I wish the planner could remember my last filter.",
                 "We would love to see a weekly summary by mail.",
                 "It would be great if invoices carried our own logo.",
                 "Is there any way to lock a finished timesheet?",
                 "Could you add a button that copies yesterday's route?",
                 "Do you have any plans to support Portuguese?",
                 "Please add a keyboard shortcut for closing a ticket.",
                 "What we really need is a read-only role for accountants.",
                 "Is it possible to sort the list by distance?",
                 "It'd be really helpful if the map showed traffic.",
                 "I'd like to be able to merge two customers.",
                 "Can you make the buttons bigger for gloves?",
                 "A dark theme would be wonderful for our night shift.",
                 "Any chance you could let us rename the columns?",
                 "The one thing I would ask for is an undo button.",
                 "We need a way to undo a merge.", "Can the report be sent to two people?"});
}

TEST(Cues, DefectsAreHeard) {
    expect_kind(CueKind::bug, {"The app crashes whenever I open a job with photos.",
                               "The invoice shows the wrong total when a discount applies.",
                               "Every morning I get an error message when I log in.",
                               "The import stopped working after the update.",
                               "Search does not work for names with an umlaut.",
                               "Each reminder goes out twice to the same person.",
                               "My draft disappears when I switch tabs.",
                               "The signature pad is broken on the new tablet.",
                               "The clock is an hour off since the weekend.",
                               "It creates duplicate contacts on every sync."});
}

TEST(Cues, ComplaintsAreHeard) {
    expect_kind(
        CueKind::pain,
        {"Opening a large order takes forever.", "The dashboard is painfully slow on Mondays.",
         "We waste two hours a day copying numbers by hand.",
         "Getting a report takes way too many clicks.",
         "It is really frustrating to type the address again.", "We are drowning in notifications.",
         "The monthly closing is a nightmare for my bookkeeper.",
         "It drives me crazy that I have to log in five times.", "Finding an old quote is a pain.",
         "It's tedious to click through every page."});
}

TEST(Cues, WhatIsSolvedOrPastOrPoliteCarriesNone) {
    expect_kind(CueKind::none, {"We talked about the weather and the holidays.",
                                "Thanks for fixing the export so quickly.",
                                "The crash we reported last month is gone.",
                                "That bug has been fixed since the last release.",
                                "Could you send me the slides after the call?",
                                "I wish you all a nice weekend.",
                                "Let me know if you need anything else.",
                                "We don't need the fax gateway any more.",
                                "We used to lose hours on this, not anymore.",
                                "In our old system the search was painfully slow.",
                                "Can you hear me now?",
                                "Our company has forty technicians in three cities.",
                                "The new calendar is lovely, honestly.",
                                "I'd like to thank your team for the training.",
                                "The demo takes about ten minutes.",
                                "We moved to a bigger office last week.",
                                "You would love the view from our terrace.",
                                "I have no complaints at all.",
                                "They need a new roof on the warehouse.",
                                "Is there any coffee left?",
                                "Last year we had a wrong total on every invoice.",
                                "",
                                "Yes."});
}

TEST(Cues, FillersDoNotHideAComplaint) {
    expect_kind(CueKind::pain,
                {"The search is so slow that we gave up.",
                 "The setup was so confusing that we gave up.", "Loading is really slow.",
                 "The wizard is really cumbersome.", "The editor was so annoying."});
}

TEST(Cues, RequestsOfTheMomentCarryNone) {
    expect_kind(CueKind::none,
                {"Could you repeat that please?", "I would love to join you for lunch.",
                 "I need a minute to find my charger."});
}

TEST(Cues, EverydaySpeechIsHeard) {
    expect_kind(
        CueKind::request,
        {"We're missing a way to attach drawings to a quote.",
         "Is an integration with our fleet tracker planned?",
         "Are you planning to support passkeys?", "Would it be possible to export the audit log?",
         "It would help us a lot if drivers saw the gate code.",
         "We'd really like a calendar view.", "Why can't I duplicate a template?",
         "How about a shortcut for repeating an order?"});
    expect_kind(CueKind::bug, {"The print button doesn't do anything.",
                               "Uploading a photo fails every single time.",
                               "The page is blank after I save the form.",
                               "The VAT is calculated incorrectly on credit notes.",
                               "The tablet freezes as soon as I scan a barcode."});
    expect_kind(CueKind::pain, {"I lose an hour every Friday on the payroll file.",
                                "We spend half the morning retyping orders."});
}

TEST(Cues, TheStrongestOfASentenceIsGiven) {
    Cue weak = cue_of("We would like to see the map."),
        both = cue_of("We would like to see the map, I wish it were bigger.");
    EXPECT_GE(both.weight, weak.weight);
    EXPECT_EQ(both.kind, CueKind::request);
}

TEST(Cues, APhraseSaysItsOwnWordsOnly) {
    Cue cue = cue_of("Is there any way to lock a finished timesheet?");
    EXPECT_TRUE(cue.says("any"));
    EXPECT_FALSE(cue.says("timesheet"));
    EXPECT_FALSE(cue.says(""));
}

TEST(Cues, LongAndRepetitiveSentencesAreRead) {
    std::string talk;
    for (int i = 0; i < 5000; ++i) talk += "would it be could we would the ";
    EXPECT_EQ(cue_of(talk + "i wish").kind, CueKind::request);
}

TEST(WishWords, OnlyExpressTheWish) {
    for (auto word : {"love", "support", "use", "want", "ask", "wish"})
        EXPECT_TRUE(is_wish_word(word)) << word;
    for (auto word : {"export", "map", "", "crash"}) EXPECT_FALSE(is_wish_word(word)) << word;
}

TEST(Confirmation, AReplyMayTellThatSomethingExists) {
    auto confirms = [](const char* reply) { return confirms_existing(spoken(reply).words); };
    for (auto reply : {"Yes, you can, it's under settings.", "It is already there.",
                       "That exists, let me show you.", "There is one in the menu.",
                       "You'll find it in the settings."})
        EXPECT_TRUE(confirms(reply)) << reply;
    for (auto reply : {"No, not yet.", "Unfortunately there is no such button.",
                       "I'm afraid it is not possible.", "I will write that down.", "",
                       "We have not built that."})
        EXPECT_FALSE(confirms(reply)) << reply;
}

TEST(Spoken, ContractionsAreSpelledOutAndFillersLeftOut) {
    EXPECT_EQ(spoken("Um, we'd actually LIKE it, but it doesn\u2019t work.").words,
              (std::vector<std::string>{"we", "would", "like", "it", "but", "it", "does", "not",
                                        "work"}));
    EXPECT_TRUE(spoken("  \u2026 ").words.empty());
}

TEST(Spoken, EachWordKnowsItsPlaceInTheText) {
    for (std::string text :
         {"Um, we'd like caf\u00E9s \u2014 can't we?", "\u00C4rger, oh!", "a", "x'y"}) {
        Spoken said = spoken(text);
        ASSERT_EQ(said.begin.size(), said.words.size());
        ASSERT_EQ(said.end.size(), said.words.size());
        for (std::size_t i = 0; i < said.words.size(); ++i) {
            ASSERT_LT(said.begin[i], said.end[i]);
            ASSERT_LE(said.end[i], text.size());
            std::vector<std::string> alone =
                spoken(text.substr(said.begin[i], said.end[i] - said.begin[i])).words;
            EXPECT_NE(std::find(alone.begin(), alone.end(), said.words[i]), alone.end())
                << said.words[i];
        }
    }
}

}  // namespace
}  // namespace headway::core
