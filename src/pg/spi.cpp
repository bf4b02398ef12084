#include "pg/spi.hpp"

#include <unordered_map>

namespace headway::pg {
namespace {

constexpr int kMostParams = 12;

// Plain arrays, since a longjmp may cross the frame that holds them.
struct Bound {
    int count = 0;
    Oid types[kMostParams];
    Datum values[kMostParams];
    char nulls[kMostParams];
};

void bind(Bound& bound, const Param& param) {
    int at = bound.count++;
    bound.nulls[at] = ' ';
    bound.types[at] = TEXTOID;
    bound.values[at] = 0;
    if (auto* text = std::get_if<std::string_view>(&param)) {
        bound.values[at] = text_datum(*text);
    } else if (auto* integer = std::get_if<std::int64_t>(&param)) {
        bound.types[at] = INT8OID;
        bound.values[at] = Int64GetDatum(*integer);
    } else if (auto* value = std::get_if<Value>(&param)) {
        bound.types[at] = value->type;
        bound.values[at] = value->datum;
        if (value->is_null) bound.nulls[at] = 'n';
    } else {
        bound.nulls[at] = 'n';
    }
}

SPIPlanPtr plan_of(const char* sql, Bound& bound) {
    static auto& plans = *new std::unordered_map<const char*, SPIPlanPtr>;
    SPIPlanPtr& plan = plans[sql];
    if (plan) return plan;
    plan = server_call([&] {
        SPIPlanPtr prepared = SPI_prepare(sql, bound.count, bound.types);
        if (!prepared)
            elog(ERROR, "headway: a statement cannot be prepared: %s",
                 SPI_result_code_string(SPI_result));
        SPI_keepplan(prepared);
        return prepared;
    });
    return plan;
}

}  // namespace

Datum text_datum(std::string_view text) {
    if (text.size() >= MaxAllocSize - VARHDRSZ)
        throw core::Failure(core::ErrorKind::too_large, "a text is larger than the server's limit");
    return server_call([&] {
        int size = static_cast<int>(text.size());
        pg_verify_mbstr(PG_UTF8, text.data(), size, false);  // SPI itself would store anything
        return PointerGetDatum(cstring_to_text_with_len(text.data(), size));
    });
}

std::string text_of(Datum datum) {
    text* value = server_call([&] { return DatumGetTextPP(datum); });
    return std::string(VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value)));
}

std::string uuid_text(Datum uuid) {
    return server_call([&] { return DatumGetCString(DirectFunctionCall1(uuid_out, uuid)); });
}

core::Json json_of(Datum jsonb) {
    char* text = server_call([&] {
        Jsonb* value = DatumGetJsonbP(jsonb);
        return JsonbToCString(nullptr, &value->root, VARSIZE(value));
    });
    return core::Json::parse(text, 1000);
}

Datum jsonb_datum(const core::Json& json) {
    std::string text = json.dump();
    return server_call(
        [&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(text.c_str())); });
}

Datum bigint_array(std::span<const std::int64_t> values) {
    static_assert(FLOAT8PASSBYVAL && sizeof(Datum) == sizeof(std::int64_t));
    return server_call([&] {
        auto* datums = static_cast<Datum*>(palloc(sizeof(Datum) * (values.size() + 1)));
        for (std::size_t i = 0; i < values.size(); ++i) datums[i] = Int64GetDatum(values[i]);
        return PointerGetDatum(construct_array(datums, static_cast<int>(values.size()), INT8OID,
                                               sizeof(std::int64_t), true, TYPALIGN_DOUBLE));
    });
}

Rows::Rows(const char* sql, std::initializer_list<Param> params) {
    Bound bound;
    for (const Param& param : params) bind(bound, param);
    SPIPlanPtr plan = plan_of(sql, bound);
    server_call([&] {
        int code = SPI_execute_plan(plan, bound.values, bound.nulls, false, 0);
        if (code < 0)
            elog(ERROR, "headway: a statement cannot be run: %s", SPI_result_code_string(code));
    });
    table_ = SPI_tuptable;
    count_ = table_ ? SPI_processed : 0;
}

bool Rows::is_null(std::size_t row, int column) const {
    return server_call([&] {
        bool is_null = false;
        SPI_getbinval(table_->vals[row], table_->tupdesc, column, &is_null);
        return is_null;
    });
}

Datum Rows::datum(std::size_t row, int column) const {
    return server_call([&] {
        bool is_null = false;
        return SPI_getbinval(table_->vals[row], table_->tupdesc, column, &is_null);
    });
}

std::int64_t Rows::integer(std::size_t row, int column) const {
    return DatumGetInt64(datum(row, column));
}

std::optional<std::string> Rows::text(std::size_t row, int column) const {
    char* value =
        server_call([&] { return SPI_getvalue(table_->vals[row], table_->tupdesc, column); });
    return value ? std::optional<std::string>(value) : std::nullopt;
}

void Rows::free() {
    if (table_) SPI_freetuptable(table_);
    table_ = nullptr;
}

std::vector<std::optional<std::string>> query(const char* sql,
                                              std::initializer_list<Param> params) {
    Rows found(sql, params);
    std::vector<std::optional<std::string>> rows;
    for (std::size_t i = 0; i < found.count(); ++i) rows.push_back(found.text(i, 1));
    found.free();
    return rows;
}

std::optional<std::string> query_value(const char* sql, std::initializer_list<Param> params) {
    auto rows = query(sql, params);
    return rows.empty() ? std::nullopt : rows.front();
}

core::Json query_json(const char* sql, std::initializer_list<Param> params) {
    auto value = query_value(sql, params);
    return value ? core::Json::parse(*value, 1000) : core::Json();
}

}  // namespace headway::pg
