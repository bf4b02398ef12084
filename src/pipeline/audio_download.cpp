#include "pipeline/audio_download.hpp"

#include <unistd.h>

#include <charconv>

#include "pipeline/retry_pause.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;

constexpr int kMostCuts = 100;

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end != text.data() ? std::optional(number) : std::nullopt;
}

// Where a part of a file begins: "bytes 100-199/200".
std::optional<std::uint64_t> part_start(const std::string& content_range) {
    std::string_view range = content_range;
    if (!range.starts_with("bytes ")) return std::nullopt;
    return number_in(range.substr(6));
}

std::string in_megabytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MB"; }

}  // namespace

void ArrivingAudio::restart() {
    is_broken_ |=
        ftruncate(file_.file().fd(), 0) != 0 || lseek(file_.file().fd(), 0, SEEK_SET) != 0;
    size_ = 0;
    first_.clear();
    hash_ = core::Sha256Stream();
}

bool ArrivingAudio::begin(const net::HttpResponse& head) {
    if (head.status / 100 != 2) return false;  // what a refusal says is of no interest
    bool goes_on = head.status == 206 && part_start(head.header("content-range")) == size_;
    if (!goes_on && size_ > 0) restart();
    std::string tag = head.header("etag");
    validator_ = tag.empty() || tag.starts_with("W/") ? head.header("last-modified") : tag;
    if (auto length = number_in(head.header("content-length")))
        is_too_large_ = *length > most_ || size_ + *length > most_;
    return !is_too_large_ && !is_broken_;
}

bool ArrivingAudio::is_audio_so_far() const {
    return first_.size() < core::kSniffedBytes || core::sniff(first_).audio.has_value();
}

bool ArrivingAudio::take(std::string_view bytes) {
    is_too_large_ = size_ + bytes.size() > most_;
    if (is_too_large_) return false;
    bool knew = first_.size() >= core::kSniffedBytes;
    if (!knew) first_.append(bytes.substr(0, core::kSniffedBytes - first_.size()));
    if (!knew && !is_audio_so_far()) return false;
    is_broken_ = !net::write_all(file_.file(), bytes);
    size_ += bytes.size();
    hash_.add(bytes);
    return !is_broken_;
}

std::vector<std::pair<std::string, std::string>> ArrivingAudio::rest_headers() const {
    if (size_ == 0) return {};
    std::vector<std::pair<std::string, std::string>> headers = {
        {"Range", "bytes=" + std::to_string(size_) + '-'}};
    if (!validator_.empty()) headers.emplace_back("If-Range", validator_);
    return headers;
}

std::string ArrivingAudio::skip_reason() const {
    if (is_too_large_) return "too large: more than " + in_megabytes(most_);
    core::Sniffed found = core::sniff(first_);
    return found.audio ? std::string() : "not audio: " + found.other;
}

async::Task<void> download_audio(Context& ctx, WebVisit visit, ArrivingAudio& audio) {
    visit.sink = &audio;
    for (int tries = 1, cuts = 0;; ++tries) {
        visit.headers = audio.rest_headers();
        const std::uint64_t before = audio.size();
        core::Result<Visited> visited = co_await visit_web(ctx, visit);
        if (audio.is_broken())
            throw Failure(ErrorKind::server, "there is no room for the file on the server's disk");
        if (visited.ok()) co_return;
        if (audio.size() > before && ++cuts < kMostCuts) tries = 1;
        std::optional<core::Error> end = co_await pause_before_retry(ctx, visited.error(), tries);
        if (end) throw Failure(*end);
    }
}

}  // namespace headway::pipeline
