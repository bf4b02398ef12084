#include "core/models/model_exchange.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

// So many tokens no exchange uses; a sum of several still fits where they are counted.
constexpr std::int64_t kMostTokens = 500'000'000;

}  // namespace

Outgoing json_request(const std::string& url, const Json& body) {
    return {"POST",
            url,
            {{"Accept", "application/json"}, {"Content-Type", "application/json"}},
            body.dump()};
}

std::string header_of(const Answer& answer, const char* name) {
    auto found = answer.headers.find(name);
    return found == answer.headers.end() ? std::string() : sanitize_utf8(found->second).text;
}

std::string text_at(const Json& json, std::string_view pointer) {
    const Json* value = json.at(pointer);
    return value && value->is_string() ? value->as_string() : "";
}

std::optional<std::int64_t> count_at(const Json& json, std::string_view pointer) {
    const Json* value = json.at(pointer);
    if (!value || !value->is_integer()) return std::nullopt;
    std::int64_t count = value->as_integer();
    return count >= 0 && count <= kMostTokens ? std::optional(count) : std::nullopt;
}

std::string name_or_nothing(const std::string& text) {
    constexpr std::string_view kChars =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    return text.size() <= 64 && text.find_first_not_of(kChars) == std::string::npos ? text : "";
}

Json error_json(const Answer& answer) {
    try {
        return parse_foreign_json(answer.body).value;
    } catch (const Failure&) {
        return {};
    }
}

Error quota_error(const std::string& code, int status) {
    return {ErrorKind::refused, "the model's vendor says that the quota is used up", code,
            "Top up the account, or set another provider with headway_set_provider().", status};
}

Error too_large_error(const std::string& code, int status) {
    return {ErrorKind::too_large, "the conversation is larger than the model takes", code,
            "Set a model with a larger context with headway_set_provider().", status};
}

Error error_by_status(const std::string& code, int status,
                      std::optional<std::chrono::seconds> wait) {
    std::string number = std::to_string(status);
    if (status == 429)
        return {ErrorKind::rate_limited, "the model's vendor asks to wait", code, {}, status, wait};
    if (status == 408)
        return {ErrorKind::timeout, "the model's vendor gave up waiting", code, {}, status};
    if (status == 409 || status >= 500)
        return {ErrorKind::server,
                "the model's vendor failed with HTTP status " + number,
                code,
                {},
                status,
                wait};
    return {ErrorKind::refused, "the model's vendor refused with HTTP status " + number, code,
            "Check headway_set_provider() and the vendor's account.", status};
}

Error refusal() { return {ErrorKind::refused, "the model refused to answer"}; }

Error cut_answer() {
    return {ErrorKind::too_large,
            "the model's answer was cut at its limit of tokens",
            {},
            "Raise max_output_tokens in the settings of headway_set_provider()."};
}

Error filtered_answer() {
    return {ErrorKind::refused, "the vendor's content filter withheld the answer"};
}

Error empty_answer() { return {ErrorKind::protocol, "the model's answer has no content"}; }

}  // namespace headway::core
