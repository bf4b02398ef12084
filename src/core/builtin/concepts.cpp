#include "core/builtin/concepts.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

struct Alias {
    std::string_view phrase;    // words in lower case
    std::string_view concepts;  // what counts instead
};

// Phrases of several words come before their parts.
constexpr auto kAliases = std::to_array<Alias>({
    {"single sign on", "sso login"},
    {"sso", "sso login"},
    {"okta", "okta sso"},
    {"doesnt work", "broken"},
    {"dont work", "broken"},
    {"does not work", "broken"},
    {"not working", "broken"},
    {"stopped working", "broken"},
    {"saml", "sso login"},
    {"sign in", "login"},
    {"signing in", "login"},
    {"log in", "login"},
    {"logs in", "login"},
    {"logging in", "login"},
    {"logged in", "login"},
    {"logins", "login"},
    {"log on", "login"},
    {"two factor", "twofactor login"},
    {"2fa", "twofactor login"},
    {"mfa", "twofactor login"},
    {"e mail", "email"},
    {"e mails", "email"},
    {"e mailed", "email"},
    {"mailed", "email"},
    {"inbox", "email"},
    {"text message", "sms"},
    {"text messages", "sms"},
    {"texts", "sms"},
    {"text the", "sms"},
    {"text them", "sms"},
    {"on the way", "ontheway"},
    {"on his way", "ontheway"},
    {"on her way", "ontheway"},
    {"on their way", "ontheway"},
    {"on my way", "ontheway"},
    {"sets off", "ontheway"},
    {"arrival time", "ontheway arrival"},
    {"no signal", "offline"},
    {"no reception", "offline"},
    {"no coverage", "offline"},
    {"zero coverage", "offline"},
    {"no connection", "offline"},
    {"without a connection", "offline"},
    {"without connection", "offline"},
    {"without internet", "offline"},
    {"no internet", "offline"},
    {"without signal", "offline"},
    {"xlsx", "excel"},
    {"xls", "excel"},
    {"spreadsheet", "excel"},
    {"spreadsheets", "excel"},
    {"csv", "excel"},
    {"download", "export"},
    {"downloaded", "export"},
    {"exported", "export"},
    {"pull", "export"},
    {"dark mode", "dark display"},
    {"dark theme", "dark display"},
    {"night mode", "dark display"},
    {"dark", "dark display"},
    {"time zone", "timezone"},
    {"time zones", "timezone"},
    {"picture", "photo"},
    {"pictures", "photo"},
    {"image", "photo"},
    {"images", "photo"},
    {"mechanic", "technician"},
    {"mechanics", "technician"},
    {"engineer", "technician"},
    {"engineers", "technician"},
    {"installer", "technician"},
    {"installers", "technician"},
    {"inspector", "technician"},
    {"inspectors", "technician"},
    {"crew", "technician"},
    {"crews", "technician"},
    {"duplicating", "duplicate"},
    {"twice", "duplicate"},
    {"two times", "duplicate"},
    {"appointment", "visit"},
    {"appointments", "visit"},
    {"calendars", "calendar"},
    {"smartphone", "phone"},
    {"iphone", "phone"},
    {"android", "phone"},
    {"driving time", "travel"},
    {"travel time", "travel"},
    {"sick", "absent"},
    {"in one go", "bulk"},
    {"at once", "bulk"},
    {"single step", "bulk"},
    {"one step", "bulk"},
    {"hand over", "reassign"},
    {"hangs", "freeze"},
    {"stuck", "freeze"},
    {"forever", "slow"},
    {"sluggish", "slow"},
    {"ages", "slow"},
});

constexpr auto kContractions = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"cant", "can not"},      {"cannot", "can not"},    {"dont", "do not"},
    {"doesnt", "does not"},   {"didnt", "did not"},     {"isnt", "is not"},
    {"arent", "are not"},     {"wasnt", "was not"},     {"wont", "will not"},
    {"wouldnt", "would not"}, {"couldnt", "could not"}, {"shouldnt", "should not"},
    {"hasnt", "has not"},     {"havent", "have not"},   {"id", "i would"},
    {"wed", "we would"},      {"youd", "you would"},    {"itd", "it would"},
    {"theyd", "they would"},  {"hed", "he would"},      {"im", "i am"},
    {"youre", "you are"},     {"theyre", "they are"},   {"its", "it is"},
    {"thats", "that is"},     {"whats", "what is"},     {"theres", "there is"},
    {"ive", "i have"},        {"weve", "we have"},      {"youve", "you have"},
    {"theyve", "they have"},  {"ill", "i will"},        {"lets", "let us"},
    {"cause", "because"},
});

