#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace headway::test {

// A request as it came over the wire; header names in lower case.
struct Received {
    std::string method, target, body;
    std::multimap<std::string, std::string> headers;

    std::string header(const std::string& name) const {
        auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

// One client's connection, as a script of the test sees it. Every call ends when the server stops.
class Connection {
  public:
    explicit Connection(int socket) : socket_(socket) {}

    // The next request, whole; false when the client has gone.
    bool receive(Received& request) {
        request = {};
        std::size_t end;
        while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
            if (!read_more()) return false;
        parse_head(pending_.substr(0, end + 2), request);
        pending_.erase(0, end + 4);
        std::string length = request.header("content-length");
        std::size_t size = length.empty() ? 0 : std::stoul(length);
        while (pending_.size() < size)
            if (!read_more()) return false;
        request.body = pending_.substr(0, size);
        pending_.erase(0, size);
        return true;
    }

    // False when the client has gone.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    bool answer(int status, std::string_view body, std::string_view headers = "") {
        return send("HTTP/1.1 " + std::to_string(status) +
                    " Text\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                    std::string(headers) + "\r\n" + std::string(body));
    }
    // Says nothing until the client goes.
    void hang() {
        while (read_more()) {
        }
    }

  private:
    bool read_more() {
        char buffer[16384];
        ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
        if (got > 0) pending_.append(buffer, static_cast<std::size_t>(got));
        return got > 0;
    }

    static void parse_head(const std::string& head, Received& request) {
        std::size_t at = head.find("\r\n");
        std::string line = head.substr(0, at);
        request.method = line.substr(0, line.find(' '));
        request.target =
            line.substr(request.method.size() + 1, line.rfind(' ') - request.method.size() - 1);
        for (at += 2; at < head.size();) {
            std::size_t end = head.find("\r\n", at), colon = head.find(':', at);
            std::string name = head.substr(at, colon - at);
            std::transform(name.begin(), name.end(), name.begin(),
                           [](unsigned char c) { return std::tolower(c); });
            std::size_t value = head.find_first_not_of(' ', colon + 1);
            request.headers.emplace(name, head.substr(value, end - value));
            at = end + 2;
        }
    }

    int socket_;
    std::string pending_;
};

// An HTTP server of a few lines on a free port of 127.0.0.1, one thread per connection. What a
// connection does is the test's script; the connection ends with it.
class TinyServer {
  public:
    using Script = std::function<void(Connection&)>;

    explicit TinyServer(Script script)
        : script_(std::move(script)),
          listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
          stop_(eventfd(0, EFD_CLOEXEC)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 512) != 0 ||
            getsockname(listener_, plain, &size) != 0)
            throw std::runtime_error("the test's server cannot listen");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~TinyServer() {
        std::uint64_t one = 1;
        [[maybe_unused]] auto written = ::write(stop_, &one, sizeof one);
        acceptor_.join();
        {
            std::lock_guard lock(mutex_);
            for (Client& client : clients_)
                if (!client.closed) ::shutdown(client.socket, SHUT_RDWR);
        }
        for (Client& client : clients_) client.thread.join();
        ::close(listener_);
        ::close(stop_);
    }
    TinyServer(const TinyServer&) = delete;
    TinyServer& operator=(const TinyServer&) = delete;

    int port() const { return port_; }
    std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
    std::string url(const std::string& target = "/") const { return "http://" + host() + target; }

    int connections() const {
        return count([](const State& state) { return state.opened; });
    }
    int most_at_once() const {
        return count([](const State& state) { return state.most; });
    }
    // Whether so many connections have ended, waiting for it a while.
    bool saw_closed(int wanted) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10),
                                 [&] { return state_.closed >= wanted; });
    }

  private:
    struct Client {
        int socket;
        bool closed = false;
        std::thread thread;
    };
    struct State {
        int opened = 0, closed = 0, most = 0;
    };

    template <class F>
    int count(F&& what) const {
        std::lock_guard lock(mutex_);
        return what(state_);
    }

    void accept_all() {
        for (;;) {
            pollfd wanted[2] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
            ::poll(wanted, 2, -1);
            if (wanted[1].revents != 0) return;
            int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) continue;
            std::lock_guard lock(mutex_);
            ++state_.opened;
            state_.most = std::max(state_.most, state_.opened - state_.closed);
            Client& client = clients_.emplace_back();
            client.socket = socket;
            client.thread = std::thread([this, &client] { serve(client); });
        }
    }

    void serve(Client& client) {
        Connection connection(client.socket);
        script_(connection);
        std::lock_guard lock(mutex_);
        ::close(client.socket);
        client.closed = true;
        ++state_.closed;
        changed_.notify_all();
    }

    Script script_;
    int listener_, stop_;
    int port_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    State state_;
    std::list<Client> clients_;
    std::thread acceptor_;
};

}  // namespace headway::test
