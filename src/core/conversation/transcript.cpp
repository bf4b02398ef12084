#include "core/conversation/transcript.hpp"

#include <charconv>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kLongestName = 60;

// "1:02:03", "12:03" or "12:03.5" as seconds.
std::optional<double> parse_clock(std::string_view text) {
    double seconds = 0;
    auto parts = split(text, ':');
    if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
    for (std::string_view part : parts) {
        constexpr std::size_t kLongestPart = 9;
        if (part.size() > kLongestPart || part.find_first_not_of("0123456789.") != part.npos)
            return std::nullopt;
        double value = 0;
        auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
        seconds = seconds * 60 + value;
    }
    return seconds;
}

// Takes "(clock)" or "[clock]" off the front or the back of `text`, if there is one.
std::optional<double> take_clock(std::string_view& text, bool front) {
    text = trim(text);
    if (text.empty()) return std::nullopt;
    char open = front ? text.front() : text.back();
    bool bracket = front ? open == '[' || open == '(' : open == ']' || open == ')';
    auto edge = front ? text.find_first_of("])") : text.find_last_of("[(");
    if (!bracket || edge == std::string_view::npos) return std::nullopt;
    std::string_view inside =
        front ? text.substr(1, edge - 1) : text.substr(edge + 1, text.size() - edge - 2);
    auto clock = parse_clock(inside);
    if (clock) text = trim(front ? text.substr(edge + 1) : text.substr(0, edge));
    return clock;
}

// Whether `name` looks like a speaker's label and not like the start of a sentence with a colon.
bool is_name(std::string_view name) {
    if (name.empty() || name.size() > kLongestName || name.starts_with("http")) return false;
    int words = 1;
    for (std::size_t at = 0; at < name.size();) {
        char32_t c = next_code_point(name, at);
        if (is_space(c)) ++words;
        else if (!is_word(c) && c != '.' && c != '\'' && c != '-' && c != '_' && c != '#')
            return false;
    }
    return words <= 5;
}

// The colon of "at 10:30" or "a ratio of 3:1".
bool is_in_number(std::string_view line, std::size_t colon) {
    auto digit = [&](std::size_t at) {
        return at < line.size() && line[at] >= '0' && line[at] <= '9';
    };
    return colon > 0 && digit(colon - 1) && digit(colon + 1);
}

std::optional<Turn> turn_start(std::string_view line) {
    Turn turn;
    turn.start_s = take_clock(line, true);
    // A name's own clock holds colons too, so its closing bracket is looked for first.
    auto colon = line.find(':');
    auto bracket = line.find_first_of("([");
    if (bracket < colon) colon = line.find(':', line.find_first_of("])", bracket));
    if (colon == std::string_view::npos || is_in_number(line, colon)) return std::nullopt;
    std::string_view name = line.substr(0, colon);
    if (auto clock = take_clock(name, false)) turn.start_s = clock;
    name = trim(name);
    if (!is_name(name)) return std::nullopt;
    turn.speaker = name;
    turn.text = trim(line.substr(colon + 1));
    return turn;
}

void set_optional(Json& json, const char* key, const std::optional<double>& value) {
    if (value) json.set(key, *value);
}

std::optional<double> optional_number(const Json& value) {
    return value.is_null() ? std::nullopt : std::optional<double>(value.as_number());
}

}  // namespace

std::vector<Turn> parse_turns(std::string_view transcript) {
    std::vector<Turn> turns;
    for (std::string_view line : split(transcript, '\n')) {
        line = trim(line);
        if (line.empty()) continue;
        if (auto turn = turn_start(line)) {
            turns.push_back(std::move(*turn));
        } else if (turns.empty()) {
            turns.push_back({{}, {}, {}, std::string(line)});
        } else {
            turns.back().text += (turns.back().text.empty() ? "" : "\n") + std::string(line);
        }
    }
    return turns;
}

Json turns_to_json(const std::vector<Turn>& turns) {
    Json::Array list;
    for (const Turn& turn : turns) {
        Json item = Json::object();
        if (!turn.speaker.empty()) item.set("speaker", turn.speaker);
        set_optional(item, "start_s", turn.start_s);
        set_optional(item, "end_s", turn.end_s);
        item.set("text", turn.text);
        list.push_back(std::move(item));
    }
    return list;
}

std::vector<Turn> turns_from_json(const Json& turns) {
    std::vector<Turn> list;
    if (turns.is_null()) return list;
    for (const Json& turn : turns.as_array()) {
        turn.as_object();
        list.push_back({turn.text_or("speaker", ""), optional_number(turn["start_s"]),
                        optional_number(turn["end_s"]), turn.text_or("text", "")});
    }
    return list;
}

}  // namespace headway::core
