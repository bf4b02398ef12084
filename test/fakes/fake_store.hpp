#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>

#include "pipeline/context.hpp"

namespace headway::test {

using core::Json;
using pipeline::ClaimedTask;

// What ends a worker on the spot; flows let it pass.
struct Killed : std::exception {};

// A store that answers what a test has put in and remembers what it was told.
class FakeStore : public pipeline::Store {
  public:
    struct Told {
        std::string what;
        std::int64_t task;
        Json answer;
    };

    std::vector<ClaimedTask> claim(int most) override {
        if (on_look) on_look();
        std::vector<ClaimedTask> taken;
        while (!queue.empty() && static_cast<int>(taken.size()) < most) {
            taken.push_back(queue.front());
            queue.pop_front();
            held.insert(taken.back().id);
        }
        claims.push_back(static_cast<int>(taken.size()));
        return taken;
    }
    std::optional<core::Timestamp> next_due() override { return due; }
    std::vector<std::int64_t> keep_alive() override {
        if (on_look) on_look();
        ++renewals;
        return {held.begin(), held.end()};
    }
    void look_around() override {
        if (on_look) on_look();
    }
    void put_back() override { held.clear(); }

    Json input_source(const ClaimedTask&) override { return source; }
    pipeline::Reservation reserve_request(const std::string&, const std::string&,
                                          const std::vector<core::RateLimit>& limits,
                                          const std::string& group, core::Timestamp now) override {
        reserved.push_back(group);
        if (!budget_waits.empty()) {
            auto free_at = budget_waits.front();
            budget_waits.pop_front();
            return {free_at};
        }
        if (!keeps_ledger) return {};
        auto free_at = ledger.take(limits, now, group);
        return {free_at, ledger.stopped_until(group, now).has_value(), ledger.stated(group)};
    }
    void heed_vendor(const std::string&, const std::string&,
                     const core::RateNotice& notice) override {
        notices.push_back(notice);
        ledger.heed(notice);
    }
    Json borrow_token(const std::string&, const std::string&, std::chrono::seconds) override {
        if (!token.is_null()) return Json::Object{{"token", token}};
        if (!token_problem.is_null()) return Json::Object{{"problem", token_problem}};
        if (is_minting) return Json::Object{{"wait", true}};
        is_minting = true;
        ++leases;
        return Json::Object{{"lease", leases}, {"credentials", Json::Object{{"id", "k"}}}};
    }
    void keep_token(const std::string&, const std::string&, const Json& minted) override {
        if (!token_troubles.empty()) {
            core::Error trouble = token_troubles.front();
            token_troubles.pop_front();
            throw core::Failure(trouble);
        }
        kept.push_back(minted);
        token = minted["token"];
        is_minting = false;
    }
    void fail_token(const std::string&, const std::string&, std::int64_t,
                    const core::Error& error) override {
        token_problem = Json::Object{{"kind", core::name(error.kind)},
                                     {"message", error.message},
                                     {"http_status", error.http_status}};
        is_minting = false;
    }
    void drop_token(const std::string&, const std::string&, const std::string& id) override {
        dropped.push_back(id);
        if (token.text_or("id", "") == id) token = Json();
    }
    Json settle_list(const ClaimedTask& task, const Json& answer) override {
        return tell("list", task, answer);
    }
    void split_list(const ClaimedTask& task, const Json& spans) override {
        tell("split", task, spans);
    }
    void restart_list(const ClaimedTask& task) override { tell("restart", task, {}); }
    Json settle_detail(const ClaimedTask& task, const Json& answer) override {
        return tell("detail", task, answer);
    }
    void settle_finalize(const ClaimedTask& task) override { tell("finalize", task, {}); }
    // `extract_input` is both what the task reads and what all have in common.
    std::vector<pipeline::ExtractInput> input_extracts(
        const std::vector<const ClaimedTask*>& tasks) override {
        auto common = std::make_shared<const Json>(extract_input);
        batches.push_back(tasks.size());
        return std::vector<pipeline::ExtractInput>(tasks.size(),
                                                   {extract_input, extract_input["reply"], common});
    }
    std::vector<std::string> settle_extracts(
        const std::vector<const pipeline::ExtractAnswer*>& answers) override {
        std::vector<std::string> ids;
        batches.push_back(answers.size());
        all_or_nothing([&] {
            for (const auto* answer : answers) {
                ids.push_back(answer->call ? record(*answer->call) : "");
                tell("extract", *answer->task, answer->found);
            }
        });
        return ids;
    }
    Json input_match(const ClaimedTask&) override { return match_input; }
    Json fold_features(const std::string&, const std::string& theme,
                       const std::string& type) override {
        folded.push_back(theme + ' ' + type);
        return --to_fold > 0;
    }
    Json feature_quotes(const std::string&, const Json& features) override {
        Json found = Json::object();
        for (const Json& feature : features.items())
            if (quotes.find(feature.as_string()))
                found.set(feature.as_string(), quotes[feature.as_string()]);
        return found;
    }
    Json input_discover(const ClaimedTask&) override { return import_input; }
    void settle_discover(const ClaimedTask& task, const Json& answer) override {
        tell("discover", task, answer);
    }
    Json input_transfer(const ClaimedTask&) override { return import_input; }
    Json note_transfer(const ClaimedTask& task, const std::string& status,
                       const Json& facts) override {
        tell(status, task, facts);
        return is_known_content ? Json() : Json::object();
    }
    void skip_transfer(const ClaimedTask& task, const std::string& reason) override {
        tell("skip", task, reason);
    }
    void settle_transfer(const ClaimedTask& task, const Json& answer) override {
        tell("transfer", task, answer);
    }
    Json settle_match(const ClaimedTask& task, const Json& answer) override {
        return tell("match", task, answer);
    }
    // Texts are titles, and so are their keys.
    Json compare(const std::string&, const std::string&, const Json& item,
                 const Json& documents) override {
        Json::Array missing, cosines;
        std::vector<Json> all(documents.items().begin(), documents.items().end());
        all.push_back(item);
        for (const Json& one : all)
            if (!embedded.contains(one["title"].as_string()))
                missing.push_back(Json::Object{{"key", one["title"]},
                                               {"text", one["title"]},
                                               {"is_kept", !one["id"].as_string().empty()}});
        if (!missing.empty()) return Json::Object{{"missing", missing}};
        for (const Json& one : documents.items()) {
            compared.push_back(one["id"].as_string());
            auto known = likeness.find(compared.back());
            cosines.push_back(known == likeness.end() ? Json() : Json(known->second));
        }
        return Json::Object{{"cosines", cosines}, {"near", near}};
    }
    void keep_embeddings(const std::string&, const std::string& model, const Json& made) override {
        tell("keep", ClaimedTask{"", 0, 0, "", {}, 1},
             Json::Object{{"model", model}, {"made", made}});
        for (const Json& one : made.items()) embedded.insert(one["key"].as_string());
    }
    void note_embedding_failure(const std::string&, const std::string& model,
                                const core::Error& error) override {
        tell("embedding failure", ClaimedTask{"", 0, 0, "", {}, 1},
             Json::Object{{"model", model}, {"message", error.message}});
    }
    Json input_embed(const ClaimedTask&) override { return embed_input; }
    void settle_embed(const ClaimedTask& task, const Json& answer) override {
        tell("embed", task, answer);
    }
    Json input_judge_link(const ClaimedTask&) override { return link_input; }
    void settle_judge_link(const ClaimedTask& task, const Json& answer) override {
        tell("judge_link", task, answer);
    }
    Json input_analyse(const ClaimedTask&) override { return analyse_input; }
    void settle_analyse(const ClaimedTask& task, const Json& answer) override {
        tell("analyse", task, answer);
    }
    std::vector<pipeline::Leave> leaves(
        const std::vector<const pipeline::WantedLeave*>& wanted) override {
        std::vector<pipeline::Leave> given;
        for (const auto* one : wanted) {
            outlays.push_back(one->outlay);
            given.emplace_back();
            if (prepared_leaves.empty()) continue;
            given.back() = prepared_leaves.front();
            prepared_leaves.pop_front();
        }
        return given;
    }
    Json input_transcribe(const ClaimedTask&) override { return transcribe_input; }
    void settle_transcribe(const ClaimedTask& task, const Json& heard) override {
        tell("transcribe", task, heard);
    }
    void postpone(const ClaimedTask& task, const Json& reply,
                  std::chrono::milliseconds delay) override {
        tell("postpone", task, Json::Object{{"reply", reply}, {"seconds", delay.count() / 1000}});
    }
    std::vector<std::string> record_calls(
        const std::vector<const pipeline::CallRecord*>& calls) override {
        std::vector<std::string> ids;
        all_or_nothing([&] {
            for (const auto* made : calls) ids.push_back(record(*made));
        });
        return ids;
    }
    void fail(const ClaimedTask& task, const core::Error& error,
              std::optional<std::chrono::milliseconds> delay) override {
        tell("fail", task,
             Json::Object{{"kind", core::name(error.kind)},
                          {"message", error.message},
                          {"again", delay.has_value()},
                          {"milliseconds", delay ? Json(delay->count()) : Json()}});
    }
    void defer(const ClaimedTask& task, const core::Error& error,
               std::chrono::milliseconds delay) override {
        tell("defer", task,
             Json::Object{{"kind", core::name(error.kind)}, {"seconds", delay.count() / 1000}});
    }

