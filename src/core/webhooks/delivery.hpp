#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace headway::core {

// The headers of a request as an app hands them over, {name: text} or {name: [text]}, with names of
// any letter case. A header that comes twice counts as missing: nobody can say which one was meant.
class DeliveryHeaders {
  public:
    // Throws Failure(invalid) when it is no object.
    explicit DeliveryHeaders(const Json& headers);
    // The value without the blanks around it.
    std::optional<std::string_view> find(std::string_view name) const;

  private:
    std::map<std::string, std::optional<std::string>> values_;  // by name in lower case
};

// A request that somebody sent to where the vendor shall send its own.
struct Delivery {
    DeliveryHeaders headers;
    std::string_view body;
};

// Why a delivery is not taken: an HTTP status, and one of a few fixed texts, since nothing in it
// can be believed.
struct Refusal {
    int status;
    std::string reason;
};

}  // namespace headway::core
