#include "core/matching/search.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/matching/ranking.hpp"

namespace headway::core {
namespace {

const Terms kEnglish("english");

std::vector<Document> documents(int count) {
    std::mt19937 random(7);
    const char* words[] = {"export", "report", "calendar", "invoice", "photo",  "offline",
                           "map",    "login",  "reminder", "price",   "search", "printer"};
    std::vector<Document> made;
    for (int i = 0; i < count; ++i) {
        std::string title;
        for (int k = 0; k < 4; ++k) title += std::string(words[random() % 12]) + ' ';
        made.push_back({std::to_string(i), title + "n" + std::to_string(i), "About " + title});
    }
    return made;
}

Search searched(const Document& query, const std::vector<Segment>& segments) {
    Search search(query, kEnglish);
    for (const Segment& segment : segments) search.count(segment);
    search.weigh();
    return search;
}

std::vector<Segment> parts(const std::vector<Document>& all, std::size_t size) {
    std::vector<Segment> segments;
    for (std::size_t from = 0; from < all.size(); from += size)
        segments.emplace_back(std::span(all).subspan(from, size), kEnglish);
    return segments;
}

TEST(Search, SegmentsTogetherKnowWhatOneWouldKnow) {
    auto all = documents(300);
    Document query{"", "offline map for the printer", ""};
    Search one = searched(query, parts(all, 300)), many = searched(query, parts(all, 100));
    EXPECT_EQ(one.frequencies().documents, many.frequencies().documents);
    EXPECT_EQ(one.frequencies().of, many.frequencies().of);
}

TEST(Search, ADocumentScoresNearlyTheSameWhateverSegmentItIsIn) {
    auto all = documents(300);
    for (int i = 0; i < 300; i += 37) {
        const Document& query = all[static_cast<std::size_t>(i)];
        auto whole = parts(all, 300), split = parts(all, 100);
        Board in_one = searched(query, whole).read(whole[0]);
        Board in_part = searched(query, split).read(split[static_cast<std::size_t>(i / 100)]);
        auto at = static_cast<std::size_t>(i);
        EXPECT_NEAR(in_part.bm25[at % 100] / in_one.bm25[at], 1, 0.02);
        EXPECT_NEAR(in_part.ngrams[at % 100] / in_one.ngrams[at], 1, 0.05);
    }
}

TEST(Search, TheBestByTermsAndByNgramsAreHitsInTheOrderOfTheDocuments) {
    auto all = documents(300);
    auto segments = parts(all, 100);
    Search search = searched(all[150], segments);
    std::vector<Board> boards;
    for (const Segment& segment : segments) boards.push_back(search.read(segment));
    auto hits = best_hits(boards, 5);
    EXPECT_GE(hits.size(), 5u);
    EXPECT_LE(hits.size(), 10u);
    bool holds_itself = false;
    for (std::size_t i = 0; i < hits.size(); ++i) {
        holds_itself |= hits[i].board == 1 && hits[i].document == 50;
        if (i > 0) {
            EXPECT_LT(std::pair(hits[i - 1].board, hits[i - 1].document),
                      std::pair(hits[i].board, hits[i].document));
        }
    }
    EXPECT_TRUE(holds_itself);
    EXPECT_TRUE(best_hits(boards, 0).empty());
}

TEST(Search, TheCommonestKeysAreNotReadWhenThatWouldTakeLong) {
    Search search({"", "zebra report", ""}, kEnglish);
    std::vector<Key> terms;
    for (Key key : search.keys())
        if (!is_ngram(key)) terms.push_back(key);
    ASSERT_EQ(terms.size(), 2u);
    search.count(Frequencies{10'000'000, {{terms[0], 12}, {terms[1], 9'000'000}}});
    search.weigh();
    EXPECT_NE(search.find(terms[0]), nullptr);
    EXPECT_EQ(search.find(terms[1]), nullptr);
}

TEST(Search, AKeyThatNoDocumentHasIsNotWanted) {
    auto segments = parts(documents(10), 10);
    Search search = searched({"", "zebra", ""}, segments);
    for (Key key : search.keys())
        if (!is_ngram(key)) {
            EXPECT_EQ(search.find(key), nullptr);
        }
}

TEST(Search, WhatIsKnownSurvivesJson) {
    Frequencies known{7, {{-3, 2}, {9'000'000'000'000'000'001, 5}}};
    Frequencies read = Frequencies::from_json(Json::parse(known.to_json().dump()));
    EXPECT_EQ(read.documents, 7);
    EXPECT_EQ(read.of, known.of);
    EXPECT_EQ(Frequencies::from_json(Json()).documents, 0);
}

TEST(Search, APostingOfADocumentThatTheSegmentHasNotIsLeftOut) {
    Board board(2);
    std::vector<Posting> spoilt{{1, 100}, {900, 100}};
    board.read({2, 1}, spoilt);
    EXPECT_GT(board.bm25[1], 0);
}

TEST(Segment, AnEmptyOneHasNothing) {
    Segment segment({}, kEnglish);
    EXPECT_EQ(segment.documents(), 0u);
    EXPECT_TRUE(segment.keys().empty());
    EXPECT_TRUE(segment.postings_of(2).empty());
}

TEST(Segment, AcronymsOneWordTitlesAndOtherScriptsAreFound) {
    std::vector<Document> all{{"0", "SSO", ""},
                              {"1", "日历同步失败", ""},
                              {"2", "Экспорт отчётов", ""},
                              {"3", "Kalenderansicht", ""},
                              {"4", "CSV", ""},
                              {"5", "a", ""}};
    Ranker ranker(all, kEnglish);
    const std::pair<const char*, std::size_t> expected[] = {
        {"sso", 0}, {"日历", 1}, {"экспорт", 2}, {"Kalenderansichten", 3}, {"the CSV", 4}};
    for (auto [query, found] : expected) {
        auto ranked = ranker.rank({"", query, ""}, 1);
        ASSERT_FALSE(ranked.empty()) << query;
        EXPECT_EQ(ranked[0].document, found) << query;
    }
}

}  // namespace
}  // namespace headway::core
