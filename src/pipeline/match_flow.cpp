#include "pipeline/embedding.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/judge.hpp"
#include "pipeline/panel.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Document;
using core::Json;

constexpr int kMostLooks = 20;
constexpr std::chrono::milliseconds kLookPause{100};
constexpr std::int64_t kMostUnfolded = 128;  // as many as are compared one by one in no time

// The round that an earlier attempt has had an answer to, if that can be read.
std::optional<Round> stored_round(const Json& reply) {
    std::optional<ModelAnswer> answer = stored_answer(reply);
    if (!answer) return std::nullopt;
    auto read = [&reply](const std::string& text) {
        core::read_judgement(text, Round::from_json(reply["round"]).question);
    };
    if (!is_readable(*answer, read)) return std::nullopt;
    return Round::from_json(reply["round"]);
}

// The item may be the same as one that is judged at the same time, whose end is then waited for: a
// moment here, and longer in the queue.
async::Task<Json> settle_decision(Context& ctx, const ClaimedTask& task, const Json& decision) {
    Settlement settlement = [&] { return ctx.store.settle_match(task, decision); };
    for (int look = 0; look < kMostLooks; ++look) {
        Json outcome = co_await settle(ctx, settlement);
        if (!outcome.find("waits_for")) co_return outcome;
        co_await ctx.loop.sleep_for(kLookPause);
    }
    throw core::Failure(core::ErrorKind::busy, "an item that may be the same is undecided");
}

// Whoever meets many features that are not in the index sees to it: so its cost is shared by those
// who make features, and none of them waits for it.
async::Task<void> fold_if_due(Context& ctx, const ClaimedTask& task, const Json& input) {
    if (input.integer_or("unfolded", 0) < kMostUnfolded) co_return;
    const Json& item = input["item"];
    Settlement fold = [&] {
        return ctx.store.fold_features(task.workspace, item["theme_id"].as_string(),
                                       item["type"].as_string());
    };
    for (;;) {
        Json is_more = co_await settle(ctx, fold);
        if (!is_more.as_bool()) co_return;
    }
}

// With the other items of its message where that can be, and alone where nobody has judged it so.
async::Task<void> put(Context& ctx, CallLog& log, OnItsWay& way, const MatchCase& matter,
                      const Round& round, Verdict& verdict) {
    const bool needs_a_judge = !round.evident && !round.question.candidates.empty();
    if (needs_a_judge && matter.joint) {
        auto asking = judge_together(ctx, way, matter, round);
        std::optional<ModelAnswer> answer = co_await std::move(asking);
        if (answer) co_return verdict.hear(round, *answer);
    }
    way.end();
    auto judging = judge(ctx, log, matter, round, verdict);
    co_await std::move(judging);
}

}  // namespace

async::Task<void> match(Context& ctx, ClaimedTask task) {
    OnItsWay way(ctx, task);
    co_await ctx.loop.sleep_for({});  // those that were claimed with it set out, too
    Settlement read = [&] { return ctx.store.input_match(task); };
    Json input = co_await settle(ctx, read);  // which locks the theme, as others do
    if (input.is_null()) co_return;
    co_await fold_if_due(ctx, task, input);
    MatchCase matter = MatchCase::from_json(task.workspace, input);
    TaskCalls log(ctx, task);
    std::int64_t seen = input["seen"].as_integer();

    Verdict verdict;
    std::vector<Document> fresh;
    const std::vector<Document>* judge_only = nullptr;
    std::optional<Round> stored = stored_round(input["reply"]);
    for (;;) {
        if (stored) {
            way.end();
            verdict.hear(*stored, *stored_answer(input["reply"]));
            seen = stored->seen;
            stored.reset();
        } else {
            co_await find_likeness(ctx, log, matter);
            Round round = next_round(ctx, matter, judge_only, seen);
            auto putting = put(ctx, log, way, matter, round, verdict);
            co_await std::move(putting);
        }
        Json decision = verdict.to_json(matter.threshold, seen);
        Json outcome = co_await settle_decision(ctx, task, decision);
        if (!outcome.find("appeared")) co_return;

        // While the judge was thinking, others created features here: those are judged as well. Or
        // the feature that it chose is gone: then everything is.
        if (decision["outcome"].as_string() == "linked") verdict = {};
        fresh = documents_from_json(outcome["appeared"]);
        matter.merge(fresh);
        judge_only = &fresh;
        seen = outcome["seen"].as_integer();
    }
}

}  // namespace headway::pipeline
