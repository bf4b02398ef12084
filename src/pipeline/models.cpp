#include "pipeline/models.hpp"

namespace headway::pipeline {

std::string provider_name(const Provider& provider) {
    return provider->is_null() ? "builtin" : (*provider)["name"].as_string();
}

std::string model_name(const Provider& provider) {
    return (*provider)["settings"].text_or("model", "builtin-1");
}

std::string judge_name(const std::string& provider) {
    return provider == "builtin" ? "builtin" : "llm";
}

bool has_fallback(const Provider& provider) { return !(*provider)["fallback"].is_null(); }

std::optional<Provider> fallback_of(const Provider& provider) {
    if (!has_fallback(provider)) return std::nullopt;
    core::Json fallback = (*provider)["fallback"];
    fallback.set("prompt", (*provider)["prompt"]);
    return std::make_shared<const core::Json>(std::move(fallback));
}

async::Task<core::Result<ModelReply>> Models::ask(const ModelRequest& request) {
    Model& model =
        provider_name(request.provider) == "builtin" ? static_cast<Model&>(builtin_) : vendors_;
    co_return co_await model.ask(request);
}

}  // namespace headway::pipeline
