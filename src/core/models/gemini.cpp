#include "core/models/gemini.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/error.hpp"
#include "core/base/url.hpp"
#include "core/models/model_exchange.hpp"

namespace headway::core {
namespace {

Json content_of(const std::string& text) {
    return Json::Object{{"parts", Json::Array{Json::Object{{"text", text}}}}};
}

// What the model thought aloud is no part of its answer.
std::string text_of(const Json& candidate) {
    std::string text;
    for (const Json& part : candidate["content"]["parts"].items())
        if (part["thought"] != Json(true)) text += text_at(part, "/text");
    return text;
}

// "20s" or "20.7s"; the queue counts whole seconds.
std::optional<std::chrono::seconds> duration_of(const std::string& text) {
    double seconds = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || std::string_view(end) != "s" || seconds < 0 || seconds > 1e6)
        return std::nullopt;
    return std::chrono::seconds(static_cast<long>(std::ceil(seconds)));
}

// What an error's details say: they are a list of things of many types.
struct Details {
    std::string reason;
    std::optional<std::chrono::seconds> wait;
    bool is_days_quota = false;

    explicit Details(const Json& list) {
        for (const Json& detail : list.items()) {
            if (reason.empty()) reason = text_at(detail, "/reason");
            if (!wait) wait = duration_of(text_at(detail, "/retryDelay"));
            for (const Json& violation : detail["violations"].items())
                is_days_quota |= text_at(violation, "/quotaId").find("PerDay") != std::string::npos;
        }
    }
};

// In a one-element array where it comes through a gateway.
Json error_of(const Answer& answer) {
    Json body = error_json(answer);
    return body.items().size() == 1 ? body.items()[0]["error"] : body["error"];
}

// Words of the vendor's that may be added to without notice: what is not known is no answer.
std::optional<Error> failure_of(const Json& candidate, const Completion& completion) {
    const std::string& reason = completion.finish_reason;
    if (reason == "MAX_TOKENS") return cut_answer();
    if (reason == "MALFORMED_RESPONSE") return empty_answer();
    if (!reason.empty() && reason != "STOP") return filtered_answer();
    if (!candidate["content"]["parts"].is_array()) return empty_answer();
    return std::nullopt;
}

// Figures that are left out are 0, where there are any.
std::optional<std::int64_t> figure(const Json& usage, const char* pointer) {
    return usage.is_object() ? std::optional(count_at(usage, pointer).value_or(0)) : std::nullopt;
}

}  // namespace

const SettingRules& gemini_rules() {
    static const SettingRules kRules{"https://generativelanguage.googleapis.com/v1beta",
                                     {"temperature", "max_output_tokens"},
                                     {{"response_format", {"json_schema", "json_object"}}}};
    return kRules;
}

std::string gemini_url(const ModelSettings& settings, const char* method) {
    return settings.base_url + "/models/" + percent_encode(settings.model) + ':' + method;
}

Outgoing gemini_request(const ModelSettings& settings, const std::string& api_key,
                        const Prompt& prompt, const std::string& question) {
    Json generation = Json::Object{{"maxOutputTokens", settings.max_output_tokens},
                                   {"responseMimeType", "application/json"}};
    if (settings.choices.at("response_format") == "json_schema")
        generation.set("responseJsonSchema", prompt.answer_schema);
    if (settings.temperature) generation.set("temperature", *settings.temperature);
    Json asked = content_of(question);
    asked.set("role", "user");
    Json body = Json::Object{{"systemInstruction", content_of(prompt.system)}};
    body.set("contents", Json::Array{std::move(asked)});
    body.set("generationConfig", std::move(generation));
    Outgoing out = json_request(gemini_url(settings, "generateContent"), body);
    if (!api_key.empty()) out.headers.emplace_back("x-goog-api-key", api_key);
    return out;
}

// A wrong key is a 400 like any other; a quota for the day is no reason to wait.
Error read_gemini_error(const Answer& answer) {
    const Json said = error_of(answer);
    Details details(said["details"]);
    std::string code =
        name_or_nothing(details.reason.empty() ? text_at(said, "/status") : details.reason);
    if (details.is_days_quota) return quota_error(code, answer.status);
    bool is_too_long =
        text_at(said, "/message").find("exceeds the maximum number of tokens") != std::string::npos;
    if (is_too_long || answer.status == 413) return too_large_error(code, answer.status);
    return error_by_status(code, answer.status, details.wait);
}

Completion read_gemini_answer(const Answer& answer, Timestamp) {
    Completion completion;
    if (answer.status != 200) {
        completion.failure = read_gemini_error(answer);
        return completion;
    }
    Json body = parse_foreign_json(answer.body).value;
    const Json& usage = body["usageMetadata"];
    completion.request_id = text_at(body, "/responseId");
    completion.model = text_at(body, "/modelVersion");
    completion.input_tokens = figure(usage, "/promptTokenCount");
    completion.cached_tokens = figure(usage, "/cachedContentTokenCount");
    completion.reasoning_tokens = figure(usage, "/thoughtsTokenCount");
    completion.output_tokens = figure(usage, "/candidatesTokenCount");
    if (completion.output_tokens) *completion.output_tokens += *completion.reasoning_tokens;
    if (const Json* blocked = body.at("/promptFeedback/blockReason")) {
        completion.finish_reason = blocked->is_string() ? blocked->as_string() : "";
        completion.failure = filtered_answer();
        return completion;
    }
    const Json::Array& candidates = body["candidates"].items();
    if (candidates.empty() || !candidates[0].is_object())
        throw Failure(ErrorKind::protocol, "the model's vendor sent an answer without a candidate");
    completion.finish_reason = text_at(candidates[0], "/finishReason");
    completion.failure = failure_of(candidates[0], completion);
    if (!completion.failure) completion.text = text_of(candidates[0]);
    return completion;
}

}  // namespace headway::core
