#include "pipeline/audio_part.hpp"

#include <algorithm>

#include "core/speech/openai_speech.hpp"
#include "core/speech/wav.hpp"
#include "pipeline/local_copy.hpp"

namespace headway::pipeline {
namespace {

constexpr std::size_t kHeader = 64 << 10;
// How long before a part's end a pause is looked for.
constexpr std::uint64_t kPauseSeconds = 30;

std::string name_of(const std::string& path) {
    std::string name = path.substr(path.find_last_of("/~") + 1);
    std::erase_if(name, [](char c) { return c == '"' || c == '\r' || c == '\n'; });
    return name;
}

double seconds_of(const core::Wav& wav, std::uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(wav.second());
}

std::optional<core::Wav> wav_of(const LocalFile& file) {
    return core::read_wav(read_part(file.path, 0, kHeader), file.size);
}

std::uint64_t most_bytes(const core::Wav& wav) {
    auto of_time = static_cast<std::uint64_t>(core::kOpenAiMostSeconds) * wav.second();
    return std::min(core::kOpenAiMostBytes, of_time) / wav.frame() * wav.frame();
}

std::uint64_t cut_of(const LocalFile& file, const core::Wav& wav, std::uint64_t done) {
    std::uint64_t most = most_bytes(wav);
    std::uint64_t window =
        std::min(kPauseSeconds * wav.second(), most / 2 / wav.frame() * wav.frame());
    std::uint64_t from = done + most - window;
    std::string samples = read_part(file.path, wav.data_at + from, window);
    return from + core::quietest(wav, samples);
}

}  // namespace

bool is_wav(const LocalFile& file) { return wav_of(file).has_value(); }

AudioPart part_of(const LocalFile& file, std::int64_t done) {
    AudioPart part;
    std::optional<core::Wav> wav = wav_of(file);
    part.file_name = wav ? "audio.wav" : name_of(file.path);
    part.slice = {file.path, 0, file.size};
    bool fits = file.size <= core::kOpenAiMostBytes && (!wav || wav->data_size <= most_bytes(*wav));
    if (fits && wav) part.seconds = seconds_of(*wav, wav->data_size);
    if (fits) return part;
    if (!wav)
        throw core::Failure(core::Error{
            core::ErrorKind::too_large,
            "the recording is larger than the transcriber takes, and only WAV files can be cut",
            {},
            "Use deepgram or assemblyai, or convert it to WAV."});
    auto from = static_cast<std::uint64_t>(
        std::clamp<std::int64_t>(done, 0, static_cast<std::int64_t>(wav->data_size)));
    part.is_last = wav->data_size - from <= most_bytes(*wav);
    std::uint64_t to = part.is_last ? wav->data_size : cut_of(file, *wav, from);
    part.header = wav->header(to - from);
    part.slice = {file.path, wav->data_at + from, to - from};
    part.begins_s = seconds_of(*wav, from);
    part.seconds = seconds_of(*wav, to - from);
    part.ends_at = static_cast<std::int64_t>(to);
    return part;
}

}  // namespace headway::pipeline
