#include "core/conversation/language.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <vector>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr int kFewestLetters = 8;
constexpr int kFewestWords = 3;  // of a language's own, among those that are said
constexpr double kLead = 1.3;    // over the second best

struct Profile {
    std::string_view language;
    std::string_view words;  // such as every few sentences hold
};

// Words that hold sentences together. Shared ones count for each language that has them; what tells
// neighbours apart stands in one of them alone.
constexpr auto kProfiles = std::to_array<Profile>({
    {"en",
     "the and to of that you it is for we have with this are be not what can would was there "
     "they from but our if do when just your how about"},
    {"de",
     "der die das und ist nicht ich wir sie ein eine zu den mit für auf dass es aber auch wie "
     "haben kann wenn noch von uns sind dem wird oder nur"},
    {"fr",
     "le la les et est pas vous nous des un une pour dans que qui je ce il avec sur mais on du "
     "au plus sont cette avons peut être votre ça"},
    {"es",
     "el la los y es que en no de un una para con por se lo las del pero como más está muy yo "
     "hay tenemos puede cuando nos esto nosotros"},
    {"it",
     "il la che di è non un una per con si ma sono lo gli le del della anche come più questo "
     "abbiamo nel quando ci vorrei molto noi possiamo"},
    {"pt",
     "o a que de e não um uma para com os as do da em mas como mais está isso nós você temos "
     "quando muito se por eu também são nosso"},
    {"nl",
     "de het een en is niet dat we van ik je voor met op te zijn maar ook er aan als hebben "
     "kan wij naar dit nog bij moet wordt"},
    {"sv",
     "och att det är inte en vi som på för jag med har den ett kan men om så till av från när "
     "skulle vill också måste"},
    {"da",
     "og at det er ikke en vi som på for jeg med har den et kan men om så til af fra når ville "
     "også skal vores mig"},
    {"no",
     "og at det er ikke en vi som på for jeg med har den et kan men om så til av fra når ville "
     "også skal vår noe"},
    {"fi",
     "ja on ei että se me mutta kun voi olla niin ovat tämä meidän jos myös kuin ole vain "
     "sitten minä"},
    {"pl",
     "i nie jest to że się na w do z jak ale mamy dla co tak czy nam przez może jeśli tylko "
     "kiedy są"},
    {"cs",
     "a je to že se na v ne do jak ale by máme pro co tak když jsme jsou může nebo také pokud "
     "který"},
    {"tr",
     "ve bir bu için değil çok ama daha var ne ile biz bizim olarak gibi sonra her kadar yok "
     "olan"},
});

// Scripts that tell the language by themselves, or nearly.
std::string language_of_script(char32_t c) {
    if (c >= 0x3040 && c <= 0x30FF) return "ja";
    if ((c >= 0xAC00 && c <= 0xD7AF) || (c >= 0x1100 && c <= 0x11FF)) return "ko";
    if (c >= 0x4E00 && c <= 0x9FFF) return "zh";
    if (c >= 0x0400 && c <= 0x04FF) return "ru";
    if (c >= 0x0370 && c <= 0x03FF) return "el";
    if (c >= 0x0590 && c <= 0x05FF) return "he";
    if (c >= 0x0600 && c <= 0x06FF) return "ar";
    if (c >= 0x0900 && c <= 0x097F) return "hi";
    if (c >= 0x0E00 && c <= 0x0E7F) return "th";
    return c >= 0x80 && is_unspaced(c) ? "" : "latin";
}

// Letters that only one of the languages of a script has.
std::string_view neighbour(char32_t c) {
    if (c == U'і' || c == U'ї' || c == U'є' || c == U'ґ') return "uk";
    if (c == U'پ' || c == U'چ' || c == U'ژ' || c == U'گ') return "fa";
    return {};
}

std::string language_of_words(const std::vector<std::string>& said) {
    static const auto& languages_of = *[] {
        auto* known = new std::unordered_multimap<std::string_view, std::string_view>;
        for (const Profile& profile : kProfiles)
            for (std::string_view word : split(profile.words, ' '))
                known->emplace(word, profile.language);
        return known;
    }();
    std::map<std::string_view, int> hits;
    for (const std::string& word : said) {
        auto [from, to] = languages_of.equal_range(word);
        for (auto known = from; known != to; ++known) ++hits[known->second];
    }
    std::string_view best;
    int first = 0, second = 0;
    for (const auto& [language, count] : hits) {
        second = std::max(second, std::min(count, first));
        if (count > first) best = language;
        first = std::max(first, count);
    }
    bool clear = first >= kFewestWords && first >= kLead * second;
    return clear ? std::string(best) : std::string();
}

}  // namespace

std::string detect_language(std::string_view text) {
    text = clip(text, kTellingBytes);
    std::map<std::string, int> letters;
    std::map<std::string_view, int> neighbours;
    std::vector<std::string> words(1);
    for (std::size_t at = 0; at < text.size();) {
        char32_t c = to_lower(next_code_point(text, at));
        if (!is_word(c)) {
            if (!words.back().empty()) words.emplace_back();
            continue;
        }
        append_utf8(words.back(), c);
        if (digit_value(c) < 0) ++letters[language_of_script(c)];
        if (std::string_view other = neighbour(c); !other.empty()) ++neighbours[other];
    }
    // Japanese is written with Chinese characters too.
    if (letters["ja"] > 0 && letters["ja"] * 10 >= letters["zh"]) letters["ja"] += letters["zh"];
    auto most = std::max_element(letters.begin(), letters.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most->first == "latin") return language_of_words(words);
    if (most->second < kFewestLetters) return {};
    if (most->first == "ru" && neighbours["uk"] > 0) return "uk";
    if (most->first == "ar" && neighbours["fa"] > 0) return "fa";
    return most->first;
}

}  // namespace headway::core
