#include "pipeline/panel.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

#include "core/conversation/parts.hpp"
#include "core/matching/joint_judgement.hpp"
#include "core/work/retry.hpp"

namespace headway::pipeline {

using core::Json;

// How long those who have come to their question wait for who is on the way.
constexpr std::chrono::milliseconds kMoment{100};

// It lives as long as either side needs it: a task may be cancelled while the judge thinks.
struct Panel {
    struct Member {
        Member(async::EventLoop& loop, ClaimedTask the_task, Round the_round)
            : task(std::move(the_task)), round(std::move(the_round)), answered(loop) {}
        ClaimedTask task;
        Round round;
        async::Signal answered;
        std::optional<ModelAnswer> answer;  // none: it is to be asked about alone
        std::exception_ptr error;
    };
    Panel(async::EventLoop& loop, std::string the_workspace, JointRules the_rules)
        : workspace(std::move(the_workspace)), rules(std::move(the_rules)), complete(loop) {}

    std::string workspace;
    JointRules rules;
    std::vector<std::shared_ptr<Member>> members;
    async::Signal complete;
};

namespace {

using Member = std::shared_ptr<Panel::Member>;
using Parts = std::vector<std::optional<std::string>>;

std::vector<core::MatchQuestion> questions_of(const Panel& panel) {
    std::vector<core::MatchQuestion> questions;
    for (const Member& member : panel.members) questions.push_back(member->round.question);
    return questions;
}

// The member's task holds it, too, as long as it waits.
bool is_waited_for(const Member& member) { return member.use_count() > 1; }

// The one exchange is the first member's; every member's task keeps its own part of the answer, so
// that none of them is paid for again.
class PanelCalls : public CallLog {
  public:
    PanelCalls(Context& ctx, const Panel& panel, const std::vector<core::MatchQuestion>& questions)
        : ctx_(ctx), panel_(panel), questions_(questions) {}

    async::Task<std::string> record(Json call, Json reply) override {
        CallRecord record{&panel_.members[0]->task, panel_.workspace, std::move(call), {}};
        if (reply["text"].is_string()) share(reply, record);
        return ctx_.batches.calls.make(std::move(record));
    }
    bool is_wanted() const override {
        return std::any_of(panel_.members.begin(), panel_.members.end(), is_waited_for);
    }
    // What was said about each; none where the answer could not be taken apart.
    const Parts& parts() const { return parts_; }

  private:
    void share(const Json& reply, CallRecord& record) try {
        parts_ = core::split_judgements(reply["text"].as_string(), questions_);
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            if (!parts_[i]) continue;
            const Panel::Member& member = *panel_.members[i];
            Json kept = Json::Object{{"text", *parts_[i]},
                                     {"round", member.round.to_json()},
                                     {"provider", reply["provider"]}};
            if (i == 0) record.reply = std::move(kept);
            else record.others.push_back({&member.task, std::move(kept)});
        }
    } catch (const core::Failure&) {
        // Of no use to anybody: each is asked about alone.
    }

