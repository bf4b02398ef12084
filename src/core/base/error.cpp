#include "core/base/error.hpp"

namespace headway::core {

const char* name(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid: return "invalid";
        case ErrorKind::refused: return "refused";
        case ErrorKind::forbidden: return "forbidden";
        case ErrorKind::too_large: return "too_large";
        case ErrorKind::protocol: return "protocol";
        case ErrorKind::stale_token: return "stale_token";
        case ErrorKind::expired: return "expired";
        case ErrorKind::rate_limited: return "rate_limited";
        case ErrorKind::over_budget: return "over_budget";
        case ErrorKind::timeout: return "timeout";
        case ErrorKind::network: return "network";
        case ErrorKind::server: return "server";
        case ErrorKind::busy: return "busy";
        case ErrorKind::internal: return "internal";
        case ErrorKind::lost: return "lost";
    }
    return "unknown";
}

ErrorKind kind_of(const std::string& name_of_kind) {
    for (int kind = 0; kind <= static_cast<int>(ErrorKind::lost); ++kind)
        if (name_of_kind == name(static_cast<ErrorKind>(kind))) return static_cast<ErrorKind>(kind);
    return ErrorKind::internal;
}

}  // namespace headway::core
