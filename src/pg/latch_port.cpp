#include "pg/latch_port.hpp"

#include <csignal>

namespace headway::pg {
namespace {

volatile sig_atomic_t stop_requested = false;

}  // namespace

void request_stop(int) {
    int saved_errno = errno;
    stop_requested = true;
    QueryCancelPending = true;
    InterruptPending = true;
    SetLatch(MyLatch);
    errno = saved_errno;
}

LatchPort::LatchPort(const async::Clock& clock, std::function<void()> on_wake)
    : clock_(clock), on_wake_(std::move(on_wake)) {}

// Frees memory and closes a descriptor; raises no ERROR.
LatchPort::~LatchPort() {
    if (events_) FreeWaitEventSet(events_);
}

// The set is kept: the latch and the one descriptor stay the same for the process's life.
void LatchPort::open(int fd) {
    if (events_ && fd == fd_) return;
    server_call([&] {
        if (events_) FreeWaitEventSet(events_);
        events_ = nullptr;
        events_ = CreateWaitEventSet(TopMemoryContext, 3);
        AddWaitEventToSet(events_, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, nullptr);
        AddWaitEventToSet(events_, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, nullptr, nullptr);
        if (fd >= 0) AddWaitEventToSet(events_, WL_SOCKET_READABLE, fd, nullptr, nullptr);
    });
    fd_ = fd;
}

void LatchPort::wait(int fd, std::optional<async::TimePoint> until) {
    open(fd);
    answer_interrupts();
    long timeout = -1;
    if (until) {
        auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - clock_.now()).count();
        timeout = static_cast<long>(std::max<decltype(left)>(left, 0));
    }
    bool woken = server_call([&] {
        WaitEvent events[3];
        int count = WaitEventSetWait(events_, timeout, events, 3, PG_WAIT_EXTENSION);
        bool latch_set = false;
        for (int i = 0; i < count; ++i) latch_set |= (events[i].events & WL_LATCH_SET) != 0;
        if (latch_set) ResetLatch(MyLatch);
        return latch_set;
    });
    answer_interrupts();
    if (woken) on_wake_();
}

// A request to end is turned into an exception, so that C++ unwinds and the tasks can be put back;
// the server's own way (FATAL) would leave at once. Everything else is the server's business.
void LatchPort::answer_interrupts() {
    if (stop_requested || ProcDiePending || (MyBackendType == B_BG_WORKER && QueryCancelPending))
        throw StopRequested();
    server_call([] {
        CHECK_FOR_INTERRUPTS();
        if (ConfigReloadPending) {
            ConfigReloadPending = false;
            ProcessConfigFile(PGC_SIGHUP);
        }
    });
}

}  // namespace headway::pg
