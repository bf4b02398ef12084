#include "core/models/openai.hpp"

#include <charconv>
#include <cmath>

#include "core/base/error.hpp"
#include "core/models/model_exchange.hpp"

namespace headway::core {
namespace {

Json response_format(const std::string& type, const Prompt& prompt) {
    Json format = Json::Object{{"type", type}};
    if (type != "json_schema") return format;
    Json schema = Json::Object{{"name", prompt.name}, {"strict", true}};
    schema.set("schema", prompt.answer_schema);
    format.set("json_schema", std::move(schema));
    return format;
}

Json message(const char* role, const std::string& content) {
    return Json::Object{{"role", role}, {"content", content}};
}

// Milliseconds and fractions of a second are rounded up: the queue counts seconds.
std::optional<std::chrono::seconds> wait_of(const Answer& answer, Timestamp now) {
    std::string exact = header_of(answer, "retry-after-ms");
    double milliseconds = 0;
    auto [end, error] = std::from_chars(exact.data(), exact.data() + exact.size(), milliseconds);
    if (!exact.empty() && error == std::errc{} && milliseconds >= 0 && milliseconds < 1e9)
        return std::chrono::seconds(static_cast<long>(std::ceil(milliseconds / 1000)));
    return retry_after(answer, now);
}

// A refusal comes first (its content is null), then a cut answer, which may still be valid JSON.
std::optional<Error> failure_of(const Json& choice, const std::string& finish_reason) {
    if (!text_at(choice, "/message/refusal").empty()) return refusal();
    if (finish_reason == "length") return cut_answer();
    if (finish_reason == "content_filter") return filtered_answer();
    if (!choice["message"]["content"].is_string()) return empty_answer();
    return std::nullopt;
}

}  // namespace

const SettingRules& openai_rules() {
    static const SettingRules kRules{"https://api.openai.com/v1",
                                     {"temperature", "max_output_tokens"},
                                     {{"token_limit", {"max_completion_tokens", "max_tokens"}},
                                      {"response_format", {"json_schema", "json_object", "text"}}}};
    return kRules;
}

Outgoing openai_request(const ModelSettings& settings, const std::string& api_key,
                        const Prompt& prompt, const std::string& question) {
    // What is large is moved into place: an initializer list would copy it.
    Json::Array messages;
    messages.push_back(message("system", prompt.system));
    messages.push_back(message("user", question));
    Json body = Json::Object{{"model", settings.model},
                             {settings.choices.at("token_limit"), settings.max_output_tokens}};
    body.set("messages", std::move(messages));
    body.set("response_format", response_format(settings.choices.at("response_format"), prompt));
    if (settings.temperature) body.set("temperature", *settings.temperature);
    Outgoing out = json_request(settings.base_url + "/chat/completions", body);
    if (!api_key.empty()) out.headers.emplace_back("Authorization", "Bearer " + api_key);
    return out;
}

// Local servers give the error as a text.
Error read_openai_error(const Answer& answer, Timestamp now) {
    const Json body = error_json(answer);
    std::string code = text_at(body, "/error/code"), type = text_at(body, "/error/type");
    std::string message =
        body["error"].is_string() ? body["error"].as_string() : text_at(body, "/error/message");
    std::string name = name_or_nothing(code);
    if (code == "insufficient_quota" || type == "insufficient_quota")
        return quota_error(name, answer.status);
    if (code == "context_length_exceeded" || answer.status == 413 ||
        message.find("Request too large") != std::string::npos)
        return too_large_error(name, answer.status);
    return error_by_status(name, answer.status, wait_of(answer, now));
}

Completion read_openai_answer(const Answer& answer, Timestamp now) {
    Completion completion{.request_id = header_of(answer, "x-request-id")};
    if (answer.status != 200) {
        completion.failure = read_openai_error(answer, now);
        return completion;
    }
    Json body = parse_foreign_json(answer.body).value;
    const Json::Array& choices = body["choices"].items();
    if (choices.empty() || !choices[0].is_object())
        throw Failure(ErrorKind::protocol, "the model's vendor sent an answer without a choice");
    completion.finish_reason = text_at(choices[0], "/finish_reason");
    completion.model = text_at(body, "/model");
    completion.input_tokens = count_at(body, "/usage/prompt_tokens");
    completion.output_tokens = count_at(body, "/usage/completion_tokens");
    completion.cached_tokens = count_at(body, "/usage/prompt_tokens_details/cached_tokens");
    completion.reasoning_tokens =
        count_at(body, "/usage/completion_tokens_details/reasoning_tokens");
    completion.failure = failure_of(choices[0], completion.finish_reason);
    if (!completion.failure) completion.text = text_at(choices[0], "/message/content");
    return completion;
}

}  // namespace headway::core
