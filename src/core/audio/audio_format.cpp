#include "core/audio/audio_format.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

struct Spelling {
    std::string_view text;
    AudioFormat format;
};

constexpr Spelling kExtensions[] = {
    {"wav", AudioFormat::wav},   {"wave", AudioFormat::wav},  {"mp3", AudioFormat::mp3},
    {"mpga", AudioFormat::mp3},  {"m4a", AudioFormat::m4a},   {"webm", AudioFormat::webm},
    {"weba", AudioFormat::webm}, {"ogg", AudioFormat::ogg},   {"oga", AudioFormat::ogg},
    {"opus", AudioFormat::ogg},  {"flac", AudioFormat::flac},
};

constexpr Spelling kTypes[] = {
    {"audio/wav", AudioFormat::wav},       {"audio/x-wav", AudioFormat::wav},
    {"audio/wave", AudioFormat::wav},      {"audio/vnd.wave", AudioFormat::wav},
    {"audio/mpeg", AudioFormat::mp3},      {"audio/mp3", AudioFormat::mp3},
    {"audio/mpeg3", AudioFormat::mp3},     {"audio/x-mpeg", AudioFormat::mp3},
    {"audio/mp4", AudioFormat::m4a},       {"audio/m4a", AudioFormat::m4a},
    {"audio/x-m4a", AudioFormat::m4a},     {"audio/webm", AudioFormat::webm},
    {"video/webm", AudioFormat::webm},     {"audio/ogg", AudioFormat::ogg},
    {"application/ogg", AudioFormat::ogg}, {"audio/opus", AudioFormat::ogg},
    {"audio/flac", AudioFormat::flac},     {"audio/x-flac", AudioFormat::flac},
};

template <std::size_t N>
std::optional<AudioFormat> look_up(const Spelling (&known)[N], const std::string& text) {
    auto found = std::find_if(std::begin(known), std::end(known),
                              [&](const Spelling& spelling) { return spelling.text == text; });
    return found == std::end(known) ? std::nullopt : std::optional(found->format);
}

// An MPEG audio frame's first bytes: eleven bits set, and no value that the standard reserves.
// Layer 0 is AAC, another format.
bool is_mpeg_frame(std::string_view bytes) {
    auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    return bytes.size() >= 3 && at(0) == 0xFF && (at(1) & 0xE0) == 0xE0 && (at(1) & 0x18) != 0x08 &&
           (at(1) & 0x06) != 0 && (at(2) & 0xF0) != 0xF0 && (at(2) & 0x0C) != 0x0C;
}

bool is_wave(std::string_view bytes) {
    return (bytes.starts_with("RIFF") || bytes.starts_with("RF64")) &&
           bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WAVE");
}

std::optional<AudioFormat> audio_in(std::string_view bytes) {
    if (is_wave(bytes)) return AudioFormat::wav;
    if (bytes.starts_with("fLaC")) return AudioFormat::flac;
    if (bytes.starts_with("OggS")) return AudioFormat::ogg;
    if (bytes.starts_with("\x1A\x45\xDF\xA3")) return AudioFormat::webm;
    if (bytes.size() >= 8 && bytes.substr(4, 4) == "ftyp") return AudioFormat::m4a;
    if (bytes.starts_with("ID3")) return AudioFormat::mp3;
    auto padded = std::min(bytes.find_first_not_of('\0'), bytes.size());
    if (is_mpeg_frame(bytes.substr(padded))) return AudioFormat::mp3;
    return std::nullopt;
}

struct Mark {
    std::string_view begins;  // in lower case
    const char* what;
};

constexpr Mark kTexts[] = {
    {"<!doctype html", "a web page"},
    {"<html", "a web page"},
    {"<head", "a web page"},
    {"<body", "a web page"},
    {"<!--", "a web page"},
    {"<?xml", "an XML document"},
    {"<rss", "an XML document"},
    {"<feed", "an XML document"},
    {"<listbucketresult", "an XML document"},
    {"<error", "an XML document"},
    {"#extm3u", "a playlist"},
    {"[playlist]", "a playlist"},
    {"ffconcat", "a playlist"},
    {"{", "JSON"},
    {"[", "JSON"},
    {"%pdf", "a PDF document"},
    {"<", "a marked-up text"},
};

bool is_plain_text(std::string_view bytes) {
    return sanitize_utf8(bytes).repairs == 0 &&
           std::none_of(bytes.begin(), bytes.end(), [](char c) {
               auto byte = static_cast<unsigned char>(c);
               return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
           });
}

std::string what_else(std::string_view bytes) {
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    std::string begin = lower(trim(bytes).substr(0, 32));
    if (trim(bytes).empty()) return "nothing but blanks";
    for (const Mark& mark : kTexts)
        if (begin.starts_with(mark.begins)) return mark.what;
    if (bytes.starts_with("PK\x03\x04")) return "an archive";
    return is_plain_text(clip(bytes, 512)) ? "a text" : "bytes of no known kind";
}

}  // namespace

const char* name(AudioFormat format) {
    switch (format) {
        case AudioFormat::wav: return "wav";
        case AudioFormat::mp3: return "mp3";
        case AudioFormat::m4a: return "m4a";
        case AudioFormat::webm: return "webm";
        case AudioFormat::ogg: return "ogg";
        case AudioFormat::flac: return "flac";
    }
    return "";
}

std::optional<AudioFormat> format_of_name(std::string_view file_name) {
    auto dot = file_name.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    return look_up(kExtensions, lower(file_name.substr(dot + 1)));
}

std::optional<AudioFormat> format_of_type(std::string_view content_type) {
    return look_up(kTypes, media_type(content_type));
}

std::string media_type(std::string_view content_type) {
    return lower(trim(content_type.substr(0, content_type.find(';'))));
}

Sniffed sniff(std::string_view first_bytes) {
    if (first_bytes.empty()) return {std::nullopt, "an empty file"};
    if (auto audio = audio_in(first_bytes)) return {audio, {}};
    return {std::nullopt, what_else(first_bytes)};
}

}  // namespace headway::core
