#pragma once

#include <deque>
#include <functional>
#include <map>

#include "fakes/fake_loop.hpp"
#include "fakes/fake_store.hpp"
#include "pipeline/context.hpp"
#include "pipeline/embedder.hpp"

namespace headway::test {

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
    std::size_t taken = 0;  // bytes, by all sinks

  private:
    // In pieces, as they come from a network.
    bool take_all(net::BodySink& sink, std::string_view body) {
        constexpr std::size_t kPiece = 4096;
        for (; !body.empty(); body.remove_prefix(std::min(kPiece, body.size()))) {
            taken += std::min(kPiece, body.size());
            if (!sink.take(body.substr(0, kPiece))) return false;
        }
        return true;
    }
    core::Result<net::HttpResponse> give(net::BodySink& sink, net::HttpResponse response) {
        bool is_cut = response.headers.erase("x-cut") > 0;
        std::string body = std::exchange(response.body, "");
        response.was_stopped = !body.empty() && !(sink.begin(response) && take_all(sink, body));
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
