#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "core/base/error.hpp"

namespace headway::test {

// The error that `act` fails with; an act that succeeds fails the test.
template <class Act>
core::Error failure_of(Act&& act) {
    try {
        std::forward<Act>(act)();
    } catch (const core::Failure& failure) {
        return failure.error();
    }
    ADD_FAILURE() << "this should have failed";
    return {core::ErrorKind::lost, "nothing failed"};
}

}  // namespace headway::test
