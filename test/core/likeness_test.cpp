#include "core/matching/likeness.hpp"

#include <gtest/gtest.h>

#include "core/matching/ranking.hpp"

namespace headway::core {
namespace {

using Vector = std::vector<float>;

std::optional<double> cosine_of(const Vector& a, const Vector& b) { return cosine(a, b); }

TEST(Cosine, IsThatOfTheAngle) {
    EXPECT_DOUBLE_EQ(*cosine_of({1, 0}, {0, 1}), 0);
    EXPECT_DOUBLE_EQ(*cosine_of({3, 4}, {6, 8}), 1) << "lengths do not matter";
    EXPECT_DOUBLE_EQ(*cosine_of({1, 2}, {-1, -2}), -1);
    EXPECT_NEAR(*cosine_of({1, 1}, {1, 0}), 0.70710678, 1e-8);
}

TEST(Cosine, IsNotToldOfWhatCannotBeCompared) {
    EXPECT_EQ(cosine_of({1, 0}, {1, 0, 0}), std::nullopt) << "two sizes";
    EXPECT_EQ(cosine_of({0, 0}, {1, 0}), std::nullopt) << "no length";
    EXPECT_EQ(cosine_of({}, {}), std::nullopt) << "nothing at all";
}

Document alike(const std::string& id, std::optional<double> cosine) {
    Document document{id, "Feature " + id, ""};
    document.cosine = cosine;
    return document;
}

struct Evident : ::testing::Test {
    std::optional<Judgement> of(std::vector<Document> shortlist, std::vector<Document> more = {}) {
        std::vector<Document> compared = shortlist;
        compared.insert(compared.end(), more.begin(), more.end());
        return evident(shortlist, compared, {.auto_match = 0.9, .auto_new = 0.3});
    }
};

TEST_F(Evident, WhatIsAlikeEnoughIsTheFeature) {
    auto told = of({alike("a", 0.2), alike("b", 0.9)});
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->is_duplicate);
    EXPECT_EQ(told->matching_feature_id, "b");
    EXPECT_DOUBLE_EQ(told->confidence, 0.9);
    EXPECT_NE(told->reasoning.find("0.90"), std::string::npos) << "the score is told";
}

TEST_F(Evident, WhatIsLikeNothingIsNew) {
    auto told = of({alike("a", 0.2), alike("b", -0.1)});
    ASSERT_TRUE(told);
    EXPECT_FALSE(told->is_duplicate);
    EXPECT_EQ(told->matching_feature_id, "");
    EXPECT_DOUBLE_EQ(told->confidence, 0.8);
}

TEST_F(Evident, InBetweenAJudgeMustSay) {
    EXPECT_FALSE(of({alike("a", 0.3)})) << "auto_new itself is in between";
    EXPECT_FALSE(of({alike("a", 0.89)}));
    EXPECT_FALSE(of({})) << "nothing was compared";
}

TEST_F(Evident, WhatCouldNotBeComparedLeavesItToAJudge) {
    EXPECT_FALSE(of({alike("a", 0.95), alike("b", std::nullopt)}));
    EXPECT_FALSE(of({alike("a", 0.1), alike("b", std::nullopt)}));
}

TEST_F(Evident, WhatIsNotOnTheShortlistCountsAsWell) {
    EXPECT_FALSE(of({alike("a", 0.1)}, {alike("b", 0.5)})) << "then it is not like nothing";
    EXPECT_FALSE(of({alike("a", 0.91)}, {alike("b", 0.95)})) << "then it is not the likest";
}

TEST_F(Evident, WhenSeveralAreAlikeEnoughWordsMustAgree) {
    EXPECT_EQ(of({alike("a", 0.97), alike("b", 0.93)})->matching_feature_id, "a");
    EXPECT_FALSE(of({alike("b", 0.93), alike("a", 0.97)})) << "words put the other one first";
}

TEST(RankedByLikeness, FindsWhatIsSaidInOtherWords) {
    std::vector<Document> documents{{"words", "Night report", ""}, {"sense", "Dark mode", ""}};
    documents[0].cosine = 0.1;
    documents[1].cosine = 0.8;
    Terms terms;
    Ranker ranker(documents, terms);
    auto ranked = ranker.rank({{}, "Theme for the night", ""}, 20);
    ASSERT_EQ(ranked.size(), 2u) << "no word in common, but alike";
    EXPECT_EQ(ranked[1].document, 1u);
    EXPECT_EQ(ranked[1].cosine, 0.8);
    documents[1].cosine.reset();
    EXPECT_EQ(Ranker(documents, terms).rank({{}, "Theme for the night", ""}, 20).size(), 1u);
}

}  // namespace
}  // namespace headway::core