    int count(const std::string& what) const {
        int n = 0;
        for (const Told& entry : told) n += entry.what == what;
        return n;
    }

    std::deque<ClaimedTask> queue;
    std::set<std::int64_t> held;
    std::vector<int> claims;
    std::optional<core::Timestamp> due;
    Json source, extract_input, match_input, link_input, import_input, transcribe_input,
        analyse_input, embed_input;
    std::set<std::string> embedded;          // titles
    std::map<std::string, double> likeness;  // of documents to the item, by id
    std::vector<std::string> compared;       // documents, by id
    Json near = Json::array();               // what vectors put near the item
    bool is_known_content = false;
    Json quotes;                      // of features, by id
    int to_fold = 1;                  // segments
    std::vector<std::string> folded;  // theme and type
    int renewals = 0;
    std::vector<std::size_t> batches;  // how many tasks each call about several was for
    std::deque<core::Timestamp> budget_waits;
    bool keeps_ledger = false;  // or every request may be sent that budget_waits does not hold up
    core::RateLedger ledger;
    std::vector<std::string> reserved;  // groups
    std::vector<core::RateNotice> notices;
    Json token, token_problem;  // the connector's access token, as it is kept
    bool is_minting = false;    // somebody is
    int leases = 0;
    std::vector<Json> kept;
    std::vector<std::string> dropped;
    std::deque<core::Error> token_troubles;       // thrown by the next attempts to keep one
    std::vector<core::Outlay> outlays;            // that leave was asked for
    std::deque<pipeline::Leave> prepared_leaves;  // by default everything may be asked
    std::map<std::int64_t, Json> kept_replies;    // by task
    std::vector<Told> told;
    std::deque<core::Error> troubles;                  // thrown by the next settlements
    std::function<void(const Told&)> on_tell;          // may throw, as the database does
    std::function<void()> on_look;                     // at claims and renewals; may throw
    std::map<std::string, std::deque<Json>> outcomes;  // what settlements answer, by step

