#include "async/task.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "fakes/fake_loop.hpp"

namespace headway::async {
namespace {

using test::FakeLoop;
using test::Live;
using namespace std::chrono_literals;

Task<int> number(int value) { co_return value; }

Task<int> sum(int count) {
    Live live;
    int total = 0;
    for (int i = 0; i < count; ++i) {
        Task<int> next = number(i);
        total += co_await std::move(next);
    }
    co_return total;
}

Task<void> store(int& target, Task<int> source) { target = co_await std::move(source); }

TEST(Task, GivesItsValueToWhoAwaitsIt) {
    FakeLoop fake;
    int result = 0;
    fake.loop.run(store(result, sum(10)));
    EXPECT_EQ(result, 45);
    EXPECT_EQ(Live::count, 0);
}

TEST(Task, DoesNotStartBeforeItIsAwaited) {
    bool started = false;
    auto mark = [](bool& flag) -> Task<void> {
        flag = true;
        co_return;
    };
    { Task<void> never = mark(started); }
    EXPECT_FALSE(started);
}

TEST(Task, PassesAnExceptionOn) {
    FakeLoop fake;
    auto failing = []() -> Task<int> {
        Live live;
        throw std::runtime_error("broken");
        co_return 1;
    };
    int result = 0;
    EXPECT_THROW(fake.loop.run(store(result, failing())), std::runtime_error);
    EXPECT_EQ(Live::count, 0);
}

TEST(Task, ChainsOfTenThousandDoNotGrowTheStack) {
    FakeLoop fake;
    int result = 0;
    fake.loop.run(store(result, sum(10'000)));
    EXPECT_EQ(result, 49'995'000);
}

Task<std::string> strings(std::string prefix, FakeLoop& fake) {
    std::string text = prefix;
    for (int i = 0; i < 3; ++i) {
        co_await fake.loop.sleep_for(1ms);
        text += std::to_string(i) + " a text too long for the small string buffer ";
    }
    co_return text;
}

TEST(Task, KeepsArgumentsAndTemporariesIntactAcrossWaits) {
    FakeLoop fake;
    std::string result;
    auto run = [](std::string& out, FakeLoop& loop) -> Task<void> {
        std::string one = co_await strings("first ", loop);
        std::string two = co_await strings("second ", loop);
        out = one + two;
    };
    fake.loop.run(run(result, fake));
    EXPECT_TRUE(result.starts_with("first 0 a text"));
    EXPECT_NE(result.find("second 0 a text"), std::string::npos);
}

TEST(Task, DestroyedWhileItWaitsDestroysWhatItHolds) {
    FakeLoop fake;
    auto sleeper = [](FakeLoop& loop) -> Task<void> {
        Live live;
        co_await loop.loop.sleep_for(1h);
    };
    {
        Task<void> task = sleeper(fake);
        task.start();
        EXPECT_EQ(Live::count, 1);
    }
    EXPECT_EQ(Live::count, 0);
}

}  // namespace
}  // namespace headway::async
