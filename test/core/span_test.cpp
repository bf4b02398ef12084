#include "core/connectors/span.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr std::int64_t kMany = 1'000'000;

ListSpec list_of(int spans) {
    ListSpec list;
    list.spans = spans;
    return list;
}

// The window ends in the middle of a second, as the moment does at which a run begins.
const Timestamp kNow = Timestamp(1'780'000'000s) + 123'456us;

std::vector<Span> cut(days length, int most = 8, std::int64_t most_records = kMany) {
    return spans_of(list_of(most), {kNow - length, kNow}, most_records);
}

TEST(Spans, AWindowIsOneSpanUnlessItsListIsLong) {
    EXPECT_EQ(cut(days(16)).size(), 1u) << "a short window";
    EXPECT_EQ(cut(days(400), 8, 999).size(), 1u) << "a run that wants few records";
    EXPECT_EQ(cut(days(400), 1).size(), 1u) << "a vendor for whom nobody has said that it may";
    EXPECT_EQ(cut(days(0)).size(), 1u) << "an empty window";
    Span whole = cut(days(16)).at(0);
    EXPECT_EQ(whole.from, kNow - days(16)) << "the window's own ends are left as they are";
    EXPECT_EQ(whole.to, kNow);
}

TEST(Spans, ThereAreAsManyAsTheLengthAndTheSpecAllow) {
    EXPECT_EQ(cut(days(17)).size(), 2u);
    EXPECT_EQ(cut(days(31)).size(), 3u);
    EXPECT_EQ(cut(days(90)).size(), 5u);
    EXPECT_EQ(cut(days(3650)).size(), 8u) << "no more than the spec's";
    EXPECT_EQ(cut(days(3650), 2).size(), 2u);
}

TEST(Spans, TheyCoverTheWindowWithoutAGapAndWithoutSharingAMoment) {
    for (int length : {17, 30, 31, 90, 365, 400, 3650}) {
        std::vector<Span> spans = cut(days(length));
        EXPECT_EQ(spans.front().from, kNow - days(length));
        EXPECT_EQ(spans.back().to, kNow);
        for (std::size_t i = 1; i < spans.size(); ++i) {
            EXPECT_EQ(spans[i].from, spans[i - 1].to) << length << " days, cut " << i;
            EXPECT_EQ(spans[i].from, std::chrono::floor<std::chrono::seconds>(spans[i].from))
                << "a vendor that rounds to seconds would move the cut";
            EXPECT_GE(spans[i].to - spans[i].from, days(7)) << length << " days, span " << i;
        }
    }
}

TEST(Spans, TheNewerTheyAreTheShorter) {
    std::vector<Span> spans = cut(days(400));
    auto length = [&](std::size_t i) {
        return std::chrono::round<days>(spans[i].to - spans[i].from);
    };
    EXPECT_EQ(length(0), days(111)) << "more than a quarter of the window";
    EXPECT_EQ(length(1), days(83)) << "a quarter less";
    EXPECT_EQ(length(7), days(15));
}

}  // namespace
}  // namespace headway::core
