#include "core/base/provider_settings.hpp"

#include "core/base/error.hpp"
#include "core/base/shown_value.hpp"

namespace headway::core {
namespace {

bool is_within(const Json& value, const NumberRange& range) {
    if (!value.is_number() || (range.is_whole && !value.is_integer())) return false;
    return value.as_number() >= static_cast<double>(range.least) &&
           value.as_number() <= static_cast<double>(range.most);
}

std::string told(const NumberRange& range) {
    return (range.is_whole ? "a whole number from " : "a number from ") +
           std::to_string(range.least) + " to " + std::to_string(range.most);
}

}  // namespace

void refuse_settings(const std::string& why, const std::string& hint) {
    throw Failure(Error{ErrorKind::invalid, "the provider's settings are not valid", why, hint});
}

void refuse_setting(const std::string& name) {
    refuse_settings('"' + name +
                    "\" is no setting of this provider, or has a value that does not fit");
}

double number_setting(const std::string& name, const Json& value, const NumberRange& range) {
    if (!is_within(value, range))
        refuse_settings('"' + name + "\" is " + shown(value) + '.',
                        '"' + name + "\" takes " + told(range) + '.');
    return value.as_number();
}

int count_setting(const std::string& name, const Json& value, const NumberRange& range) {
    return static_cast<int>(number_setting(name, value, range));
}

}  // namespace headway::core
