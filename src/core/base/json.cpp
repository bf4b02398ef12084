#include "core/base/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

// Builds Json values from nlohmann's events; its own tree would not keep a number's digits.
class Builder : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit Builder(std::size_t max_depth) : max_depth_(max_depth) {}
    Json take() { return std::move(root_); }
    const std::string& problem() const { return problem_; }

    bool null() override { return add(Json()); }
    bool boolean(bool value) override { return add(Json(value)); }
    bool number_integer(std::int64_t value) override { return add(Json(value)); }
    bool number_unsigned(std::uint64_t value) override { return add(Json(value)); }
    bool number_float(double value, const std::string& text) override {
        return add(Json(Json::Decimal{value, text}));
    }
    bool string(std::string& value) override { return add(Json(std::move(value))); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    bool key(std::string& value) override {
        key_ = std::move(value);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
        problem_ = "malformed JSON at byte " + std::to_string(position);
        return false;
    }

  private:
    bool add(Json value) {
        place(std::move(value));
        return has_room();
    }
    bool has_room() {
        if (values_ > kMostValues) problem_ = "JSON has too many values";
        return problem_.empty();
    }
    bool open(Json container) {
        if (!has_room()) return false;
        if (open_.size() >= max_depth_) {
            problem_ = "JSON is nested too deeply";
            return false;
        }
        open_.push_back(place(std::move(container)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    // Pointers to open containers stay valid: a parent gains no member while a child is open.
    Json* place(Json value) {
        ++values_;
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        Json& parent = *open_.back();
        if (parent.is_array()) return &parent.as_array().emplace_back(std::move(value));
        return &parent.as_object().emplace_back(std::move(key_), std::move(value)).second;
    }

    static constexpr std::size_t kMostValues = 4'000'000;

    std::size_t max_depth_;
    std::size_t values_ = 0;
    Json root_;
    std::vector<Json*> open_;
    std::string key_;
    std::string problem_;
};

bool is_special(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

// Whether one of eight bytes is special, told from all of them at once: a byte that is below n
// borrows from its highest bit when n is taken away, and one that is equal to a mark is 0 after an
// exclusive or.
bool any_is_special(const char* eight) {
    constexpr std::uint64_t kEach = 0x0101010101010101, kHighest = 0x80 * kEach;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, eight, sizeof bytes);
    auto below = [](std::uint64_t each, std::uint64_t n) { return (each - n * kEach) & ~each; };
    return ((below(bytes, 0x20) | below(bytes ^ '"' * kEach, 1) | below(bytes ^ '\\' * kEach, 1)) &
            kHighest) != 0;
}

const char* find_special(const char* at, const char* end) {
    while (end - at >= 8 && !any_is_special(at)) at += 8;
    return std::find_if(at, end, is_special);
}

void append_quoted(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    const char* end = text.data() + text.size();
    out += '"';
    for (const char* at = text.data();;) {
        const char* special = find_special(at, end);
        out.append(at, special);
        if (special == end) break;
        auto byte = static_cast<unsigned char>(*special);
        if (byte >= 0x20) out.append({'\\', *special});
        else out.append("\\u00").append({kHex[byte >> 4], kHex[byte & 15]});
        at = special + 1;
    }
    out += '"';
}

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// One reference token of a pointer, "~1" and "~0" decoded; advances `rest` past it.
std::string next_token(std::string_view& rest) {
    rest.remove_prefix(1);
    std::string token(rest.substr(0, rest.find('/')));
    rest.remove_prefix(token.size());
    for (std::size_t at = 0; (at = token.find('~', at)) != std::string::npos; ++at)
        token.replace(at, 2, token.substr(at, 2) == "~1" ? "/" : "~");
    return token;
}

const Json* step(const Json& value, const std::string& token) {
    if (!value.is_array()) return value.find(token);
    std::size_t index = 0;
    if (token.starts_with('0') && token != "0") return nullptr;
    auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (error != std::errc{} || end != token.data() + token.size()) return nullptr;
    return index < value.as_array().size() ? &value.as_array()[index] : nullptr;
}

const Json kNull;

// Escapes such as "\ud83d" that stand alone become "\ufffd", in place; a backslash pair is skipped
// as one. Returns how many there were.
std::size_t repair_surrogates(std::string& text) {
    auto unit_at = [&text](std::size_t at) -> int {
        unsigned unit = 0;
        if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
        auto [end, error] = std::from_chars(&text[at + 2], &text[at] + 6, unit, 16);
        return error == std::errc{} && end == &text[at] + 6 ? static_cast<int>(unit) : -1;
    };
    auto is_high = [](int unit) { return unit >= 0xD800 && unit < 0xDC00; };
    auto is_low = [](int unit) { return unit >= 0xDC00 && unit < 0xE000; };
    std::size_t repairs = 0;
    for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
        int unit = unit_at(at);
        if (is_high(unit) && is_low(unit_at(at + 6))) {
            at += 12;
        } else if (is_high(unit) || is_low(unit)) {
            text.replace(at, 6, "\\ufffd");
            ++repairs;
            at += 6;
        } else {
            at += 2;
        }
    }
    return repairs;
}

std::size_t replace_nuls(std::string& text) {
    static const std::string kReplacement = "\uFFFD";
    std::size_t repairs = 0;
    for (std::size_t at = 0; (at = text.find('\0', at)) != std::string::npos; at += 3, ++repairs)
        text.replace(at, 1, kReplacement);
    return repairs;
}

// Strings and keys alike; recursion is bounded by the parser's depth limit.
std::size_t replace_nuls(Json& value) {
    std::size_t repairs = 0;
    if (value.is_string()) {
        if (value.as_string().find('\0') == std::string::npos) return 0;
        std::string text = value.as_string();
        repairs = replace_nuls(text);
        value = Json(std::move(text));
    } else if (value.is_array()) {
        for (Json& item : value.as_array()) repairs += replace_nuls(item);
    } else if (value.is_object()) {
        for (auto& [key, member] : value.as_object())
            repairs += replace_nuls(key) + replace_nuls(member);
    }
    return repairs;
}

}  // namespace

Json::Json(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(INT64_MAX)) value_ = static_cast<std::int64_t>(value);
    else value_ = Decimal{static_cast<double>(value), std::to_string(value)};
}

