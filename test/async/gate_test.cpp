#include "async/gate.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "async/task_group.hpp"
#include "fakes/fake_loop.hpp"

namespace headway::async {
namespace {

using test::FakeLoop;
using test::Live;
using namespace std::chrono_literals;

struct GateOfTwo : ::testing::Test {
    void TearDown() override { EXPECT_EQ(Live::count, 0); }

    Task<void> visit(int mark, Duration stay) {
        Gate::Place place = co_await gate.enter();
        Live live;
        most = std::max(most, Live::count);
        entered.push_back(mark);
        co_await fake.loop.sleep_for(stay);
    }
    void run() {
        auto root = [](TaskGroup& all) -> Task<void> { co_await all.drain(); };
        fake.loop.run(root(group));
    }

    FakeLoop fake;
    int two = 2;
    Gate gate{fake.loop, two};
    std::vector<int> entered;
    int most = 0;
    TaskGroup group{fake.loop, [](std::exception_ptr) { FAIL(); }};
};

TEST_F(GateOfTwo, LetsTwoInAndTheOthersInTheOrderOfTheirComing) {
    for (int mark = 1; mark <= 5; ++mark) group.spawn(mark, visit(mark, 1h));
    run();
    EXPECT_EQ(entered, (std::vector<int>{1, 2, 3, 4, 5}));
    EXPECT_EQ(most, 2);
}

TEST_F(GateOfTwo, WhoIsCancelledInsideGivesItsPlaceToTheNext) {
    for (int mark = 1; mark <= 3; ++mark) group.spawn(mark, visit(mark, 1h));
    group.cancel(1);
    run();
    EXPECT_EQ(entered, (std::vector<int>{1, 2, 3}));
}

TEST_F(GateOfTwo, WhoIsCancelledInTheLineIsPassedOver) {
    for (int mark = 1; mark <= 4; ++mark) group.spawn(mark, visit(mark, 1h));
    group.cancel(3);
    run();
    EXPECT_EQ(entered, (std::vector<int>{1, 2, 4}));
}

TEST_F(GateOfTwo, WhoIsCancelledJustWhenItIsLetInHandsThePlaceOn) {
    for (int mark = 1; mark <= 4; ++mark) group.spawn(mark, visit(mark, 1h));
    group.cancel(1);  // lets in the third, which has not gone on yet
    group.cancel(3);
    run();
    EXPECT_EQ(entered, (std::vector<int>{1, 2, 4}));
    EXPECT_EQ(most, 2);
}

}  // namespace
}  // namespace headway::async
