#include "core/speech/wav.hpp"

#include <algorithm>
#include <cstdlib>

namespace headway::core {
namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t at, int size) {
    std::uint32_t number = 0;
    for (int n = size - 1; n >= 0; --n)
        number = number << 8 | static_cast<unsigned char>(bytes[at + n]);
    return number;
}

void append(std::string& out, std::uint32_t number, int size) {
    for (int n = 0; n < size; ++n) out += static_cast<char>(number >> (8 * n) & 0xff);
}

bool can_be_cut(const Wav& wav) {
    bool is_linear = wav.format == 1 && (wav.bits == 8 || wav.bits == 16);
    bool is_telephone = (wav.format == 6 || wav.format == 7) && wav.bits == 8;
    return (is_linear || is_telephone) && wav.channels >= 1 && wav.channels <= 8 &&
           wav.rate >= 4'000 && wav.rate <= 200'000;
}

// How far a sample is from silence, on a scale of the format's own.
int loudness(const Wav& wav, std::string_view samples, std::size_t at) {
    int byte = static_cast<unsigned char>(samples[at]);
    if (wav.bits == 16) return std::abs(static_cast<std::int16_t>(number_at(samples, at, 2)));
    if (wav.format == 7) return 127 - (byte & 0x7f);
    if (wav.format == 6) return (byte & 0x7f) ^ 0x55;
    return std::abs(byte - 128);
}

}  // namespace

std::string Wav::header(std::uint64_t size) const {
    std::string out = "RIFF";
    append(out, static_cast<std::uint32_t>(36 + size), 4);
    out += "WAVEfmt ";
    append(out, 16, 4);
    append(out, format, 2);
    append(out, channels, 2);
    append(out, rate, 4);
    append(out, static_cast<std::uint32_t>(second()), 4);
    append(out, static_cast<std::uint32_t>(frame()), 2);
    append(out, bits, 2);
    out += "data";
    append(out, static_cast<std::uint32_t>(size), 4);
    return out;
}

WavHeader read_wav_header(std::string_view beginning) {
    WavHeader header;
    for (std::uint64_t at = 12; at + 8 <= beginning.size();) {
        std::string_view name = beginning.substr(at, 4);
        std::uint64_t size = number_at(beginning, at + 4, 4);
        at += 8;
        auto number = [&](std::uint64_t offset, int bytes) {
            return number_at(beginning, at + offset, bytes);
        };
        if (name == "fmt " && size >= 16 && at + 16 <= beginning.size()) {
            header.format = static_cast<int>(number(0, 2));
            header.channels = static_cast<int>(number(2, 2));
            header.rate = static_cast<int>(number(4, 4));
            header.second = number(8, 4);
            header.bits = static_cast<int>(number(14, 2));
        } else if (name == "data") {
            header.data_at = at;
            header.data_size = size;
            break;
        }
        at += size + size % 2;
    }
    return header;
}

std::optional<Wav> read_wav(std::string_view beginning, std::uint64_t file_size) {
    if (!beginning.starts_with("RIFF") || beginning.substr(4).find("WAVE") != 4)
        return std::nullopt;
    WavHeader header = read_wav_header(beginning);
    if (header.data_at == 0 || header.data_at >= file_size) return std::nullopt;
    // A header may promise too much, or not know yet how much was to come.
    std::uint64_t rest = file_size - header.data_at;
    std::uint64_t size = header.data_size == 0 ? rest : std::min(header.data_size, rest);
    Wav wav{header.format, header.channels, header.rate, header.bits, header.data_at, size};
    return can_be_cut(wav) ? std::optional(wav) : std::nullopt;
}

std::uint64_t quietest(const Wav& wav, std::string_view samples) {
    std::uint64_t block = std::max<std::uint64_t>(wav.rate / 5, 1) * wav.frame();
    std::uint64_t best = samples.size() / wav.frame() * wav.frame();
    std::uint64_t least = UINT64_MAX;
    for (std::uint64_t at = 0; at + block <= samples.size(); at += block) {
        std::uint64_t sum = 0;
        for (std::uint64_t n = at; n < at + block; n += wav.frame())
            sum += static_cast<std::uint64_t>(loudness(wav, samples, n));
        if (sum < least) {
            least = sum;
            best = at + block / 2 / wav.frame() * wav.frame();
        }
    }
    return best;
}

}  // namespace headway::core
