#include "net/socket_poller.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/base/error.hpp"

namespace headway::net {

SocketPoller::SocketPoller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0)
        throw core::Failure(core::ErrorKind::network, "no descriptor for the network is left");
}

SocketPoller::~SocketPoller() { close(epoll_); }

void SocketPoller::watch(int socket, bool read, bool write) {
    epoll_event event{};
    event.events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
    event.data.fd = socket;
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event) != 0 && errno == ENOENT)
        epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
}

void SocketPoller::forget(int socket) { epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr); }

std::vector<SocketPoller::Event> SocketPoller::ready() {
    std::array<epoll_event, 64> events;
    int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
    std::vector<Event> found;
    for (int i = 0; i < count; ++i) {
        auto flags = events[static_cast<std::size_t>(i)].events;
        found.push_back({events[static_cast<std::size_t>(i)].data.fd, (flags & EPOLLIN) != 0,
                         (flags & EPOLLOUT) != 0, (flags & (EPOLLERR | EPOLLHUP)) != 0});
    }
    return found;
}

}  // namespace headway::net
