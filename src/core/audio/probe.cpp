#include "core/audio/probe.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "core/speech/wav.hpp"

namespace headway::core {
namespace {

constexpr double kLongestCall = 6 * 3600;
constexpr int kMostChannels = 2;
constexpr int kSampleRate = 16'000;  // more tells a transcriber nothing

// Formats that hold sound and nothing else to follow: no playlist, no list of other files.
constexpr const char* kDemuxers = "wav,w64,mp3,ogg,flac,mov,matroska";

[[noreturn]] void refuse(const char* what, std::string detail = {}) {
    throw Failure(Error{ErrorKind::refused, what, std::move(detail)});
}

double number_in(const Json& object, std::string_view key) {
    std::string text = object.text_or(key, "");
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// The last line that says something, without what names the file.
std::string one_line(std::string_view complaints) {
    std::string last;
    for (std::string_view line : split(complaints, '\n')) {
        auto path = line.find("file:");
        if (path != std::string_view::npos) {
            auto colon = line.find(": ", path);
            line = colon == std::string_view::npos ? line.substr(0, path) : line.substr(colon + 2);
        }
        auto bracket = line.starts_with('[') ? line.find("] ") : std::string_view::npos;
        if (bracket != std::string_view::npos) line.remove_prefix(bracket + 2);
        if (!trim(line).empty()) last = sanitize_utf8(clip(trim(line), 200)).text;
    }
    return last;
}

std::string wave_codec(int tag, int bits) {
    if (tag == 1) return bits == 8 ? "pcm_u8" : "pcm_s" + std::to_string(bits) + "le";
    if (tag == 3) return "pcm_f" + std::to_string(bits) + "le";
    if (tag == 6) return "pcm_alaw";
    if (tag == 7) return "pcm_mulaw";
    return "wav-" + std::to_string(tag);
}

// The first sound of a file, and nothing else of it.
std::vector<std::string> decoding_of(const std::string& from) {
    return {"-nostdin",
            "-hide_banner",
            "-v",
            "error",
            "-protocol_whitelist",
            "file",
            "-format_whitelist",
            kDemuxers,
            "-max_streams",
            "8",
            "-threads",
            "1",
            "-t",
            std::to_string(static_cast<int>(kLongestCall)),
            "-i",
            "file:" + from,
            "-map",
            "0:a:0",
            "-vn",
            "-sn",
            "-dn",
            "-map_metadata",
            "-1",
            "-map_chapters",
            "-1"};
}

}  // namespace

std::vector<std::string> probe_arguments(const std::string& path) {
    return {"-v",
            "error",
            "-print_format",
            "json",
            "-show_entries",  // no tags: they may be longer than what is kept of the answer
            "format=duration:stream=codec_type,codec_name,channels,sample_rate,duration:"
            "stream_disposition=attached_pic",
            "-protocol_whitelist",
            "file",
            "-format_whitelist",
            kDemuxers,
            "-i",
            "file:" + path};
}

SoundFacts read_probe(std::string_view answer, std::string_view complaints) {
    Json told;
    try {
        told = parse_foreign_json(answer).value;
    } catch (const Failure&) {
    }
    if (told["streams"].items().empty()) refuse("the file is damaged", one_line(complaints));
    SoundFacts facts;
    for (const Json& stream : told["streams"].items()) {
        std::string type = stream.text_or("codec_type", "");
        bool is_cover = stream["disposition"].integer_or("attached_pic", 0) != 0;
        facts.has_picture |= type == "video" && !is_cover;
        if (type != "audio" || !facts.codec.empty()) continue;
        facts.codec = stream.text_or("codec_name", "unknown");
        facts.channels = static_cast<int>(stream.integer_or("channels", 0));
        facts.sample_rate = static_cast<int>(number_in(stream, "sample_rate"));
        if (double seconds = number_in(stream, "duration"); seconds > 0) facts.seconds = seconds;
    }
    if (facts.codec.empty()) refuse("the file has no sound in it");
    double whole = number_in(told["format"], "duration");
    if (!facts.seconds && whole > 0) facts.seconds = whole;
    return facts;
}

SoundFacts read_sound_header(std::string_view bytes, AudioFormat format) {
    SoundFacts facts;
    if (format != AudioFormat::wav) return facts;
    WavHeader header = read_wav_header(bytes);
    if (header.format != 0) facts.codec = wave_codec(header.format, header.bits);
    facts.channels = header.channels;
    facts.sample_rate = header.rate;
    // A file that was written as it was recorded may not know how long it is.
    bool is_known = header.data_size > 0 && header.data_size < 0xFFFFFF00 && header.second > 0;
    if (is_known) facts.seconds = static_cast<double>(header.data_size) / header.second;
    return facts;
}

std::string length_problem(const SoundFacts& facts) {
    if (facts.seconds.value_or(0) <= kLongestCall) return {};
    return "too long: " + std::to_string(static_cast<long>(*facts.seconds / 3600)) + " hours";
}

bool needs_conversion(const std::string& transcriber, AudioFormat format, const SoundFacts& facts) {
    if (facts.has_picture) return true;  // sound alone is a small part of it
    if (transcriber != "openai" || facts.codec.empty()) return false;
    // Servers of that kind read what is usual in each format.
    bool is_plain = facts.codec == "pcm_s16le" || facts.codec == "pcm_u8" ||
                    facts.codec == "pcm_s24le" || facts.codec == "pcm_f32le";
    if (format == AudioFormat::wav) return !is_plain;
    if (format == AudioFormat::m4a) return facts.codec != "aac" && facts.codec != "mp3";
    return false;
}

std::vector<std::string> conversion_arguments(const std::string& from, const std::string& to,
                                              const SoundFacts& facts) {
    std::vector<std::string> arguments = decoding_of(from);
    auto say = [&](std::initializer_list<std::string> more) {
        arguments.insert(arguments.end(), more);
    };
    if (facts.channels > kMostChannels) say({"-ac", "1"});
    if (facts.sample_rate > kSampleRate) say({"-ar", std::to_string(kSampleRate)});
    say({"-sample_fmt", "s16", "-c:a", "flac", "-f", "flac", "-y", "file:" + to});
    return arguments;
}

std::uint64_t most_wav_bytes() {
    constexpr std::uint64_t kHeader = 4096;
    return static_cast<std::uint64_t>(kLongestCall) * kWavSecond + kHeader;
}

std::vector<std::string> wav_arguments(const std::string& from, const std::string& to) {
    std::vector<std::string> arguments = decoding_of(from);
    const std::vector<std::string> more{"-ac",  "1",         "-ar", std::to_string(kSampleRate),
                                        "-c:a", "pcm_s16le", "-f",  "wav",
                                        "-y",   "file:" + to};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

std::string conversion_problem(int exit_code, std::string_view complaints) {
    if (exit_code == 0) return {};
    std::string line = one_line(complaints);
    if (exit_code < 0) return "the converter was ended by signal " + std::to_string(-exit_code);
    return line.empty() ? "the converter failed" : line;
}

const char* content_type_of(AudioFormat format) {
    switch (format) {
        case AudioFormat::wav: return "audio/wav";
        case AudioFormat::mp3: return "audio/mpeg";
        case AudioFormat::m4a: return "audio/mp4";
        case AudioFormat::webm: return "audio/webm";
        case AudioFormat::ogg: return "audio/ogg";
        case AudioFormat::flac: return "audio/flac";
    }
    return "application/octet-stream";
}

}  // namespace headway::core