  private:
    std::string record(const pipeline::CallRecord& made) {
        const ClaimedTask nobodys{"", 0, 0, "", {}, 1};
        tell("call", made.task ? *made.task : nobodys,
             Json::Object{{"call", made.call}, {"reply", made.reply}});
        if (made.task && made.reply.is_object()) kept_replies[made.task->id] = made.reply;
        for (const auto& [task, reply] : made.others) kept_replies[task->id] = reply;
        return "call-" + std::to_string(told.size());
    }

    template <class F>
    void all_or_nothing(F&& telling) {
        std::size_t before = told.size();
        try {
            telling();
        } catch (...) {
            told.resize(before);
            throw;
        }
    }

    Json tell(const std::string& what, const ClaimedTask& task, const Json& answer) {
        if (!troubles.empty()) {
            core::Error trouble = troubles.front();
            troubles.pop_front();
            throw core::Failure(trouble);
        }
        Told entry{what, task.id, answer};
        if (on_tell) on_tell(entry);
        told.push_back(entry);
        auto& prepared = outcomes[what];
        Json outcome = Json::object();
        if (!prepared.empty()) {
            outcome = prepared.front();
            prepared.pop_front();
        }
        bool is_settled = what != "call" && !outcome.find("appeared");
        if (is_settled) held.erase(task.id);
        return outcome;
    }
};

}  // namespace headway::test
