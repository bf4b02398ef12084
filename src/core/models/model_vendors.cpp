#include "core/models/model_vendors.hpp"

#include "core/base/error.hpp"
#include "core/models/anthropic.hpp"
#include "core/models/gemini.hpp"
#include "core/models/openai.hpp"

namespace headway::core {
namespace {

template <class Vendor>
const Vendor& one_of(const std::vector<Vendor>& vendors, const std::string& name) {
    for (const Vendor& vendor : vendors)
        if (vendor.name == name) return vendor;
    throw Failure(Error{ErrorKind::invalid, "this version has no such provider", name});
}

}  // namespace

const std::vector<ModelVendor>& model_vendors() {
    static const std::vector<ModelVendor> kVendors = {
        {"openai", &openai_rules, &openai_request, &read_openai_answer},
        {"anthropic", &anthropic_rules, &anthropic_request, &read_anthropic_answer},
        {"gemini", &gemini_rules, &gemini_request, &read_gemini_answer},
    };
    return kVendors;
}

// A text has at most as many tokens as bytes, so these keep every request within the vendors'
// limits: 8192 tokens a text, 2048 texts and 300000 tokens; 2048 tokens (the rest is not read) and
// 100 texts.
const std::vector<EmbeddingVendor>& embedding_vendors() {
    static const std::vector<EmbeddingVendor> kVendors = {
        {"openai",
         {.texts = 500, .bytes = 250'000, .bytes_per_text = 8000},
         &openai_embedding_rules,
         &openai_embedding_request,
         &read_openai_embeddings},
        {"gemini",
         {.texts = 100, .bytes = 250'000, .bytes_per_text = 8000},
         &gemini_embedding_rules,
         &gemini_embedding_request,
         &read_gemini_embeddings},
    };
    return kVendors;
}

const ModelVendor& model_vendor(const std::string& name) { return one_of(model_vendors(), name); }

const EmbeddingVendor& embedding_vendor(const std::string& name) {
    return one_of(embedding_vendors(), name);
}

}  // namespace headway::core
