// Decisions of core that SQL asks for: connector specs, transcripts, seals, mappers.

#include <string>

#include "core/audio/web_link.hpp"
#include "core/base/encoding.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"
#include "core/connectors/connector_spec.hpp"
#include "core/conversation/language.hpp"
#include "core/conversation/transcript.hpp"
#include "core/models/providers.hpp"
#include "pg/given_json.hpp"
#include "pg/keyring_file.hpp"
#include "pg/mapper.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

namespace headway::pg {
namespace {

using core::Json;

// Failures of core under the SQLSTATE that fits the verb.
template <class F>
auto or_fail(const char* sqlstate, F&& decide) -> std::invoke_result_t<F> {
    try {
        return decide();
    } catch (const SqlFailure&) {
        throw;
    } catch (const core::Failure& failure) {
        throw SqlFailure(sqlstate, failure.error());
    }
}

void refuse_open_http(const core::BaseUrl& url) {
    if (url.scheme == "https" || core::names_host(read_settings().allowed_private_hosts, url))
        return;
    throw core::Failure(core::Error{
        core::ErrorKind::invalid, "plain http is not allowed for this host", url.origin(),
        "Use https://, or have a superuser name the host in headway.allowed_private_hosts."});
}

Json names(const std::vector<std::string>& list) { return Json::Array(list.begin(), list.end()); }

Json connector_setup(const Json& spec_json, const Json& given) {
    core::ConnectorSpec spec = core::read_connector_spec(spec_json);
    Json settings = core::complete_settings(spec_json, given);
    core::BaseUrl url = core::parse_base_url(core::base_url_of(spec, settings));
    refuse_open_http(url);
    return Json::Object{{"settings", settings},
                        {"origin", url.origin()},
                        {"credentials", names(spec.credentials)},
                        {"optional", names(spec.optional_credentials)}};
}

Json provider_setup(const std::string& purpose, const std::string& provider, const Json& given) {
    core::ProviderSetup setup = core::set_up_provider(purpose, provider, given);
    Json told = Json::Object{{"credentials", names(setup.credentials)},
                             {"optional", names(setup.optional)},
                             {"is_default", setup.is_default}};
    if (!setup.base_url) return told;
    refuse_open_http(*setup.base_url);
    told.set("origin", setup.base_url->origin());
    return told;
}

Json import_address(const std::string& text) {
    core::WebLink link = core::parse_web_link(text);
    refuse_open_http(link.base);
    return Json::Object{{"url", link.str()}, {"origin", link.origin()}};
}

Json budget_left(const Json& spec_json, const Json& state) {
    core::ConnectorSpec spec = core::read_connector_spec(spec_json);
    auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    std::vector<std::int64_t> left = core::RateLedger(state).left(spec.budgets, now);
    Json::Array budgets;
    for (std::size_t i = 0; i < left.size(); ++i) {
        const core::RateLimit& budget = spec.budgets[i];
        Json told = Json::Object{
            {"requests", budget.requests}, {"seconds", budget.window.count()}, {"left", left[i]}};
        if (!budget.group.empty()) told.set("group", budget.group);
        budgets.push_back(std::move(told));
    }
    return budgets;
}

bool has_sealed_rows() {
    server_call([] { SPI_connect(); });
    bool some = query_value("SELECT EXISTS (SELECT FROM headway._credentials)::text", {}) == "true";
    server_call([] { SPI_finish(); });
    return some;
}

std::string bytes_of(Datum datum) { return text_of(datum); }  // both are varlena

// (key_id text, sealed bytea) as a row.
Datum sealed_row(FunctionCallInfo call, const core::Key& key, const core::SealScope& scope,
                 const std::string& plain) {
    std::string sealed = core::seal(key, scope, plain);
    return server_call([&] {
        TupleDesc shape;
        get_call_result_type(call, nullptr, &shape);
        auto* bytes = static_cast<bytea*>(palloc(VARHDRSZ + sealed.size()));
        SET_VARSIZE(bytes, VARHDRSZ + sealed.size());
        memcpy(VARDATA(bytes), sealed.data(), sealed.size());
        Datum values[2] = {CStringGetTextDatum(key.id.c_str()), PointerGetDatum(bytes)};
        bool nulls[2] = {false, false};
        return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(shape), values, nulls));
    });
}

core::SealScope scope_of(FunctionCallInfo fcinfo) {
    return {uuid_text(PG_GETARG_DATUM(0)), uuid_text(PG_GETARG_DATUM(1)),
            text_of(PG_GETARG_DATUM(2))};
}

// The secrets that the arguments seal, sealed under the newest key for row `row_id` after `change`.
template <class F>
Datum sealed_anew(FunctionCallInfo fcinfo, const std::string& row_id, F&& change) {
    core::Keyring ring = read_keyring();
    core::SealScope scope = scope_of(fcinfo);
    std::string old_key = text_of(PG_GETARG_DATUM(3));
    const core::Key* key = ring.find(old_key);
    if (!key)
        throw SqlFailure("8W007", {core::ErrorKind::invalid, "the keyring file lacks a key",
                                   old_key, "Restore the file from its backup."});
    std::string plain = core::open_seal(*key, scope, bytes_of(PG_GETARG_DATUM(4)));
    scope.row_id = row_id;
    return sealed_row(fcinfo, ring.newest(), scope, change(plain));
}

