#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace headway::core {

// The kinds of file that an import takes.
enum class AudioFormat { wav, mp3, m4a, webm, ogg, flac };

const char* name(AudioFormat format);

// What a file's name or a Content-Type says; either may be wrong.
std::optional<AudioFormat> format_of_name(std::string_view file_name);
std::optional<AudioFormat> format_of_type(std::string_view content_type);
// What a Content-Type names, in lower case and without its parameters.
std::string media_type(std::string_view content_type);

// How much of a file's beginning sniff() likes to see.
constexpr std::size_t kSniffedBytes = 4096;

// What a file's first bytes are: audio of a format, or something else by its name ("a web page").
struct Sniffed {
    std::optional<AudioFormat> audio = {};
    std::string other = {};
};
Sniffed sniff(std::string_view first_bytes);

}  // namespace headway::core