    Context& ctx_;
    const Panel& panel_;
    const std::vector<core::MatchQuestion>& questions_;
    Parts parts_;
};

// A whole answer is kept under the key of this question, for who puts the same items together
// again; another grouping of them is another question, and is asked anew.
ModelRequest request_of(const Panel& panel, const std::vector<core::MatchQuestion>& questions) {
    auto read = [&questions](const std::string& text) {
        for (const auto& part : core::split_judgements(text, questions))
            if (!part)
                throw core::Failure(core::ErrorKind::protocol, "the judge has left an item out");
    };
    return {"match", core::joint_question(questions), panel.rules.provider, panel.workspace, read};
}

async::Task<void> ask_for_all(Context& ctx, Panel& panel) {
    const std::vector<core::MatchQuestion> questions = questions_of(panel);
    PanelCalls log(ctx, panel, questions);
    auto asking = ask_model(ctx, log, request_of(panel, questions), Json());
    ModelAnswer answer = co_await std::move(asking);
    const Parts& parts = log.parts();
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (parts[i])
            panel.members[i]->answer =
                ModelAnswer{*parts[i], answer.call_id, answer.call_started_at, answer.provider};
}

// Where waiting helps it is the failure of all; any other may be one of asking for so many at once,
// so that each is asked about alone.
void tell_all(Panel& panel, const core::Failure& failure) {
    if (!core::is_of_the_moment(failure.error().kind)) return;
    for (const Member& member : panel.members) member->error = std::make_exception_ptr(failure);
}

void close(Context& ctx, const std::string& message, const std::shared_ptr<Panel>& panel) {
    auto open = ctx.panels.find(message);
    if (open != ctx.panels.end() && open->second == panel) ctx.panels.erase(open);
}

async::Task<void> hold(Context& ctx, std::string message, std::shared_ptr<Panel> panel) {
    co_await panel->complete.wait_until(ctx.loop.clock().now() + kMoment);
    close(ctx, message, panel);
    std::erase_if(panel->members, [](const Member& member) { return !is_waited_for(member); });
    if (panel->members.size() > 1) {
        try {
            auto asking = ask_for_all(ctx, *panel);
            co_await std::move(asking);
        } catch (const core::Failure& failure) {
            tell_all(*panel, failure);
        } catch (const std::bad_alloc&) {  // alone, each has the error that is its own
        } catch (const std::logic_error&) {
        } catch (const std::runtime_error&) {
        }
    }
    for (const Member& member : panel->members) member->answered.set();
}

bool has_room(const Panel& panel, const core::MatchQuestion& question) {
    if (panel.members.size() >= panel.rules.most_items) return false;
    std::vector<core::MatchQuestion> questions = questions_of(panel);
    questions.push_back(question);
    return core::estimate_tokens(core::joint_question(questions).dump()) <= panel.rules.most_tokens;
}

// The open panel of a message, or a new one.
std::shared_ptr<Panel> panel_for(Context& ctx, const std::string& message, const MatchCase& matter,
                                 const core::MatchQuestion& question) {
    std::shared_ptr<Panel>& open = ctx.panels[message];
    if (open && !has_room(*open, question)) {
        open->complete.set();
        open.reset();
    }
    if (!open) {
        open = std::make_shared<Panel>(ctx.loop, matter.workspace, *matter.joint);
        ctx.shared_work.spawn(0, hold(ctx, message, open));
    }
    return open;
}

}  // namespace

OnItsWay::OnItsWay(Context& ctx, const ClaimedTask& task)
    : ctx_(ctx),
      task_(task),
      message_(task.workspace + '/' + task.payload.text_or("message_id", "")) {
    ++ctx_.on_their_way[message_];
}

void OnItsWay::end() {
    if (std::exchange(has_ended_, true)) return;
    auto others = ctx_.on_their_way.find(message_);
    if (--others->second > 0) return;
    ctx_.on_their_way.erase(others);
    auto open = ctx_.panels.find(message_);
    if (open != ctx_.panels.end()) open->second->complete.set();
}

bool OnItsWay::is_alone() const {
    auto all = ctx_.on_their_way.find(message_);
    int others = (all == ctx_.on_their_way.end() ? 0 : all->second) - (has_ended_ ? 0 : 1);
    return others == 0 && !ctx_.panels.contains(message_);
}

async::Task<std::optional<ModelAnswer>> judge_together(Context& ctx, OnItsWay& way,
                                                       const MatchCase& matter, Round round) {
    if (way.is_alone()) co_return std::nullopt;
    auto member = std::make_shared<Panel::Member>(ctx.loop, way.task(), std::move(round));
    panel_for(ctx, way.message(), matter, member->round.question)->members.push_back(member);
    way.end();
    co_await member->answered.wait();
    if (member->error) std::rethrow_exception(member->error);
    co_return member->answer;
}

}  // namespace headway::pipeline
