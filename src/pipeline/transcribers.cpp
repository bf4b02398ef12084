#include "pipeline/transcribers.hpp"

#include "core/base/url.hpp"
#include "core/speech/assemblyai.hpp"
#include "core/speech/deepgram.hpp"
#include "core/speech/openai_speech.hpp"
#include "pipeline/audio_part.hpp"

namespace headway::pipeline {
namespace {

using core::Failure;
using core::Json;

constexpr std::chrono::seconds kFirstLook{3}, kLaterLook{10};
// However long a recording, the vendor is done by then.
constexpr int kMostLooks = 2'000;

SpeechReply look_again(const std::string& id, std::int64_t looks) {
    SpeechReply reply;
    reply.progress = Json::Object{{"id", id}, {"looks", looks}};
    reply.again_in = looks < 10 ? kFirstLook : kLaterLook;
    return reply;
}

SpeechReply heard(core::Transcription transcription) {
    SpeechReply reply;
    reply.heard = std::move(transcription);
    return reply;
}

}  // namespace

async::Task<core::Result<SpeechReply>> Transcribers::transcribe(const SpeechRequest& request) {
    try {
        std::string name = provider_name(request.provider);
        if (name == "deepgram") co_return co_await deepgram(request);
        if (name == "assemblyai") co_return co_await assemblyai(request);
        if (name == "openai") co_return co_await openai(request);
        co_return core::Error{core::ErrorKind::invalid, "this version has no such transcriber",
                              name};
    } catch (const Failure& failure) {
        co_return failure.error();
    }
}

async::Task<SpeechReply> Transcribers::deepgram(const SpeechRequest& request) {
    core::SpeechSettings settings = core::deepgram_settings((*request.provider)["settings"]);
    std::string key = key_of(request, settings);
    core::Outgoing outgoing = core::deepgram_request(settings, key, request.audio_url);
    const LocalFile* audio = request.audio_url.empty() ? &request.audio : nullptr;
    auto sending = send(settings, std::move(outgoing), audio);
    core::Answer answer = co_await std::move(sending);
    co_return heard(core::read_deepgram(answer, exchange_.now()).value_or_throw());
}

//   upload (unless by URL) -> submit -> ... look ... look -> heard
async::Task<SpeechReply> Transcribers::assemblyai(const SpeechRequest& request) {
    core::SpeechSettings settings = core::assemblyai_settings((*request.provider)["settings"]);
    std::string key = key_of(request, settings);
    if (request.progress.is_null()) {
        std::string url = request.audio_url;
        if (url.empty()) {
            core::Outgoing upload = core::assemblyai_upload(settings, key);
            auto sending = send(settings, std::move(upload), &request.audio);
            core::Answer answer = co_await std::move(sending);
            url = core::read_assemblyai_upload(answer, exchange_.now()).value_or_throw();
        }
        core::Outgoing submit = core::assemblyai_submit(settings, key, url);
        auto sending = send(settings, std::move(submit), nullptr);
        core::Answer answer = co_await std::move(sending);
        co_return look_again(core::read_assemblyai_submit(answer, exchange_.now()).value_or_throw(),
                             0);
    }
    std::string id = request.progress.text_or("id", "");
    std::int64_t looks = request.progress.integer_or("looks", 0) + 1;
    core::Outgoing poll = core::assemblyai_poll(settings, key, id);
    auto sending = send(settings, std::move(poll), nullptr);
    core::Answer answer = co_await std::move(sending);
    auto done = core::read_assemblyai(answer, exchange_.now()).value_or_throw();
    if (done) co_return heard(std::move(*done));
    if (looks > kMostLooks)
        throw Failure(core::ErrorKind::timeout, "the transcriber does not come to an end");
    co_return look_again(id, looks);
}

// What does not fit goes in parts, one step for each:
//   part -> heard so far -> part -> ... -> last part -> heard
async::Task<SpeechReply> Transcribers::openai(const SpeechRequest& request) {
    core::SpeechSettings settings = core::openai_speech_settings((*request.provider)["settings"]);
    const Json& before = request.progress;
    AudioPart part = part_of(request.audio, before.integer_or("done", 0));
    core::SpeechForm form =
        core::openai_speech_form(settings, key_of(request, settings), part.file_name);
    form.request.body += part.header;
    core::BaseUrl base = core::parse_base_url(settings.base_url);
    auto sending =
        exchange_.send(std::move(form.request), base, settings.timeout, part.slice, form.end);
    core::Answer answer = (co_await std::move(sending)).value_or_throw();
    core::Transcription now_heard =
        core::read_openai_speech(answer, part.begins_s, exchange_.now()).value_or_throw();

    core::Transcription all = now_heard;
    all.turns.clear();
    for (core::Turn& turn : core::turns_from_json(before["turns"])) all.add(std::move(turn));
    for (core::Turn& turn : now_heard.turns) all.add(std::move(turn));
    if (part.seconds) all.audio_seconds = part.begins_s + *part.seconds;
    if (part.is_last && all.turns.empty()) throw Failure(core::silence());
    if (part.is_last) co_return heard(std::move(all));
    SpeechReply reply;
    reply.progress = Json::Object{{"needs_audio", true}, {"done", part.ends_at}};
    reply.progress.set("turns", core::turns_to_json(all.turns));
    co_return reply;
}

std::string Transcribers::key_of(const SpeechRequest& request,
                                 const core::SpeechSettings& settings) {
    core::BaseUrl base = core::parse_base_url(settings.base_url);
    return exchange_.key(request.workspace, request.provider, base);
}

async::Task<core::Answer> Transcribers::send(core::SpeechSettings settings, core::Outgoing outgoing,
                                             const LocalFile* audio) {
    std::optional<net::FileSlice> file;
    if (audio) file = net::FileSlice{audio->path, 0, audio->size};
    core::BaseUrl base = core::parse_base_url(settings.base_url);
    auto sending = exchange_.send(std::move(outgoing), base, settings.timeout, file);
    co_return (co_await std::move(sending)).value_or_throw();
}

}  // namespace headway::pipeline
