#pragma once

#include <array>
#include <string_view>

#include "core/builtin/cues.hpp"
#include "core/builtin/phrase_table.hpp"

namespace headway::core {

// The phrases that the built-in provider goes by, in the notation of PhrasePattern, as they read
// when fillers ("so", "really") are left out. They are English and about software in general; what
// they are about (reports, photos, logins) is left to the themes.
inline constexpr CueKind R = CueKind::request;
inline constexpr CueKind B = CueKind::bug;
inline constexpr CueKind P = CueKind::pain;

inline constexpr auto kCuePhrases = std::to_array<Phrase<CueKind>>({
    // Wishes.
    {R, 1.0, "would be great|fantastic|nice|helpful|awesome|wonderful|lovely|good|perfect if"},
    {R, 0.9, "would be * help|fantastic|great|lovely if"},
    {R, 0.8, "would be fantastic|great|awesome|wonderful|lovely"},
    {R, 0.9, "it would save * if"},
    {R, 1.0, "would|will pay extra|more * for"},
    {R, 1.0, "what i|we would love|like|need|want"},
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
    {R, 1.0,
     "could|can you make|add|build|get|let|have|please|support|offer|send|include|allow|give"},
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
    {R, 0.9, "^ is|are * * planned"},
    {R, 0.9, "are you planning to|on"},
    {R, 0.9, "missing a|an|any way|option|possibility"},
    {R, 0.9, "would help * if"},
    {R, 0.8, "we|i would like|love a|an"},
    {R, 1.0, "why can not i|we|the"},
    {R, 0.8, "how about a|an"},
    {R, 0.9, "would you * ever|consider"},
    {R, 0.9, "do you sell|offer|plan|have any|an|a"},
    {R, 0.9, "do you support"},
    {R, 0.9, "does * support"},
    {R, 0.9, "hard|key|must requirement"},
    {R, 0.8, "requirement * is"},
    {R, 0.8, "i|we|they want to"},
    {R, 0.8, "i|we|they need to be able to"},
    {R, 0.8, "we badly|desperately need"},
    {R, 0.9, "we|i need a|an|some|the"},
    {R, 0.8, "^ can the|our|we|it * sync|export|send|show|be"},
    {R, 0.8, "could the|it|our|we * be|text|send|show|sync"},
    {R, 0.8, "could you|the|it"},
    {R, 0.8, "could * email|notify|remind|send|show|sync|text"},
    {R, 0.9, "is it possible that|to|for"},
    {R, 0.9, "it be possible that|to|for"},
    {R, 0.8, "rather than|instead of * having|opening|doing"},
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
    {B, 0.8, "freezes and|completely|as|when|whenever|every"},
    {B, 1.0, "does|do not do anything"},
    {B, 0.9, "fails every|each|when|whenever|with"},
    {B, 0.9, "is|was|stays blank|empty after|when|whenever"},
    {B, 1.0, "calculated|computed|shown|displayed|rounded incorrectly|wrong|wrongly"},
    // Complaints.
    {P, 1.0, "takes|take|took * forever|ages"},
    {P, 1.0, "takes forever"},
    {P, 1.0, "painfully|dreadfully|terribly|awfully|incredibly|unbearably slow"},
    {P, 1.0, "slow that"},
    {P, 0.9, "too|very slow"},
    {P, 0.9, "is|are|was|were slow|frustrating|annoying|tiresome|tedious|confusing|cumbersome"},
    {P, 0.9, "how long * takes"},
    {P, 1.0, "we|i waste * time|hours|minutes|amount"},
    {P, 1.0, "we|i lose * time|hour|hours|minutes"},
    {P, 0.9, "we|i spend half the|a|every day|morning|afternoon|week"},
    {P, 1.0, "drowning in"},
    {P, 1.0, "very|extremely frustrating|annoying|tiresome|painful|confusing|cumbersome"},
    {P, 0.9, "it is * frustrating|annoying|tiresome|tedious"},
    {P, 0.9, "a pain|nightmare"},
    {P, 0.9, "too many clicks|steps|notifications|emails"},
    {P, 0.8, "get * hundred * a day"},
    {P, 0.9, "drives|driving me|us crazy|mad|nuts"},
});

// What makes a sentence no wish and no defect of today, whatever else it says.
inline constexpr auto kBlockers = std::to_array<std::string_view>(
    {"is|are gone",
     "is|was|has|been * fixed",
     "was * fixed",
     "is|are not a bug",
     "used to",
     "not * anymore",
     "no longer a problem",
     "thank|thanks for * fixing|fixing",
     "had been",
     "do not need",
     "we do not need",
     "does not need",
     "would not need",
     "wish my|her|his",
     "wish you a|all|the",
     "i wish i were",
     "no * complaints",
     "if you need",
     "let me know",
     "if you want",
     "last year",
     "in the old|previous",
     "our old|previous",
     "back then",
     "do not want",
     "can|could you send|resend|forward|mail me|us|it|that|the",
     "can|could you repeat|say that|it",
     "love|like to join|meet|talk|chat",
     "need a minute|moment|second|break|coffee",
     "can|could you scroll|repeat|say|hear|see|show|tell|give me|us",
     "would not want",
     "you would love|like|need",
     "as i would like",
     "i would like to thank"});

// How people say that something exists already.
inline constexpr auto kConfirmations = std::to_array<std::string_view>(
    {"yes you can", "you can", "it is already", "already there|in|exists|does|possible", "it does",
     "there is a|an", "it can", "under|in settings", "in the settings", "that exists",
     "we have that", "that is in", "it is under|in|there|built", "you will find", "you find",
     "there already is", "just click|press|tap|switch|open", "there is one", "there are"});

// Words of a request's cue that express the wish and not its subject.
inline constexpr auto kWishWords = std::to_array<std::string_view>(
    {"ask", "asking", "chance", "help", "love", "missing", "need", "offer", "planned", "plans",
     "possible", "requirement", "roadmap", "support", "use", "want", "way", "wish"});

inline constexpr auto kDenials =
    std::to_array<std::string_view>({"afraid", "no", "not", "unfortunately", "yet"});

}  // namespace headway::core
