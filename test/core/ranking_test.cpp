#include "core/matching/ranking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace headway::core {
namespace {

const Terms kEnglish("english");

std::vector<Document> features() {
    return {{"f0", "Dark theme for the tablet app", "Our night shift asks for darker colours."},
            {"f1", "Export timesheets to Excel", "Payroll copies hours by hand today."},
            {"f2", "Export invoices as PDF", "Customers want a document they can print."},
            {"f3", "Remind customers of their appointment", "A text message on the day before."},
            {"f4", "Calendar shows public holidays", "Dispatchers plan visits on closed days."},
            {"f5", "Search finds names with umlauts",
             "M\u00FCller is not found when typed as Mueller."},
            {"f6", "Attach photos to a job", "Technicians take pictures of meters and seals."},
            {"f7", "Offline map for rural areas", "There is no signal in the valleys."},
            {"f8", "Undo for merged customers", "A wrong merge costs an afternoon."},
            {"f9", "Two price lists per contract", "Night work is billed at another rate."}};
}

std::vector<std::string> ranked_ids(const Ranker& ranker, const Document& query,
                                    std::size_t count = 100) {
    std::vector<std::string> ids;
    for (const Ranked& ranked : ranker.rank(query, count))
        ids.push_back(ranker.documents()[ranked.document].id);
    return ids;
}

TEST(Ranking, AnExactDuplicateComesFirst) {
    Ranker ranker(features(), kEnglish);
    for (const Document& feature : features()) {
        Document query{"", feature.title, feature.description};
        auto ranked = ranker.rank(query, 3);
        ASSERT_FALSE(ranked.empty());
        EXPECT_EQ(ranker.documents()[ranked[0].document].id, feature.id);
        EXPECT_NEAR(ranked[0].ngrams, 1, 1e-3) << "the same text has the same vector";
    }
}

TEST(Ranking, OtherFormsAndMisspellingsAreFound) {
    Ranker ranker(features(), kEnglish);
    EXPECT_EQ(ranked_ids(ranker, {"", "exporting the timesheet", ""})[0], "f1");
    EXPECT_EQ(ranked_ids(ranker, {"", "kalendar holliday", ""})[0], "f4") << "by their letters";
    EXPECT_EQ(ranked_ids(ranker, {"", "reminders for appointments", ""})[0], "f3");
}

TEST(Ranking, ARareWordOutweighsACommonOne) {
    std::vector<Document> documents;
    for (int i = 0; i < 50; ++i)
        documents.push_back({"c" + std::to_string(i), "report number", ""});
    documents.push_back({"rare", "zebra number", ""});
    EXPECT_EQ(ranked_ids(Ranker(documents, kEnglish), {"", "report zebra", ""}, 1),
              std::vector<std::string>{"rare"});
}

TEST(Ranking, ATitleOutweighsADescription) {
    Ranker ranker({{"described", "Better planning", "A calendar."},
                   {"titled", "A calendar", "Better planning."}},
                  kEnglish);
    EXPECT_EQ(ranked_ids(ranker, {"", "calendar", ""}),
              (std::vector<std::string>{"titled", "described"}));
}

TEST(Ranking, DocumentsWithNothingInCommonAreLeftOut) {
    Ranker ranker(
        {{"a", "alpha", ""}, {"b", "bravo", ""}, {"none", "", ""}, {"stop", "the and", ""}},
        kEnglish);
    EXPECT_EQ(ranked_ids(ranker, {"", "alpha", ""}), std::vector<std::string>{"a"});
    EXPECT_TRUE(ranker.rank({"", "xyzzy", ""}, 10).empty());
}

TEST(Ranking, NoNgramReachesOverTwoWords) {
    EXPECT_TRUE(Ranker({{"a", "xab cdx", ""}}, kEnglish).rank({"", "bc", ""}, 10).empty());
}

TEST(Ranking, AnEmptyQueryFindsNothing) {
    Ranker ranker(features(), kEnglish);
    for (auto query : {"", "   ", "?!", "\u2026"})
        EXPECT_TRUE(ranker.rank({"", query, query}, 10).empty());
}

TEST(Ranking, EmptySetsAndDocumentsDoNoHarm) {
    EXPECT_TRUE(Ranker({}, kEnglish).rank({"", "anything", ""}, 10).empty());
    Ranker blank({{"a", "", ""}, {"b", " ", ""}}, kEnglish);
    EXPECT_TRUE(blank.rank({"", "anything", ""}, 10).empty());
    Ranker mixed({{"a", "", ""}, {"b", "map", ""}, {"c", "", "map"}}, kEnglish);
    for (const Ranked& ranked : mixed.rank({"", "map", ""}, 10)) {
        EXPECT_TRUE(std::isfinite(ranked.score) && std::isfinite(ranked.bm25) &&
                    std::isfinite(ranked.ngrams));
        EXPECT_NE(ranked.document, 0u);
    }
}

TEST(Ranking, GivesTheBestFirstAndNoMoreThanAskedFor) {
    Ranker ranker(features(), kEnglish);
    Document query{"", "export customers calendar photos map", ""};
    auto all = ranker.rank(query, 100);
    ASSERT_GT(all.size(), 3u);
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_GE(all[i - 1].score, all[i].score);
    for (const Ranked& ranked : all) {
        EXPECT_GT(ranked.score, 0);
        EXPECT_GE(ranked.bm25, 0);
        EXPECT_GE(ranked.ngrams, 0);
        EXPECT_LE(ranked.ngrams, 1 + 1e-6);
    }
    auto few = ranker.rank(query, 3);
    ASSERT_EQ(few.size(), 3u);
    for (std::size_t i = 0; i < few.size(); ++i)
        EXPECT_EQ(few[i].document, all[i].document) << "the cut changes no order";
    EXPECT_TRUE(ranker.rank(query, 0).empty());
}

TEST(Ranking, TiesKeepTheOrderOfTheDocuments) {
    std::vector<Document> documents;
    for (int i = 0; i < 30; ++i)
        documents.push_back(
            {std::to_string(i), i % 3 == 0 ? "Offline map" : "Something else entirely", ""});
    std::vector<std::string> expected;
    for (int i = 0; i < 30; i += 3) expected.push_back(std::to_string(i));
    auto ids = ranked_ids(Ranker(documents, kEnglish), {"", "offline map", ""}, 10);
    EXPECT_EQ(ids, expected);
    EXPECT_EQ(ranked_ids(Ranker(documents, kEnglish), {"", "offline map", ""}, 10), ids)
        << "and again";
}

TEST(Ranking, TheIdSaysNothing) {
    std::vector<Document> renamed = features();
    for (Document& document : renamed) document.id = "offline map";
    auto by_id = Ranker(renamed, kEnglish).rank({"", "offline map", ""}, 10),
         plain = Ranker(features(), kEnglish).rank({"", "offline map", ""}, 10);
    ASSERT_EQ(by_id.size(), plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(by_id[i].document, plain[i].document);
}

TEST(Ranking, AmongTwoThousandDocumentsEachFindsItself) {
    std::mt19937 random(3);
    std::vector<std::string> vocabulary;
    for (int i = 0; i < 3000; ++i) {
        std::string word;
        for (int k = 0; k < 7; ++k) word += static_cast<char>('a' + random() % 26);
        vocabulary.push_back(word);
    }
    auto words = [&](int count) {
        std::string text;
        for (int i = 0; i < count; ++i) text += vocabulary[random() % vocabulary.size()] + ' ';
        return text;
    };
    std::vector<Document> documents;
    for (int i = 0; i < 2000; ++i) documents.push_back({std::to_string(i), words(6), words(40)});
    Ranker ranker(documents, kEnglish);
    for (int i = 0; i < 2000; i += 97) {
        auto ids = ranked_ids(ranker, {"", documents[static_cast<std::size_t>(i)].title, ""}, 20);
        ASSERT_FALSE(ids.empty());
        EXPECT_EQ(ids[0], std::to_string(i));
    }
}

}  // namespace
}  // namespace headway::core
