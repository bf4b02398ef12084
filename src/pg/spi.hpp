#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/json.hpp"
#include "pg/guard.hpp"

namespace headway::pg {

// A parameter of a statement: text (cast it in the SQL: $1::uuid, $2::jsonb), NULL in a text's
// place, or a bigint. One place of one statement is always text or always a bigint, since its plan
// is kept. The text must live until the call ends.
using Param = std::variant<std::monostate, std::string_view, std::int64_t>;

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
// The text behind a varlena datum (text, json); copies.
std::string text_of(Datum datum);
std::string uuid_text(Datum uuid);
// jsonb <-> our JSON.
core::Json json_of(Datum jsonb);
Datum jsonb_datum(const core::Json& json);

}  // namespace headway::pg
