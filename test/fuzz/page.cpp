// A vendor's answer: pages, records, cursors, waits.
#include "core/connectors/access_grant.hpp"
#include "core/connectors/children.hpp"
#include "core/connectors/connector_page.hpp"
#include "core/connectors/rate_notice.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    core::RequestSpec request;
    request.records = "/calls";
    request.pagination = {
        core::PageKind::cursor, "/records/cursor", {core::Slot::In::body, "/cursor"}};
    request.answers = {{404, "nothing", core::Verdict::empty},
                       {400, "cursor", core::Verdict::restart}};
    core::ListSpec list{"calls", "/id", "/started", {}};
    const core::Timestamp now{std::chrono::seconds(1'767'225'600)};
    std::string text(fuzz::text_of(bytes, size));
    for (int status : {200, 400, 404, 429, 503})
        fuzz::may_refuse([&] {
            core::Answer answer{status, {{"retry-after", text.substr(0, 40)}}, text};
            auto wait = core::retry_after(answer, now);
            fuzz::promise(!wait || (wait->count() >= 0 && *wait <= std::chrono::days(7)));
            core::Result<core::Page> page = core::read_page(request, answer, now);
            if (!page.ok()) return;
            core::RequestValues asked;
            asked.window_from = now - std::chrono::days(400);
            asked.window_to = now;
            core::read_list(list, page.value(), asked);
            core::join_children({"t", "t", 2, "/id"}, page.value().records,
                                {{"a", {"1"}}, {"b", {"2"}}});
        });
    core::ConnectorSpec spec;
    spec.budgets = {{10, std::chrono::seconds(60)}};
    spec.rate_headers = {"limit", "remaining", "window", "reset"};
    std::string number = text.substr(0, 40);
    core::Answer stated{
        429, {{"limit", number}, {"remaining", "0"}, {"window", number}, {"reset", number}}, text};
    core::RateNotice notice = core::read_rate_notice(spec, "", stated, now, {});
    fuzz::promise(!notice.stop || *notice.stop <= now + std::chrono::days(7));
    core::RateLedger ledger;
    ledger.heed(notice);
    ledger.take(spec.budgets, now);
    fuzz::may_refuse([&] { core::RateLedger(core::Json::parse(text)).take(spec.budgets, now); });
    for (int status : {200, 400}) {
        core::Result<core::Grant> grant = core::read_grant({}, {status, {}, text}, now);
        if (grant.ok())
            fuzz::promise(!grant.value().token.empty() && grant.value().lifetime.count() > 0);
        else fuzz::promise(grant.error().detail.size() < 30);
    }
    return 0;
}
