#include "net/curl_exchange.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/base/address.hpp"
#include "core/base/text.hpp"
#include "net/signal_block.hpp"

namespace headway::net {
namespace {

bool is_public(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in ipv4;
        std::memcpy(&ipv4, &address, sizeof ipv4);
        return core::is_public_ipv4(ntohl(ipv4.sin_addr.s_addr));
    }
    if (address.sa_family != AF_INET6) return false;
    sockaddr_in6 ipv6;
    std::memcpy(&ipv6, &address, sizeof ipv6);
    core::Ipv6Bytes bytes;
    std::copy_n(ipv6.sin6_addr.s6_addr, bytes.size(), bytes.begin());
    return core::is_public_ipv6(bytes);
}

HeaderList header_list(const std::vector<std::pair<std::string, std::string>>& headers) {
    HeaderList list(curl_slist_append(nullptr, "Expect:"));  // no extra round trip before a body
    for (const auto& [name, value] : headers) {
        curl_slist* longer = curl_slist_append(list.get(), (name + ": " + value).c_str());
        if (!longer) throw std::bad_alloc();
    }
    return list;
}

core::ErrorKind kind_of(CURLcode code) {
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT: return core::ErrorKind::timeout;
        case CURLE_FILESIZE_EXCEEDED: return core::ErrorKind::too_large;
        case CURLE_UNSUPPORTED_PROTOCOL: return core::ErrorKind::forbidden;
        case CURLE_URL_MALFORMAT: return core::ErrorKind::invalid;
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ISSUER_ERROR: return core::ErrorKind::refused;
        default: return core::ErrorKind::network;
    }
}

}  // namespace

CurlExchange::CurlExchange(CURLM* multi, async::EventLoop& loop, HttpRequest request)
    : multi_(multi),
      loop_(loop),
      request_(std::move(request)),
      easy_(curl_easy_init()),
      headers_(header_list(request_.headers)),
      done_(loop),
      started_(loop.clock().now()) {
    if (!easy_) throw std::bad_alloc();
    configure();
}

CurlExchange::~CurlExchange() {
    SignalBlock block;
    if (added_) curl_multi_remove_handle(multi_, easy_.get());
    easy_.reset();
}

void CurlExchange::configure() {
    CURL* easy = easy_.get();
    auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_HTTPHEADER, headers_.get());
    open_file();
    if (request_.method == "POST" || body_size() > 0) {
        // Read by a callback and never again from its start: libcurl would repeat a request in
        // silence, up to five times, when a connection that it had used before ends without a byte
        // of an answer; the server may have done by then what it was asked for.
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_size()));
        set(CURLOPT_READFUNCTION, &CurlExchange::on_send);
        set(CURLOPT_READDATA, this);
        set(CURLOPT_SEEKFUNCTION, &CurlExchange::on_send_again);
    }
    if (request_.method == "HEAD") set(CURLOPT_NOBODY, 1L);
    else if (request_.method != "GET") set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.total_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request_.stall_timeout.count()));
    if (!request_.sink) set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_PROTOCOLS_STR, request_.allow_private ? "http,https" : "https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    // The server's environment must not steer requests, nor may a signal or a slow look-up of names
    // hold the process up.
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_WRITEFUNCTION, &CurlExchange::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &CurlExchange::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &CurlExchange::on_open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
}

void CurlExchange::open_file() {
    if (!request_.file) return;
    file_ = Descriptor(::open(request_.file->path.c_str(), O_RDONLY | O_CLOEXEC));
    unreadable_ = !file_.is_open();
}

std::uint64_t CurlExchange::body_size() const {
    std::uint64_t of_file = request_.file ? request_.file->size : 0;
    return request_.body.size() + of_file + request_.body_end.size();
}

void CurlExchange::begin() {
    SignalBlock block;
    added_ = curl_multi_add_handle(multi_, easy_.get()) == CURLM_OK;
    if (!added_) complete(easy_.get(), CURLE_FAILED_INIT);
}

void CurlExchange::complete(CURL* easy, CURLcode code) {
    char* self = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
    auto* exchange = reinterpret_cast<CurlExchange*>(self);
    exchange->code_ = code;
    exchange->done_.set();
}

core::Result<HttpResponse> CurlExchange::result() {
    if (*code_ != CURLE_OK && !response_.was_stopped) {
        core::Error error = failure();
        error.unsent = !was_sent();
        return error;
    }
    // libcurl takes a connection that ends within the headers for a response without a body.
    if (!headers_complete_)
        return core::Error{core::ErrorKind::network, "HTTP exchange failed: the headers were cut"};
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    response_.latency =
        std::chrono::duration_cast<std::chrono::milliseconds>(loop_.clock().now() - started_);
    return std::move(response_);
}

