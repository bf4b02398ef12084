#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headway::core {

// A WAV file whose samples can be cut anywhere: linear or telephone (mu-law, A-law) samples.
struct Wav {
    int format = 1;  // 1: linear, 6: A-law, 7: mu-law
    int channels = 1;
    int rate = 8000;             // frames a second
    int bits = 16;               // a sample
    std::uint64_t data_at = 44;  // where the samples begin
    std::uint64_t data_size = 0;

    std::uint64_t frame() const { return static_cast<std::uint64_t>(channels) * bits / 8; }
    std::uint64_t second() const { return frame() * rate; }
    // What stands before so many bytes of samples in a file of their own.
    std::string header(std::uint64_t size) const;
};

// What a RIFF or RF64 file says of its sound, as far as its first bytes tell; 0 is not told.
struct WavHeader {
    int format = 0;
    int channels = 0;
    int rate = 0;
    int bits = 0;
    std::uint32_t second = 0;  // bytes
    std::uint64_t data_at = 0;
    std::uint64_t data_size = 0;
};
WavHeader read_wav_header(std::string_view beginning);

// `beginning`: the file's first kilobytes; no value for anything else than such a file.
std::optional<Wav> read_wav(std::string_view beginning, std::uint64_t file_size);

// Where in these samples a fifth of a second is the quietest: its middle, a whole number of frames
// from their beginning.
std::uint64_t quietest(const Wav& wav, std::string_view samples);

}  // namespace headway::core
