#include "pipeline/recorded_audio.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "core/audio/probe.hpp"
#include "core/speech/openai_speech.hpp"
#include "core/speech/speech_vendors.hpp"
#include "core/storage/object_name.hpp"
#include "pipeline/access_token.hpp"
#include "pipeline/audio_part.hpp"
#include "pipeline/conversion.hpp"
#include "pipeline/fetch.hpp"
#include "pipeline/local_copy.hpp"
#include "pipeline/storages.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;
using core::Json;

// Time enough for a vendor that fetches a recording once its turn has come.
constexpr std::chrono::hours kUrlLives{6};

// Whether a file is more than its transcriber takes at once, and none that can be cut as it is.
// Not all models mind its length, which is nothing that ffmpeg must be there for.
bool must_be_cut(const SpeechRequest& request, bool can_convert) {
    if (provider_name(request.provider) != "openai") return false;
    bool is_long = request.seconds.value_or(0) > core::kOpenAiMostSeconds;
    bool is_large = request.audio.size > core::kOpenAiMostBytes || (is_long && can_convert);
    return is_large && !is_wav(request.audio);
}

// What the source has at `uri`, asked for with its credentials, as a file at `path`.
async::Task<LocalFile> download(Context& ctx, const Source& source, std::string uri,
                                std::string path) {
    const std::string group;  // of the rate budgets: all of them
    for (int tries = 1;; ++tries) {
        AccessToken token;
        if (source.spec.auth.mint) token = co_await access_token(ctx, source);
        core::Outgoing outgoing =
            core::media_request(source.spec, uri, source.values, token.secret);
        ArrivingCopy copy(path, ctx.settings.max_audio_bytes);
        auto asking = ask_vendor(ctx, source, group, std::move(outgoing), &copy);
        core::Result<Heard> heard = co_await std::move(asking);
        core::Answer answer = std::move(heard).value_or_throw().answer;
        if (answer.status == 200) co_return copy.file();
        answer.body = copy.refusal();
        bool is_stale = answer.status == 401 && source.spec.auth.mint && tries == 1;
        if (!is_stale) throw Failure(core::status_error(answer, ctx.now()));
        ctx.store.drop_token(source.workspace, source.connector_id, token.id);
    }
}

}  // namespace

// The same name for every attempt of a task: what a worker that died has left is overwritten.
RecordedAudio::RecordedAudio(Context& ctx, const ClaimedTask& task)
    : ctx_(ctx),
      task_(task),
      copy_(ctx.settings.storage_directory + '/' + task.workspace + '~' + std::to_string(task.id)) {
}

RecordedAudio::~RecordedAudio() { ::unlink(copy_.c_str()); }

async::Task<void> RecordedAudio::bring(const Json& audio, SpeechRequest& request) {
    if (audio.is_null())
        throw Failure(ErrorKind::refused, "the recording's sound is not within reach");
    ::mkdir(ctx_.settings.storage_directory.c_str(), 0700);
    auto bringing =
        audio["uri"].is_string() ? from_source(audio, request) : from_storage(audio, request);
    co_await std::move(bringing);
    if (!must_be_cut(request, ctx_.programs.has("ffmpeg"))) co_return;
    auto making = make_divisible(request);
    co_await std::move(making);
}

// Other steps do the same again: what ffmpeg makes of a file is always the same.
async::Task<void> RecordedAudio::make_divisible(SpeechRequest& request) {
    wav_.emplace(ctx_.settings.temporary_prefix);
    auto arguments = core::wav_arguments(request.audio.path, wav_->path());
    std::string what = "It is larger than the transcriber takes, and only WAV files can be cut.";
    auto converting = convert_audio(ctx_, std::move(arguments), request.audio.path, wav_->path(),
                                    core::most_wav_bytes(), std::move(what));
    co_await std::move(converting);
    if (!request.seconds)
        request.seconds = static_cast<double>(wav_->size()) / double{core::kWavSecond};
    request.audio = {wav_->path(), wav_->size(), core::content_type_of(core::AudioFormat::wav)};
}

async::Task<void> RecordedAudio::from_storage(const Json& audio, SpeechRequest& request) {
    StorageTarget target = storage_target(task_.workspace, audio);
    bool is_told_where = core::speech_settings(*request.provider).by_url;
    async::Gate::Place place = co_await ctx_.exchanges.enter();
    if (is_told_where && !target.provider->is_null()) {
        auto signing = ctx_.storage.signed_url(target, kUrlLives);
        request.audio_url = (co_await std::move(signing)).value_or_throw();
        co_return;
    }
    copy_ += '~' + core::object_segment(target.key.substr(target.key.rfind('/') + 1), "audio");
    auto fetching = ctx_.storage.fetch(target, copy_);
    request.audio = (co_await std::move(fetching)).value_or_throw();
}

async::Task<void> RecordedAudio::from_source(const Json& audio, SpeechRequest& request) {
    Source source = open_source(ctx_, task_.workspace, audio["source"]);
    auto downloading = download(ctx_, source, audio["uri"].as_string(), copy_);
    request.audio = co_await std::move(downloading);
}

}  // namespace headway::pipeline
