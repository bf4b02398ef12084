// One answer out of those about the parts of a conversation.

#include <algorithm>
#include <array>
#include <set>

#include "core/base/claims.hpp"
#include "core/base/text.hpp"
#include "core/conversation/insight_lists.hpp"
#include "core/conversation/parts.hpp"
#include "core/matching/terms.hpp"

namespace headway::core {
namespace {

constexpr std::array<const char*, 2> kFirstOf = {"language", "intent"};

std::string text_of(const Json& json, const char* key) {
    return json[key].is_string() ? json[key].as_string() : std::string();
}

// Whether `a` ends with the words that `b` begins with, half of the shorter one's or more.
bool leads_into(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
    const std::size_t shorter = std::min(a.size(), b.size());
    for (std::size_t n = shorter; n * 2 >= shorter && n > 0; --n)
        if (std::equal(a.end() - static_cast<long>(n), a.end(), b.begin())) return true;
    return false;
}

// Whether two folded quotes were cut from the same place: one holds the other, or they overlap.
bool overlap(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty()) return false;
    const std::string in_a = ' ' + a + ' ', in_b = ' ' + b + ' ';
    if (in_a.find(in_b) != std::string::npos || in_b.find(in_a) != std::string::npos) return true;
    std::vector<std::string_view> of_a = split(a, ' '), of_b = split(b, ' ');
    return leads_into(of_a, of_b) || leads_into(of_b, of_a);
}

bool share_a_term(const std::string& a, const std::string& b) {
    static const Terms& terms = *new Terms;
    std::vector<std::string> of_a = terms.of(a), of_b = terms.of(b);
    return std::any_of(of_a.begin(), of_a.end(), [&](const std::string& term) {
        return std::find(of_b.begin(), of_b.end(), term) != of_b.end();
    });
}

// Two wishes can stand in one sentence, so the same words alone make no two items the same.
bool same_item(const Json& a, const Json& b) {
    if (a["title"] == b["title"]) return true;
    std::string title_a = fold(text_of(a, "title")).text, title_b = fold(text_of(b, "title")).text;
    if (!title_a.empty() && title_a == title_b) return true;  // signs alone fold to nothing
    return overlap(fold(text_of(a, "quote")).text, fold(text_of(b, "quote")).text) &&
           share_a_term(title_a, title_b);
}

// Of one part's list what no earlier part has said.
void append_items(Json::Array& all, const Json& list) {
    const std::size_t earlier = all.size();
    for (const Json& item : list.items()) {
        auto end = all.begin() + static_cast<long>(earlier);
        if (std::none_of(all.begin(), end, [&](const Json& k) { return same_item(k, item); }))
            all.push_back(item);
    }
}

void append_phrases(Json::Array& all, const Json& list) {
    for (const Json& phrase : list.items())
        if (std::find(all.begin(), all.end(), phrase) == all.end()) all.push_back(phrase);
}

// Mixed when the parts are of two minds, else what those of them say that say anything.
std::string overall(const std::set<std::string>& moods) {
    std::set<std::string> clear = moods;
    clear.erase("neutral");
    if (clear.size() > 1) return "mixed";
    return clear.empty() ? "neutral" : *clear.begin();
}

Json sentiment_of(const std::vector<Json>& parts) {
    std::set<std::string> moods;
    double sum = 0;
    for (const Json& part : parts) {
        std::string mood = text_of(part["sentiment"], "overall");
        if (!mood.empty()) moods.insert(mood);
        if (part["sentiment"]["score"].is_number()) sum += part["sentiment"]["score"].as_number();
    }
    return Json::Object{{"overall", overall(moods)},
                        {"score", sum / static_cast<double>(parts.size())}};
}

std::string summary_of(const std::vector<Json>& parts) {
    std::string summary;
    for (const Json& part : parts) {
        std::string said(trim(text_of(part, "summary")));
        if (!said.empty()) summary += (summary.empty() ? "" : " ") + said;
    }
    return summary;
}

Json first_text(const std::vector<Json>& parts, const char* key) {
    for (const Json& part : parts)
        if (!text_of(part, key).empty()) return part[key];
    return {};
}

}  // namespace

std::string join_answers(const std::vector<std::string>& answers) {
    if (answers.size() == 1) return answers[0];
    std::vector<Json> parts;
    for (const std::string& answer : answers) parts.push_back(parse_answer(answer));
    Json joined = Json::object();
    for (const ItemKind& kind : kItemKinds) {
        Json::Array all;
        for (const Json& part : parts) append_items(all, part[kind.list]);
        joined.set(kind.list, std::move(all));
    }
    for (const char* list : kPhraseLists) {
        Json::Array all;
        for (const Json& part : parts) append_phrases(all, part[list]);
        joined.set(list, std::move(all));
    }
    joined.set("sentiment", sentiment_of(parts));
    joined.set("summary", summary_of(parts));
    for (const char* key : kFirstOf) joined.set(key, first_text(parts, key));
    return joined.dump();
}

}  // namespace headway::core
