#pragma once

#include <utility>
#include <variant>

#include "core/base/error.hpp"

namespace headway::core {

// A value or the Error that stands in its place, for calls whose failure is expected.
// (std::expected does not exist in C++20.)
template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : held_(std::move(value)) {}
    Result(Error error) : held_(std::move(error)) {}

    bool ok() const { return held_.index() == 0; }
    const Error& error() const { return std::get<1>(held_); }
    const T& value() const& { return std::get<0>(held_); }

    // The value, or a Failure that carries the error.
    T value_or_throw() && {
        if (!ok()) throw Failure(std::get<1>(std::move(held_)));
        return std::get<0>(std::move(held_));
    }

  private:
    std::variant<T, Error> held_;
};

}  // namespace headway::core
