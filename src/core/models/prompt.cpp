#include "core/models/prompt.hpp"

#include <cmath>
#include <map>

#include "core/base/error.hpp"

namespace headway::core {
namespace {

using Values = std::map<std::string, std::string>;

// "</" is what could end the tags around a text.
std::string harmless(std::string text) {
    for (std::size_t at = 0; (at = text.find("</", at)) != std::string::npos; at += 3)
        text.replace(at, 2, "< /");
    return text;
}

std::string clock(double seconds) {
    auto whole = static_cast<long>(std::floor(seconds));
    std::string text = std::to_string(whole / 60) + ':';
    return text + (whole % 60 < 10 ? "0" : "") + std::to_string(whole % 60);
}

bool is_trail(const Json& input) { return input.text_or("medium", "") == "events"; }

// "[2:05] Ann: words", a line for each turn; a trail's lines have their times already.
std::string transcript_of(const Json& input) {
    std::string text;
    for (const Json& turn : input["turns"].items()) {
        if (is_trail(input)) {
            text += turn.text_or("text", "") + '\n';
            continue;
        }
        if (turn["start_s"].is_number()) text += '[' + clock(turn["start_s"].as_number()) + "] ";
        text += turn.text_or("speaker", "Unknown") + ": " + turn.text_or("text", "") + '\n';
    }
    return text;
}

std::string themes_of(const Json& themes) {
    std::string text;
    for (const Json& theme : themes.items())
        text += "- " + theme["name"].as_string() + ": " + theme.text_or("description", "") + '\n';
    return text;
}

std::string names_of(const Json& names) {
    std::string text;
    for (const Json& name : names.items()) text += (text.empty() ? "" : ", ") + name.as_string();
    return text;
}

Values values_of(const std::string& purpose, const Json& input) {
    if (purpose == "extract") {
        std::string customer = input.text_or("customer", "");
        return {{"title", input.text_or("title", "")},
                {"language", input.text_or("language", "")},
                {"title_language", input.text_or("title_language", input.text_or("language", ""))},
                {"insiders", names_of(input["insiders"])},
                {"customer", customer.empty() ? "unknown" : customer},
                {"medium", is_trail(input) ? "events" : "speech"},
                {"themes", themes_of(input["themes"])},
                {"transcript", transcript_of(input)}};
    }
    if (purpose == "analyse") {
        return {{"title", input.text_or("title", "")},
                {"language", input.text_or("language", "")},
                {"insiders", names_of(input["insiders"])},
                {"transcript", transcript_of(input)}};
    }
    if (purpose == "link") {
        return {{"call", input["call"].dump()},
                {"language", input.text_or("language", "")},
                {"candidates", input["candidates"].dump()},
                {"transcript", transcript_of(input)}};
    }
    return {{"type", input.text_or("type", "")},    {"language", input.text_or("language", "")},
            {"item", input["item"].dump()},         {"candidates", input["candidates"].dump()},
            {"features", input["features"].dump()}, {"items", input["items"].dump()}};
}

}  // namespace

Prompt Prompt::from_json(const Json& row) {
    return {row["name"].as_string(), row["system"].as_string(), row["template"].as_string(),
            row["answer_schema"]};
}

std::string render(const Prompt& prompt, const std::string& purpose, const Json& input) {
    const Values values = values_of(purpose, input);
    const std::string& text = prompt.question;
    std::string rendered;
    for (std::size_t at = 0;;) {
        std::size_t open = text.find("{{", at);
        std::size_t close = open == std::string::npos ? open : text.find("}}", open);
        if (close == std::string::npos) return rendered + text.substr(at);
        rendered += text.substr(at, open - at);
        auto value = values.find(text.substr(open + 2, close - open - 2));
        if (value == values.end())
            throw Failure(Error{ErrorKind::invalid, "the prompt's template names an unknown part",
                                text.substr(open, close + 2 - open),
                                "Correct the row in headway.prompts."});
        rendered += harmless(value->second);
        at = close + 2;
    }
}

}  // namespace headway::core
