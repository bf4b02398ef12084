#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace headway::core {

// A JSON value that owns its parts. Objects keep the order of their members; numbers that do not
// fit 64 bits keep the digits the sender wrote, so that passing a record on loses nothing. What no
// double can hold (1e400) is malformed.
class Json {
  public:
    using Array = std::vector<Json>;
    using Member = std::pair<std::string, Json>;
    using Object = std::vector<Member>;
    struct Decimal {
        double value;
        std::string text;  // as written
        bool operator==(const Decimal&) const = default;
    };

    Json() = default;
    Json(std::nullptr_t) {}
    template <class T>
    requires std::same_as<T, bool> Json(T value) : value_(value) {}
    template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, std::uint64_t>) Json(T value)
        : value_(static_cast<std::int64_t>(value)) {}
    Json(std::uint64_t value);
    Json(double value);
    Json(const char* value) : value_(std::string(value)) {}
    Json(std::string_view value) : value_(std::string(value)) {}
    Json(std::string value) : value_(std::move(value)) {}
    Json(Array value) : value_(std::move(value)) {}
    Json(Object value) : value_(std::move(value)) {}
    Json(Decimal value) : value_(std::move(value)) {}

    static Json object() { return Json(Object{}); }
    static Json array() { return Json(Array{}); }

    // Parses one strict JSON text. Throws Failure(protocol) for anything else, for more than
    // `max_depth` nested containers or four million values (a text can be a sixth of the memory
    // that its values take), and never quotes the text in the message.
    static Json parse(std::string_view text, std::size_t max_depth = 100);
    std::string dump() const;
    void append_to(std::string& out) const;

    bool is_null() const { return holds<std::monostate>(); }
    bool is_bool() const { return holds<bool>(); }
    bool is_integer() const { return holds<std::int64_t>(); }
    bool is_number() const { return is_integer() || holds<Decimal>(); }
    bool is_string() const { return holds<std::string>(); }
    bool is_array() const { return holds<Array>(); }
    bool is_object() const { return holds<Object>(); }

    // Typed access; the wrong type throws Failure(protocol).
    bool as_bool() const { return get<bool>("a boolean"); }
    std::int64_t as_integer() const { return get<std::int64_t>("an integer"); }
    double as_number() const;
    const std::string& as_string() const { return get<std::string>("a string"); }
    const Array& as_array() const { return get<Array>("an array"); }
    const Object& as_object() const { return get<Object>("an object"); }
    Array& as_array() { return const_cast<Array&>(std::as_const(*this).as_array()); }
    Object& as_object() { return const_cast<Object&>(std::as_const(*this).as_object()); }

    // The elements or members, none when the value is something else.
    const Array& items() const;
    const Object& members() const;
    // The member `key`, or the value behind an RFC 6901 pointer ("" is the value itself);
    // nullptr when it is not there.
    const Json* find(std::string_view key) const;
    const Json* at(std::string_view pointer) const;
    Json* at(std::string_view pointer) {
        return const_cast<Json*>(std::as_const(*this).at(pointer));
    }
    // The same, where absent counts as null.
    const Json& operator[](std::string_view key) const;
    // Reads with a fallback for absent or null.
    std::string text_or(std::string_view key, std::string_view fallback) const;
    double number_or(std::string_view key, double fallback) const;
    std::int64_t integer_or(std::string_view key, std::int64_t fallback) const;
    bool bool_or(std::string_view key, bool fallback) const;

    // Sets or adds a member (a null becomes an object first); `put` creates the containers on the
    // way.
    void set(std::string_view key, Json value);
    void put(std::string_view pointer, Json value);

    bool operator==(const Json&) const = default;

  private:
    template <class T>
    bool holds() const {
        return std::holds_alternative<T>(value_);
    }
    template <class T>
    const T& get(const char* expected) const;
    [[noreturn]] static void wrong_type(const char* expected);

    std::variant<std::monostate, bool, std::int64_t, Decimal, std::string, Array, Object> value_;
};

template <class T>
const T& Json::get(const char* expected) const {
    if (!holds<T>()) wrong_type(expected);
    return std::get<T>(value_);
}

// A JSON text from outside, made safe first: bytes that are not UTF-8 and halves of surrogate pairs
// become U+FFFD, so that one bad character does not cost the whole page. NULs become U+FFFD too,
// since no text in the database can hold them. `repairs` counts what was replaced.
struct ForeignJson {
    Json value;
    std::size_t repairs = 0;
};
ForeignJson parse_foreign_json(std::string_view text);

}  // namespace headway::core
