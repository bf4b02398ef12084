#include "core/builtin/cues.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

// Words of a pattern: "a|b" is either, "*" is up to three words of any kind, "^" the beginning.
struct Phrase {
    CueKind kind;
    double weight;
    std::string_view pattern;
};

constexpr CueKind R = CueKind::request;
constexpr CueKind B = CueKind::bug;
constexpr CueKind P = CueKind::pain;

constexpr auto kPhrases = std::to_array<Phrase>({
    // Wishes.
    {R, 1.0, "would be great|fantastic|nice|helpful|awesome|wonderful|lovely|good|perfect if"},
    {R, 0.9, "would be * help|fantastic|great|lovely if"},
    {R, 0.8, "would be fantastic|great|awesome|wonderful|lovely"},
    {R, 0.9, "it would save * if"},
    {R, 1.0, "would love|like to * get|see|have|be"},
    {R, 0.9, "would love|like * to be"},
    {R, 0.9, "would love to"},
    {R, 0.8, "would like to"},
    {R, 0.9, "would like is"},
    {R, 0.9, "would need|want"},
    {R, 0.9, "would * need"},
    {R, 0.8, "would have to be able to"},
    {R, 0.9, "would * ask for"},
    {R, 1.0, "is there any|a way|chance|option|possibility"},
    {R, 1.0, "is * any way to"},
    {R, 1.0, "any chance you|of|we|to"},
    {R, 1.0, "any plans to|for"},
    {R, 1.0, "do you have|plan plans|to for|to"},
    {R, 1.0, "have plans for|to"},
    {R, 1.0, "could|can you make|add|build|get|let|have|please|support|offer|send|include|allow|give"},
    {R, 0.9, "could we * have|get"},
    {R, 1.0, "please add|make|build|support|let|give"},
    {R, 1.0, "we keep asking for"},
    {R, 1.0, "what|all we|i|they need|want is|are"},
    {R, 1.0, "what * need|want is"},
    {R, 1.0, "what i am|was after is"},
    {R, 0.9, "i am after"},
    {R, 1.0, "missing for us"},
    {R, 0.9, "what is missing"},
    {R, 0.9, "we are missing"},
    {R, 1.0, "i wish"},
    {R, 0.9, "we wish"},
    {R, 0.9, "could use"},
    {R, 0.9, "on your|the roadmap"},
    {R, 0.9, "^ is|are * planned"},
    {R, 0.9, "would you * ever|consider"},
    {R, 0.9, "do you sell|offer|plan|have any|an|a"},
    {R, 0.9, "do you support"},
    {R, 0.9, "does it|larkspur|the support"},
    {R, 0.9, "hard|key|must requirement"},
    {R, 0.8, "requirement * is"},
    {R, 0.8, "i|we|they want to"},
    {R, 0.8, "i|we|they need to be able to"},
    {R, 0.8, "we badly|desperately need"},
    {R, 0.9, "we|i need a|an|some|the"},
    {R, 0.8, "^ can the|our|we|it * sync|export|send|show|be"},
    {R, 0.8, "could the|it|our|we * be|text|send|show|sync"},
    {R, 0.8, "could larkspur|you|the|it"},
    {R, 0.9, "is it possible that|to|for"},
    {R, 0.8, "rather than|instead of * having|opening|doing"},
    {R, 0.7, "i mean an automatic"},
    // Defects.
    {B, 1.0, "crashes|crashed|crash|crashing"},
    {B, 1.0, "wrong total|amount|number|time|date|price|result|figure"},
    {B, 1.0, "comes|come|came out wrong"},
    {B, 1.0, "total * wrong"},
    {B, 0.9, "something wrong|off with"},
    {B, 0.9, "there is something off"},
    {B, 1.0, "a bug"},
    {B, 1.0, "duplicate|duplicates|duplicating"},
    {B, 0.9, "creating|creates * duplicate"},
    {B, 1.0, "stopped|stops syncing|working|loading|sending"},
    {B, 1.0, "does|do|is not work|working|load|sync|save|open"},
    {B, 0.9, "no longer works|loads|syncs"},
    {B, 0.9, "error|errors message|when|every"},
    {B, 0.9, "goes|go|went out * twice"},
    {B, 0.9, "getting every|each * two times|twice"},
    {B, 0.9, "jump|jumps|off by|an hour"},
    {B, 0.9, "an hour late|early|off"},
    {B, 0.9, "disappears|vanishes|vanished|disappeared"},
    {B, 0.8, "is|are|looks|seems broken"},
    {B, 0.8, "freezes and|completely"},
    // Complaints.
    {P, 1.0, "takes|take|took * forever|ages"},
    {P, 1.0, "takes forever"},
    {P, 1.0, "painfully|dreadfully|terribly|awfully|incredibly|unbearably slow"},
    {P, 1.0, "so slow that"},
    {P, 0.9, "too|so|very|really slow"},
    {P, 0.9, "how long * takes"},
    {P, 1.0, "we|i waste * time|hours|minutes|amount"},
    {P, 1.0, "we|i lose * time|hours|minutes"},
    {P, 1.0, "drowning in"},
    {P, 1.0, "so|very|really|extremely frustrating|annoying|tiresome|painful|confusing|cumbersome"},
    {P, 0.9, "it is|are * frustrating|annoying|tiresome|tedious"},
    {P, 0.9, "a pain|nightmare"},
    {P, 0.9, "too many clicks|steps|notifications|emails"},
    {P, 0.8, "get * hundred * a day"},
    {P, 0.9, "drives|driving me|us crazy|mad|nuts"},
});

