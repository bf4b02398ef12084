#include "core/models/anthropic.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/models/model_exchange.hpp"

namespace headway::core {
namespace {

// What the vendor enforces; the root's description would do no good, but does no harm.
bool is_enforced(const std::string& keyword, const Json& value) {
    static const std::vector<std::string> kKeywords = {
        "type",  "properties", "required", "additionalProperties",
        "items", "enum",       "const",    "anyOf",
        "allOf", "$ref",       "$defs",    "description",
        "title", "default",    "format"};
    if (keyword == "minItems") return value == Json(0) || value == Json(1);
    return std::find(kKeywords.begin(), kKeywords.end(), keyword) != kKeywords.end();
}

bool holds_schemas_by_name(const std::string& keyword) {
    return keyword == "properties" || keyword == "$defs";
}

Json part_of(const std::string& keyword, const Json& value) {
    if (keyword == "enum" || keyword == "const" || keyword == "default") return value;
    if (value.is_array()) {
        Json::Array parts;
        for (const Json& part : value.items()) parts.push_back(anthropic_schema(part));
        return parts;
    }
    if (!holds_schemas_by_name(keyword)) return anthropic_schema(value);
    Json parts = Json::object();
    for (const auto& [name, part] : value.members()) parts.set(name, anthropic_schema(part));
    return parts;
}

void demand_answer(Json& body, const std::string& response_format, const Prompt& prompt) {
    Json schema = anthropic_schema(prompt.answer_schema);
    if (response_format == "json_schema") {
        Json format = Json::Object{{"type", "json_schema"}, {"schema", std::move(schema)}};
        body.set("output_config", Json::Object{{"format", std::move(format)}});
        return;
    }
    body.set("tools", Json::Array{Json::Object{{"name", prompt.name},
                                               {"description", "Takes the answer."},
                                               {"input_schema", std::move(schema)}}});
    body.set(
        "tool_choice",
        Json::Object{{"type", "tool"}, {"name", prompt.name}, {"disable_parallel_tool_use", true}});
}

// What stays the same from call to call, the tools before it included, is read again for a tenth of
// its price. Models ignore the mark on what is too short for that.
Json kept_by_vendor(const std::string& text) {
    return Json::Array{Json::Object{
        {"type", "text"}, {"text", text}, {"cache_control", Json::Object{{"type", "ephemeral"}}}}};
}

std::string text_of(const Json& content) {
    for (const Json& block : content.items()) {
        if (block["type"] == Json("text")) return text_at(block, "/text");
        if (block["type"] == Json("tool_use")) return block["input"].dump();
    }
    return {};
}

std::optional<std::int64_t> sum_of(std::initializer_list<std::optional<std::int64_t>> counts) {
    std::optional<std::int64_t> sum;
    for (const auto& count : counts)
        if (count) sum = sum.value_or(0) + *count;
    return sum;
}

// Purses and limits that no waiting mends come as 400 and 429, too.
Error error_of(const Answer& answer, Timestamp now) {
    const Json body = error_json(answer);
    std::string type = name_or_nothing(text_at(body, "/error/type"));
    std::string message = text_at(body, "/error/message");
    auto says = [&](const char* words) { return message.find(words) != std::string::npos; };
    if (answer.status == 402 || type == "billing_error" || says("credit balance is too low") ||
        text_at(body, "/error/details/error_code") == "enforced_spend_limit_reached")
        return quota_error(type, answer.status);
    if (answer.status == 413 || says("prompt is too long"))
        return too_large_error(type, answer.status);
    Error error = error_by_status(type, answer.status, retry_after(answer, now));
    if (answer.status == 400 && says("output_config"))
        error.hint = "The model may know no schemas: set \"response_format\": \"tool\".";
    if (answer.status == 400 && says("temperature"))
        error.hint = "The model takes no temperature: set it without one.";
    return error;
}

std::optional<Error> failure_of(const Completion& completion) {
    const std::string& reason = completion.finish_reason;
    if (reason == "refusal") return refusal();
    if (reason == "max_tokens") return cut_answer();
    if (reason == "model_context_window_exceeded") return too_large_error(reason, 200);
    if (completion.text.empty()) return empty_answer();
    return std::nullopt;
}

}  // namespace

const SettingRules& anthropic_rules() {
    static const SettingRules kRules{"https://api.anthropic.com",
                                     {"temperature", "max_output_tokens"},
                                     {{"response_format", {"json_schema", "tool"}}}};
    return kRules;
}

Json anthropic_schema(const Json& schema) {
    if (!schema.is_object()) return schema;
    Json kept = Json::object();
    std::string told = schema.text_or("description", "");
    for (const auto& [keyword, value] : schema.members()) {
        if (is_enforced(keyword, value)) kept.set(keyword, part_of(keyword, value));
        else told += (told.empty() ? "" : ", ") + keyword + ": " + value.dump();
    }
    if (!told.empty()) kept.set("description", told);
    return kept;
}

Outgoing anthropic_request(const ModelSettings& settings, const std::string& api_key,
                           const Prompt& prompt, const std::string& question) {
    Json body = Json::Object{{"model", settings.model}, {"max_tokens", settings.max_output_tokens}};
    if (!prompt.system.empty()) body.set("system", kept_by_vendor(prompt.system));
    Json::Array messages;
    messages.push_back(Json::Object{{"role", "user"}, {"content", question}});
    body.set("messages", std::move(messages));
    demand_answer(body, settings.choices.at("response_format"), prompt);
    if (settings.temperature) body.set("temperature", *settings.temperature);
    Outgoing out = json_request(settings.base_url + "/v1/messages", body);
    out.headers.emplace_back("anthropic-version", "2023-06-01");
    if (!api_key.empty()) out.headers.emplace_back("x-api-key", api_key);
    return out;
}

Completion read_anthropic_answer(const Answer& answer, Timestamp now) {
    Completion completion{.request_id = header_of(answer, "request-id")};
    if (answer.status != 200) {
        completion.failure = error_of(answer, now);
        return completion;
    }
    Json body = parse_foreign_json(answer.body).value;
    if (!body["content"].is_array())
        throw Failure(ErrorKind::protocol, "the model's vendor sent an answer without content");
    completion.text = text_of(body["content"]);
    completion.model = text_at(body, "/model");
    completion.finish_reason = text_at(body, "/stop_reason");
    auto cached = count_at(body, "/usage/cache_read_input_tokens");
    auto written = count_at(body, "/usage/cache_creation_input_tokens");
    completion.input_tokens = sum_of({count_at(body, "/usage/input_tokens"), cached, written});
    completion.output_tokens = count_at(body, "/usage/output_tokens");
    completion.cached_tokens = cached;
    completion.cache_write_tokens = written;
    completion.failure = failure_of(completion);
    if (completion.failure) completion.text.clear();
    return completion;
}

}  // namespace headway::core
