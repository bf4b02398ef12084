#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/connectors/connector_page.hpp"
#include "core/models/model_settings.hpp"

namespace headway::core {

// Texts as vectors of length 1, so that the sum of products is the cosine. Only vectors of one
// model can be compared.
struct Embeddings {
    std::vector<std::vector<float>> vectors = {};  // in the texts' order, all of one size
    std::string model = {};                        // the one that answered
    std::string request_id = {};
    std::optional<std::int64_t> tokens = {};
    std::optional<Error> failure = {};
};

// How much one request may carry.
struct EmbeddingLimits {
    std::size_t texts;
    std::size_t bytes;           // of all texts
    std::size_t bytes_per_text;  // what is longer is cut: no text has more tokens than bytes
};

const SettingRules& openai_embedding_rules();
const SettingRules& gemini_embedding_rules();
Outgoing openai_embedding_request(const ModelSettings& settings, const std::string& api_key,
                                  const std::vector<std::string>& texts);
Outgoing gemini_embedding_request(const ModelSettings& settings, const std::string& api_key,
                                  const std::vector<std::string>& texts);

// The vectors of `count` texts, or the vendor's error. Throws Failure(protocol) for an answer that
// is none: vectors that are missing, of different sizes, without a length.
Embeddings read_openai_embeddings(const Answer& answer, std::size_t count, Timestamp now);
Embeddings read_gemini_embeddings(const Answer& answer, std::size_t count, Timestamp now);

// Needs no vendor: words and parts of words, hashed. It knows spelling and not meaning.
Embeddings builtin_embeddings(const std::vector<std::string>& texts);

// Texts as they are sent: none empty, none longer than `most` bytes.
std::vector<std::string> embeddable(std::vector<std::string> texts, std::size_t most);
// How many of the texts from `first` on go into one request; at least one.
std::size_t batch_size(const std::vector<std::string>& texts, std::size_t first,
                       const EmbeddingLimits& limits);

}  // namespace headway::core
