#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/error.hpp"

// Each target is a parser of foreign bytes. It may refuse them with a Failure, in bounded time and
// memory; anything else (a crash, another exception, a broken promise) is a finding.
namespace headway::fuzz {

inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

template <class F>
void may_refuse(F&& parse) {
    try {
        parse();
    } catch (const core::Failure&) {
    }
}

inline void promise(bool kept) {
    if (!kept) std::abort();
}

}  // namespace headway::fuzz
