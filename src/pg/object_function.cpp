// A JSON object of what is known (SQL: headway._object): jsonb_build_object() and
// jsonb_strip_nulls() in one, without writing and reading text. Made for links, by the million.

#include "pg/guard.hpp"

namespace headway::pg {
namespace {

JsonbValue string_value(const char* text, int length) {
    JsonbValue value;
    value.type = jbvString;
    value.val.string.val = const_cast<char*>(text);
    value.val.string.len = length;
    return value;
}

JsonbValue text_value(Datum datum) {
    text* plain = DatumGetTextPP(datum);
    return string_value(VARDATA_ANY(plain), static_cast<int>(VARSIZE_ANY_EXHDR(plain)));
}

JsonbValue number_value(Datum numeric) {
    JsonbValue value;
    value.type = jbvNumeric;
    value.val.numeric = DatumGetNumeric(numeric);
    return value;
}

JsonbValue truth_value(bool truth) {
    JsonbValue value;
    value.type = jbvBool;
    value.val.boolean = truth;
    return value;
}

JsonbValue document_value(Datum datum) {
    Jsonb* document = DatumGetJsonbP(datum);
    JsonbValue value;
    value.type = jbvBinary;
    value.val.binary.data = &document->root;
    value.val.binary.len = static_cast<int>(VARSIZE(document) - VARHDRSZ);
    return value;
}

// Of the types that links are made of.
JsonbValue value_of(Oid type, Datum datum) {
    switch (type) {
        case TEXTOID: return text_value(datum);
        case BOOLOID: return truth_value(DatumGetBool(datum));
        case INT4OID: return number_value(DirectFunctionCall1(int4_numeric, datum));
        case INT8OID: return number_value(DirectFunctionCall1(int8_numeric, datum));
        case JSONBOID: return document_value(datum);
        case UUIDOID: {
            char* spelt = DatumGetCString(DirectFunctionCall1(uuid_out, datum));
            return string_value(spelt, static_cast<int>(strlen(spelt)));
        }
        default: elog(ERROR, "headway: an object has no place for type %u", type);
    }
}

Datum object_of(FunctionCallInfo fcinfo) {
    Datum* arguments;
    Oid* types;
    bool* nulls;
    int count = extract_variadic_args(fcinfo, 0, true, &arguments, &types, &nulls);
    JsonbParseState* state = nullptr;
    pushJsonbValue(&state, WJB_BEGIN_OBJECT, nullptr);
    for (int i = 0; i + 1 < count; i += 2) {
        if (nulls[i + 1]) continue;
        JsonbValue key = text_value(arguments[i]);
        JsonbValue value = value_of(types[i + 1], arguments[i + 1]);
        pushJsonbValue(&state, WJB_KEY, &key);
        pushJsonbValue(&state, WJB_VALUE, &value);
    }
    return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, nullptr)));
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_object);

Datum headway_object(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] { return server_call([&] { return object_of(fcinfo); }); });
}
}
