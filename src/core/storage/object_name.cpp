#include "core/storage/object_name.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kLongestSegment = 200;
constexpr std::size_t kLongestKey = 800;
constexpr std::size_t kLongestExtension = 12;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_segment_char(char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

bool is_segment(std::string_view text) {
    return !text.empty() && text.size() <= kLongestSegment && text != "." && text != ".." &&
           std::all_of(text.begin(), text.end(), is_segment_char);
}

bool is_key(std::string_view key) {
    if (key.size() > kLongestKey) return false;
    std::vector<std::string_view> segments = split(key, '/');
    return std::all_of(segments.begin(), segments.end(), is_segment);
}

// Where the extension begins; the end when there is none.
std::size_t extension_at(std::string_view text) {
    std::size_t dot = text.rfind('.');
    bool is_one = dot != std::string_view::npos && text.size() - dot <= kLongestExtension;
    return is_one ? dot : text.size();
}

}  // namespace

void check_bucket_name(std::string_view bucket) {
    bool fits = bucket.size() >= 3 && bucket.size() <= 63 &&
                std::all_of(bucket.begin(), bucket.end(),
                            [](char c) { return is_lower_or_digit(c) || c == '-'; }) &&
                is_lower_or_digit(bucket.front()) && is_lower_or_digit(bucket.back());
    if (!fits) throw Failure(ErrorKind::invalid, "not a name for a bucket");
}

void check_object_key(std::string_view key) {
    if (!is_key(key)) throw Failure(ErrorKind::invalid, "not a key for a stored object");
}

std::string object_segment(std::string_view text, std::string_view otherwise) {
    std::string segment;
    for (std::size_t at = 0; at < text.size();) {
        char first = text[at];
        next_code_point(text, at);  // however many bytes it has
        bool joins = segment.empty() || segment.back() == '-';
        if (is_segment_char(first)) segment += first;
        else if (!joins) segment += '-';
    }
    segment.erase(0, segment.find_first_not_of(".-"));
    while (!segment.empty() && (segment.back() == '.' || segment.back() == '-')) segment.pop_back();
    if (segment.empty()) return std::string(otherwise);
    std::size_t dot = extension_at(segment);
    std::size_t room = kLongestSegment - (segment.size() - dot);
    return segment.substr(0, std::min(dot, room)) + segment.substr(dot);
}

}  // namespace headway::core
