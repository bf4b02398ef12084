#include "net/curl_client.hpp"

#include "net/curl_exchange.hpp"
#include "net/signal_block.hpp"
#include "net/socket_poller.hpp"

namespace headway::net {
namespace {

// Once per process and only where it is used: never in the postmaster, before a fork.
void initialise_curl() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) throw core::Failure(core::ErrorKind::network, "libcurl does not start");
}

}  // namespace

struct CurlClient::Impl {
    explicit Impl(async::EventLoop& the_loop) : loop(the_loop) {}

    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
        auto& poller = static_cast<Impl*>(self)->poller;
        if (what == CURL_POLL_REMOVE) poller.forget(socket);
        else poller.watch(socket, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
        return 0;
    }

    static int on_timer(CURLM*, long milliseconds, void* self) noexcept {
        auto& impl = *static_cast<Impl*>(self);
        impl.due.reset();
        if (milliseconds >= 0)
            impl.due = impl.loop.clock().now() + std::chrono::milliseconds(milliseconds);
        return 0;
    }

    void act(curl_socket_t socket, int events) {
        SignalBlock block;
        int running = 0;
        curl_multi_socket_action(multi.get(), socket, events, &running);
    }

    async::EventLoop& loop;
    SocketPoller poller;
    std::optional<async::TimePoint> due;
    MultiHandle multi;  // last: closing it still calls on_socket
};

CurlClient::CurlClient(async::EventLoop& loop, long max_connections_per_host)
    : impl_(std::make_unique<Impl>(loop)) {
    initialise_curl();
    impl_->multi.reset(curl_multi_init());
    if (!impl_->multi) throw std::bad_alloc();
    CURLM* multi = impl_->multi.get();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, impl_.get());
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, impl_.get());
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, max_connections_per_host);
    loop.attach(*this);
}

CurlClient::~CurlClient() = default;

async::Task<core::Result<HttpResponse>> CurlClient::send(HttpRequest request) {
    CurlExchange exchange(impl_->multi.get(), impl_->loop, std::move(request));
    exchange.begin();
    co_await exchange.finished();
    co_return exchange.result();
}

int CurlClient::fd() const { return impl_->poller.fd(); }

std::optional<async::TimePoint> CurlClient::due() const { return impl_->due; }

void CurlClient::process() {
    if (impl_->due && *impl_->due <= impl_->loop.clock().now()) {
        impl_->due.reset();
        impl_->act(CURL_SOCKET_TIMEOUT, 0);
    }
    for (const SocketPoller::Event& event : impl_->poller.ready())
        impl_->act(event.socket, (event.readable ? CURL_CSELECT_IN : 0) |
                                     (event.writable ? CURL_CSELECT_OUT : 0) |
                                     (event.failed ? CURL_CSELECT_ERR : 0));
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(impl_->multi.get(), &left))
        if (message->msg == CURLMSG_DONE)
            CurlExchange::complete(message->easy_handle, message->data.result);
}

}  // namespace headway::net