constexpr auto kFillers =
    std::to_array<std::string_view>({"actually", "basically", "er", "erm", "honestly", "just",
                                     "kind", "maybe", "really", "so", "still", "uh", "um", "well"});

const std::multimap<std::string_view, std::vector<std::string>>& aliases_by_first_word() {
    static const auto* kIndex = [] {
        auto* index = new std::multimap<std::string_view, std::vector<std::string>>;
        for (const Alias& alias : kAliases) {
            std::vector<std::string> entry{std::string(alias.concepts)};
            for (std::string_view word : split(alias.phrase, ' ')) entry.emplace_back(word);
            index->emplace(split(alias.phrase, ' ')[0], std::move(entry));
        }
        return index;
    }();
    return *kIndex;
}

std::string without_apostrophes(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size();) {
        char32_t c = next_code_point(text, at);
        if (c != '\'' && c != 0x2019) append_utf8(plain, c);
    }
    return plain;
}

// Words that nearly every conversation about software in daily work holds; sharing them says
// little. Stems. Sorted.
constexpr auto kEveryday = std::to_array<std::string_view>({
    "annoy",  "app",    "applic", "ask",        "back",   "busi",   "compani", "crash",
    "custom", "data",   "day",    "differ",     "everi",  "exact",  "freez",   "frustrat",
    "guy",    "help",   "huge",   "job",        "lose",   "minut",  "mobil",   "month",
    "morn",   "offer",  "order",  "page",       "phone",  "plan",   "possibl", "realli",
    "screen", "second", "slow",   "softwar",    "someth", "spend",  "start",   "support",
    "system", "take",   "team",   "technician", "time",   "tool",   "use",     "user",
    "visit",  "wait",   "wast",   "way",        "week",   "weekli", "work",    "wrong",
});

}  // namespace

bool is_everyday(std::string_view concept_name) {
    return std::binary_search(kEveryday.begin(), kEveryday.end(), concept_name);
}

Concepts::Concepts() : terms_("english") {}

std::vector<std::string> Concepts::of(std::string_view text) const {
    std::vector<std::string> words = Terms::words(without_apostrophes(text));
    std::vector<std::string> concepts;
    for (std::size_t at = 0; at < words.size();) {
        const std::vector<std::string>* best = nullptr;
        auto [from, to] = aliases_by_first_word().equal_range(words[at]);
        for (auto alias = from; alias != to; ++alias) {
            const auto& entry = alias->second;  // concepts, then the phrase's words
            bool fits =
                at + entry.size() - 1 <= words.size() &&
                std::equal(entry.begin() + 1, entry.end(), words.begin() + static_cast<long>(at));
            if (fits && (!best || entry.size() > best->size())) best = &entry;
        }
        if (best) {
            for (std::string_view concept_name : split(best->front(), ' '))
                concepts.emplace_back(concept_name);
            at += best->size() - 1;
            continue;
        }
        if (!Terms::is_stop_word(words[at])) concepts.push_back(terms_.stem(words[at]));
        ++at;
    }
    return concepts;
}

Spoken spoken(std::string_view text) {
    Spoken said;
    std::string word;
    std::size_t begin = 0;
    auto finish = [&](std::size_t end) {
        if (word.empty() || std::binary_search(kFillers.begin(), kFillers.end(), word))
            return word.clear();
        auto contraction = std::find_if(kContractions.begin(), kContractions.end(),
                                        [&](const auto& c) { return c.first == word; });
        std::string_view spelled_out =
            contraction == kContractions.end() ? std::string_view(word) : contraction->second;
        for (std::string_view part : split(spelled_out, ' ')) {
            said.words.emplace_back(part);
            said.begin.push_back(begin);
            said.end.push_back(end);
        }
        word.clear();
    };
    for (std::size_t at = 0; at < text.size();) {
        std::size_t from = at;
        char32_t c = to_lower(next_code_point(text, at));
        if (is_word(c)) {
            if (word.empty()) begin = from;
            append_utf8(word, c);
        } else if (c != '\'' && c != 0x2019) {
            finish(from);
        }
    }
    finish(text.size());
    return said;
}

}  // namespace headway::core
