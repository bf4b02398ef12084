#pragma once

#include <map>
#include <optional>
#include <string>

#include "async/clock.hpp"
#include "core/base/error.hpp"

namespace headway::pipeline {

// Providers that have failed for good a moment ago while another stands by. For a minute that one
// is asked alone, so that an outage does not cost every conversation tries that are bound to fail.
class Resting {
  public:
    void rest(const std::string& who, const core::Error& failure, async::TimePoint now) {
        rests_[who] = {failure, now + std::chrono::minutes(1)};
    }
    // Why it is left in peace; nothing when it may be asked.
    std::optional<core::Error> reason(const std::string& who, async::TimePoint now) const {
        auto rest = rests_.find(who);
        if (rest == rests_.end() || rest->second.until <= now) return std::nullopt;
        return rest->second.failure;
    }

  private:
    struct Rest {
        core::Error failure;
        async::TimePoint until;
    };
    std::map<std::string, Rest> rests_;  // by who: few, as there are providers
};

}  // namespace headway::pipeline
