#include "pipeline/models.hpp"

namespace headway::pipeline {

std::string provider_name(const Provider& provider) {
    return provider->is_null() ? "builtin" : (*provider)["name"].as_string();
}

std::string judge_name(const Provider& provider) { return provider->is_null() ? "builtin" : "llm"; }

async::Task<core::Result<ModelReply>> Models::ask(const ModelRequest& request) {
    std::string name = provider_name(request.provider);
    if (name == "builtin") co_return co_await builtin_.ask(request);
    if (name == "openai") co_return co_await openai_.ask(request);
    co_return core::Error{core::ErrorKind::invalid, "this version has no such provider", name};
}

}  // namespace headway::pipeline
