#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/audio/audio_format.hpp"

namespace headway::core {

// What is known of the sound in a file.
struct SoundFacts {
    std::string codec = {};  // as ffprobe calls it; "" when nothing can tell
    std::optional<double> seconds = {};
    int channels = 0;
    int sample_rate = 0;
    bool has_picture = false;  // moving ones
};

// How ffprobe is asked about a file, and what it answers. Throws Failure(refused) for a file that
// has no sound or is damaged, with the reason.
std::vector<std::string> probe_arguments(const std::string& path);
SoundFacts read_probe(std::string_view answer, std::string_view complaints);

// The same from the first bytes of a file, for servers without ffprobe: of wav alone.
SoundFacts read_sound_header(std::string_view first_bytes, AudioFormat format);

// Why a file is longer than any call ("" when it is not): a few bytes may stand for days of
// silence, which somebody would have to pay for.
std::string length_problem(const SoundFacts& facts);

// Whether a transcriber ("" when none is set yet) needs a file in another form.
bool needs_conversion(const std::string& transcriber, AudioFormat format, const SoundFacts& facts);

// How ffmpeg is asked for that form: FLAC, without loss and half as large as wav.
constexpr AudioFormat kConverted = AudioFormat::flac;
std::vector<std::string> conversion_arguments(const std::string& from, const std::string& to,
                                              const SoundFacts& facts);
// And for WAV, which alone can be cut anywhere: so many bytes a second, and at most so many.
constexpr std::uint64_t kWavSecond = 32'000;
std::uint64_t most_wav_bytes();
std::vector<std::string> wav_arguments(const std::string& from, const std::string& to);
// Why a conversion failed, in one line without paths; "" when it did not.
std::string conversion_problem(int exit_code, std::string_view complaints);

const char* content_type_of(AudioFormat format);

}  // namespace headway::core
