#include <functional>

#include "core/conversation/extraction.hpp"
#include "pipeline/ask_model.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

using Reader = std::function<core::Extraction(const std::string& text)>;

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

// An answer that can be read is settled together with its record, in one transaction. Where that
// cannot be, and in every attempt but the first, whose worker may have died of reading, the record
// goes alone, and the answer is kept with the task.
class SettlingCalls : public TaskCalls {
  public:
    SettlingCalls(Context& ctx, const ClaimedTask& task, const Reader& read)
        : TaskCalls(ctx, task), read_(read) {}

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
        try {
            core::Extraction found = read_(reply["text"].as_string());
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

    const Reader& read_;
    bool has_settled_ = false;
};

}  // namespace

async::Task<void> extract(Context& ctx, ClaimedTask task) {
    ExtractInput input = co_await ctx.batches.extract_inputs.make(&task);
    if (input.conversation.is_null()) co_return;
    const Json& workspace = *input.common;
    input.conversation.set("themes", workspace["themes"]);
    core::Conversation conversation = core::Conversation::from_json(input.conversation);

    double threshold = workspace["threshold"].as_number();
    Reader read = [&](const std::string& text) {
        return core::read_extraction(text, conversation, threshold);
    };
    std::optional<ModelAnswer> answer = stored_answer(input.reply);
    if (!answer || !is_readable(*answer, read)) {
        Provider provider(input.common, &workspace["provider"]);
        ModelRequest request{"extract", conversation.to_json(), provider, task.workspace};
        SettlingCalls log(ctx, task, read);
        auto asking = ask_model(ctx, log, std::move(request), Json());
        answer = co_await std::move(asking);
        if (log.has_settled()) co_return;
    }
    ExtractAnswer settled{&task, found_json(read(answer->text))};
    settled.found.set("call_id", answer->call_id);
    settled.found.set("call_started_at", answer->call_started_at);
    auto end = [&] { return ctx.batches.extractions.make(settled); };
    co_await while_busy(ctx, end);
}

}  // namespace headway::pipeline
