// The cosine of two vectors: SQL's way to core/matching/likeness.

#include "core/matching/likeness.hpp"
#include "pg/spi.hpp"

namespace headway::pg {
namespace {

// Empty for what is no vector; valid until the memory context goes.
std::span<const float> vector_of(Datum array) {
    static_assert(sizeof(float) == sizeof(float4));
    ArrayType* plain = server_call([&] { return DatumGetArrayTypeP(array); });
    if (ARR_NDIM(plain) != 1 || ARR_HASNULL(plain) || ARR_ELEMTYPE(plain) != FLOAT4OID) return {};
    return {reinterpret_cast<const float*>(ARR_DATA_PTR(plain)),
            static_cast<std::size_t>(ARR_DIMS(plain)[0])};
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_cosine);

Datum headway_cosine(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&]() -> Datum {
        auto cosine =
            headway::core::cosine(vector_of(PG_GETARG_DATUM(0)), vector_of(PG_GETARG_DATUM(1)));
        if (!cosine) PG_RETURN_NULL();
        return Float8GetDatum(*cosine);
    });
}
}
