#include "core/conversation/trail.hpp"

#include <array>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

struct Spelling {
    TrailKind kind;
    std::string_view begins_with;  // in lower case
    std::string_view title;
};
constexpr std::array<Spelling, 5> kSpellings = {
    {{TrailKind::rage_click, "rage click", "Rage click"},
     {TrailKind::error_click, "error click", "Error click"},
     {TrailKind::dead_click, "dead click", "Dead click"},
     {TrailKind::frustrated_gesture, "frustrated gesture", "Frustrated gesture"},
     {TrailKind::console_error, "console error", "Console error"}}};

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

// "[00:42] "
void skip_clock(std::string_view& line) {
    if (!line.starts_with('[')) return;
    auto end = line.find("] ");
    bool clock =
        end != line.npos && line.substr(1, end - 1).find_first_not_of("0123456789:") == line.npos;
    if (clock) line.remove_prefix(end + 2);
}

const Spelling* take_kind(std::string_view& line) {
    for (const Spelling& spelling : kSpellings)
        if (lower(line.substr(0, spelling.begins_with.size())) == spelling.begins_with) {
            line.remove_prefix(spelling.begins_with.size());
            return &spelling;
        }
    return nullptr;
}

const Spelling& spelling_of(TrailKind kind) { return kSpellings[static_cast<std::size_t>(kind)]; }

}  // namespace

std::string TrailEvent::title() const {
    std::string text(spelling_of(kind).title);
    if (!target.empty()) text += " on \"" + target + '"';
    if (!page.empty()) text += " on " + page;
    return text;
}

std::optional<TrailEvent> read_trail_line(std::string_view line) {
    line = trim(line);
    skip_clock(line);
    const Spelling* spelling = take_kind(line);
    if (!spelling) return std::nullopt;
    TrailEvent event{spelling->kind, {}, {}};
    if (take(line, " on \"")) {
        auto end = line.find('"');
        if (end == line.npos) return std::nullopt;
        event.target = line.substr(0, end);
        line.remove_prefix(end + 1);
    }
    if (auto page = line.rfind(" on /"); page != line.npos) event.page = line.substr(page + 4);
    bool complete = line.empty() || line[0] == ' ' || line[0] == ':';
    return complete ? std::optional(event) : std::nullopt;
}

}  // namespace headway::core
