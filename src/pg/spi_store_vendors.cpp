// What workers share about vendors: rate budgets, and access tokens.

#include "pg/spi.hpp"
#include "pg/spi_store.hpp"

namespace headway::pg {
namespace {

using core::Json;

// A wait that is worth telling people of.
constexpr std::chrono::seconds kLongWait{10};

core::RateLedger locked_ledger(const std::string& workspace, const std::string& connector) {
    return core::RateLedger(
        query_json("SELECT state FROM headway._rate_ledgers WHERE workspace_id = $1::uuid AND "
                   "connector_id = $2::uuid FOR UPDATE",
                   {workspace, connector}));
}

void keep_ledger(const std::string& workspace, const std::string& connector,
                 const core::RateLedger& ledger) {
    std::string state = ledger.state().dump();
    query(
        "UPDATE headway._rate_ledgers SET state = $3::jsonb WHERE workspace_id = $1::uuid "
        "AND connector_id = $2::uuid",
        {workspace, connector, state});
}

}  // namespace

pipeline::Reservation SpiStore::reserve_request(const std::string& workspace,
                                                const std::string& connector,
                                                const std::vector<core::RateLimit>& limits,
                                                const std::string& group, core::Timestamp now) {
    return run([&] {
        core::RateLedger ledger = locked_ledger(workspace, connector);
        Json before = ledger.state();
        pipeline::Reservation place;
        place.free_at = ledger.take(limits, now, group);
        place.is_stop = ledger.stopped_until(group, now).has_value();
        place.stated = ledger.stated(group);
        if (!place.free_at && ledger.state() != before) keep_ledger(workspace, connector, ledger);
        return place;
    });
}

void SpiStore::heed_vendor(const std::string& workspace, const std::string& connector,
                           const core::RateNotice& notice) {
    run([&] {
        core::RateLedger ledger = locked_ledger(workspace, connector);
        ledger.heed(notice);
        keep_ledger(workspace, connector, ledger);
        if (!notice.stop || !notice.stops_all) return;
        std::string until = core::format_timestamp(*notice.stop);
        std::int64_t worth_telling = kLongWait.count();
        query(
            "UPDATE headway.connectors SET suspended_until = greatest(suspended_until, "
            "$3::timestamptz) WHERE workspace_id = $1::uuid AND id = $2::uuid "
            "AND $3::timestamptz > clock_timestamp() + make_interval(secs => $4::int)",
            {workspace, connector, until, worth_telling});
    });
}

// Its lock tells others that whoever has the lease is alive.
Json SpiStore::borrow_token(const std::string& workspace, const std::string& connector,
                            std::chrono::seconds lease) {
    if (!lives_) begin_life();
    std::int64_t seconds = lease.count();
    return run([&] {
        return query_json("SELECT headway._borrow_token($1::uuid, $2::uuid, $3, $4::int)",
                          {workspace, connector, worker_id_, seconds});
    });
}

void SpiStore::keep_token(const std::string& workspace, const std::string& connector,
                          const Json& minted) {
    std::string sealed = minted.dump();
    run([&] {
        query("SELECT headway._keep_token($1::uuid, $2::uuid, $3::jsonb)",
              {workspace, connector, sealed});
    });
}

void SpiStore::fail_token(const std::string& workspace, const std::string& connector,
                          std::int64_t lease, const core::Error& error) {
    Json problem = error_json(error);
    if (error.retry_after) problem.set("retry_after", error.retry_after->count());
    std::string text = problem.dump();
    run([&] {
        query("SELECT headway._fail_token($1::uuid, $2::uuid, $3, $4::jsonb)",
              {workspace, connector, lease, text});
    });
}

void SpiStore::drop_token(const std::string& workspace, const std::string& connector,
                          const std::string& token) {
    run([&] {
        query("SELECT headway._drop_token($1::uuid, $2::uuid, $3::uuid)",
              {workspace, connector, token});
    });
}

}  // namespace headway::pg
