#pragma once

#include <vector>

namespace headway::net {

// The set of sockets that a library wants watched, behind one descriptor: an epoll set can itself
// be waited for, so the server's wait needs room for one socket only.
class SocketPoller {
  public:
    struct Event {
        int socket;
        bool readable;
        bool writable;
        bool failed;
    };

    SocketPoller();
    ~SocketPoller();
    SocketPoller(const SocketPoller&) = delete;
    SocketPoller& operator=(const SocketPoller&) = delete;

    int fd() const { return epoll_; }
    void watch(int socket, bool read, bool write);  // adds or changes
    void forget(int socket);
    std::vector<Event> ready();  // without waiting

  private:
    int epoll_;
};

}  // namespace headway::net
