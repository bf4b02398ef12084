#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>

#include "fakes/fake_loop.hpp"
#include "pipeline/context.hpp"
#include "pipeline/embedder.hpp"

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
        analyse_input;
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

// Seals nothing: what is sealed stands beside its id.
class FakeSecrets : public pipeline::Secrets {
  public:
    Json open(const std::string&, const Json& sealed, const std::string&) override {
        const Json* open = sealed.find("open");
        return open ? *open : credentials;
    }
    Json seal(const std::string&, const std::string& origin, const Json& secrets) override {
        return Json::Object{
            {"id", "s" + std::to_string(++sealed_)}, {"origin", origin}, {"open", secrets}};
    }
    Json replace(const std::string& workspace, const Json&, const std::string& origin,
                 const std::string& name, const std::string& secret) override {
        Json secrets = credentials;
        secrets.set(name, secret);
        return seal(workspace, origin, secrets);
    }

    Json credentials = Json::Object{{"access_key", "key"}, {"secret_key", "secret"}};

  private:
    int sealed_ = 0;
};

// Answers from a script, after a delay of fake time.
class FakeHttp : public net::HttpClient {
  public:
    explicit FakeHttp(async::EventLoop& loop) : loop_(loop) {}
    async::Task<core::Result<net::HttpResponse>> send(net::HttpRequest request) override {
        requests.push_back(request);
        Live live;
        co_await loop_.sleep_for(delay);
        if (!on_request.empty()) {
            auto answer = on_request.front();
            on_request.pop_front();
            if (request.sink && answer.ok()) co_return give(*request.sink, answer.value());
            co_return answer;
        }
        co_return core::Error{core::ErrorKind::network, "nothing was prepared"};
    }
    // The body comes, and then the connection ends.
    void cut(int status, std::string body, std::map<std::string, std::string> headers = {}) {
        headers["x-cut"] = "yes";
        answer(status, std::move(body), std::move(headers));
    }
    void answer(int status, std::string body, std::map<std::string, std::string> headers = {}) {
        on_request.push_back(net::HttpResponse{status, std::move(headers), std::move(body), {}});
    }
    void fail(core::ErrorKind kind) { on_request.push_back(core::Error{kind, "prepared failure"}); }

    async::Duration delay{0};
    std::vector<net::HttpRequest> requests;
    std::deque<core::Result<net::HttpResponse>> on_request;

  private:
    static core::Result<net::HttpResponse> give(net::BodySink& sink, net::HttpResponse response) {
        bool is_cut = response.headers.erase("x-cut") > 0;
        std::string body = std::exchange(response.body, "");
        response.was_stopped = !body.empty() && (!sink.begin(response) || !sink.take(body));
        if (is_cut) return core::Error{core::ErrorKind::network, "the connection was cut"};
        return response;
    }

    async::EventLoop& loop_;
};

class FakeModel : public pipeline::Model {
  public:
    explicit FakeModel(async::EventLoop& loop) : loop_(loop) {}
    async::Task<core::Result<pipeline::ModelReply>> ask(
        const pipeline::ModelRequest& request) override {
        requests.push_back(request);
        Live live;
        most_at_once = std::max(most_at_once, Live::count);
        co_await loop_.sleep_for(delay);
        if (!failures.empty()) {
            core::Error failure = failures.front();
            failures.pop_front();
            co_return failure;
        }
        if (answers.empty())
            co_return core::Error{core::ErrorKind::server, "no answer was prepared"};
        pipeline::ModelReply reply = figures;
        reply.text = answers.front();
        answers.pop_front();
        co_return reply;
    }

    async::Duration delay{0};
    std::vector<pipeline::ModelRequest> requests;
    std::deque<core::Error> failures;  // come before the answers
    std::deque<std::string> answers;
    pipeline::ModelReply figures;  // of every answer
    int most_at_once = 0;

  private:
    async::EventLoop& loop_;
};

