#pragma once

#include <array>

#include "core/builtin/phrase_table.hpp"

namespace headway::core {

// The phrases that the built-in analyser goes by, in the notation of PhrasePattern, as they read
// when contractions are spelled out and fillers ("so", "really", "just") are left out. They are
// English, and about people who think of making an appointment with a practice.

enum class Objection { other, safety, cost, timing, social, trust, results };

inline constexpr auto kObjectionPhrases = std::to_array<Phrase<Objection>>({
    // Pain, harm, what may go wrong.
    {Objection::safety, 0.9, "i am|was * afraid|scared|terrified|frightened|nervous|anxious"},
    {Objection::safety, 0.9, "scares|terrifies|frightens me"},
    {Objection::safety, 0.9, "a bit|little|too scared|afraid|nervous"},
    {Objection::safety, 1.0, "afraid|scared|terrified of * needles|needle|pain|surgery|anesthesia"},
    {Objection::safety, 1.0, "side effects|effect"},
    {Objection::safety, 0.9, "is|sounds|looks|be * dangerous|risky|unsafe"},
    {Objection::safety, 0.8, "the|any|about|too|many risk|risks|complications"},
    {Objection::safety, 0.8, "is it|that|this safe|risky|dangerous"},
    {Objection::safety, 1.0, "something|anything|things|it * go|goes|went|gone wrong"},
    {Objection::safety, 1.0,
     "worried|worry|worries|concerned * pain|surgery|hurt|hurts|anesthesia"},
    {Objection::safety, 0.9, "going to hurt"},
    {Objection::safety, 1.0, "needle|needles phobia"},
    {Objection::safety, 0.9, "phobia"},
    {Objection::safety, 0.9, "infection|infections|scarring|scar|scars|blood clot|clots"},
    {Objection::safety, 0.9,
     "leave|leaves|left|end|ended you|me|up|people|paralyzed * "
     "paralyzed|blind|scarred|worse|hospital"},
    {Objection::safety, 0.9, "ended up in|at hospital|the"},
    {Objection::safety, 0.9, "lose my sight|hearing|eyesight|nerve|feeling"},
    {Objection::safety, 0.9, "go|going under the knife"},
    {Objection::safety, 0.9, "cutting into|open"},
    {Objection::safety, 0.9, "allergic to"},
    {Objection::safety, 0.8, "people get * for years|ever|life"},

    // Price and worth.
    {Objection::cost, 1.0, "too expensive|pricey|costly|high"},
    {Objection::cost, 1.0, "a lot of money|cash"},
    {Objection::cost, 1.0, "too much * money|for"},
    {Objection::cost, 0.9, "is|seems too much"},
    {Objection::cost, 1.0, "way|much|lot more|higher than"},
    {Objection::cost, 0.9, "more than i|we|my * expected|thought|planned|can|budgeted|wanted"},
    {Objection::cost, 1.0, "not|never afford|pay"},
    {Objection::cost, 1.0, "no way i|we can|could pay|afford"},
    {Objection::cost, 1.0, "budget|money is * tight|limited|issue|problem|small"},
    {Objection::cost, 1.0, "moneys|budgets * tight|issue|problem"},
    {Objection::cost, 1.0, "tight|limited|small budget"},
    {Objection::cost, 0.9, "my|our|the budget"},
    {Objection::cost, 0.9, "expensive|pricey|steep|costly"},
    {Objection::cost, 1.0, "not * worth it|the|that|all"},
    {Objection::cost, 0.9, "if * worth it|the money|price"},
    {Objection::cost, 0.9, "cheaper"},
    {Objection::cost, 0.8, "for half|third|less|a * price|third|half"},
    {Objection::cost, 1.0, "compare prices|price|offers|quotes"},
    {Objection::cost, 0.9, "do not|no have insurance|money"},
    {Objection::cost, 0.9, "insurance will|does|would|do not cover|pay"},
    {Objection::cost, 0.8, "do|does|will not cover"},
    {Objection::cost, 0.9, "out of pocket"},
    {Objection::cost, 0.9, "save|saving up"},
    {Objection::cost, 0.9, "cost|costs|costing|charge a|an * fortune|arm"},
    {Objection::cost, 0.9, "made of money"},

    // Not now.
    {Objection::timing, 1.0, "not|bad|wrong a|the * time|moment"},
    {Objection::timing, 0.9, "bad|wrong time"},
    {Objection::timing, 1.0, "i am|be|been|too * busy|swamped|slammed"},
    {Objection::timing, 1.0, "can not|get take|get * off|time"},
    {Objection::timing, 1.0, "can not|get be|stay * off|away|that long"},
    {Objection::timing, 1.0, "not take|get * time off"},
    {Objection::timing, 0.8, "off work|school"},
    {Objection::timing, 1.0, "rather|prefer|want|like to|would|do * wait"},
    {Objection::timing, 1.0, "rather wait"},
    {Objection::timing, 0.8, "until|till after|the|next"},
    {Objection::timing, 0.8, "after the summer|holidays|winter|christmas|wedding|semester"},
    {Objection::timing, 1.0, "too far out|away|off|ahead"},
    {Objection::timing, 0.9, "too soon|long|late"},
    {Objection::timing, 0.9, "schedule|calendar is * crazy|full|packed|tight|hectic|busy"},
    {Objection::timing, 0.9, "no|not|never have|find|enough * time"},
    {Objection::timing, 0.9, "no|little time for|right|at|these"},
    {Objection::timing, 0.8, "i|we travel * weeks|days|month"},
    {Objection::timing, 0.9, "i|we am|are * moving to|away"},
    {Objection::timing, 0.9, "not * ready yet|for|to"},
    {Objection::timing, 0.8, "not right now"},
    {Objection::timing, 0.8, "maybe|perhaps next year|spring|summer|fall|winter"},
    {Objection::timing, 0.8, "does|do not make sense * now"},
    {Objection::timing, 0.8, "need more time"},

    // What others think, see and decide.
    {Objection::social, 1.0,
     "talk|speak|check|discuss|talking|speaking * my|our "
     "husband|wife|partner|mother|mom|father|dad|family|boyfriend|"
     "girlfriend|parents|kids|spouse|fiance|daughter|son|sister"},
    {Objection::social, 1.0, "talk|discuss * over with"},
    {Objection::social, 1.0,
     "ask|tell|convince my|him|her "
     "husband|wife|partner|mother|mom|family|boyfriend|girlfriend|parents"},
    {Objection::social, 0.8, "have|need|got to ask him|her|them"},
    {Objection::social, 1.0,
     "my husband|wife|partner|mother|mom|father|dad|family|boyfriend|girlfriend|parents|kids|"
     "friends|friend|sister|spouse * "
     "thinks|think|says|say|hates|hate|against|convinced|kill|mind|likes|wants|disagrees"},
    {Objection::social, 1.0, "run it|this by|past my|him|her"},
    {Objection::social, 1.0, "what * people|others|they|friends|colleagues|everyone * think|say"},
    {Objection::social, 1.0, "laugh|laughing|laughed|stare|staring|laughs at"},
    {Objection::social, 1.0, "make|makes|making fun of"},
    {Objection::social, 1.0, "teased|bullied|judged"},
    {Objection::social, 1.0, "judge|tease me|her|him|us"},
    {Objection::social, 1.0,
     "not * want * people|anyone|anybody|everyone|colleagues|coworkers|them "
     "* know|see|notice|find|think|to"},
    {Objection::social, 1.0, "embarrassed|embarrassing|ashamed|conscious"},
    {Objection::social, 1.0, "look|looks|feel|seem old|vain|ridiculous|silly"},
    {Objection::social, 0.9, "vanity|vain"},

    // Whether these are the right people.
    {Objection::trust, 1.0, "how do|can|would i|we * know"},
    {Objection::trust, 1.0, "board certified|certification"},
    {Objection::trust, 0.9, "is|are * qualified|licensed|experienced|legit|legitimate|any good"},
    {Objection::trust, 0.9, "how experienced|qualified"},
    {Objection::trust, 0.9, "how many|often * have|has you|he|she|they * done"},
    {Objection::trust, 1.0,
     "bad|terrible|awful|horrible|negative|poor * "
     "experience|experiences|review|reviews"},
    {Objection::trust, 0.9, "reviews|review * bad|terrible|mixed|awful|worse|not"},
    {Objection::trust, 0.9, "horror stories|story"},
    {Objection::trust, 1.0,
     "trust * doctor|doctors|you|clinic|dentist|dentists|place|surgeons|them"},
    {Objection::trust, 1.0, "only trust"},
    {Objection::trust, 1.0, "do|did not trust"},
    {Objection::trust, 1.0, "burned|burnt|botched|scammed|scam|ripped"},
    {Objection::trust, 0.9, "never|nobody called|call|got|listened|answered * back|me"},
    {Objection::trust, 0.9, "only been open|around|there"},
    {Objection::trust, 0.8, "how long have you been"},

    // Whether it works.
    {Objection::results, 0.9, "does|do|will|would|did it|this|that|they work|help|last|hold"},
    {Objection::results, 0.9, "not|never work|worked|help|helped|last|lasted"},
    {Objection::results, 1.0, "nothing * worked|works|helped|helps"},
    {Objection::results, 1.0, "tried everything"},
    {Objection::results, 1.0, "i|we * doubt"},
    {Objection::results, 1.0, "skeptical|sceptical"},
    {Objection::results, 1.0, "i am|we are * not convinced"},
    {Objection::results, 0.9, "not sure * works|work|help|helps|helped|last|lasts|results|result"},
    {Objection::results, 0.9, "fell|fall|falls out again"},
    {Objection::results, 0.9, "came|come|comes|grow|grew right|straight|all|again back"},
    {Objection::results, 0.9, "not go|gone|going away|completely"},
    {Objection::results, 0.9, "will|would not go|be away|gone"},
    {Objection::results, 0.9, "not get along|on with"},
    {Objection::results, 0.9, "do|does|if not like it|them|the"},
    {Objection::results, 0.9, "look|looks|looking fake|unnatural|weird|overdone|frozen|plastic"},
    {Objection::results, 0.9, "not look natural|good|right"},
    {Objection::results, 0.8, "needs|need|had|wears glasses|it|to|them anyway|again|redo"},
    {Objection::results, 0.8, "needs|need glasses"},
    {Objection::results, 0.9, "guarantee|guaranteed"},
    {Objection::results, 0.9, "any|no|much difference"},
    {Objection::results, 0.9, "too good to be true"},
    {Objection::results, 0.9, "gone after a|one|two"},
    {Objection::results, 0.9, "later * worse"},

    // What holds back without saying why.
    {Objection::other, 0.7, "my|only|biggest|main|one concern|worry|fear|hesitation"},
    {Objection::other, 0.7, "i am|we are * worried|concerned|hesitant|reluctant|uneasy"},
    {Objection::other, 0.7, "not * comfortable with"},
    {Objection::other, 0.7, "i|we have doubts|reservations|concerns"},
});

// What makes a sentence no objection, whatever else it says.
inline constexpr auto kNoObjection = std::to_array<Phrase<bool>>({
    {true, 1, "not * worried|afraid|scared|nervous|concerned"},
    {true, 1, "no problem|concerns|worries|doubt"},
    {true, 1, "that is|sounds * fair|fine|great|reasonable|doable|affordable"},
    {true, 1, "is not|never * expensive|bad|problem|issue"},
    {true, 1, "expensive than i|we"},
    {true, 1, "less|cheaper than i|we|expected"},
    {true, 1, "feel|feels better"},
    {true, 1, "looks|look good"},
});

// Who speaks for the practice, where nobody has told.
inline constexpr auto kStaffPhrases = std::to_array<Phrase<bool>>({
    {true, 1.0, "thank|thanks you|for for|calling calling"},
    {true, 1.0, "thanks|you for calling"},
    {true, 1.0, "how can|may i help"},
    {true, 1.0, "can i help you"},
    {true, 1.0, "what can i|we do for you"},
    {true, 0.9, "speaking"},
    {true, 0.6, "this is"},
    {true, 0.8, "have|got you down|booked"},
    {true, 0.6, "would you like to"},
    {true, 0.6, "we have|offer|do|use|can|could"},
    {true, 0.6, "i can offer"},
});

// What only shows that somebody listens.
inline constexpr auto kEmpathy = std::to_array<Phrase<bool>>({
    {true, 1, "^ i|i understand|see|hear|get you|that|see"},
    {true, 1, "i understand"},
    {true, 1, "i hear you"},
    {true, 1, "i get that"},
    {true, 1, "sorry to hear"},
    {true, 1, "so|am sorry"},
    {true, 1, "that is * common|normal|understandable"},
    {true, 1, "hear that|this a lot"},
    {true, 1, "of course"},
    {true, 1, "congratulations"},
});

// How an objection was met, by the words that did it.
enum class Answer { none, payment, price, relief, proof, time, discreet, trial };

inline constexpr auto kAnswerPhrases = std::to_array<Phrase<Answer>>({
    {Answer::payment, 1.0, "payment|payments plan|plans|monthly"},
    {Answer::payment, 1.0, "a|per month"},
    {Answer::payment, 1.0, "monthly|financing|installments|instalments|lender|interest"},
    {Answer::price, 0.9, "free|discount|cheaper|halves|covered|covers|copay|pays|included"},
    {Answer::price, 0.9, "percent off"},
    {Answer::price, 0.9, "no|without charge|cost"},
    {Answer::price, 0.8, "dollars|euros|pounds|hundred|thousand|price"},
    {Answer::relief, 1.0, "numb|numbing|anaesthetic|anesthetic|anesthesia|sedation|painless"},
    {Answer::relief, 1.0, "not feel"},
    {Answer::relief, 0.8, "dose|checks|monitor|rare|safe|gentle|never|injections"},
    {Answer::relief, 0.8, "needed surgery"},
    {Answer::proof, 0.9, "certified|reviews|experience|university|teaches|specialist"},
    {Answer::proof, 0.8, "years|percent|patients|results|photos|pictures"},
    {Answer::proof, 0.8, "ten people"},
    {Answer::time, 1.0, "open until|on|saturdays|evenings"},
    {Answer::time, 0.9, "by video|phone"},
    {Answer::time, 0.8, "minutes|saturday|evening|evenings|weekend|weekends"},
    {Answer::discreet, 1.0, "not see|notice|tell|judge"},
    {Answer::discreet, 1.0, "nobody|one * notice|see|tell|judge|know"},
    {Answer::discreet, 0.9, "clear|invisible|natural|discreet|bring"},
    {Answer::trial, 1.0, "try * for|them|it|first"},
    {Answer::trial, 0.9, "bring|money|guarantee|trial * back|days"},
});

}  // namespace headway::core
