#pragma once

#include <string>

#include "core/base/json.hpp"

namespace headway::core {

// A row of headway.prompts: what a language model is told, and the JSON schema of its answer.
struct Prompt {
    std::string name;
    std::string system;
    std::string question;  // the column "template"
    Json answer_schema;

    static Prompt from_json(const Json& row);
};

// The user's message: the template with {{name}} replaced by the parts of a model's input, which
// are for "extract" title, language, title_language, medium, insiders, customer, themes and
// transcript, for "match" type, language, item and candidates, or language, features and items of
// several at once, for "link" call, language, candidates and transcript, for "analyse" title,
// language, insiders and transcript. What a customer said is never read as a template, and cannot
// close the tags that a template puts around it. Throws Failure(invalid) for a name that the input
// does not have.
std::string render(const Prompt& prompt, const std::string& purpose, const Json& input);

}  // namespace headway::core
