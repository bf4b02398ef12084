#include "core/conversation/extraction.hpp"

#include <algorithm>
#include <array>

#include "core/base/claims.hpp"
#include "core/base/text.hpp"
#include "core/conversation/insight_lists.hpp"
#include "core/conversation/quote.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kMostItems = 50;  // of one kind in one conversation

Json phrases(const Json& list) {
    Json::Array out;
    for (const Json& phrase : list.items()) {
        std::string text = claimed_text(phrase, kLongestTitle);
        if (!text.empty() && out.size() < kMostItems) out.push_back(text);
    }
    return out;
}

const Theme* find_theme(const std::vector<Theme>& themes, const std::string& named) {
    std::string wanted = fold(named).text;
    auto found = std::find_if(themes.begin(), themes.end(), [&](const Theme& theme) {
        return theme.id == named || (!wanted.empty() && fold(theme.name).text == wanted);
    });
    return found == themes.end() ? nullptr : &*found;
}

const Theme* theme_of_rest(const std::vector<Theme>& themes) {
    auto found = std::find_if(themes.begin(), themes.end(),
                              [](const Theme& theme) { return theme.takes_rest; });
    return found == themes.end() ? nullptr : &*found;
}

// Whether a quote itself says how much it hurts.
bool says_urgency(std::string_view quote) {
    constexpr auto kWords = std::to_array<std::string_view>(
        {"asap",  "blocked", "blocker",  "blocking", "cancel", "cannot",      "cant",
         "crash", "crashes", "critical", "deadline", "down",   "immediately", "leave",
         "lose",  "losing",  "lost",     "unusable", "urgent", "urgently"});
    std::string words = fold(quote).text;
    for (std::string_view word : split(words, ' '))
        if (std::binary_search(kWords.begin(), kWords.end(), word)) return true;
    return false;
}

// `fitting`: where the item would go; `named`: what the model says.
const char* reason_against(const Quote& quote, const Theme* fitting, const Theme* named) {
    if (quote.status == QuoteStatus::unverified) return "unverified_quote";
    if (fitting) return nullptr;
    return named ? "low_theme_confidence" : "no_theme";
}

class Reader {
  public:
    Reader(const Conversation& conversation, double threshold)
        : conversation_(conversation),
          threshold_(threshold),
          rest_(theme_of_rest(conversation.themes)),
          verifier_(conversation.turns) {}

    void read_items(const Json& answer, const ItemKind& kind) {
        Json::Array read;
        if (conversation_.is_trail() && kind.needs_words) {
            if (answer[kind.list].items().size() > 0) problem(kind, "nobody speaks in a trail");
            return out.insights.set(kind.list, std::move(read));
        }
        if (!answer[kind.list].is_null() && !answer[kind.list].is_array())
            problem(kind, "is no list");
        for (const Json& item : answer[kind.list].items()) {
            if (read.size() == kMostItems) {
                problem(kind, "too many items");
                break;
            }
            read_item(item, kind, read);
        }
        out.insights.set(kind.list, std::move(read));
    }

    Extraction out;

