// What transcripts say, for linking: SQL's way to core/conversation/said.

#include "core/conversation/said.hpp"
#include "pg/spi.hpp"

extern "C" {

PG_FUNCTION_INFO_V1(headway_said);
PG_FUNCTION_INFO_V1(headway_naming);

Datum headway_said(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        constexpr std::chrono::sys_days kServersFirstDay = std::chrono::January / 1 / 2000;
        constexpr int kTwoCenturies = 73'000;  // beyond them a date is no call's
        DateADT call_date = PG_GETARG_DATEADT(1);
        if (call_date < -kTwoCenturies || call_date > kTwoCenturies) PG_RETURN_NULL();
        headway::core::Said said = headway::core::read_said(
            text_of(PG_GETARG_DATUM(0)), kServersFirstDay + std::chrono::days(call_date),
            PG_GETARG_BOOL(2));
        headway::core::Json json = headway::core::said_to_json(said);
        if (json.is_null()) PG_RETURN_NULL();
        return jsonb_datum(json);
    });
}

Datum headway_naming(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string transcript = text_of(PG_GETARG_DATUM(0));
        return Int32GetDatum(
            headway::core::naming(transcript, text_of(PG_GETARG_DATUM(1)), PG_GETARG_INT32(2)));
    });
}
}
