#include "core/audio/probe.hpp"
#include "core/storage/object_name.hpp"
#include "pipeline/audio_download.hpp"
#include "pipeline/conversion.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::AudioFormat;
using core::ErrorKind;
using core::Failure;
using core::Json;
using core::SoundFacts;

constexpr std::chrono::hours kLongestTransfer{2};
constexpr std::chrono::seconds kLongestProbe{60};

// The one conversion that a file may need, and what stands in its place afterwards.
struct Kept {
    std::string path;
    AudioFormat format;
    std::uint64_t size;
};

async::Task<SoundFacts> probe(Context& ctx, const ArrivingAudio& audio, const std::string& path) {
    if (!ctx.programs.has("ffprobe"))
        co_return core::read_sound_header(audio.first_bytes(), audio.format());
    process::Program program{"ffprobe", core::probe_arguments(path), path};
    program.most_time = program.most_cpu_time = kLongestProbe;
    core::Result<process::ProgramEnd> ran = co_await ctx.programs.run(std::move(program));
    process::ProgramEnd end = std::move(ran).value_or_throw();
    if (end.was_stopped) throw Failure(ErrorKind::refused, "the file takes too long to look at");
    co_return core::read_probe(end.output, end.complaints);
}

async::Task<Kept> convert(Context& ctx, const std::string& from, TemporaryFile& to,
                          SoundFacts facts) {
    auto arguments = core::conversion_arguments(from, to.path(), facts);
    std::string what = "It is coded as " + facts.codec + '.';
    auto converting = convert_audio(ctx, std::move(arguments), from, to.path(),
                                    ctx.settings.max_audio_bytes, std::move(what));
    co_await std::move(converting);
    co_return Kept{to.path(), core::kConverted, to.size()};
}

StorageTarget target_for(const ClaimedTask& task, const Json& input, AudioFormat format) {
    std::string id = input["file_id"].as_string(), name = input["file_name"].as_string();
    if (core::format_of_name(name) != format) name += std::string(".") + core::name(format);
    StorageTarget target;
    target.workspace = task.workspace;
    if (!input["storage"].is_null())
        target.provider = std::make_shared<const Json>(input["storage"]);
    target.bucket = input["bucket"].as_string();
    // The names of two files may be the same.
    target.key = core::object_segment(input["user"].as_string(), "user") + '/' +
                 input["job_id"].as_string() + '/' +
                 core::object_segment(id.substr(0, 8) + '-' + name, id);
    return target;
}

async::Task<bool> note(Context& ctx, const ClaimedTask& task, std::string status, Json facts) {
    Settlement settlement = [&] { return ctx.store.note_transfer(task, status, facts); };
    Json noted = co_await settle(ctx, settlement);
    co_return !noted.is_null();
}

async::Task<void> skip(Context& ctx, const ClaimedTask& task, std::string reason) {
    Settlement settlement = [&] {
        ctx.store.skip_transfer(task, reason);
        return Json();
    };
    co_await settle(ctx, settlement);
}

Json facts_of(ArrivingAudio& audio, const SoundFacts& sound) {
    Json facts = Json::Object{{"size_bytes", static_cast<std::int64_t>(audio.size())},
                              {"sha256", audio.hash()},
                              {"format", core::name(audio.format())}};
    if (!sound.codec.empty()) facts.set("codec", sound.codec);
    if (sound.seconds)
        facts.set("duration_seconds", static_cast<std::int64_t>(*sound.seconds + .5));
    return facts;
}

async::Task<void> store(Context& ctx, const ClaimedTask& task, const Json& input, Kept kept) {
    StorageTarget target = target_for(task, input, kept.format);
    LocalFile file{kept.path, kept.size, core::content_type_of(kept.format)};
    StoredObject object;
    {
        async::Gate::Place place = co_await ctx.exchanges.enter();
        auto putting = ctx.storage.put(std::move(target), std::move(file));
        object = (co_await std::move(putting)).value_or_throw();
    }
    Json answer = Json::Object{{"storage_path", object.path},
                               {"content_type", core::content_type_of(kept.format)}};
    Settlement settlement = [&] {
        ctx.store.settle_transfer(task, answer);
        return Json();
    };
    co_await settle(ctx, settlement);
}

}  // namespace

// Brings a file over, looks at it, converts it where the transcriber needs that, and stores it:
//
//   download -> probe -> (the same content as another: skipped) -> (convert) -> store
//        \-> no audio, too large, too long: skipped
async::Task<void> transfer(Context& ctx, ClaimedTask task) {
    Settlement look = [&] { return ctx.store.input_transfer(task); };
    Json input = co_await settle(ctx, look);
    if (input.is_null()) co_return;
    TemporaryFile arrived(ctx.settings.temporary_prefix);
    ArrivingAudio audio(arrived, ctx.settings.max_audio_bytes);
    {
        WebVisit visit{core::parse_web_link(input["url"].as_string()),
                       open_headers(ctx, task.workspace, input)};
        visit.total_timeout = kLongestTransfer;
        async::Gate::Place place = co_await ctx.exchanges.enter();
        co_await download_audio(ctx, std::move(visit), audio);
    }
    std::string reason = audio.skip_reason();
    SoundFacts sound;
    if (reason.empty()) {
        sound = co_await probe(ctx, audio, arrived.path());
        reason = core::length_problem(sound);
    }
    if (!reason.empty()) {
        co_await skip(ctx, task, reason);
        co_return;
    }
    bool converts = core::needs_conversion(input.text_or("speech", ""), audio.format(), sound);
    std::string next = converts ? "converting" : "uploading";
    Json facts = facts_of(audio, sound);
    bool goes_on = co_await note(ctx, task, std::move(next), std::move(facts));
    if (!goes_on) co_return;
    std::optional<TemporaryFile> converted;
    Kept kept{arrived.path(), audio.format(), audio.size()};
    if (converts) {
        converted.emplace(ctx.settings.temporary_prefix);
        kept = co_await convert(ctx, arrived.path(), *converted, sound);
        next = "uploading";
        facts = Json::object();
        goes_on = co_await note(ctx, task, std::move(next), std::move(facts));
        if (!goes_on) co_return;
    }
    co_await store(ctx, task, input, std::move(kept));
}

}  // namespace headway::pipeline