  private:
    void read_item(const Json& item, const ItemKind& kind, Json::Array& read) {
        std::string title = claimed_text(item["title"], kLongestTitle);
        if (title.empty()) return problem(kind, "an item without a title");
        Quote quote = verifier_.verify(claimed_text(item["quote"], kLongestText));
        std::string proposed = claimed_text(item["theme"], kLongestTitle);
        const Theme* theme = find_theme(conversation_.themes, proposed);
        double confidence = claimed_number(item["theme_confidence"], 0.0);

        Json common = Json::object();
        common.set("title", title);
        common.set("description", claimed_text(item["description"], kLongestText));
        // A bug's severity is its urgency.
        const Json& urgency = item.find("urgency") ? item["urgency"] : item["severity"];
        std::string level = claimed_word(urgency, {"low", "medium", "high", "critical"}, "medium");
        bool doubtful = conversation_.commands > 0 && level != "low" && !says_urgency(quote.text);
        common.set("urgency", doubtful ? "medium" : level);
        common.set("theme_confidence", confidence);
        common.set("quote", quote.text);
        common.set("quote_status", name(quote.status));
        if (quote.start_s) common.set("quote_start_s", *quote.start_s);
        if (!quote.speaker.empty()) common.set("speaker", quote.speaker);

        Json insight = common;
        insight.set("theme", theme ? Json(theme->name) : Json());
        read.push_back(std::move(insight));

        ++out.quotes_total;
        if (quote.status != QuoteStatus::unverified) ++out.quotes_verified;
        common.set("type", kind.type);
        const Theme* fitting = theme && confidence >= threshold_ ? theme : rest_;
        if (const char* reason = reason_against(quote, fitting, theme)) {
            common.set("reason", reason);
            if (!proposed.empty()) common.set("proposed_theme", theme ? theme->name : proposed);
            out.unmatched.push_back(std::move(common));
        } else {
            common.set("theme_id", fitting->id);
            if (fitting == theme) out.relevance = std::max(out.relevance, confidence);
            out.items.push_back(std::move(common));
        }
    }

    void problem(const ItemKind& kind, const char* what) {
        out.problems.push_back(std::string(kind.list) + ": " + what);
    }

    const Conversation& conversation_;
    double threshold_;
    const Theme* rest_;
    QuoteVerifier verifier_;
};

}  // namespace

bool Conversation::is_insider(const std::string& speaker) const {
    return std::find(insiders.begin(), insiders.end(), speaker) != insiders.end();
}

Json Conversation::to_json(const std::vector<Turn>& part) const {
    Json::Array theme_list;
    for (const Theme& theme : themes)
        theme_list.push_back(Json::Object{
            {"id", theme.id}, {"name", theme.name}, {"description", theme.description}});
    Json json = Json::Object{{"title", title},
                             {"language", language},
                             {"customer", customer},
                             {"medium", medium},
                             {"title_language", title_language}};
    json.set("turns", turns_to_json(part));
    json.set("insiders", Json::Array(insiders.begin(), insiders.end()));
    json.set("themes", std::move(theme_list));
    return json;
}

Conversation Conversation::from_json(const Json& json) {
    Conversation conversation{json.text_or("title", ""),
                              json.text_or("language", ""),
                              turns_from_json(json["turns"]),
                              {},
                              {},
                              json.text_or("customer", ""),
                              json.text_or("medium", ""),
                              json.text_or("title_language", "")};
    for (const Json& speaker : json["insiders"].items())
        conversation.insiders.push_back(speaker.as_string());
    for (const Json& theme : json["themes"].items())
        conversation.themes.push_back({theme["id"].as_string(), theme["name"].as_string(),
                                       theme.text_or("description", ""),
                                       theme.bool_or("takes_rest", false)});
    return conversation;
}

Extraction read_extraction(std::string_view answer, const Conversation& conversation,
                           double theme_threshold) {
    Json json = parse_answer(answer);
    Reader reader(conversation, theme_threshold);
    reader.out.insights = Json::object();
    for (const ItemKind& kind : kItemKinds) reader.read_items(json, kind);
    if (conversation.commands > 0)
        reader.out.problems.push_back("words that give a model orders: " +
                                      std::to_string(conversation.commands));

    Json& insights = reader.out.insights;
    insights.set("sentiment",
                 Json::Object{{"overall", claimed_word(json["sentiment"]["overall"],
                                                       {"positive", "neutral", "negative", "mixed"},
                                                       "neutral")},
                              {"score", claimed_number(json["sentiment"]["score"], -1.0)}});
    insights.set("summary", claimed_text(json["summary"], kLongestText));
    std::string language = claimed_text(json["language"], 40);
    insights.set("language", language.empty() ? conversation.language : language);
    insights.set("intent", claimed_text(json["intent"], kLongestTitle));
    for (const char* list : kPhraseLists) insights.set(list, phrases(json[list]));
    return std::move(reader.out);
}

}  // namespace headway::core
