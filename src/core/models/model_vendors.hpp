#pragma once

#include <string>
#include <vector>

#include "core/models/completion.hpp"
#include "core/models/embeddings.hpp"
#include "core/models/prompt.hpp"

namespace headway::core {

// How a vendor of language models is asked, and what its answers mean.
struct ModelVendor {
    std::string name;
    const SettingRules& (*rules)();
    Outgoing (*request)(const ModelSettings& settings, const std::string& api_key,
                        const Prompt& prompt, const std::string& question);
    Completion (*read)(const Answer& answer, Timestamp now);
};

// The same for vectors. `read` is told how many texts were sent.
struct EmbeddingVendor {
    std::string name;
    EmbeddingLimits limits;
    const SettingRules& (*rules)();
    Outgoing (*request)(const ModelSettings& settings, const std::string& api_key,
                        const std::vector<std::string>& texts);
    Embeddings (*read)(const Answer& answer, std::size_t count, Timestamp now);
};

// All that this version has. To add one, write its codec and its entry.
const std::vector<ModelVendor>& model_vendors();
const std::vector<EmbeddingVendor>& embedding_vendors();

// The one of that name; throws Failure(invalid) when there is none.
const ModelVendor& model_vendor(const std::string& name);
const EmbeddingVendor& embedding_vendor(const std::string& name);

}  // namespace headway::core
