// The shared library's entry and the small functions that tell about it.

#include <string>

#include "net/library_versions.hpp"
#include "pg/launch.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"
#include "pg/version.hpp"
#include "pg/worker_slots.hpp"

extern "C" {

PG_MODULE_MAGIC;

// Settings only: libraries are initialised where they are used, never in the postmaster.
PGDLLEXPORT void _PG_init() {
    using namespace headway::pg;
    entry([] { server_call([] { define_settings(); }); });
}

PG_FUNCTION_INFO_V1(headway_version);
PG_FUNCTION_INFO_V1(headway_guc);
PG_FUNCTION_INFO_V1(headway_wake);
PG_FUNCTION_INFO_V1(headway_stop_workers);
PG_FUNCTION_INFO_V1(headway_count_workers);
PG_FUNCTION_INFO_V1(headway_count_background_workers);

Datum headway_version(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    (void)fcinfo;
    return entry([] {
        std::string line = std::string("headway ") + library_version() +
                           ", PostgreSQL " PG_VERSION ", " + headway::net::library_versions();
        return text_datum(line);
    });
}

Datum headway_guc(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        if (PG_ARGISNULL(0)) PG_RETURN_NULL();
        std::string name = text_of(PG_GETARG_DATUM(0));
        bool is_known =
            name.starts_with("headway.") || name == "cron.database_name" || name == "cron.timezone";
        if (!is_known) PG_RETURN_NULL();
        const char* value = server_call([&]() -> const char* {
            // What is set for a library that is not there says nothing.
            if (GetConfigOptionFlags(name.c_str(), true) & GUC_CUSTOM_PLACEHOLDER) return nullptr;
            return GetConfigOption(name.c_str(), true, false);
        });
        if (!value) PG_RETURN_NULL();
        return text_datum(value);
    });
}

Datum headway_wake(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    (void)fcinfo;
    return entry([] {
        wake_at_commit();
        return static_cast<Datum>(0);
    });
}

Datum headway_count_workers(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    (void)fcinfo;
    return entry([] { return Int32GetDatum(count_workers(MyDatabaseId)); });
}

Datum headway_count_background_workers(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    (void)fcinfo;
    return entry([] { return Int32GetDatum(count_background_workers()); });
}

Datum headway_stop_workers(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    (void)fcinfo;
    return entry([] { return Int32GetDatum(stop_workers(MyDatabaseId)); });
}
}
