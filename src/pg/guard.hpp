#pragma once

// The border between C++ and the server, in its two directions and nowhere else:
// entry() lets no C++ exception out, server_call() lets no longjmp in.

#include <csetjmp>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "core/base/error.hpp"
#include "pg/server.hpp"

namespace headway::pg {

// An ERROR of the server on its way through C++ frames. It carries the whole ErrorData, so that it
// can go on as it was: SQLSTATE, DETAIL, HINT, CONTEXT and all. Copies share it.
class PgError : public std::exception {
  public:
    // Takes the current error out of the server's error stack.
    PgError();
    const char* what() const noexcept override {
        return data_->message ? data_->message : "server error";
    }
    int sqlstate() const noexcept { return data_->sqlerrcode; }
    bool is_interrupt() const noexcept;  // a cancel or a shutdown, which nobody may swallow
    const ErrorData& data() const noexcept { return *data_; }

    // Moves the error's memory under `parent`, which frees it; afterwards only raise it.
    ErrorData* hand_over(MemoryContext parent) const noexcept;

  private:
    struct Memory {
        explicit Memory(MemoryContext the_context) : context(the_context) {}
        ~Memory();
        Memory(const Memory&) = delete;
        Memory& operator=(const Memory&) = delete;
        MemoryContext context;
    };
    std::shared_ptr<Memory> memory_;
    ErrorData* data_;
};

// A failure that a SQL caller shall see under a SQLSTATE of its own ("8W004").
class SqlFailure : public core::Failure {
  public:
    SqlFailure(const char* sqlstate, core::Error error);
    int sqlstate() const noexcept { return sqlstate_; }

  private:
    int sqlstate_;
};

namespace detail {

// What is left of an exception once every C++ object is gone: plain data.
struct Caught {
    ErrorData* server = nullptr;
    int sqlstate = 0;
    char message[512] = "";
    char detail[2048] = "";
    char hint[512] = "";

    // To be called in a catch (...) block.
    void take_current() noexcept;
    [[noreturn]] void raise(bool hide_statement) const;
};

struct ServerState {
    sigjmp_buf* exception_stack = PG_exception_stack;
    ErrorContextCallback* context_stack = error_context_stack;
    MemoryContext memory = CurrentMemoryContext;
    void restore() const {
        PG_exception_stack = exception_stack;
        error_context_stack = context_stack;
    }
};

}  // namespace detail

// Runs C++ code that the server has called. An exception becomes an ERROR only after every C++
// object has been destroyed. `hide_statement` keeps the SQL text, which may hold a secret, out of
// the server's log, and that of the statements around it.
template <class F>
auto entry(F&& body, bool hide_statement = false) -> std::invoke_result_t<F> {
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<F>>,
                  "an ERROR does not run this destructor");
    detail::Caught caught;
    try {
        return body();
    } catch (...) {
        caught.take_current();
    }
    caught.raise(hide_statement);
}

// Runs code of the server that may raise an ERROR, which becomes a PgError. Inside, only server
// calls and trivially destructible locals: a longjmp skips destructors.
template <class F>
__attribute__((noinline)) auto server_call(F&& call) -> std::invoke_result_t<F> {
    using Value = std::invoke_result_t<F>;
    static_assert(std::is_void_v<Value> || std::is_trivially_destructible_v<Value>,
                  "a longjmp does not run this destructor");
    const detail::ServerState before;
    sigjmp_buf landing;
    if (sigsetjmp(landing, 0) == 0) {
        PG_exception_stack = &landing;
        if constexpr (std::is_void_v<Value>) {
            call();
            before.restore();
            return;
        } else {
            Value value = call();
            before.restore();
            return value;
        }
    }
    before.restore();
    MemoryContextSwitchTo(before.memory);
    throw PgError();
}

}  // namespace headway::pg
