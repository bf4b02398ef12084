#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/json.hpp"
#include "pg/guard.hpp"

namespace headway::pg {

// A value of the server's, of whatever type.
struct Value {
    Oid type;
    Datum datum;
    bool is_null = false;
};

// A parameter of a statement: text (cast it in the SQL: $1::uuid, $2::jsonb), NULL in a text's
// place, a bigint or a value. One place of one statement is always of one type, since its plan
// is kept. The text must live until the call ends.
using Param = std::variant<std::monostate, std::string_view, std::int64_t, Value>;

// What a statement gave, where the server has it: until free() or the end of the SPI connection.
class Rows {
  public:
    // Runs the statement, as query() does.
    Rows(const char* sql, std::initializer_list<Param> params);

    std::size_t count() const { return count_; }
    bool is_null(std::size_t row, int column) const;  // columns from 1
    Datum datum(std::size_t row, int column) const;
    std::int64_t integer(std::size_t row, int column) const;
    std::optional<std::string> text(std::size_t row, int column) const;
    void free();

  private:
    SPITupleTable* table_;
    std::size_t count_;
};

// Runs a statement inside an SPI connection and an active snapshot; returns its first column as
// text, a row each. Plans are kept for the process's life, by the address of `sql`: pass literals.
// Throws PgError.
std::vector<std::optional<std::string>> query(const char* sql, std::initializer_list<Param> params);

// The first row's value; none when there is no row or it is NULL.
std::optional<std::string> query_value(const char* sql, std::initializer_list<Param> params);
// The same as JSON; null when there is none.
core::Json query_json(const char* sql, std::initializer_list<Param> params);

// A text datum in the current memory context.
Datum text_datum(std::string_view text);
Datum bigint_array(std::span<const std::int64_t> values);
// The text behind a varlena datum (text, json); copies.
std::string text_of(Datum datum);
std::string uuid_text(Datum uuid);
// jsonb <-> our JSON.
core::Json json_of(Datum jsonb);
Datum jsonb_datum(const core::Json& json);

}  // namespace headway::pg
