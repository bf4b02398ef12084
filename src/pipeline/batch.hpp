#pragma once

#include <exception>
#include <functional>
#include <list>
#include <new>
#include <optional>
#include <vector>

#include "async/event_loop.hpp"
#include "core/base/error.hpp"

namespace headway::pipeline {

// Calls of the database that are wanted in the same turn of the event loop, made as one: what a
// transaction costs is paid once for all. The busier the worker, the more come together.
template <class Request, class Reply>
class Batch {
  public:
    // Makes the call for all requests at once, all or nothing; gives the replies in their order.
    using Call = std::function<std::vector<Reply>(const std::vector<const Request*>&)>;

    Batch(async::EventLoop& loop, Call call) : loop_(loop), call_(std::move(call)) {}
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    // The reply to one request. Throws what the call throws; a Failure that one of the others has
    // caused stays with that one.
    async::Task<Reply> make(Request request) {
        Waiter waiter(*this, request);
        if (!flusher_ || flusher_->done()) {
            flusher_.emplace(flush());
            flusher_->start();
        }
        co_await waiter.answered.wait();
        if (waiter.error) std::rethrow_exception(waiter.error);
        co_return std::move(*waiter.reply);
    }

  private:
    // Bounds what is held in memory at once.
    static constexpr std::size_t kMost = 64;

    struct Waiter {
        Waiter(Batch& the_batch, const Request& the_request)
            : batch(the_batch), request(the_request), answered(the_batch.loop_) {
            place = batch.waiting_.insert(batch.waiting_.end(), this);
        }
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        ~Waiter() {
            if (place) batch.waiting_.erase(*place);
        }

        Batch& batch;
        const Request& request;
        async::Signal answered;
        std::optional<typename std::list<Waiter*>::iterator> place;
        std::optional<Reply> reply;
        std::exception_ptr error;
    };
    using Waiters = std::vector<Waiter*>;

    async::Task<void> flush() {
        // What else this turn wants comes along, and it is done before the loop goes on: a
        // connection that has brought an answer brings no other before that one is recorded.
        co_await loop_.end_of_turn();
        while (!waiting_.empty()) {
            Waiters together = take_some();
            answer(together);
            for (Waiter* waiter : together) waiter->answered.set();
        }
    }

    Waiters take_some() {
        Waiters together;
        while (!waiting_.empty() && together.size() < kMost) {
            together.push_back(waiting_.front());
            together.back()->place.reset();
            waiting_.pop_front();
        }
        return together;
    }

    void answer(const Waiters& together) {
        try {
            std::vector<const Request*> requests;
            for (Waiter* waiter : together) requests.push_back(&waiter->request);
            std::vector<Reply> replies = call_(requests);
            for (std::size_t i = 0; i < together.size(); ++i)
                together[i]->reply.emplace(std::move(replies.at(i)));
        } catch (...) {
            bool one_by_one = together.size() > 1 && may_be_the_fault_of_one();
            for (Waiter* waiter : together) {
                if (one_by_one) answer({waiter});
                else waiter->error = std::current_exception();
            }
        }
    }

    // To be called in a catch block. A lock is in the way of all, and a stop concerns all.
    static bool may_be_the_fault_of_one() {
        try {
            throw;
        } catch (const core::Failure& failure) {
            return failure.error().kind != core::ErrorKind::busy;
        } catch (const std::bad_alloc&) {
            return true;
        } catch (...) {
            return false;
        }
    }

    async::EventLoop& loop_;
    Call call_;
    std::list<Waiter*> waiting_;
    std::optional<async::Task<void>> flusher_;
};

}  // namespace headway::pipeline
