#include "core/base/provider_settings.hpp"

#include "core/base/error.hpp"

namespace headway::core {

void refuse_settings(const std::string& why) {
    throw Failure(Error{ErrorKind::invalid, "the provider's settings are not valid", why});
}

void refuse_setting(const std::string& name) {
    refuse_settings('"' + name +
                    "\" is no setting of this provider, or has a value that does not fit");
}

}  // namespace headway::core
