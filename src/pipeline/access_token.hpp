#pragma once

#include <string>

#include "pipeline/vendor.hpp"

namespace headway::pipeline {

// A token as requests carry it. `id` tells it from the tokens before and after.
struct AccessToken {
    std::string id;
    std::string secret;
};

// The access token of a source whose kind of auth mints one: the cached one while it is fresh, else
// a new one, minted by one worker for all:
//
//   ask the database ---> a fresh token: take it
//     ^    |         \--> a mint has failed just now: fail like it
//     |    |          \-> nobody mints: begin to
//     |    v
//     +-- wait a moment
//
// Throws Failure, also (busy) when it takes too long.
async::Task<AccessToken> access_token(Context& ctx, const Source& source);

}  // namespace headway::pipeline
