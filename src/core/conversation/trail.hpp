#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headway::core {

enum class TrailKind { rage_click, error_click, dead_click, frustrated_gesture, console_error };

// A line of a session's trail that tells of trouble:
// [00:42] rage click on "Save invoice" (3 clicks in 2 s) on /invoices/new
struct TrailEvent {
    TrailKind kind;
    std::string target;  // what was clicked, as the product calls it; "" where it has no name
    std::string page;    // "" when unknown

    // What the line is about, without the words that every such line has.
    std::string subject() const { return target + ' ' + page; }
    // The line without its time and its numbers: the same for all sessions with this trouble.
    std::string title() const;
};

// Reads a line as mappers of sessions write it, with or without its time; nothing for any other
// text. A target holds no quotation mark, so what it says cannot pass for the rest of a line.
std::optional<TrailEvent> read_trail_line(std::string_view line);

}  // namespace headway::core