Json::Json(double value) {
    if (!std::isfinite(value)) return;  // JSON has no spelling for it: null
    char digits[32];
    auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    value_ = Decimal{value, std::string(digits, end)};
}

Json Json::parse(std::string_view text, std::size_t max_depth) {
    Builder builder(max_depth);
    // The parser takes a NUL for the end of the text.
    if (text.find('\0') != std::string_view::npos)
        throw Failure(ErrorKind::protocol, "malformed JSON: it holds a NUL");
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
        throw Failure(ErrorKind::protocol,
                      builder.problem().empty() ? "malformed JSON" : builder.problem());
    return builder.take();
}

std::string Json::dump() const {
    std::string out;
    append_to(out);
    return out;
}

void Json::append_to(std::string& out) const {
    auto list = [&out](const auto& items, char open, char close, auto each) {
        out += open;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i > 0) out += ',';
            each(items[i]);
        }
        out += close;
    };
    std::visit(Overloaded{
                   [&](std::monostate) { out += "null"; },
                   [&](bool value) { out += value ? "true" : "false"; },
                   [&](std::int64_t value) { out += std::to_string(value); },
                   [&](const Decimal& value) { out += value.text; },
                   [&](const std::string& value) { append_quoted(out, value); },
                   [&](const Array& items) {
                       list(items, '[', ']', [&](const Json& item) { item.append_to(out); });
                   },
                   [&](const Object& members) {
                       list(members, '{', '}', [&](const Member& member) {
                           append_quoted(out, member.first);
                           out += ':';
                           member.second.append_to(out);
                       });
                   },
               },
               value_);
}

double Json::as_number() const {
    if (is_integer()) return static_cast<double>(std::get<std::int64_t>(value_));
    return get<Decimal>("a number").value;
}

void Json::wrong_type(const char* expected) {
    throw Failure(ErrorKind::protocol, std::string("expected ") + expected);
}

const Json::Array& Json::items() const {
    static const Array kNone;
    return is_array() ? as_array() : kNone;
}

const Json::Object& Json::members() const {
    static const Object kNone;
    return is_object() ? as_object() : kNone;
}

const Json* Json::find(std::string_view key) const {
    if (!is_object()) return nullptr;
    // The last of equal keys wins, as in PostgreSQL's jsonb.
    const Object& members = as_object();
    auto found = std::find_if(members.rbegin(), members.rend(),
                              [&](const Member& member) { return member.first == key; });
    return found == members.rend() ? nullptr : &found->second;
}

const Json* Json::at(std::string_view pointer) const {
    const Json* value = this;
    while (value && pointer.starts_with('/')) value = step(*value, next_token(pointer));
    return pointer.empty() ? value : nullptr;
}

const Json& Json::operator[](std::string_view key) const {
    const Json* value = find(key);
    return value ? *value : kNull;
}

std::string Json::text_or(std::string_view key, std::string_view fallback) const {
    const Json& value = (*this)[key];
    return value.is_null() ? std::string(fallback) : value.as_string();
}

double Json::number_or(std::string_view key, double fallback) const {
    const Json& value = (*this)[key];
    return value.is_null() ? fallback : value.as_number();
}

std::int64_t Json::integer_or(std::string_view key, std::int64_t fallback) const {
    const Json& value = (*this)[key];
    return value.is_null() ? fallback : value.as_integer();
}

bool Json::bool_or(std::string_view key, bool fallback) const {
    const Json& value = (*this)[key];
    return value.is_null() ? fallback : value.as_bool();
}

void Json::set(std::string_view key, Json value) {
    if (is_null()) value_ = Object{};
    if (const Json* present = find(key)) *const_cast<Json*>(present) = std::move(value);
    else as_object().emplace_back(std::string(key), std::move(value));
}

void Json::put(std::string_view pointer, Json value) {
    if (pointer.empty()) {
        *this = std::move(value);
        return;
    }
    std::string token = next_token(pointer);
    if (!find(token)) set(token, Json());
    const_cast<Json*>(find(token))->put(pointer, std::move(value));
}

ForeignJson parse_foreign_json(std::string_view text) {
    Sanitized clean = sanitize_utf8(text);
    std::size_t repairs = clean.repairs + repair_surrogates(clean.text);
    ForeignJson parsed{Json::parse(clean.text), repairs};
    parsed.repairs += replace_nuls(parsed.value);
    return parsed;
}

}  // namespace headway::core
