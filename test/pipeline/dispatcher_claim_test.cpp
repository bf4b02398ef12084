#include "dispatcher_case.hpp"
#include "pipeline/builtin_model.hpp"

namespace headway::pipeline {
namespace {

using namespace std::chrono_literals;

struct DispatcherClaim : test::DispatcherCase {};

TEST_F(DispatcherClaim, NeverMoreTasksRunAtOnceThanTheLimit) {
    worker.settings.max_concurrency = 4;
    worker.model.delay = 200ms;
    queue(1, 20);
    live({std::nullopt, false});
    EXPECT_EQ(worker.store.count("extract"), 20);
    EXPECT_EQ(worker.model.most_at_once, 4) << "the limit is kept, and used";
    EXPECT_LE(lived(), 1100ms) << "five rounds of 200 ms";
}

TEST_F(DispatcherClaim, WhatManyTasksWantAtOnceIsOneCallOfTheDatabase) {
    queue(1, 20);
    live({std::nullopt, false});
    EXPECT_EQ(worker.store.batches, (std::vector<std::size_t>{20, 20})) << "read, and settled";
    EXPECT_EQ(worker.store.count("extract"), 20);
}

TEST_F(DispatcherClaim, AFreedPlaceIsFilledWhileTheOthersStillRun) {
    worker.settings.max_concurrency = 2;
    worker.model.delay = 10s;
    queue(1, 1);
    at_each_wait = [&] {
        if (worker.model.requests.empty()) return;
        if (std::exchange(worker.model.delay, 1s) != 10s) return;
        queue(2, 4);
        to_nudge->nudge();
        worker.port.wake();
    };
    std::map<std::int64_t, async::Duration> ended;
    worker.store.on_tell = [&](const test::FakeStore::Told& told) { ended[told.task] = lived(); };
    live({std::nullopt, false});
    EXPECT_EQ(ended[1], 10s);
    for (std::int64_t task = 2; task <= 4; ++task)
        EXPECT_LT(ended[task], (task - 1) * 1s + 100ms) << "nothing waits for the slow one";
}

TEST_F(DispatcherClaim, AfterSoManyTasksItLeavesThoughMoreAreQueued) {
    worker.settings.max_concurrency = 2;
    queue(1, 10);
    live({5, true});
    EXPECT_EQ(worker.store.claims, (std::vector<int>{3, 2}));
    EXPECT_EQ(worker.store.count("extract"), 5);
    EXPECT_EQ(lived(), 0s) << "without idling";
}

TEST_F(DispatcherClaim, OfManyTheFirstAreAskedAboutBeforeTheLastAreClaimed) {
    worker.settings.max_concurrency = 500;
    worker.model.delay = 200ms;
    queue(1, 600);
    std::size_t asked = 0;
    at_each_wait = [&] {
        if (worker.store.claims.size() == 2 && asked == 0) asked = worker.model.requests.size();
    };
    live({std::nullopt, false});
    EXPECT_EQ(worker.store.claims[0], 200);
    EXPECT_GT(asked, 0u);
    EXPECT_EQ(worker.model.most_at_once, 500);
    EXPECT_LE(lived(), 500ms) << "two rounds of 200 ms, and no pause between the claims";
}

TEST_F(DispatcherClaim, WhatATaskLeavesBehindIsWorkedOffToo) {
    queue(1, 1);
    worker.store.on_tell = [&](const test::FakeStore::Told& told) {
        if (told.what == "extract" && told.task < 5) queue(told.task + 1, told.task + 1);
    };
    live({std::nullopt, false});
    EXPECT_EQ(worker.store.count("extract"), 5);
}

// The built-in model answers without a wait, so its tasks end while they are being claimed.
TEST_F(DispatcherClaim, WhatATaskLeavesBehindIsWorkedOffTooWhenItNeverWaited) {
    BuiltinModel builtin;
    Context ctx{worker.store,   worker.secrets,     worker.http,     builtin,     worker.embedder,
                worker.storage, worker.transcriber, worker.programs, worker.loop, worker.settings};
    queue(1, 1);
    worker.store.on_tell = [&](const test::FakeStore::Told& told) {
        if (told.what == "extract" && told.task < 5) queue(told.task + 1, told.task + 1);
    };
    Dispatcher dispatcher(ctx, {std::nullopt, false});
    worker.loop.run(dispatcher.run());
    EXPECT_EQ(worker.store.count("extract"), 5);
}

}  // namespace
}  // namespace headway::pipeline
