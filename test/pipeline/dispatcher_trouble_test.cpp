#include "dispatcher_case.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using test::Live;
using namespace std::chrono_literals;
using Ids = std::set<std::int64_t>;

struct StopRequested : std::exception {};

struct DispatcherTrouble : test::DispatcherCase {
    Ids settled() const {
        Ids ids;
        for (const auto& told : worker.store.told)
            if (told.what == "extract") ids.insert(told.task);
        return ids;
    }
};

TEST_F(DispatcherTrouble, AFailingTaskDoesNotStopTheOthers) {
    queue(1, 3);
    worker.model.delay = 1s;
    worker.model.failures = {{ErrorKind::refused, "no"}};
    live({std::nullopt, false});
    EXPECT_EQ(settled(), (Ids{2, 3}));
    EXPECT_EQ(worker.store.count("fail"), 1);
}

TEST_F(DispatcherTrouble, ATaskWhoseFailureCannotBeWrittenLetsTheOthersEndFirst) {
    queue(1, 3);
    worker.model.delay = 1s;
    worker.store.on_tell = [](const test::FakeStore::Told& told) {
        if (told.task == 1) throw core::Failure(ErrorKind::internal, "refused");
    };
    EXPECT_THROW(live({std::nullopt, false}), core::Failure);
    EXPECT_EQ(settled(), (Ids{2, 3}));
    EXPECT_TRUE(worker.store.held.contains(1)) << "to be reclaimed, which counts the attempt";
}

TEST_F(DispatcherTrouble, AFailureThatCannotBeWrittenAsItIsIsWrittenInPlainWords) {
    queue(1, 1);
    worker.model.failures = {{ErrorKind::refused, "words the database refuses"}};
    worker.store.on_tell = [](const test::FakeStore::Told& told) {
        if (told.answer.text_or("message", "") == "words the database refuses")
            throw core::Failure(ErrorKind::internal, "refused");
    };
    live({std::nullopt, false});
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(worker.store.told.back().answer["message"].as_string(),
              "its error cannot be written");
}

TEST_F(DispatcherTrouble, ALockOnTheQueueCostsALookAndNothingElse) {
    queue(1, 2);
    worker.model.delay = 10s;
    int locked = 0;
    worker.store.on_look = [&] {
        if (lived() < 2s || lived() > 8s) return;
        ++locked;
        throw core::Failure(ErrorKind::busy, "locked");
    };
    live({std::nullopt, false});
    EXPECT_GE(locked, 5) << "the queue was locked all the time";
    EXPECT_EQ(settled(), (Ids{1, 2}));
    EXPECT_EQ(worker.model.requests.size(), 2u) << "no exchange was made again";
}

TEST_F(DispatcherTrouble, MemoryThatRunsOutIsTheTasksFailureAndNotTheWorkers) {
    queue(1, 2);
    worker.store.on_tell = [](const test::FakeStore::Told& told) {
        if (told.task == 1 && told.what == "extract") throw std::bad_alloc();
    };
    live({std::nullopt, false});
    EXPECT_EQ(settled(), Ids{2});
    ASSERT_EQ(worker.store.count("fail"), 1);
}

TEST_F(DispatcherTrouble, AnErrorThatIsNoTasksOwnEndsTheWorkerAndCancelsTheRest) {
    queue(1, 3);
    worker.model.delay = 1s;
    worker.store.on_tell = [](const test::FakeStore::Told& told) {
        if (told.task == 2) throw test::Killed();
    };
    EXPECT_THROW(live(), test::Killed);
    EXPECT_EQ(Live::count, 0);
    EXPECT_FALSE(settled().contains(2));
    EXPECT_TRUE(worker.store.held.contains(2)) << "to be put back";
}

TEST_F(DispatcherTrouble, ToldToStopItCancelsWhatRunsAtOnceAndSettlesNothing) {
    queue(1, 3);
    worker.model.delay = 1h;
    async::TimePoint stopped{};
    at_each_wait = [&] {
        if (worker.port.waits != 5) return;
        EXPECT_EQ(Live::count, 3);
        stopped = worker.clock.now();
        throw StopRequested();
    };
    EXPECT_THROW(live(), StopRequested);
    EXPECT_EQ(Live::count, 0) << "no exchange goes on";
    EXPECT_EQ(worker.clock.now(), stopped) << "nothing was waited for";
    EXPECT_TRUE(worker.store.told.empty()) << "neither success nor failure";
    EXPECT_EQ(worker.store.held, (Ids{1, 2, 3})) << "Store::put_back() returns them";
}

TEST_F(DispatcherTrouble, WhileTasksRunTheirLeasesAreRenewedEverySecond) {
    queue(1, 1);
    worker.model.delay = 30s;
    live({std::nullopt, false});
    EXPECT_EQ(worker.store.count("extract"), 1);
    EXPECT_GE(worker.store.renewals, 30);
    EXPECT_LE(worker.store.renewals, 32);
}

TEST_F(DispatcherTrouble, ATaskWhoseLeaseIsLostIsCancelledWithinASecondAndNotSettled) {
    queue(1, 2);
    worker.model.delay = 10s;
    async::TimePoint lost_at{};
    async::Duration cancelled_after{};
    at_each_wait = [&] {
        if (lived() == 3s && worker.store.held.erase(1) > 0) lost_at = worker.clock.now();
        if (lost_at == async::TimePoint{} || Live::count != 1) return;
        if (cancelled_after == 0s) cancelled_after = worker.clock.now() - lost_at;
    };
    live({std::nullopt, false});
    EXPECT_GT(cancelled_after, 0s);
    EXPECT_LE(cancelled_after, 1s);
    EXPECT_EQ(settled(), Ids{2});
    for (const auto& told : worker.store.told) EXPECT_EQ(told.task, 2) << told.what;
}

TEST_F(DispatcherTrouble, ALostTaskLeavesItsPlaceToAnother) {
    worker.settings.max_concurrency = 1;
    queue(1, 2);
    worker.model.delay = 1h;
    at_each_wait = [&] {
        if (lived() == 3s && worker.store.held.erase(1) > 0) worker.model.delay = 1s;
    };
    live({std::nullopt, false});
    EXPECT_EQ(settled(), Ids{2});
    EXPECT_LE(lived(), 6s);
}

TEST_F(DispatcherTrouble, ATaskThatIsJudgedAgainIsStillItsOwn) {
    worker.store.queue.push_back({"w", 1, 1, "match", {}, 1});
    worker.store.match_input = core::Json::parse(R"({
        "item": {"title": "Dark theme", "type": "feature_request"}, "seen": 1, "threshold": 0.7,
        "candidates": [{"id": "f1", "title": "A dark theme"}], "shortlist_size": 20})");
    worker.store.outcomes["match"] = {
        core::Json::parse(R"({"seen": 2, "appeared": [{"id": "f2", "title": "Dark themes"}]})")};
    worker.model.answers.assign(2, R"({"is_duplicate": false, "confidence": 1})");
    worker.model.delay = 5s;
    live({std::nullopt, false});
    EXPECT_EQ(worker.store.count("match"), 2);
}

}  // namespace
}  // namespace headway::pipeline
