#include "core/models/openai.hpp"

#include <charconv>
#include <cmath>

#include "core/base/error.hpp"
#include "core/base/url.hpp"

namespace headway::core {
namespace {

constexpr std::string_view kCodeChars =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
constexpr const char* kProvider = "Check headway_set_provider() and the vendor's account.";

Json response_format(const OpenAiSettings& settings, const Prompt& prompt) {
    if (settings.response_format != "json_schema")
        return Json::Object{{"type", settings.response_format}};
    Json schema = Json::Object{{"name", prompt.name}, {"strict", true}};
    schema.set("schema", prompt.answer_schema);
    Json format = Json::Object{{"type", "json_schema"}};
    format.set("json_schema", std::move(schema));
    return format;
}

Json message(const char* role, const std::string& content) {
    return Json::Object{{"role", role}, {"content", content}};
}

std::optional<std::int64_t> count(const Json& usage, std::string_view pointer) {
    const Json* value = usage.at(pointer);
    return value && value->is_integer() ? std::optional(value->as_integer()) : std::nullopt;
}

std::string header(const Answer& answer, const char* name) {
    auto found = answer.headers.find(name);
    return found == answer.headers.end() ? std::string() : found->second;
}

// The vendor's own error, whose "error" local servers give as a text. Its message may quote what
// was sent, so only its codes are kept.
struct VendorError {
    std::string code, type, message;

