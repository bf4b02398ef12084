// The second library, headway_phone: what SQL asks of phone numbers. It stands apart so that a
// session that never sees one loads neither libphonenumber nor what that is built on.

#include <string>
#include <string_view>

#include "core/phones/phone.hpp"
#include "pg/guard.hpp"

namespace headway::pg {
namespace {

// An argument of type text, which lives as long as the call.
std::string_view text_argument(FunctionCallInfo fcinfo, int index) {
    text* value = server_call([&] { return PG_GETARG_TEXT_PP(index); });
    return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

// NULL for an empty text.
Datum result(FunctionCallInfo fcinfo, const std::string& ascii) {
    if (ascii.empty()) PG_RETURN_NULL();
    return server_call([&] {
        return PointerGetDatum(
            cstring_to_text_with_len(ascii.data(), static_cast<int>(ascii.size())));
    });
}

// Of (phone text, region text), either of which may be NULL.
core::Phone phone_of(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(0)) return {};
    std::string_view region = PG_ARGISNULL(1) ? "" : text_argument(fcinfo, 1);
    return core::read_phone(text_argument(fcinfo, 0), region).value_or(core::Phone());
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(headway_e164);
PG_FUNCTION_INFO_V1(headway_phone_extension);
PG_FUNCTION_INFO_V1(headway_phone_is_valid);

Datum headway_e164(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] { return result(fcinfo, phone_of(fcinfo).e164); });
}

Datum headway_phone_extension(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] { return result(fcinfo, phone_of(fcinfo).extension); });
}

Datum headway_phone_is_valid(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry(
        [&] { return BoolGetDatum(headway::core::is_valid_phone(text_argument(fcinfo, 0))); });
}
}
