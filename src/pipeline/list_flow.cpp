#include <algorithm>

#include "core/connectors/span.hpp"
#include "pipeline/fetch.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;
using core::Json;

constexpr std::int64_t kMostPages = 100'000;

// Remembers what must not come a second time: it would lead round in a circle.
void add_mark(Json::Array& marks, const std::string& mark, const char* complaint) {
    if (std::find(marks.begin(), marks.end(), Json(mark)) != marks.end())
        throw Failure(ErrorKind::protocol, complaint);
    marks.push_back(mark);
}

// The marks of all cursors that this list has followed, the next one included, and of the pages
// that we filter: settling sees only what is left of those.
Json::Array marks_with(const Json& payload, const core::ListedPage& page,
                       const std::string& page_mark) {
    Json::Array marks = payload["marks"].items();
    if (page.next_cursor.empty()) return marks;
    add_mark(marks, core::cursor_mark(page.next_cursor), "the vendor repeats a cursor");
    if (page.left_out > 0) add_mark(marks, page_mark, "the vendor repeats a page");
    return marks;
}

Json time_or_null(const std::optional<core::Timestamp>& time) {
    return time ? Json(core::format_timestamp(*time)) : Json();
}

Json list_answer(core::ListedPage page, Json::Array marks) {
    Json::Array records;
    for (core::ListedRecord& listed : page.records)
        records.push_back(Json::Object{{"id", std::move(listed.id)},
                                       {"at", time_or_null(listed.at)},
                                       {"record", std::move(listed.record)}});
    return Json::Object{{"records", std::move(records)},
                        {"next_cursor", page.next_cursor},
                        {"marks", std::move(marks)},
                        {"min_at", time_or_null(page.min_at)},
                        {"max_at", time_or_null(page.max_at)},
                        {"repairs", page.repairs},
                        {"left_out", page.left_out}};
}

// A list that has not begun gives way to several over spans of its window, where that is long.
bool split_if_long(Context& ctx, const ClaimedTask& task, const Source& source) {
    if (!task.payload.members().empty()) return false;
    core::Span window{source.values.window_from, source.values.window_to};
    auto spans = core::spans_of(source.spec.list, window, source.most_records);
    if (spans.size() == 1) return false;
    Json::Array payloads;
    for (const core::Span& span : spans)
        payloads.push_back(
            Json::Object{{"span", Json::Object{{"n", payloads.size() + 1},
                                               {"from", core::format_timestamp(span.from)},
                                               {"to", core::format_timestamp(span.to)}}}});
    ctx.store.split_list(task, payloads);
    return true;
}

// A record that was not asked for by its time may be of any.
core::RequestValues at_any_time(core::RequestValues values) {
    values.window_from = core::Timestamp::min() + std::chrono::hours(1);
    values.window_to = core::Timestamp::max() - std::chrono::hours(1);
    return values;
}

}  // namespace

async::Task<void> list(Context& ctx, ClaimedTask task) {
    if (task.payload.integer_or("page", 1) > kMostPages)
        throw Failure(ErrorKind::protocol, "the vendor's list does not end");
    std::optional<Source> source = source_of(ctx, task);
    if (!source) co_return;
    if (split_if_long(ctx, task, *source)) co_return;
    core::RequestValues values = source->values;
    values.cursor = task.payload.text_or("cursor", "");
    const core::RequestSpec& request = source->spec.requests.at(source->spec.list.request);

    bool expired = false;
    core::Page page;
    try {
        page = co_await fetch_page(ctx, *source, request, values);
    } catch (const Failure& failure) {
        if (failure.error().kind != ErrorKind::expired || values.cursor.empty()) throw;
        expired = true;
    }
    if (expired) {
        ctx.store.restart_list(task);
        co_return;
    }
    std::string page_mark = core::page_mark(page.records);
    core::ListedPage listed = core::read_list(source->spec.list, std::move(page), values);
    Json::Array marks = marks_with(task.payload, listed, page_mark);
    Json answer = list_answer(std::move(listed), std::move(marks));
    Settlement settlement = [&] { return ctx.store.settle_list(task, answer); };
    Json outcome = co_await settle(ctx, settlement);
    if (outcome.bool_or("repeated", false))
        throw Failure(ErrorKind::protocol, "the vendor repeats a page");
}

// What a webhook told: a record, or the id by which the vendor is asked for it.
async::Task<void> receive(Context& ctx, ClaimedTask task) {
    std::optional<Source> source = source_of(ctx, task);
    if (!source) co_return;
    core::Page page;
    if (const Json* record = task.payload.find("given")) {
        page.records.push_back(*record);
    } else {
        core::RequestValues values = source->values;
        values.parents = {task.payload["lookup"].as_string()};
        const core::RequestSpec& request =
            source->spec.requests.at(task.payload["request"].as_string());
        page = co_await fetch_all(ctx, *source, request, values);
    }
    core::ListedPage listed =
        core::read_list(source->spec.list, std::move(page), at_any_time(source->values));
    Json answer = list_answer(std::move(listed), {});
    Settlement settlement = [&] { return ctx.store.settle_list(task, answer); };
    co_await settle(ctx, settlement);
}

}  // namespace headway::pipeline
