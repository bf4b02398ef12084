// The calls that are made for many tasks at once: a transaction for all, a statement for each
// workspace among them.

#include <map>

#include "pg/spi.hpp"
#include "pg/spi_store.hpp"

namespace headway::pg {
namespace {

using core::Json;
using pipeline::CallRecord;
using pipeline::ClaimedTask;
using pipeline::ExtractAnswer;
using pipeline::ExtractInput;

using Places = std::vector<std::size_t>;  // in the caller's list

template <class Item, class WorkspaceOf>
std::map<std::string, Places> by_workspace(const std::vector<Item>& items, WorkspaceOf of) {
    std::map<std::string, Places> groups;
    for (std::size_t i = 0; i < items.size(); ++i) groups[of(items[i])].push_back(i);
    return groups;
}

Json task_key(const ClaimedTask& task) {
    return Json::Object{{"task", task.id}, {"token", task.token}};
}

// The first row is what all have in common, the others are the tasks'.
void read_inputs(const std::vector<std::optional<std::string>>& rows, const Places& places,
                 std::vector<ExtractInput>& inputs) {
    auto common = std::make_shared<const Json>(Json::parse(*rows.at(0), 1000));
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto& row = rows.at(i + 1);
        if (!row) continue;
        ExtractInput& input = inputs[places[i]];
        input.conversation = Json::parse(*row, 1000);
        input.reply = input.conversation["reply"];
        input.common = common;
    }
}

Json as_json(const CallRecord& record) {
    Json json = record.task ? task_key(*record.task) : Json::object();
    json.set("call", record.call);
    json.set("reply", record.reply);
    Json::Array others;
    for (const auto& [task, reply] : record.others) {
        others.push_back(task_key(*task));
        others.back().set("reply", reply);
    }
    json.set("others", std::move(others));
    return json;
}

// {task: {token, found}, ...}, written at once: in a Json it would be a copy of what was found.
void append_member(std::string& object, const ExtractAnswer& answer) {
    object += object.empty() ? "{\"" : ",\"";
    object += std::to_string(answer.task->id);
    object += "\":{\"token\":";
    object += std::to_string(answer.task->token);
    object += ",\"found\":";
    answer.found.append_to(object);
    object += '}';
}

pipeline::Leave leave_of(const Json& row) {
    pipeline::Leave leave;
    if (row["answer"].is_string()) leave.answer = row["answer"].as_string();
    leave.model = row.text_or("model", "");
    leave.reservation = row.text_or("reservation", "");
    if (const Json* refusal = row.find("refusal")) {
        leave.refusal = core::Error{core::ErrorKind::over_budget, refusal->text_or("message", ""),
                                    refusal->text_or("detail", ""), refusal->text_or("hint", "")};
        leave.refusal->retry_after = std::chrono::seconds((*refusal)["retry_after"].as_integer());
    }
    return leave;
}

// Within a transaction; the ids in the order of the calls.
std::vector<std::string> write_calls(const std::vector<const CallRecord*>& calls) {
    std::vector<std::string> ids(calls.size());
    auto groups = by_workspace(calls, [](const CallRecord* call) { return call->workspace; });
    for (const auto& [workspace, places] : groups) {
        Json::Array told;
        for (std::size_t place : places) told.push_back(as_json(*calls[place]));
        std::string text = Json(std::move(told)).dump();
        auto rows = query("SELECT headway._record_calls($1::uuid, $2::jsonb)",
                          {std::string_view(workspace), text});
        for (std::size_t i = 0; i < places.size(); ++i) ids[places[i]] = rows.at(i).value();
    }
    return ids;
}

// Within a transaction: "" for those whose call has its record already.
std::vector<std::string> write_calls_of(const std::vector<const ExtractAnswer*>& answers) {
    std::vector<const CallRecord*> calls;
    for (const ExtractAnswer* answer : answers)
        if (answer->call) calls.push_back(&*answer->call);
    std::vector<std::string> written = write_calls(calls);
    std::vector<std::string> ids;
    auto next = written.begin();
    for (const ExtractAnswer* answer : answers)
        ids.push_back(answer->call ? std::move(*next++) : std::string());
    return ids;
}

}  // namespace

std::vector<ExtractInput> SpiStore::input_extracts(const std::vector<const ClaimedTask*>& tasks) {
    std::vector<ExtractInput> inputs(tasks.size());
    auto groups = by_workspace(tasks, [](const ClaimedTask* task) { return task->workspace; });
    run([&] {
        for (const auto& [workspace, places] : groups) {
            Json::Array keys;
            for (std::size_t place : places) keys.push_back(task_key(*tasks[place]));
            std::string text = Json(std::move(keys)).dump();
            auto rows = query("SELECT headway._input_extracts($1::uuid, $2::jsonb)",
                              {std::string_view(workspace), text});
            read_inputs(rows, places, inputs);
        }
    });
    return inputs;
}

std::vector<std::string> SpiStore::settle_extracts(
    const std::vector<const ExtractAnswer*>& answers) {
    auto groups =
        by_workspace(answers, [](const ExtractAnswer* answer) { return answer->task->workspace; });
    return run([&] {
        std::vector<std::string> ids = write_calls_of(answers);
        for (const auto& [workspace, places] : groups) {
            std::string text;
            for (std::size_t place : places) append_member(text, *answers[place]);
            text += '}';
            query("SELECT headway._settle_extracts($1::uuid, $2::jsonb)",
                  {std::string_view(workspace), text});
        }
        return ids;
    });
}

std::vector<pipeline::Leave> SpiStore::leaves(
    const std::vector<const pipeline::WantedLeave*>& wanted) {
    std::vector<pipeline::Leave> given(wanted.size());
    auto groups =
        by_workspace(wanted, [](const pipeline::WantedLeave* one) { return one->workspace; });
    run([&] {
        for (const auto& [workspace, places] : groups) {
            Json::Array told;
            for (std::size_t place : places) told.push_back(wanted[place]->outlay.to_json());
            std::string text = Json(std::move(told)).dump();
            auto rows = query("SELECT headway._leaves($1::uuid, $2::jsonb)",
                              {std::string_view(workspace), text});
            for (std::size_t i = 0; i < places.size(); ++i)
                given[places[i]] = leave_of(Json::parse(rows.at(i).value(), 1000));
        }
    });
    return given;
}

// On disk before the loop goes on: reading an answer that is kept may be the end of the worker.
std::vector<std::string> SpiStore::record_calls(const std::vector<const CallRecord*>& calls) {
    auto ids = run([&] { return write_calls(calls); });
    server_call([] { XLogFlush(XactLastCommitEnd); });
    return ids;
}

}  // namespace headway::pg
