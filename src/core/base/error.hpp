#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace headway::core {

// What went wrong, by what the caller can do about it. Retry rules (work/retry.hpp) read nothing
// else.
enum class ErrorKind {
    invalid,       // the input is wrong: fix it, never retry
    refused,       // the other side understood and said no (4xx): never retry unchanged
    forbidden,     // our own guard said no (address, protocol, credentials' origin)
    too_large,     // a size limit was reached
    protocol,      // the answer breaks the vendor's contract (bad JSON, repeated cursor, ignored
                   // filter)
    stale_token,   // the access token is no longer taken: mint another, once
    expired,       // a cursor went stale: start the list again
    rate_limited,  // asked to wait
    over_budget,   // no budget of ours has room for what it may cost
    timeout,       // no answer in time
    network,       // could not connect, connection cut
    server,        // the other side failed (5xx)
    busy,          // the database cannot do it now (lock, deadlock, no room)
    internal,      // the database refused what we did
    lost,          // somebody else holds the task now
};

const char* name(ErrorKind kind);
// The kind of that name; internal when there is none.
ErrorKind kind_of(const std::string& name);

// A described failure. `message` is one line fit for a log: it never holds a secret or a word that
// a customer said. `detail` is shown to the user who owns the data, under the same rule.
struct Error {
    ErrorKind kind;
    std::string message;
    std::string detail = {};
    std::string hint = {};
    int http_status = 0;  // 0: no HTTP answer was received
    std::optional<std::chrono::seconds> retry_after = {};
    bool unsent = false;  // not a byte of the request has left, so that nobody can charge for it
};

// Carries an Error up through a flow; caught in one place (pipeline/task_runner.cpp) and at the
// server's border (pg/guard.cpp).
class Failure : public std::exception {
  public:
    explicit Failure(Error error) : error_(std::move(error)) {}
    Failure(ErrorKind kind, std::string message) : error_{kind, std::move(message)} {}
    const char* what() const noexcept override { return error_.message.c_str(); }
    const Error& error() const noexcept { return error_; }

  private:
    Error error_;
};

}  // namespace headway::core
