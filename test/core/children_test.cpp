#include "core/connectors/children.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

// Parents whose ids stand for them.
ParentIds ids(std::initializer_list<std::string> parents) {
    ParentIds asked;
    for (const std::string& id : parents) asked[id] = {id};
    return asked;
}

Json parse(const char* text) { return Json::parse(text); }

const ChildSpec kChild{"transcripts", "transcripts", 10, "/callId"};

TEST(JoinChildren, GroupsByParentInOrder) {
    Joined joined = join_children(
        kChild,
        Json::parse(
            R"([{"callId":"b","n":1},{"callId":"a","n":2},{"callId":"b","n":3},{"callId":7,"n":4}])")
            .as_array(),
        ids({"a", "b", "c", "7"}));
    ASSERT_EQ(joined.by_parent.size(), 4u);
    EXPECT_EQ(Json(joined.by_parent["b"]).dump(), R"([{"callId":"b","n":1},{"callId":"b","n":3}])");
    EXPECT_EQ(joined.by_parent["a"].size(), 1u);
    EXPECT_TRUE(joined.by_parent["c"].empty()) << "a parent without children is there too";
    EXPECT_EQ(joined.by_parent["7"].size(), 1u) << "an id may come as a number";
    EXPECT_EQ(joined.strangers, 0u);
}

TEST(JoinChildren, StrangersAreDroppedAndCounted) {
    Joined joined = join_children(
        kChild,
        Json::parse(
            R"([{"callId":"z"},{"n":1},{"callId":null},{"callId":["a"]},"a",{"callId":"a"}])")
            .as_array(),
        ids({"a"}));
    EXPECT_EQ(joined.strangers, 5u);
    EXPECT_EQ(joined.by_parent["a"].size(), 1u);
}

TEST(JoinChildren, ARecordWithoutKeyIsAStranger) {
    Joined joined = join_children(kChild, Json::parse(R"([{"n":1}])").as_array(), ids({"a"}));
    EXPECT_EQ(joined.strangers, 1u);
}

TEST(JoinChildren, WithoutAKeyAllRecordsOfASingleParentAreItsOwn) {
    const ChildSpec child{"insights", "insights", 1, ""};
    Json::Array records = parse(R"([{"n":1},{"n":2}])").as_array();
    EXPECT_EQ(join_children(child, records, ids({"a"})).by_parent["a"].size(), 2u);
    EXPECT_EQ(join_children(child, records, ids({"a"})).strangers, 0u);
}

TEST(JoinChildren, RecordsThatShareAValueShareWhatItBrings) {
    const ChildSpec child{"user", "user", 1, "", "/owner"};
    std::vector<Parent> parents = {{"1", parse(R"({"owner":"ann"})")},
                                   {"2", parse(R"({"owner":"bob"})")},
                                   {"3", parse(R"({"owner":"ann"})")}};
    ParentIds wanted = parents_of(child, parents);
    ASSERT_EQ(wanted.size(), 2u) << "each is asked for once";
    EXPECT_EQ(wanted["ann"], (std::vector<std::string>{"1", "3"}));
    ParentIds ann = {{"ann", wanted["ann"]}};
    Joined joined = join_children(child, parse(R"([{"name":"Ann"}])").as_array(), ann);
    EXPECT_EQ(joined.by_parent["1"].size(), 1u);
    EXPECT_EQ(joined.by_parent["3"].size(), 1u);
}

TEST(ChildParents, ARecordWithoutTheValueIsNotAskedFor) {
    const ChildSpec child{"insights", "insights", 1, "", "/recording/id"};
    ParentIds wanted = parents_of(child, {{"1", parse(R"({"recording":{"id":7}})")},
                                          {"2", parse(R"({"recording":null})")},
                                          {"3", parse("{}")},
                                          {"4", parse(R"({"recording":{"id":""}})")}});
    EXPECT_EQ(wanted, (ParentIds{{"7", {"1"}}})) << "a number is its digits";
}

TEST(ChildParents, WhenAndUnlessLookWhetherThereIsSomething) {
    ChildSpec when{"a", "a", 1, "", "", "/x"}, unless{"a", "a", 1, "", "", "", "/x"};
    auto is_asked = [](const ChildSpec& child, const char* record) {
        return !parents_of(child, {{"1", parse(record)}}).empty();
    };
    for (auto something :
         {R"({"x":true})", R"({"x":"y"})", R"({"x":0})", R"({"x":[1]})", R"({"x":{"a":1}})"}) {
        EXPECT_TRUE(is_asked(when, something)) << something;
        EXPECT_FALSE(is_asked(unless, something)) << something;
    }
    for (auto nothing :
         {"{}", R"({"x":null})", R"({"x":false})", R"({"x":""})", R"({"x":[]})", R"({"x":{}})"}) {
        EXPECT_FALSE(is_asked(when, nothing)) << nothing;
        EXPECT_TRUE(is_asked(unless, nothing)) << nothing;
    }
}

}  // namespace
}  // namespace headway::core
