#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace headway::async {

// A lazy coroutine that computes a T. It starts when awaited and resumes its awaiter when done; an
// exception travels to the awaiter. Destroying a Task destroys the frame with everything it awaits:
// that is how work is cancelled, so every awaitable must let go in its destructor.
//
// g++ 12 miscompiles some temporaries inside co_await expressions: bind arguments to named locals
// first and take coroutine parameters by value (or by reference to something that outlives the
// task).
template <class T>
class Task;

namespace detail {

class PromiseBase {
  public:
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept { return ResumeAwaiter{}; }
    void unhandled_exception() noexcept { error_ = std::current_exception(); }
    void set_awaiter(std::coroutine_handle<> awaiter) { awaiter_ = awaiter; }

  protected:
    void rethrow_if_failed() const {
        if (error_) std::rethrow_exception(error_);
    }

  private:
    struct ResumeAwaiter {
        bool await_ready() noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
            return done.promise().awaiter_;
        }
        void await_resume() noexcept {}
    };

    std::coroutine_handle<> awaiter_ = std::noop_coroutine();
    std::exception_ptr error_;
};

template <class T>
class Promise : public PromiseBase {
  public:
    Task<T> get_return_object();
    void return_value(T value) { value_.emplace(std::move(value)); }
    T take() {
        rethrow_if_failed();
        return std::move(*value_);
    }

  private:
    std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
  public:
    Task<void> get_return_object();
    void return_void() {}
    void take() { rethrow_if_failed(); }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
  public:
    using promise_type = detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle frame) : frame_(frame) {}
    Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~Task() {
        if (frame_) frame_.destroy();
    }

    // Runs the coroutine up to its first wait, for roots that nobody awaits (TaskGroup, EventLoop).
    void start() { frame_.resume(); }
    bool done() const { return frame_.done(); }
    // The value of a finished root, or its exception.
    T take() { return frame_.promise().take(); }

    auto operator co_await() && {
        struct Awaiter {
            Handle frame;
            bool await_ready() const noexcept { return false; }
            // A task that ends without a wait lets its awaiter go on in place, so that a loop of
            // such tasks needs no tail call to keep its stack.
            bool await_suspend(std::coroutine_handle<> awaiter) noexcept {
                frame.resume();
                if (frame.done()) return false;
                frame.promise().set_awaiter(awaiter);
                return true;
            }
            T await_resume() { return frame.promise().take(); }
        };
        return Awaiter{frame_};
    }

  private:
    Handle frame_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
    return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}

inline Task<void> detail::Promise<void>::get_return_object() {
    return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace headway::async
