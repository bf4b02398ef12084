#include <algorithm>

#include "core/audio/audio_format.hpp"
#include "core/audio/link_collector.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

// A member's name as its spellings share it: "nextPage_URL" is "nextpageurl".
std::string plain(std::string_view key) {
    std::string letters;
    for (char c : lower(key))
        if (c != '_' && c != '-' && c != '@' && c != '.' && c != ' ') letters += c;
    return letters;
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

bool names_next_page(const std::string& key) {
    static constexpr std::string_view kKeys[] = {"next",         "nexturl",      "nextpage",
                                                 "nextlink",     "nextpageurl",  "nexthref",
                                                 "nextpagelink", "odatanextlink"};
    return is_one_of(kKeys, key);
}

// Names of members that say where the rest is without saying its URL.
bool names_cursor(const std::string& key) {
    static constexpr std::string_view kKeys[] = {"nextcursor", "nextpagetoken", "nexttoken",
                                                 "continuationtoken", "nextmarker"};
    return is_one_of(kKeys, key);
}

bool names_link(const std::string& key) {
    return holds(key, "url") || holds(key, "uri") || holds(key, "href") || holds(key, "link") ||
           key == "src" || key == "source" || key == "file" || key == "path" || key == "download";
}

bool names_sound(const std::string& key) {
    return holds(key, "audio") || holds(key, "recording") || holds(key, "media") ||
           holds(key, "download") || holds(key, "file");
}

bool names_picture(const std::string& key) {
    return holds(key, "image") || holds(key, "thumb") || holds(key, "cover") ||
           holds(key, "avatar") || holds(key, "icon") || holds(key, "artwork");
}

bool is_rooted(std::string_view text) {
    return text.starts_with("http://") || text.starts_with("https://") || text.starts_with('/');
}

// Whether one of an object's members says that it is about audio.
bool is_about_audio(const Json& object) {
    for (const auto& [key, value] : object.members()) {
        if (!value.is_string()) continue;
        std::string name = plain(key);
        bool tells_type = holds(name, "type") || holds(name, "mime") || name == "format";
        if (tells_type && lower(value.as_string()).starts_with("audio")) return true;
    }
    return false;
}

class JsonWalk {
  public:
    explicit JsonWalk(LinkCollector& links) : links_(links) {}

    // `key` is the nearest member's name above; `under` that of the object it is in.
    void visit(const Json& value, const std::string& key, const std::string& under) {
        if (value.is_object()) visit_object(value, key);
        for (const Json& item : value.items()) visit(item, key, under);
        if (value.is_string() && value.as_string().size() <= kLongestUrl)
            visit_text(value.as_string(), key, under, false, false);
    }

    bool has_cursor = false;
    bool has_next = false;

  private:
    static constexpr std::size_t kLongestUrl = 8'000;

    void visit_object(const Json& object, const std::string& above) {
        bool is_audio = is_about_audio(object);
        bool has_rooted = std::any_of(
            object.members().begin(), object.members().end(), [](const Json::Member& member) {
                return member.second.is_string() && is_rooted(member.second.as_string());
            });
        for (const auto& [key, value] : object.members()) {
            std::string name = plain(key);
            bool is_text = value.is_string() && value.as_string().size() <= kLongestUrl;
            if (is_text) visit_text(value.as_string(), name, above, is_audio, has_rooted);
            else visit(value, name, above);
        }
    }

    void visit_text(const std::string& text, const std::string& key, const std::string& under,
                    bool is_audio, bool has_rooted) {
        if (text.empty()) return;
        if (names_cursor(key)) has_cursor = true;
        bool is_link = is_rooted(text) || text.starts_with('?');
        if (is_link && (names_next_page(key) || (names_next_page(under) && names_link(key)))) {
            has_next = true;
            links_.add(LinkKind::next, text);
        } else if (is_rooted(text)) {
            visit_url(text, key, is_audio);
        } else if (!has_rooted && format_of_name(text) && !holds(text, "\n")) {
            links_.add(LinkKind::audio, relative(text));
        }
    }

    void visit_url(const std::string& text, const std::string& key, bool is_audio) {
        auto link = resolve_link(text, links_.base());
        bool is_named = link && format_of_name(file_name_of(*link));
        if (is_named) links_.add(LinkKind::audio, *link);
        else if (link && is_audio && names_link(key) && !names_picture(key))
            links_.add(LinkKind::audio, *link);
        else if (link && names_sound(key) && !names_picture(key) && kind_of_name(*link))
            links_.add(LinkKind::maybe, *link);
        else if (!link && text[0] != '/') links_.add(text);  // counted as unreadable
    }

    // A file's bare name is text, where a URL would have its signs escaped.
    static std::string relative(const std::string& name) {
        std::string path;
        for (std::string_view segment : split(name, '/'))
            path += (path.empty() ? "" : "/") + percent_encode(percent_decode(segment));
        return path;
    }

    LinkCollector& links_;
};

}  // namespace

void read_json_links(std::string_view body, LinkCollector& links) {
    Json value = parse_foreign_json(body).value;
    JsonWalk walk(links);
    walk.visit(value, "", "");
    if (walk.has_cursor && !walk.has_next)
        links.note("the page says that there are more, but not under which URL");
}

}  // namespace headway::core