// Both are {name: secret}; null takes one away.
std::string with_changes(const std::string& secrets, const std::string& changes) {
    Json changed = Json::parse(secrets);
    const Json given = Json::parse(changes);
    for (const auto& [name, secret] : given.as_object()) changed.set(name, secret);
    std::erase_if(changed.as_object(), [](const auto& member) { return member.second.is_null(); });
    return changed.dump();
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_check_spec);
PG_FUNCTION_INFO_V1(headway_connector_setup);
PG_FUNCTION_INFO_V1(headway_import_address);
PG_FUNCTION_INFO_V1(headway_set_up_provider);
PG_FUNCTION_INFO_V1(headway_provider_setup);
PG_FUNCTION_INFO_V1(headway_turns);
PG_FUNCTION_INFO_V1(headway_language);
PG_FUNCTION_INFO_V1(headway_fold);
PG_FUNCTION_INFO_V1(headway_seal);
PG_FUNCTION_INFO_V1(headway_reseal);
PG_FUNCTION_INFO_V1(headway_change_secrets);
PG_FUNCTION_INFO_V1(headway_add_key);
PG_FUNCTION_INFO_V1(headway_key_file_problem);
PG_FUNCTION_INFO_V1(headway_run_mapper);
PG_FUNCTION_INFO_V1(headway_budget_left);

Datum headway_check_spec(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        or_fail("8W004",
                [&] { headway::core::parse_connector_spec(given_json(PG_GETARG_DATUM(0))); });
        return static_cast<Datum>(0);
    });
}

Datum headway_connector_setup(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        headway::core::Json spec = json_of(PG_GETARG_DATUM(0));
        return jsonb_datum(or_fail(
            "8W005", [&] { return connector_setup(spec, given_json(PG_GETARG_DATUM(1))); }));
    });
}

Datum headway_import_address(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string url = text_of(PG_GETARG_DATUM(0));
        return jsonb_datum(or_fail("8W027", [&] { return import_address(url); }));
    });
}

Datum headway_set_up_provider(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string purpose = text_of(PG_GETARG_DATUM(0)), provider = text_of(PG_GETARG_DATUM(1));
        return jsonb_datum(or_fail("8W014", [&] {
            return provider_setup(purpose, provider, given_json(PG_GETARG_DATUM(2)));
        }));
    });
}

// What 0.1.0 calls, which knows the purpose "llm" only.
Datum headway_provider_setup(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string provider = text_of(PG_GETARG_DATUM(0));
        headway::core::Json setup = or_fail("8W014", [&] {
            return provider_setup("llm", provider, given_json(PG_GETARG_DATUM(1)));
        });
        setup.set("needs_key", !setup["credentials"].items().empty());
        return jsonb_datum(setup);
    });
}

Datum headway_turns(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string transcript = text_of(PG_GETARG_DATUM(0));
        return jsonb_datum(headway::core::turns_to_json(headway::core::parse_turns(transcript)));
    });
}

Datum headway_language(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string language = headway::core::detect_language(text_of(PG_GETARG_DATUM(0)));
        if (language.empty()) PG_RETURN_NULL();
        return text_datum(language);
    });
}

Datum headway_fold(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string said = text_of(PG_GETARG_DATUM(0));
        return text_datum(headway::core::fold(said).text);
    });
}

Datum headway_seal(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        headway::core::Keyring ring = read_or_create_keyring(!has_sealed_rows());
        return sealed_row(fcinfo, ring.newest(), scope_of(fcinfo), text_of(PG_GETARG_DATUM(3)));
    });
}

Datum headway_reseal(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        return sealed_anew(fcinfo, uuid_text(PG_GETARG_DATUM(1)),
                           [](const std::string& secrets) { return secrets; });
    });
}

Datum headway_change_secrets(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string changes = text_of(PG_GETARG_DATUM(5));
        return sealed_anew(fcinfo, uuid_text(PG_GETARG_DATUM(6)), [&](const std::string& secrets) {
            return with_changes(secrets, changes);
        });
    });
}

Datum headway_add_key(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    (void)fcinfo;
    return entry([] {
        read_or_create_keyring(!has_sealed_rows());
        return text_datum(append_key());
    });
}

Datum headway_key_file_problem(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string problem = key_file_problem();
        if (problem.empty()) PG_RETURN_NULL();
        return text_datum(problem);
    });
}

Datum headway_run_mapper(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string mapper = text_of(PG_GETARG_DATUM(0));
        return run_mapper(mapper, PG_GETARG_DATUM(1), PG_GETARG_DATUM(2));
    });
}

Datum headway_budget_left(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        headway::core::Json spec = json_of(PG_GETARG_DATUM(0));
        return jsonb_datum(budget_left(spec, json_of(PG_GETARG_DATUM(1))));
    });
}
}
