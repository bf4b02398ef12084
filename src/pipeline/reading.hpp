#pragma once

#include <string>
#include <vector>

#include "core/conversation/extraction.hpp"
#include "pipeline/ask_model.hpp"

namespace headway::pipeline {

// How one conversation is read: in a single question, or in one for each part when it is long. The
// answers come in the order of the parts.
class Reading {
  public:
    // `rules`: {threshold, chunk_tokens}, what holds in the workspace.
    Reading(core::Conversation conversation, const core::Json& rules, Provider provider,
            std::string workspace);

    // How likely it is that reading is worth its price; 1 where it costs nothing.
    double relevance() const;

    bool is_complete(const std::vector<std::string>& answers) const {
        return answers.size() == parts_.size();
    }
    // The question that comes after these answers.
    ModelRequest next(const std::vector<std::string>& answers) const;
    // What is found in the parts that are answered. Throws Failure(protocol) for an answer that
    // cannot be read.
    core::Extraction read(const std::vector<std::string>& answers) const;

    // What is kept with an answer, so that a later attempt can go on behind it, and the answers
    // that are kept in a task's reply and can be read; none when the parts are others by now.
    core::Json round(const std::vector<std::string>& answers) const;
    std::vector<std::string> stored_answers(const core::Json& reply) const;

  private:
    core::Conversation conversation_;
    double threshold_;
    Provider provider_;
    std::string workspace_;
    std::vector<std::vector<core::Turn>> parts_;
};

}  // namespace headway::pipeline
