#include "net/socket_poller.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <utility>

namespace headway::net {
namespace {

// Two ends of one line.
struct Line {
    Line() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0); }
    ~Line() {
        close(ends[0]);
        if (ends[1] >= 0) close(ends[1]);
    }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    int here() const { return ends[0]; }
    void say() { EXPECT_EQ(write(ends[1], "x", 1), 1); }
    void hear() {
        char c;
        EXPECT_EQ(read(ends[0], &c, 1), 1);
    }
    void hang_up() { close(std::exchange(ends[1], -1)); }
    int ends[2];
};

bool readable(int fd) {
    pollfd wanted{fd, POLLIN, 0};
    return poll(&wanted, 1, 0) == 1;
}

TEST(SocketPoller, TellsWhichSocketCanBeRead) {
    SocketPoller poller;
    Line quiet, loud;
    poller.watch(quiet.here(), true, false);
    poller.watch(loud.here(), true, false);
    EXPECT_TRUE(poller.ready().empty()) << "nothing has come yet";
    loud.say();
    auto events = poller.ready();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].socket, loud.here());
    EXPECT_TRUE(events[0].readable);
    EXPECT_FALSE(events[0].writable || events[0].failed);
    EXPECT_EQ(poller.ready().size(), 1u) << "and says so until it is read";
    loud.hear();
    EXPECT_TRUE(poller.ready().empty());
}

TEST(SocketPoller, ItsOneDescriptorStandsForAll) {
    SocketPoller poller;
    Line line;
    poller.watch(line.here(), true, false);
    EXPECT_FALSE(readable(poller.fd()));
    line.say();
    EXPECT_TRUE(readable(poller.fd()));
    line.hear();
    EXPECT_FALSE(readable(poller.fd()));
}

TEST(SocketPoller, WatchingAgainChangesWhatIsWatched) {
    SocketPoller poller;
    Line line;
    line.say();
    poller.watch(line.here(), false, true);
    auto events = poller.ready();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_TRUE(events[0].writable);
    EXPECT_FALSE(events[0].readable);
    poller.watch(line.here(), true, true);
    events = poller.ready();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_TRUE(events[0].writable && events[0].readable);
    poller.watch(line.here(), false, false);
    EXPECT_TRUE(poller.ready().empty());
}

TEST(SocketPoller, AForgottenSocketIsSilent) {
    SocketPoller poller;
    Line line;
    line.say();
    poller.watch(line.here(), true, true);
    poller.forget(line.here());
    EXPECT_TRUE(poller.ready().empty());
    poller.forget(line.here());
    poller.forget(-1);
    poller.watch(line.here(), true, false);
    EXPECT_EQ(poller.ready().size(), 1u) << "and may be watched again";
}

TEST(SocketPoller, AClosedSocketIsForgottenAndItsNumberMayComeBack) {
    SocketPoller poller;
    int number;
    {
        Line line;
        number = line.here();
        poller.watch(number, true, true);
    }
    EXPECT_TRUE(poller.ready().empty());
    Line next;
    ASSERT_EQ(next.here(), number) << "the system gives the lowest free number";
    next.say();
    poller.watch(next.here(), true, false);
    EXPECT_EQ(poller.ready().size(), 1u);
}

TEST(SocketPoller, AHangUpIsAFailure) {
    SocketPoller poller;
    Line line;
    poller.watch(line.here(), true, false);
    line.hang_up();
    auto events = poller.ready();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_TRUE(events[0].failed);
}

TEST(SocketPoller, NoneOfManyIsPassedOver) {
    SocketPoller poller;
    Line lines[200];
    for (Line& line : lines) {
        poller.watch(line.here(), true, false);
        line.say();
    }
    std::set<int> seen;
    for (int looks = 0; looks < 50 && seen.size() < 200; ++looks)
        for (const SocketPoller::Event& event : poller.ready()) seen.insert(event.socket);
    EXPECT_EQ(seen.size(), 200u);
}

}  // namespace
}  // namespace headway::net
