#pragma once

#include <csignal>

namespace headway::net {

// Blocks all signals for a scope. libcurl starts resolver threads inside some calls; a thread
// inherits the mask, and the server's signal handlers must never run on one.
class SignalBlock {
  public:
    SignalBlock() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalBlock(const SignalBlock&) = delete;
    SignalBlock& operator=(const SignalBlock&) = delete;

  private:
    sigset_t before_;
};

}  // namespace headway::net
