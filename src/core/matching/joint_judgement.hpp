#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/matching/judgement.hpp"

namespace headway::core {

// Several questions at once, as a model's input: {language, features: [every candidate, once],
// items: [{number, type, item, candidates: [ids]}]}, numbered from 1. They are of one language.
Json joint_question(const std::vector<MatchQuestion>& questions);

// The single questions that an input of that form puts, in the order of their numbers.
std::vector<MatchQuestion> single_questions(const Json& joint);

// The answer {judgements: [{number, ...}]} to them, taken apart: for each in its order a text as
// read_judgement() takes it. Nothing for one that has no judgement, or two, or one that cannot be
// read or names what nobody was offered: about that one nothing has been said, about the others it
// has. Throws Failure(protocol) when nothing tells whose judgements they are: the answer has not
// that form, a number is nobody's, or one names a candidate that only another item has.
std::vector<std::optional<std::string>> split_judgements(
    std::string_view answer, const std::vector<MatchQuestion>& questions);

}  // namespace headway::core
