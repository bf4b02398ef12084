#pragma once

#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "pipeline/dispatcher.hpp"

namespace headway::test {

struct GaveUp : std::runtime_error {
    GaveUp() : std::runtime_error("the test has waited often enough") {}
};

// A worker whose tasks are conversations to be read: each asks the model once.
struct DispatcherCase : ::testing::Test {
    DispatcherCase() {
        worker.store.extract_input =
            Json::parse(R"({"turns": [], "themes": [], "threshold": 0.8})");
        worker.port.on_wait = [this] { look(); };
    }
    void TearDown() override { EXPECT_EQ(Live::count, 0) << "every exchange has ended"; }

    void queue(std::int64_t from, std::int64_t to) {
        for (std::int64_t id = from; id <= to; ++id) {
            worker.store.queue.push_back({"w", id, 1, "extract", {}, 1});
            worker.model.answers.push_back("{}");
        }
    }
    // Lets a worker live until it leaves; `at_each_wait` is what happens meanwhile.
    void live(pipeline::Dispatcher::Limits limits = {}) {
        pipeline::Dispatcher dispatcher(worker.ctx, limits);
        to_nudge = &dispatcher;
        start = worker.clock.now();
        worker.loop.run(dispatcher.run());
        to_nudge = nullptr;
    }
    async::Duration lived() const { return worker.clock.now() - start; }

    FakeWorker worker;
    std::function<void()> at_each_wait;
    pipeline::Dispatcher* to_nudge = nullptr;
    async::TimePoint start;
    int patience = 10'000;

  private:
    void look() {
        if (worker.port.waits > patience) throw GaveUp();
        if (at_each_wait) at_each_wait();
    }
};

}  // namespace headway::test
