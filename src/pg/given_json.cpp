#include "pg/given_json.hpp"

#include <charconv>
#include <cstdlib>

#include "core/base/error.hpp"
#include "pg/guard.hpp"

namespace headway::pg {
namespace {

using core::Json;

constexpr int kMostLevels = 1000;

Json number_of(const std::string& digits) {
    std::int64_t whole = 0;
    const char* end = digits.data() + digits.size();
    auto [stop, error] = std::from_chars(digits.data(), end, whole);
    if (error == std::errc{} && stop == end) return whole;
    return Json::Decimal{std::strtod(digits.c_str(), nullptr), digits};
}

std::string text_of(const JsonbValue& value) {
    return {value.val.string.val, static_cast<std::size_t>(value.val.string.len)};
}

Json scalar_of(const JsonbValue& value) {
    switch (value.type) {
        case jbvBool: return value.val.boolean;
        case jbvString: return text_of(value);
        case jbvNumeric:
            return number_of(server_call([&] {
                return DatumGetCString(
                    DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
            }));
        default: return nullptr;
    }
}

// Walks through what the server has parsed already.
class Walk {
  public:
    explicit Walk(Datum jsonb)
        : at_(server_call([&] { return JsonbIteratorInit(&DatumGetJsonbP(jsonb)->root); })) {}

    Json read() {
        next();
        Json value = read_value(0);
        // A value that is no container is kept as an array of one.
        return is_bare_ ? value.items().at(0) : value;
    }

  private:
    void next() {
        token_ = server_call([&] { return JsonbIteratorNext(&at_, &value_, false); });
    }
    Json read_value(int level) {
        if (token_ != WJB_BEGIN_ARRAY && token_ != WJB_BEGIN_OBJECT) return scalar_of(value_);
        if (level >= kMostLevels)
            throw core::Failure(core::ErrorKind::invalid, "JSON is nested too deeply");
        return token_ == WJB_BEGIN_ARRAY ? read_array(level) : read_object(level);
    }
    Json read_array(int level) {
        is_bare_ = level == 0 && value_.val.array.rawScalar;
        Json::Array items;
        for (next(); token_ != WJB_END_ARRAY; next()) items.push_back(read_value(level + 1));
        return items;
    }
    Json read_object(int level) {
        Json::Object members;
        for (next(); token_ != WJB_END_OBJECT; next()) {
            std::string name = text_of(value_);
            next();
            members.emplace_back(std::move(name), read_value(level + 1));
        }
        return members;
    }

    JsonbIterator* at_;
    JsonbIteratorToken token_ = WJB_DONE;
    JsonbValue value_ = {};
    bool is_bare_ = false;
};

}  // namespace

Json given_json(Datum jsonb) { return Walk(jsonb).read(); }

}  // namespace headway::pg