core::Error CurlExchange::failure() const {
    if (too_large_)
        return {core::ErrorKind::too_large, "the answer is larger than headway.max_response_bytes"};
    if (forbidden_)
        return {core::ErrorKind::forbidden,
                "the host resolves to a private address",
                {},
                "If that is meant, name the host in headway.allowed_private_hosts."};
    if (unreadable_) return {core::ErrorKind::internal, "the file to send cannot be read"};
    if (*code_ == CURLE_SEND_FAIL_REWIND)
        return {core::ErrorKind::network,
                "HTTP exchange failed: the connection ended before an answer came"};
    // curl's own text for the code: unlike its error buffer it never holds a part of the URL.
    if (*code_ == CURLE_UNSUPPORTED_PROTOCOL && was_sent())
        return {core::ErrorKind::protocol, "HTTP exchange failed: the answer is no HTTP"};
    return {kind_of(*code_), std::string("HTTP exchange failed: ") + curl_easy_strerror(*code_)};
}

bool CurlExchange::was_sent() const {
    long bytes = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0;
}

bool CurlExchange::give_to_sink(const char* bytes, std::size_t size) {
    if (!sink_begun_) {
        long status = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        response_.status = static_cast<int>(status);
        response_.was_stopped = !request_.sink->begin(response_);
        sink_begun_ = true;
    }
    response_.was_stopped = response_.was_stopped || !request_.sink->take({bytes, size});
    return !response_.was_stopped;
}

bool CurlExchange::take_body(const char* bytes, std::size_t size) {
    if (request_.sink) return give_to_sink(bytes, size);
    too_large_ = response_.body.size() + size > request_.max_response_bytes;
    if (!too_large_) response_.body.append(bytes, size);
    return !too_large_;
}

bool CurlExchange::take_header(std::string_view line) {
    constexpr std::size_t kMostHeaders = 200;
    if (line.starts_with("HTTP/")) {  // an interim response may have come before
        response_.headers.clear();
        headers_complete_ = false;
    }
    if (core::trim(line).empty()) headers_complete_ = true;  // trailers may follow the body
    auto colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    std::string name = core::lower(core::trim(line.substr(0, colon)));
    std::string& value = response_.headers[name];
    bool is_list = name == "link" && !value.empty();  // each line may hold another link
    value = (is_list ? value + ", " : "") + std::string(core::trim(line.substr(colon + 1)));
    return response_.headers.size() <= kMostHeaders;
}

curl_socket_t CurlExchange::open_socket(const curl_sockaddr& address) {
    if (!request_.allow_private && !is_public(address.addr)) {
        forbidden_ = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

// Of one of the body's three parts at a time. What ends too early ends the transfer.
std::size_t CurlExchange::give_body(char* bytes, std::size_t room) {
    std::uint64_t at = sent_, of_file = request_.file ? request_.file->size : 0;
    std::string_view text = request_.body;
    std::size_t given = 0;
    if (at >= text.size() && at - text.size() < of_file) {
        at -= text.size();
        given = read_file(at, bytes, std::min<std::uint64_t>(room, of_file - at));
        if (given == 0) return CURL_READFUNC_ABORT;
    } else {
        if (at >= text.size()) at -= std::exchange(text, request_.body_end).size() + of_file;
        given = text.copy(bytes, room, at);
    }
    sent_ += given;
    return given;
}

std::size_t CurlExchange::read_file(std::uint64_t at, char* bytes, std::size_t room) {
    auto place = static_cast<off_t>(request_.file->offset + at);
    ssize_t got = ::pread(file_.fd(), bytes, room, place);
    unreadable_ = got <= 0;
    return unreadable_ ? 0 : static_cast<std::size_t>(got);
}

std::size_t CurlExchange::on_send(char* bytes, std::size_t size, std::size_t count,
                                  void* self) noexcept {
    return static_cast<CurlExchange*>(self)->give_body(bytes, size * count);
}

int CurlExchange::on_send_again(void*, curl_off_t, int) noexcept { return CURL_SEEKFUNC_FAIL; }

// libcurl's frames cannot be unwound: what is thrown in a callback ends the transfer instead.
std::size_t CurlExchange::on_body(char* bytes, std::size_t size, std::size_t count,
                                  void* self) noexcept {
    try {
        return static_cast<CurlExchange*>(self)->take_body(bytes, size * count) ? size * count : 0;
    } catch (...) {
        return 0;
    }
}

std::size_t CurlExchange::on_header(char* bytes, std::size_t size, std::size_t count,
                                    void* self) noexcept {
    try {
        return static_cast<CurlExchange*>(self)->take_header({bytes, size * count}) ? size * count
                                                                                    : 0;
    } catch (...) {
        return 0;
    }
}

curl_socket_t CurlExchange::on_open_socket(void* self, curlsocktype,
                                           curl_sockaddr* address) noexcept {
    return static_cast<CurlExchange*>(self)->open_socket(*address);
}

}  // namespace headway::net
