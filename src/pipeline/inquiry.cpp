#include "pipeline/inquiry.hpp"

#include <map>

#include "async/task_group.hpp"
#include "pipeline/embedding.hpp"
#include "pipeline/fetch.hpp"
#include "pipeline/judge.hpp"
#include "pipeline/reading.hpp"
#include "pipeline/storages.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

// How often the worker looks whether it must leave, or its session has.
constexpr std::chrono::seconds kLook{1};

class SessionCalls : public CallLog {
  public:
    SessionCalls(Context& ctx, const Inquirer& inquirer, const std::string& workspace)
        : ctx_(ctx), inquirer_(inquirer), workspace_(workspace) {}
    async::Task<std::string> record(Json call, Json) override {
        CallRecord record{nullptr, workspace_, std::move(call), {}};
        return ctx_.batches.calls.make(std::move(record));
    }
    bool is_wanted() const override { return inquirer_.is_waiting(); }

  private:
    Context& ctx_;
    const Inquirer& inquirer_;
    std::string workspace_;
};

async::Task<Json> match(Context& ctx, SessionCalls& log, Json asked) {
    MatchCase matter = MatchCase::from_json(asked["workspace"].as_string(), asked);
    Verdict verdict;
    co_await find_likeness(ctx, log, matter);
    Round round = next_round(ctx, matter, nullptr, asked.integer_or("seen", 0));
    co_await judge(ctx, log, matter, round, verdict);
    co_return verdict.to_json(matter.threshold, round.seen);
}

async::Task<Json> extract(Context& ctx, SessionCalls& log, Json asked) {
    auto provider = std::make_shared<const Json>(asked["provider"]);
    const Reading reading(core::Conversation::from_json(asked), asked, provider,
                          asked["workspace"].as_string());
    std::vector<std::string> answers;
    while (!reading.is_complete(answers)) {
        auto asking = ask_model(ctx, log, reading.next(answers), Json());
        ModelAnswer answer = co_await std::move(asking);
        answers.push_back(std::move(answer.text));
    }
    co_return std::move(reading.read(answers).insights);
}

Json test_result(const core::Result<core::Page>& page, const std::string& request) {
    if (page.ok())
        return Json::Object{
            {"ok", true},
            {"status", page.value().status},
            {"detail", request + ": " + std::to_string(page.value().records.size()) +
                           " record(s) on the first page of the last day"}};
    const core::Error& error = page.error();
    std::string detail = error.message;
    if (!error.detail.empty()) detail += ": " + error.detail;
    if (!error.hint.empty()) detail += ". " + error.hint;
    return Json::Object{{"ok", false},
                        {"status", error.http_status ? Json(error.http_status) : Json()},
                        {"detail", detail}};
}

async::Task<core::Result<core::Page>> first_page(Context& ctx, const std::string& workspace,
                                                 const Json& input) {
    try {
        Source source = open_source(ctx, workspace, input);
        const core::RequestSpec& request = source.spec.requests.at(source.spec.list.request);
        core::Result<core::Page> page = co_await try_page(ctx, source, request, source.values);
        co_return page;
    } catch (const core::Failure& failure) {
        co_return failure.error();
    }
}

// One authenticated request, the list's first page. That it fails is an answer, too.
async::Task<Json> test(Context& ctx, SessionCalls&, Json asked) {
    std::string workspace = asked["workspace"].as_string();
    async::TimePoint start = ctx.loop.clock().now();
    core::Result<core::Page> page = co_await first_page(ctx, workspace, asked["source"]);
    auto taken = ctx.loop.clock().now() - start;
    Json result = test_result(page, asked["source"]["spec"]["list"].text_or("request", ""));
    result.set("latency_ms", std::chrono::duration_cast<std::chrono::milliseconds>(taken).count());
    co_return result;
}

// Where anybody can read a stored object until it expires.
async::Task<Json> sign(Context& ctx, SessionCalls&, Json asked) {
    StorageTarget target = storage_target(asked["workspace"].as_string(), asked);
    std::chrono::seconds expires{asked["seconds"].as_integer()};
    async::Gate::Place place = co_await ctx.exchanges.enter();
    auto signing = ctx.storage.signed_url(target, expires);
    co_return Json((co_await std::move(signing)).value_or_throw());
}

using Answerer = async::Task<Json> (*)(Context&, SessionCalls&, Json);

Answerer answerer_of(const std::string& kind) {
    static const std::map<std::string, Answerer> kAnswerers = {
        {"match", &match}, {"extract", &extract}, {"test", &test}, {"sign", &sign}};
    auto answerer = kAnswerers.find(kind);
    if (answerer == kAnswerers.end())
        throw core::Failure(core::ErrorKind::invalid, "an inquiry of an unknown kind");
    return answerer->second;
}

Json error_answer(const core::Error& error) {
    std::string hint = error.hint;
    if (error.retry_after && hint.empty())
        hint = "Try again in " + std::to_string(error.retry_after->count()) + " seconds.";
    Json told = Json::Object{{"kind", core::name(error.kind)},
                             {"message", error.message},
                             {"detail", error.detail},
                             {"hint", hint}};
    if (error.kind == core::ErrorKind::over_budget) told.set("sqlstate", "8W030");
    return Json::Object{{"error", std::move(told)}};
}

async::Task<void> answer_into(Context& ctx, const Inquirer& inquirer, Json inquiry, Json& answer) {
    try {
        SessionCalls log(ctx, inquirer, inquiry["workspace"].as_string());
        async::Task<Json> answering = answerer_of(inquiry["kind"].as_string())(ctx, log, inquiry);
        Json answered = co_await std::move(answering);
        answer = Json::Object{{"answer", std::move(answered)}};
    } catch (const core::Failure& failure) {
        answer = error_answer(failure.error());
    }
}

}  // namespace

async::Task<void> answer_inquiry(Context& ctx, const Inquirer& inquirer, Json inquiry,
                                 Json& answer) {
    std::exception_ptr broken;
    async::TaskGroup group(ctx.loop, [&](std::exception_ptr error) { broken = error; });
    group.spawn(0, answer_into(ctx, inquirer, inquiry, answer));
    while (group.size() + ctx.shared_work.size() > 0 && !ctx.broken_work) {
        async::TaskGroup& running = group.size() > 0 ? group : ctx.shared_work;
        co_await running.change_until(ctx.loop.clock().now() + kLook);
        ctx.store.look_around();
        if (inquiry["kind"].as_string() == "test" && !inquirer.is_waiting()) group.cancel_all();
    }
    if (ctx.broken_work) std::rethrow_exception(ctx.broken_work);
    if (broken) std::rethrow_exception(broken);
}

}  // namespace headway::pipeline
