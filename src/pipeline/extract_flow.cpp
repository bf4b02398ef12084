#include "core/base/claims.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/reading.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;
using Answers = std::vector<std::string>;

Json found_json(core::Extraction found) {
    Json json = Json::Object{{"quotes_total", found.quotes_total},
                             {"quotes_verified", found.quotes_verified},
                             {"relevance", found.relevance}};
    json.set("insights", std::move(found.insights));
    json.set("items", std::move(found.items));
    json.set("unmatched", std::move(found.unmatched));
    json.set("problems", Json::Array(found.problems.begin(), found.problems.end()));
    return json;
}

// The last answer, if it can be read, is settled together with its record, in one transaction.
// Where that cannot be, and in every attempt but the first, whose worker may have died of reading,
// the record goes alone, and the answer is kept with the task.
class SettlingCalls : public TaskCalls {
  public:
    SettlingCalls(Context& ctx, const ClaimedTask& task, const Reading& reading,
                  const Answers& answers)
        : TaskCalls(ctx, task), reading_(reading), answers_(answers) {}

    async::Task<std::string> record(Json call, Json reply) override {
        std::optional<ExtractAnswer> answer = answer_of(call, reply);
        if (answer) {
            auto settling = settle_with_record(std::move(*answer));
            std::optional<std::string> call_id = co_await std::move(settling);
            has_settled_ = call_id.has_value();
            if (call_id) co_return *call_id;
        }
        auto recording = TaskCalls::record(std::move(call), std::move(reply));
        co_return co_await std::move(recording);
    }

    bool has_settled() const { return has_settled_; }

  private:
    std::optional<ExtractAnswer> answer_of(const Json& call, const Json& reply) const {
        if (task_.attempts > 1 || !reply["text"].is_string()) return std::nullopt;
        Answers all = answers_;
        all.push_back(reply["text"].as_string());
        if (!reading_.is_complete(all)) return std::nullopt;
        try {
            core::Extraction found = reading_.read(all);
            Json counted = call;
            counted.set("quotes_total", found.quotes_total);
            counted.set("quotes_verified", found.quotes_verified);
            return ExtractAnswer{&task_, found_json(std::move(found)),
                                 CallRecord{&task_, task_.workspace, std::move(counted), {}}};
        } catch (const std::exception&) {
            return std::nullopt;  // is thrown again once the answer is safe
        }
    }

    async::Task<std::optional<std::string>> settle_with_record(ExtractAnswer answer) {
        try {
            auto settling = ctx_.batches.extractions.make(std::move(answer));
            co_return co_await std::move(settling);
        } catch (const core::Failure&) {
            co_return std::nullopt;
        } catch (const std::bad_alloc&) {
            co_return std::nullopt;
        }
    }

    const Reading& reading_;
    const Answers& answers_;  // of the parts before
    bool has_settled_ = false;
};

Reading reading_of(const ClaimedTask& task, ExtractInput input) {
    const Json& workspace = *input.common;
    Provider provider(input.common, &workspace["provider"]);
    const Json& prompt = input.conversation["prompt"];
    if (!prompt.is_null() && !provider->is_null()) {
        Json other = *provider;
        other.set("prompt", prompt);
        provider = std::make_shared<const Json>(std::move(other));
    }
    input.conversation.set("themes", workspace["themes"]);
    return {core::Conversation::from_json(input.conversation), workspace, provider, task.workspace};
}

// What is settled of a conversation that no model is paid for, as nobody in it seems to ask for
// anything; null when it is to be read. Whoever asks for a second reading has it read.
Json not_read(const Reading& reading, const ExtractInput& input) {
    if (!input.reply.is_null() || input.conversation.bool_or("again", false)) return {};
    const double wanted = input.common->number_or("min_relevance", 0);
    if (wanted <= 0) return {};
    const double relevance = reading.relevance();
    if (relevance >= wanted) return {};
    return Json::Object{{"relevance", relevance},
                        {"skipped", "nobody in it seems to ask for anything"},
                        {"items", Json::array()},
                        {"unmatched", Json::array()},
                        {"problems", Json::array()}};
}

async::Task<void> end_reading(Context& ctx, ExtractAnswer answer) {
    auto end = [&] { return ctx.batches.extractions.make(answer); };
    co_await while_busy(ctx, end);
}

}  // namespace

async::Task<void> extract(Context& ctx, ClaimedTask task) {
    ExtractInput input = co_await ctx.batches.extract_inputs.make(&task);
    if (input.conversation.is_null()) co_return;
    const Reading reading = reading_of(task, input);
    if (Json skipped = not_read(reading, input); !skipped.is_null()) {
        auto ending = end_reading(ctx, ExtractAnswer{&task, std::move(skipped)});
        co_await std::move(ending);
        co_return;
    }
    Answers answers = reading.stored_answers(input.reply);
    std::optional<ModelAnswer> last = stored_answer(input.reply);
    while (!reading.is_complete(answers)) {
        SettlingCalls log(ctx, task, reading, answers);
        auto asking = ask_model(ctx, log, reading.next(answers), reading.round(answers));
        last = co_await std::move(asking);
        if (log.has_settled()) co_return;
        core::parse_answer(last->text);
        answers.push_back(last->text);
    }
    ExtractAnswer settled{&task, found_json(reading.read(answers))};
    settled.found.set("call_id", last->call_id);
    settled.found.set("call_started_at", last->call_started_at);
    auto ending = end_reading(ctx, std::move(settled));
    co_await std::move(ending);
}

}  // namespace headway::pipeline
