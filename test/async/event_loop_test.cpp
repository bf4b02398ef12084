#include "async/event_loop.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "async/task_group.hpp"
#include "fakes/fake_loop.hpp"

namespace headway::async {
namespace {

using test::FakeLoop;
using test::Live;
using namespace std::chrono_literals;

Task<void> note_after(FakeLoop& fake, Duration delay, int mark, std::vector<int>& marks) {
    Live live;
    co_await fake.loop.sleep_for(delay);
    marks.push_back(mark);
}

Task<void> run_all(TaskGroup& group) { co_await group.drain(); }

TEST(EventLoop, SleepsEndInTheOrderOfTheirTimes) {
    FakeLoop fake;
    std::vector<int> marks;
    TaskGroup group(fake.loop, [](std::exception_ptr) { FAIL(); });
    group.spawn(1, note_after(fake, 3h, 3, marks));
    group.spawn(2, note_after(fake, 1h, 1, marks));
    group.spawn(3, note_after(fake, 2h, 2, marks));
    fake.loop.run(run_all(group));
    EXPECT_EQ(marks, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(Live::count, 0);
}

TEST(EventLoop, LooksAtThePortEvenWhileThereIsWork) {
    FakeLoop fake;
    auto busy = [](FakeLoop& loop) -> Task<void> {
        for (int i = 0; i < 100; ++i) co_await loop.loop.sleep_for(0ms);
    };
    fake.loop.run(busy(fake));
    EXPECT_GE(fake.port.waits, 100);
}

TEST(EventLoop, TheEndOfATurnComesAfterItsOtherWorkAndBeforeTheNextLookAtThePort) {
    FakeLoop fake;
    std::vector<int> marks;
    TaskGroup group(fake.loop, [](std::exception_ptr) { FAIL(); });
    auto late = [](FakeLoop& loop, std::vector<int>& out) -> Task<void> {
        co_await loop.loop.sleep_for(1h);
        out.push_back(1);
        int looks = loop.port.waits;
        co_await loop.loop.end_of_turn();
        EXPECT_EQ(loop.port.waits, looks);
        out.push_back(3);
    };
    group.spawn(1, late(fake, marks));
    group.spawn(2, note_after(fake, 1h, 2, marks));
    fake.loop.run(run_all(group));
    EXPECT_EQ(marks, (std::vector<int>{1, 2, 3}));
}

TEST(EventLoop, AWaitForTheEndOfATurnCanBeCancelled) {
    FakeLoop fake;
    int ended = 0;
    TaskGroup group(fake.loop, [](std::exception_ptr) { FAIL(); });
    auto late = [](FakeLoop& loop, int& out) -> Task<void> {
        Live live;
        co_await loop.loop.end_of_turn();
        ++out;
    };
    group.spawn(1, late(fake, ended));
    group.spawn(2, late(fake, ended));
    group.cancel(1);
    fake.loop.run(run_all(group));
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(Live::count, 0);
}

TEST(EventLoop, WhoIsLetGoOnAtTheEndOfATurnLetsTheNextOneGoOnBeforeTheNextLookAtThePort) {
    FakeLoop fake;
    Signal recorded(fake.loop);
    Signal place(fake.loop);
    int looks = 0;
    TaskGroup group(fake.loop, [](std::exception_ptr) { FAIL(); });
    auto record = [](FakeLoop& loop, Signal& out, int& at) -> Task<void> {
        co_await loop.loop.sleep_for(1h);
        at = loop.port.waits;
        co_await loop.loop.end_of_turn();
        out.set();
    };
    auto leave = [](Signal& in, Signal& out) -> Task<void> {
        co_await in.wait();
        out.set();
    };
    auto enter = [](FakeLoop& loop, Signal& in, int& at) -> Task<void> {
        co_await in.wait();
        EXPECT_EQ(loop.port.waits, at);
    };
    group.spawn(1, record(fake, recorded, looks));
    group.spawn(2, leave(recorded, place));
    group.spawn(3, enter(fake, place, looks));
    fake.loop.run(run_all(group));
    EXPECT_GT(looks, 0);
}

TEST(EventLoop, PassesOnWhatThePortThrows) {
    FakeLoop fake;
    fake.port.on_wait = [] { throw std::runtime_error("stop"); };
    auto sleep = [](FakeLoop& loop) -> Task<void> { co_await loop.loop.sleep_for(1h); };
    EXPECT_THROW(fake.loop.run(sleep(fake)), std::runtime_error);
}

TEST(Signal, SetBeforeTheWaitIsNotLost) {
    FakeLoop fake;
    Signal signal(fake.loop);
    signal.set();
    auto wait = [](Signal& s) -> Task<void> { co_await s.wait(); };
    fake.loop.run(wait(signal));
}

TEST(Signal, TellsATimeoutFromASet) {
    FakeLoop fake;
    Signal signal(fake.loop);
    std::vector<bool> seen;
    auto wait = [](FakeLoop& loop, Signal& s, std::vector<bool>& out) -> Task<void> {
        bool first = co_await s.wait_until(loop.clock.now() + 1min);
        out.push_back(first);
        s.set();
        bool second = co_await s.wait_until(loop.clock.now() + 1min);
        out.push_back(second);
    };
    fake.loop.run(wait(fake, signal, seen));
    EXPECT_EQ(seen, (std::vector<bool>{false, true}));
}

TEST(TaskGroup, ReportsAFailingChildAndLetsTheOthersGoOn) {
    FakeLoop fake;
    std::vector<int> marks;
    int errors = 0;
    TaskGroup group(fake.loop, [&](std::exception_ptr) { ++errors; });
    auto failing = [](FakeLoop& loop) -> Task<void> {
        co_await loop.loop.sleep_for(1s);
        throw std::runtime_error("child");
    };
    group.spawn(1, failing(fake));
    group.spawn(2, note_after(fake, 2s, 7, marks));
    fake.loop.run(run_all(group));
    EXPECT_EQ(errors, 1);
    EXPECT_EQ(marks, std::vector<int>{7});
    EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, CancellingOneDestroysItAndLeavesTheRest) {
    FakeLoop fake;
    std::vector<int> marks;
    TaskGroup group(fake.loop, [](std::exception_ptr) { FAIL(); });
    group.spawn(1, note_after(fake, 1h, 1, marks));
    group.spawn(2, note_after(fake, 1h, 2, marks));
    group.cancel(1);
    EXPECT_EQ(Live::count, 1);
    EXPECT_EQ(group.keys(), std::vector<std::int64_t>{2});
    fake.loop.run(run_all(group));
    EXPECT_EQ(marks, std::vector<int>{2});
}

TEST(TaskGroup, DestroyedCancelsItsChildren) {
    FakeLoop fake;
    std::vector<int> marks;
    {
        TaskGroup group(fake.loop, [](std::exception_ptr) { FAIL(); });
        for (int i = 0; i < 100; ++i) group.spawn(i, note_after(fake, 1h, i, marks));
        EXPECT_EQ(Live::count, 100);
    }
    EXPECT_EQ(Live::count, 0);
    EXPECT_TRUE(marks.empty());
}

TEST(TaskGroup, WakesItsOwnerWhenAChildEnds) {
    FakeLoop fake;
    std::vector<int> marks;
    TaskGroup group(fake.loop, [](std::exception_ptr) { FAIL(); });
    TimePoint start = fake.clock.now();
    auto owner = [](FakeLoop& loop, TaskGroup& children) -> Task<void> {
        co_await children.change_until(loop.clock.now() + 1h);
    };
    group.spawn(1, note_after(fake, 5s, 1, marks));
    fake.loop.run(owner(fake, group));
    EXPECT_EQ(fake.clock.now() - start, 5s);
}

TEST(TaskGroup, AThousandChildrenThatEndAtOnceAllEnd) {
    FakeLoop fake;
    std::vector<int> marks;
    TaskGroup group(fake.loop, [](std::exception_ptr) { FAIL(); });
    for (int i = 0; i < 1000; ++i) group.spawn(i, note_after(fake, 200ms, i, marks));
    fake.loop.run(run_all(group));
    EXPECT_EQ(marks.size(), 1000u);
    EXPECT_EQ(Live::count, 0);
}

}  // namespace
}  // namespace headway::async