    explicit VendorError(const Answer& answer) {
        try {
            Json body = parse_foreign_json(answer.body).value;
            const Json& error = body["error"];
            auto text = [](const Json& value) {
                return value.is_string() ? value.as_string() : "";
            };
            code = text(error["code"]);
            if (code.size() > 64 || code.find_first_not_of(kCodeChars) != std::string::npos)
                code = "";
            type = text(error["type"]);
            message = error.is_string() ? error.as_string() : text(error["message"]);
        } catch (const Failure&) {  // no JSON: the status must do
        }
    }
    bool is(std::string_view name) const { return code == name || type == name; }
    bool says(std::string_view words) const { return message.find(words) != std::string::npos; }
};

// Milliseconds and fractions of a second are rounded up: the queue counts seconds.
std::optional<std::chrono::seconds> wait_of(const Answer& answer, Timestamp now) {
    std::string exact = header(answer, "retry-after-ms");
    double milliseconds = 0;
    auto [end, error] = std::from_chars(exact.data(), exact.data() + exact.size(), milliseconds);
    if (!exact.empty() && error == std::errc{} && milliseconds >= 0 && milliseconds < 1e9)
        return std::chrono::seconds(static_cast<long>(std::ceil(milliseconds / 1000)));
    return retry_after(answer, now);
}

Error error_of(const Answer& answer, Timestamp now) {
    VendorError said(answer);
    int status = answer.status;
    auto make = [&](ErrorKind kind, std::string message, std::string hint = {}) {
        return Error{kind, std::move(message), said.code, std::move(hint), status};
    };
    if (said.is("insufficient_quota"))
        return make(ErrorKind::refused, "the model's vendor says that the quota is used up",
                    "Top up the account, or set another provider with headway_set_provider().");
    if (said.is("context_length_exceeded") || status == 413 || said.says("Request too large"))
        return make(ErrorKind::too_large, "the conversation is larger than the model takes",
                    "Set a model with a larger context with headway_set_provider().");
    if (status == 429) {
        Error error = make(ErrorKind::rate_limited, "the model's vendor asks to wait");
        error.retry_after = wait_of(answer, now);
        return error;
    }
    if (status == 408) return make(ErrorKind::timeout, "the model's vendor gave up waiting");
    if (status == 409 || status >= 500) {
        Error error = make(ErrorKind::server,
                           "the model's vendor failed with HTTP status " + std::to_string(status));
        error.retry_after = wait_of(answer, now);
        return error;
    }
    return make(ErrorKind::refused,
                "the model's vendor refused with HTTP status " + std::to_string(status), kProvider);
}

// A refusal comes first (its content is null), then a cut answer, which may still be valid JSON.
std::optional<Error> failure_of(const Json& choice, const std::string& finish_reason) {
    const Json& refusal = choice["message"]["refusal"];
    if (refusal.is_string() && !refusal.as_string().empty())
        return Error{ErrorKind::refused, "the model refused to answer"};
    if (finish_reason == "length")
        return Error{ErrorKind::too_large,
                     "the model's answer was cut at its limit of tokens",
                     {},
                     "Raise max_output_tokens in the settings of headway_set_provider()."};
    if (finish_reason == "content_filter")
        return Error{ErrorKind::refused, "the vendor's content filter withheld the answer"};
    if (!choice["message"]["content"].is_string())
        return Error{ErrorKind::protocol, "the model's answer has no content"};
    return std::nullopt;
}

}  // namespace

OpenAiSettings OpenAiSettings::from_json(const Json& settings) {
    OpenAiSettings read;
    auto wrong = [](const std::string& name, const std::string& what) {
        throw Failure(Error{ErrorKind::invalid, "the provider's settings are not valid",
                            '"' + name + "\" " + what});
    };
    for (const auto& [name, value] : settings.members()) {
        if (name == "temperature" && value.is_number()) read.temperature = value.as_number();
        else if (name == "max_output_tokens" && value.is_integer() && value.as_integer() > 0 &&
                 value.as_integer() <= 10'000'000)
            read.max_output_tokens = static_cast<int>(value.as_integer());
        else if (name == "timeout_seconds" && value.is_integer() && value.as_integer() > 0 &&
                 value.as_integer() <= 3600)
            read.timeout = std::chrono::seconds(value.as_integer());
        else if (name == "base_url" && value.is_string())
            read.base_url = parse_base_url(value.as_string()).str();
        else if (name == "model" && value.is_string()) read.model = value.as_string();
        else if (name == "token_limit" &&
                 (value == Json("max_tokens") || value == Json("max_completion_tokens")))
            read.token_limit = value.as_string();
        else if (name == "response_format" &&
                 (value == Json("json_schema") || value == Json("json_object") ||
                  value == Json("text")))
            read.response_format = value.as_string();
        else wrong(name, "is no setting of this provider, or has a value that does not fit");
    }
    if (read.model.empty()) wrong("model", "is required");
    return read;
}

Outgoing openai_request(const OpenAiSettings& settings, const std::string& api_key,
                        const Prompt& prompt, const std::string& question) {
    // What is large is moved into place: an initializer list would copy it.
    Json::Array messages;
    messages.push_back(message("system", prompt.system));
    messages.push_back(message("user", question));
    Json body =
        Json::Object{{"model", settings.model}, {settings.token_limit, settings.max_output_tokens}};
    body.set("messages", std::move(messages));
    body.set("response_format", response_format(settings, prompt));
    if (settings.temperature) body.set("temperature", *settings.temperature);
    Outgoing out{"POST",
                 settings.base_url + "/chat/completions",
                 {{"Accept", "application/json"}, {"Content-Type", "application/json"}},
                 body.dump()};
    if (!api_key.empty()) out.headers.emplace_back("Authorization", "Bearer " + api_key);
    return out;
}

Completion read_openai_answer(const Answer& answer, Timestamp now) {
    Completion completion;
    completion.request_id = header(answer, "x-request-id");
    if (answer.status != 200) {
        completion.failure = error_of(answer, now);
        return completion;
    }
    Json body = parse_foreign_json(answer.body).value;
    const Json::Array& choices = body["choices"].items();
    if (choices.empty() || !choices[0].is_object())
        throw Failure(ErrorKind::protocol, "the model's vendor sent an answer without a choice");
    const Json& choice = choices[0];
    const Json& finish = choice["finish_reason"];
    completion.finish_reason = finish.is_string() ? finish.as_string() : "";
    completion.model = body["model"].is_string() ? body["model"].as_string() : "";
    completion.input_tokens = count(body["usage"], "/prompt_tokens");
    completion.output_tokens = count(body["usage"], "/completion_tokens");
    completion.cached_tokens = count(body["usage"], "/prompt_tokens_details/cached_tokens");
    completion.reasoning_tokens =
        count(body["usage"], "/completion_tokens_details/reasoning_tokens");
    completion.failure = failure_of(choice, completion.finish_reason);
    if (!completion.failure) completion.text = choice["message"]["content"].as_string();
    return completion;
}

}  // namespace headway::core
