#include "core/webhooks/delivery.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

std::optional<std::string> value_of(const Json& header) {
    const Json& value = header.items().size() == 1 ? header.items().front() : header;
    if (!value.is_string()) return std::nullopt;
    return std::string(trim(value.as_string()));
}

}  // namespace

DeliveryHeaders::DeliveryHeaders(const Json& headers) {
    if (!headers.is_object()) throw Failure(ErrorKind::invalid, "the headers are no JSON object");
    for (const auto& [name, header] : headers.members()) {
        auto [place, is_first] = values_.emplace(lower(name), value_of(header));
        if (!is_first) place->second.reset();
    }
}

std::optional<std::string_view> DeliveryHeaders::find(std::string_view name) const {
    auto found = values_.find(lower(name));
    if (found == values_.end() || !found->second) return std::nullopt;
    return *found->second;
}

}  // namespace headway::core