// What makes a sentence no wish and no defect of today, whatever else it says.
constexpr auto kBlockers = std::to_array<std::string_view>({
    "is|are gone",         "is|was|has|been * fixed", "was * fixed",        "used to",
    "not * anymore",       "no longer a problem",      "thank|thanks for * fixing|fixing", "had been",
    "do not need",         "we do not need",           "does not need",      "would not need",
    "wish my|her|his",     "wish you a|all|the",       "i wish i were",      "no * complaints",
    "if you need",         "let me know",              "if you want",        "last year",
    "in the old|previous", "our old|previous",         "back then",          "do not want",
    "can|could you send|resend|forward|mail me|us|it|that|the", "can|could you scroll|repeat|say|hear|see|show|tell|give me|us",
    "would not want",      "you would love|like|need", "as i would like",    "i would like to thank",
});

constexpr auto kConfirmations = std::to_array<std::string_view>({
    "yes you can",  "you can",       "it is already", "already there|in|exists|does|possible", "it does",    "there is a|an",
    "it can",       "under|in settings", "in the settings", "that exists", "we have that", "that is in", "it is under|in|there|built",
    "you will find", "you find", "there already is", "just click|press|tap|switch|open", "there is one", "there are",
});

bool fits(std::string_view alternatives, std::string_view word) {
    for (std::string_view one : split(alternatives, '|'))
        if (one == word) return true;
    return false;
}

// Where the pattern's words from `part` on end when matched at `at`, or npos.
std::size_t match_from(const std::vector<std::string>& words, std::size_t at,
                       const std::vector<std::string_view>& pattern, std::size_t part) {
    constexpr std::size_t kGap = 3;
    if (part == pattern.size()) return at;
    if (pattern[part] != "*")
        return at < words.size() && fits(pattern[part], words[at]) ? match_from(words, at + 1, pattern, part + 1)
                                                                   : std::string::npos;
    for (std::size_t gap = 0; gap <= kGap && at + gap <= words.size(); ++gap)
        if (auto end = match_from(words, at + gap, pattern, part + 1); end != std::string::npos) return end;
    return std::string::npos;
}

// Where the pattern first stands: the index behind its last word, or npos.
std::size_t find_end(const std::vector<std::string>& words, std::string_view pattern) {
    auto parts = split(pattern, ' ');
    bool anchored = parts[0] == "^";
    if (anchored) parts.erase(parts.begin());
    std::size_t starts = anchored ? std::min<std::size_t>(1, words.size()) : words.size();
    for (std::size_t at = 0; at < starts; ++at)
        if (std::size_t end = match_from(words, at, parts, 0); end != std::string::npos) return end;
    return std::string::npos;
}

template <class List>
bool any_stands(const std::vector<std::string>& words, const List& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
        return find_end(words, pattern) != std::string::npos;
    });
}

}  // namespace

Cue find_cue(const std::vector<std::string>& words) {
    Cue best;
    if (any_stands(words, kBlockers)) return best;
    for (const Phrase& phrase : kPhrases) {
        if (phrase.weight <= best.weight) continue;
        std::size_t end = find_end(words, phrase.pattern);
        if (end != std::string::npos) best = {phrase.kind, phrase.weight, end - 1, phrase.pattern};
    }
    return best;
}

bool Cue::says(std::string_view word) const {
    for (std::string_view part : split(pattern, ' '))
        if (fits(part, word)) return true;
    return false;
}

bool is_wish_word(std::string_view word) {
    constexpr auto kWishWords = std::to_array<std::string_view>({"ask", "asking", "chance", "help", "love", "missing", "need", "offer",
                                                                 "planned", "plans", "possible", "requirement", "roadmap", "support",
                                                                 "use", "want", "way", "wish"});
    return std::binary_search(kWishWords.begin(), kWishWords.end(), word);
}

bool confirms_existing(const std::vector<std::string>& words) {
    bool denies = std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word == "no" || word == "not" || word == "afraid" || word == "unfortunately" || word == "yet";
    });
    return !denies && any_stands(words, kConfirmations);
}

}  // namespace headway::core
