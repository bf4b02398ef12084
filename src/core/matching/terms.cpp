#include "core/matching/terms.hpp"

#include <libstemmer.h>

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

// English words that carry no subject, and the fillers of spoken English. Sorted.
constexpr auto kStopWords = std::to_array<std::string_view>({
    "a",       "about",     "above",  "actually", "after",   "again",   "all",       "also",
    "always",  "am",        "an",     "and",      "any",     "are",     "as",        "at",
    "back",    "basically", "be",     "because",  "been",    "before",  "being",     "but",
    "by",      "can",       "cannot", "cant",     "could",   "did",     "do",        "does",
    "doing",   "done",      "dont",   "down",     "each",    "even",    "ever",      "every",
    "few",     "for",       "from",   "get",      "gets",    "getting", "give",      "go",
    "goes",    "going",     "gonna",  "good",     "got",     "great",   "had",       "has",
    "have",    "having",    "he",     "her",      "here",    "hers",    "him",       "his",
    "how",     "i",         "id",     "if",       "ill",     "im",      "in",        "into",
    "is",      "it",        "its",    "ive",      "just",    "kind",    "know",      "let",
    "lets",    "like",      "little", "look",     "lot",     "make",    "makes",     "many",
    "may",     "maybe",     "me",     "mean",     "might",   "more",    "most",      "much",
    "must",    "my",        "need",   "needs",    "no",      "not",     "now",       "of",
    "off",     "oh",        "ok",     "okay",     "on",      "once",    "one",       "only",
    "or",      "other",     "our",    "ours",     "out",     "over",    "own",       "people",
    "please",  "probably",  "quite",  "really",   "right",   "said",    "same",      "say",
    "see",     "she",       "should", "so",       "some",    "someone", "something", "still",
    "such",    "sure",      "than",   "thanks",   "that",    "thats",   "the",       "their",
    "them",    "then",      "there",  "theres",   "these",   "they",    "theyre",    "thing",
    "things",  "think",     "this",   "those",    "through", "to",      "too",       "uh",
    "um",      "under",     "until",  "up",       "us",      "very",    "want",      "wants",
    "was",     "way",       "we",     "well",     "were",    "weve",    "what",      "when",
    "where",   "which",     "while",  "who",      "whole",   "why",     "will",      "with",
    "without", "would",     "yeah",   "yes",      "yet",     "you",     "youd",      "youre",
    "your",    "yours",
});

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// The humps of an ASCII identifier: "getHTTPStatus" -> get, HTTP, Status. Empty for plain words.
std::vector<std::string_view> humps(std::string_view word) {
    std::vector<std::string_view> parts;
    std::size_t from = 0;
    for (std::size_t i = 1; i < word.size(); ++i) {
        bool rise = is_lower(word[i - 1]) && is_upper(word[i]);
        bool fall = i + 1 < word.size() && is_upper(word[i - 1]) && is_upper(word[i]) &&
                    is_lower(word[i + 1]);
        if (!rise && !fall) continue;
        parts.push_back(word.substr(from, i - from));
        from = i;
    }
    if (from > 0) parts.push_back(word.substr(from));
    return parts;
}

bool starts_word(std::string_view text, std::size_t at) {
    return at < text.size() && is_word(next_code_point(text, at));
}

}  // namespace

Terms::Terms(std::string_view language) {
    std::string name = lower(language);
    if (!name.empty()) stemmer_.reset(sb_stemmer_new(name.c_str(), "UTF_8"));
}

void Terms::StemmerDeleter::operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }

std::string Terms::stem(const std::string& word) const {
    if (!stemmer_) return word;
    const sb_symbol* stem =
        sb_stemmer_stem(stemmer_.get(), reinterpret_cast<const sb_symbol*>(word.data()),
                        static_cast<int>(word.size()));
    if (!stem) return word;
    return {reinterpret_cast<const char*>(stem),
            static_cast<std::size_t>(sb_stemmer_length(stemmer_.get()))};
}

bool Terms::is_stop_word(std::string_view word) {
    return std::binary_search(kStopWords.begin(), kStopWords.end(), word);
}

std::vector<std::string> Terms::words(std::string_view text) {
    std::vector<std::string> words;
    auto add = [&words](std::string_view word) {
        if (word.empty()) return;
        words.push_back(lower(word));
        for (std::string_view part : humps(word)) words.push_back(lower(part));
    };
    std::size_t from = 0, whole = 0;  // where the word and the dotted identifier around it begin
    for (std::size_t at = 0; at < text.size();) {
        std::size_t begin = at;
        if (is_word(next_code_point(text, at))) continue;
        add(text.substr(from, begin - from));
        bool goes_on = text[begin] == '.' && begin > from && starts_word(text, at);
        if (!goes_on && from > whole) words.push_back(lower(text.substr(whole, begin - whole)));
        from = at;
        if (!goes_on) whole = at;
    }
    add(text.substr(from));
    if (from > whole) words.push_back(lower(text.substr(whole)));
    return words;
}

std::vector<std::string> Terms::of(std::string_view text) const {
    // Apostrophes go first, so that "don't" is one word here as it is in the list above.
    std::string plain;
    for (std::size_t at = 0; at < text.size();) {
        char32_t c = next_code_point(text, at);
        if (c != '\'' && c != 0x2019) append_utf8(plain, c);
    }
    std::vector<std::string> terms;
    for (const std::string& word : words(plain))
        if (!is_stop_word(word)) terms.push_back(stem(word));
    return terms;
}

}  // namespace headway::core
