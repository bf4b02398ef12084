#pragma once

#include <array>
#include <optional>

#include "async/event_loop.hpp"
#include "net/curl_raii.hpp"
#include "net/descriptor.hpp"
#include "net/http.hpp"

namespace headway::net {

// One request on its way through a multi handle. Lives in the frame of the coroutine that awaits
// it: destroying it takes the transfer off the multi handle at once, a pending name look-up
// included.
class CurlExchange {
  public:
    CurlExchange(CURLM* multi, async::EventLoop& loop, HttpRequest request);
    ~CurlExchange();
    CurlExchange(const CurlExchange&) = delete;
    CurlExchange& operator=(const CurlExchange&) = delete;

    void begin();
    auto finished() { return done_.wait(); }
    // Called by the client when libcurl reports the transfer's end.
    static void complete(CURL* easy, CURLcode code);
    core::Result<HttpResponse> result();

  private:
    void configure();
    core::Error failure() const;
    bool was_sent() const;
    void open_file();
    std::uint64_t body_size() const;
    std::size_t give_body(char* bytes, std::size_t room);
    std::size_t read_file(std::uint64_t at, char* bytes, std::size_t room);
    bool take_body(const char* bytes, std::size_t size);
    bool give_to_sink(const char* bytes, std::size_t size);
    bool take_header(std::string_view line);
    curl_socket_t open_socket(const curl_sockaddr& address);

    static std::size_t on_send(char* bytes, std::size_t size, std::size_t count,
                               void* self) noexcept;
    static int on_send_again(void* self, curl_off_t offset, int origin) noexcept;
    static std::size_t on_body(char* bytes, std::size_t size, std::size_t count,
                               void* self) noexcept;
    static std::size_t on_header(char* bytes, std::size_t size, std::size_t count,
                                 void* self) noexcept;
    static curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept;

    CURLM* multi_;
    async::EventLoop& loop_;
    HttpRequest request_;
    HttpResponse response_;
    EasyHandle easy_;
    HeaderList headers_;
    async::Signal done_;
    async::TimePoint started_;
    std::optional<CURLcode> code_;
    Descriptor file_;         // what is sent of it
    std::uint64_t sent_ = 0;  // bytes of the body
    bool unreadable_ = false;
    bool added_ = false;
    bool headers_complete_ = false;
    bool too_large_ = false;
    bool forbidden_ = false;  // an address was refused
    bool sink_begun_ = false;
};

}  // namespace headway::net