// Keeps objects in memory: {bucket/key: what was stored there}.
class FakeStorage : public pipeline::Storage {
  public:
    async::Task<core::Result<pipeline::StoredObject>> put(pipeline::StorageTarget target,
                                                          pipeline::LocalFile file) override {
        co_return keep(target, file.path);
    }
    async::Task<core::Result<pipeline::StoredObject>> put_text(pipeline::StorageTarget target,
                                                               std::string text,
                                                               std::string) override {
        co_return keep(target, text);
    }
    async::Task<core::Result<std::string>> signed_url(pipeline::StorageTarget target,
                                                      std::chrono::seconds) override {
        if (trouble) co_return *trouble;
        co_return "https://storage.example/" + target.bucket + '/' + target.key;
    }
    async::Task<core::Result<pipeline::LocalFile>> fetch(pipeline::StorageTarget target,
                                                         std::string) override {
        if (trouble) co_return *trouble;
        co_return pipeline::LocalFile{objects[target.bucket + '/' + target.key], 0};
    }

    std::map<std::string, std::string> objects;  // a file's path, or the text
    std::optional<core::Error> trouble;

  private:
    core::Result<pipeline::StoredObject> keep(const pipeline::StorageTarget& target,
                                              const std::string& content) {
        if (trouble) return *trouble;
        std::string path = target.bucket + '/' + target.key;
        objects[path] = content;
        return pipeline::StoredObject{path};
    }
};

// An embedder whose vectors tell the texts' lengths.
class FakeEmbedder : public pipeline::Embedder {
  public:
    core::EmbeddingLimits limits(const pipeline::Provider&) const override { return most; }
    async::Task<core::Result<core::Embeddings>> embed(
        const pipeline::EmbedRequest& request) override {
        requests.push_back(request);
        if (!failures.empty()) {
            core::Error failure = failures.front();
            failures.pop_front();
            co_return failure;
        }
        core::Embeddings got = figures;
        for (const std::string& text : request.texts)
            got.vectors.push_back({static_cast<float>(text.size())});
        co_return got;
    }

    core::EmbeddingLimits most{.texts = 2, .bytes = 100, .bytes_per_text = 10};
    std::vector<pipeline::EmbedRequest> requests;
    std::deque<core::Error> failures;
    core::Embeddings figures;  // of every answer
};

// Programs that end as a test says; none is installed but those.
class FakePrograms : public process::Programs {
  public:
    bool has(const std::string& name) const override { return ends.contains(name); }
    async::Task<core::Result<process::ProgramEnd>> run(process::Program program) override {
        ran.push_back(program);
        if (on_run) on_run(program);
        co_return ends.at(program.name);
    }

    std::map<std::string, process::ProgramEnd> ends;
    std::vector<process::Program> ran;
    std::function<void(const process::Program&)> on_run;
};

// Gives one prepared reply after the other.
class FakeTranscriber : public pipeline::Transcriber {
  public:
    async::Task<core::Result<pipeline::SpeechReply>> transcribe(
        const pipeline::SpeechRequest& request) override {
        requests.push_back(request);
        if (replies.empty())
            co_return core::Error{core::ErrorKind::server, "no reply was prepared"};
        auto reply = replies.front();
        replies.pop_front();
        co_return reply;
    }

    std::vector<pipeline::SpeechRequest> requests;
    std::deque<core::Result<pipeline::SpeechReply>> replies;
};

// A worker's surroundings, all of them fake.
struct FakeWorker : FakeLoop {
    FakeStore store;
    FakeSecrets secrets;
    FakeHttp http{loop};
    FakeModel model{loop};
    FakeEmbedder embedder;
    FakeStorage storage;
    FakeTranscriber transcriber;
    FakePrograms programs;
    core::Settings settings;
    pipeline::Context ctx{store,   secrets,     http,     model, embedder,
                          storage, transcriber, programs, loop,  settings};
};

}  // namespace headway::test
