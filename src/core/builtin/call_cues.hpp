#pragma once

#include <array>

#include "core/builtin/call_phrases.hpp"

namespace headway::core {

// What tells an objection where no phrase of kObjectionPhrases does: families of words by what they
// are about. In the notation of PhrasePattern; weights as there.

// Words that a customer only uses of what he minds.
inline constexpr auto kMinded = std::to_array<Phrase<Objection>>({
    // Pain, harm, what may go wrong.
    {Objection::safety, 0.8,
     "squeamish|petrified|freak~|panic~|dread|creeps|shudder~|jitters|faint|queasy|chills|shivers"},
    {Objection::safety, 0.8, "scare~|scary|terrif~|frighten~|fear|fears|afraid"},
    {Objection::safety, 0.7, "nervous|nerves|anxious|anxiety"},
    {Objection::safety, 0.7, "the thought|idea|sight|sound|smell|picture of"},
    {Objection::safety, 0.8, "germ|germs|sepsis|mrsa|bleed|bleeding|clots|stroke|radiation|cancer"},
    {Objection::safety, 0.8, "died|dies|dying|killed|crippled|disfigured|paraly~|blinded"},
    {Objection::safety, 0.8, "never woke|woken|recovered|walked"},
    {Objection::safety, 0.8, "wake|woke up during|in"},
    {Objection::safety, 0.8, "being|be|getting put|knocked under|out"},
    {Objection::safety, 0.8, "go|goes|going|went numb|blind|deaf|under|wrong|south"},
    {Objection::safety, 0.7, "close to * brain|eye|eyes|heart|nerve|spine"},
    {Objection::safety, 0.7,
     "damage|damages|damaged|harm|harmful|complication~|agony|unbearable|side effect~"},
    {Objection::safety, 0.7, "too little|small|weak|frail for"},
    {Objection::safety, 0.7,
     "left|ended|end|leave|leaves with|up * patches|scars|marks|burns|worse|pain"},
    {Objection::safety, 0.7,
     "hate|hates|stand|bear|stomach * needles|blood|knives|drill|hospitals|pain"},
    {Objection::safety, 0.7, "blood thinner~|pressure"},
    {Objection::safety, 0.7, "heart condition|trouble|problem|attack"},
    {Objection::safety, 0.7, "hurts|hurt|hurting like|so|a"},

    // Price and worth.
    {Objection::cost, 0.8,
     "afford~|expens~|pricey|costly|steep|overpriced|extortion~|exorbitant|hefty"},
    {Objection::cost, 0.8,
     "penny|pennies|debt|debts|broke|remortgage|mortgage|loan|loans|pension|overdraft|tuition"},
    {Objection::cost, 0.8, "fixed|low|small|single|one income|salary|paycheck"},
    {Objection::cost, 0.8, "unemployed|laid off|benefits"},
    {Objection::cost, 0.8, "between jobs"},
    {Objection::cost, 0.8, "lost my|his|her job"},
    {Objection::cost, 0.7, "wallet|savings|fortune|robbery|ripoff|pocket|purse|budget~"},
    {Objection::cost, 0.8, "rip off"},
    {Objection::cost, 0.8, "an arm and"},
    {Objection::cost, 0.8, "break the bank"},
    {Objection::cost, 0.8, "cough|shell|fork up|out|over"},
    {Objection::cost, 0.8, "quite|such a sum|chunk|price|amount"},
    {Objection::cost, 0.8, "more|less than my|our|i|the * car|rent|house|worth|make|earn|year"},
    {Objection::cost, 0.8, "over my|our head|means|budget|limit"},
    {Objection::cost, 0.8, "out of network|reach"},
    {Objection::cost, 0.8, "out of my|our league|range|reach|price"},
    {Objection::cost, 0.8, "not|never justify|spend|spending|paying|swing"},
    {Objection::cost, 0.7, "that|this kind|sort|much of|in money"},
    {Objection::cost, 0.8, "i am|as|only a student"},
    {Objection::cost, 0.8, "i|we pay * myself|ourselves"},
    {Objection::cost, 0.8, "insur~ * refuse~|deny|denied|denies|cosmetic|reject~|nothing"},
    {Objection::cost, 0.8, "insur~|plan|medicare|medicaid * not"},
    {Objection::cost, 0.7, "does|do it for * less|hundred|thousand"},
    {Objection::cost, 0.7, "cheaper|less elsewhere|abroad|online|there|somewhere"},

    // Not now, no time, too far.
    {Objection::timing, 0.8,
     "swamped|slammed|hectic|snowed|eternity|childcare|babysit~|deadline|deadlines|overtime"},
    {Objection::timing, 0.8, "up to my * neck|ears|eyeballs"},
    {Objection::timing, 0.8,
     "nobody|noone|anyone|who to|will|would|can|could|is * mind|watch|look|feed|run|cover|open"},
    {Objection::timing, 0.8, "who is|will|would * get|open|take|look|watch|run|mind|cover"},
    {Objection::timing, 0.7, "boss|manager|employer|shift|shifts|exams|finals|harvest|season"},
    {Objection::timing, 0.7, "i|we fly|travel|move|leave|deploy|ship out|for|in|away|abroad|on"},
    {Objection::timing, 0.8,
     "a|too|very|such|quite long|far|ways way|drive|trip|trek|off|time|haul|wait"},
    {Objection::timing, 0.8, "trek|back and forth"},
    {Objection::timing, 0.8, "not|never be|keep * driv~|coming|running"},
    {Objection::timing, 0.8, "not get|be|stay away|off|out"},
    {Objection::timing, 0.7, "laid|holed|tied up"},
    {Objection::timing, 0.7, "off my feet"},
    {Objection::timing, 0.7, "on crutches|call"},
    {Objection::timing, 0.8,
     "not this|for|before|until|till "
     "year|month|summer|winter|a|another|january|february|march|april|june|july|august|september|"
     "october|november|december|then|next"},
    {Objection::timing, 0.7,
     "when|once|after|until|till * things|work|it|the|i|we * "
     "calm~|settle~|slow~|quiet~|job|retire|over|older"},
    {Objection::timing, 0.7, "started|starting|start a|my new job"},
    {Objection::timing, 0.7, "in the middle|thick|midst of"},
    {Objection::timing, 0.7, "bad|wrong|poor|terrible timing|moment"},
    {Objection::timing, 0.7, "one|some day"},
    {Objection::timing, 0.7, "someday|rain check"},
    {Objection::timing, 0.7, "pregnant|expecting|breastfeeding|nursing"},
    {Objection::timing, 0.7, "only * after|before school|work"},
    {Objection::timing, 0.7, "not|never even|be * living * here"},
    {Objection::timing, 0.7, "half a|the year|summer|day"},
    {Objection::timing, 0.7, "whole|entire year|summer|week|month|day"},
    {Objection::timing, 0.7, "nothing|anything|something sooner|earlier"},

    // What others think, see and decide.
    {Objection::social, 0.8, "gossip~|mortif~|humiliat~|embarrass~|asham~|ridicule~|laughing"},
    {Objection::social, 0.8, "teas~|bull~|mock~"},
    {Objection::social, 0.8, "call|calls|calling me|him|her|us names|metal|four"},
    {Objection::social, 0.8, "hear|heard the end"},
    {Objection::social, 0.8, "live it|this|that down"},
    {Objection::social, 0.8, "shame|shameful"},
    {Objection::social, 0.8,
     "everybody|everyone|people|they will|would|could|can * tell|know|see|notice|stare|talk"},
    {Objection::social, 0.8, "dead|all|totally|completely|strictly set|dead|against"},
    {Objection::social, 0.8, "against it|the|this"},
    {Objection::social, 0.8, "decide|decided|decides|decision * together|alone|both"},
    {Objection::social, 0.8, "clear|square it|this|that with"},
    {Objection::social, 0.8,
     "what|how * "
     "people|neighbors|neighbours|boss|family|friends|coworkers|colleagues|brothers|sisters|mother|"
     "husband|wife * say|says|think|thinks|notice|react"},
    {Objection::social, 0.8, "not thrilled|happy|keen|on * he|she|they"},
    {Objection::social, 0.8,
     "husband|wife|partner|boyfriend|girlfriend|mother|father|family|parents|kids|sister|brother * "
     "not thrilled|happy|keen|approve|understand|like|want|see"},
    {Objection::social, 0.8, "he|she|they keeps|keep asking|saying|telling"},
    {Objection::social, 0.8,
     "would|could|might|will everybody|everyone|people|anyone|others|they * "
     "tell|know|see|notice|stare|talk"},
    {Objection::social, 0.8, "will|would have a fit"},
    {Objection::social, 0.7, "talk|talked|talks me|him|her out"},

    // Whether these are the right people.
    {Objection::trust, 0.8, "trainee|trainees|intern|beginner|rookie|apprentice|learner|newbie"},
    {Objection::trust, 0.8,
     "quack~|shady|sketchy|butcher~|scam~|crooks|charlatan~|malpractice|sued|lawsuit|cowboys"},
    {Objection::trust, 0.8, "sell|push|talk me|us something|anything|things|into"},
    {Objection::trust, 0.8, "salesy|pushy|upsell~"},
    {Objection::trust, 0.8, "sales pitch|talk|man"},
    {Objection::trust, 0.8, "who|whom|what to|i|can|should believe|trust"},
    {Objection::trust, 0.8,
     "felt|feel|feels|treated * number|cattle|factory|rushed|conveyor|ignored"},
    {Objection::trust, 0.8, "no|nobody * time|minute|minutes|patience for us|me"},
    {Objection::trust, 0.8, "somebody|someone who|with|that * done|does|experience|hundreds"},
    {Objection::trust, 0.8, "up to it|the|this"},
    {Objection::trust, 0.8, "qualif~|certif~|licen~|credential~|accredit~|trained|specialist"},
    {Objection::trust, 0.8,
     "last|other|another|previous|first time|place|clinic|dentist|doctor|surgeon|practice * "
     "messed|wrong|botched|rude|hurt|awful|terrible|disaster|rushed|lied|number"},
    {Objection::trust, 0.8, "messed it|up|me|him|her"},
    {Objection::trust, 0.7, "how many|often * done|performed|did"},
    {Objection::trust, 0.7, "even|real|proper a|doctor|surgeon|dentist doctor|surgeon|dentist"},
    {Objection::trust, 0.8, "never heard of"},
    {Objection::trust, 0.8, "bad|poor|mixed reputation|rep|name|press|word"},
    {Objection::trust, 0.8, "one star"},
    {Objection::trust, 0.8, "why should i|we * you|there"},
    {Objection::trust, 0.8, "second opinion"},

    // Whether it works, lasts, suits.
    {Objection::results, 0.8,
     "doubt~|gimmick~|placebo|hype|hoax|fad|miracle|useless|pointless|sceptic~|skeptic~"},
    {Objection::results, 0.8, "snake oil"},
    {Objection::results, 0.8, "hocus pocus"},
    {Objection::results, 0.8, "long shot"},
    {Objection::results, 0.8,
     "creep~|come|comes|came|grow|grows|grew|put|puts|gain|gains|gained|get|got * back"},
    {Objection::results, 0.8, "wear|wears|wore off"},
    {Objection::results, 0.8, "do|does|did|doing|done diddly|nothing|nada|squat|zilch|little|zero"},
    {Objection::results, 0.8,
     "got|was|saw|had|did nothing|no|zero|lighter "
     "result|results|effect|change|difference|improvement|wallet"},
    {Objection::results, 0.8,
     "look|looks|looked|looking * fake|doll~|plastic|wig|duck|weird|unnatural"},
    {Objection::results, 0.8, "end|ended|turn|turned up|out like|worse|the"},
    {Objection::results, 0.8, "waste|wasted of|my|our"},
    {Objection::results, 0.8, "no|what point|use"},
    {Objection::results, 0.8, "make|makes sense * at|for|age|anymore"},
    {Objection::results, 0.8, "at my|her|his|our age"},
    {Objection::results, 0.8, "why would|should this|it|that|they|you be|work|help|make"},
    {Objection::results, 0.8, "if|what if * not take|work|hold|help|last|like"},
    {Objection::results, 0.8, "not get used|along"},
    {Objection::results, 0.8, "tried|done every~|all|three|four|five|ten"},
    {Objection::results, 0.8, "nothing|never * help~|work~|stick~"},
    {Objection::results, 0.8, "only lasts|last|holds|hold|works"},
    {Objection::results, 0.7, "disappoint~|let down"},
    {Objection::results, 0.8, "in|over the long run"},
    {Objection::results, 0.7, "odds|chances|rate * low|slim|small|bad|only"},
    {Objection::results, 0.8, "still has|have|had to|the|it|them|glasses"},

    // What holds back without saying why.
    {Objection::other, 0.7, "not sold|keen|wild|crazy|sure|big * on|about|if|whether"},
    {Objection::other, 0.7, "on the fence"},
    {Objection::other, 0.7, "part of me"},
    {Objection::other, 0.7, "second thoughts"},
    {Objection::other, 0.7, "two|mixed minds|feelings"},
    {Objection::other, 0.7, "hesita~|reluctant|apprehensive|uneasy|wary|leery|dubious|torn"},
    {Objection::other, 0.7, "cold feet"},
    {Objection::other, 0.7, "holds|holding|held|stops|stopping|stopped|puts me|us back|off|from"},
});

// What a reluctant sentence may be about.
inline constexpr auto kSubjects = std::to_array<Phrase<Objection>>({
    {Objection::safety, 0.5,
     "hurt~|pain|blood|needle~|surgery|surgeries|operation~|operated|anesth~|anaesth~"},
    {Objection::safety, 0.5,
     "safe|safety|risk~|danger~|unsafe|drill|knife|scalpel|injection~|shot|shots|hospital~|"
     "painful"},
    {Objection::safety, 0.4, "cut|cutting|touch~|poke~|stab~|burn~|freez~ * my|me"},
    {Objection::cost, 0.5,
     "money|cash|dollar~|bucks|grand|price~|pay|pays|paying|paid|cost|costs|fee|fees|bill|bills"},
    {Objection::cost, 0.5, "insur~|coverage|deductible|copay|financ~|credit"},
    {Objection::cost, 0.4, "hundred|thousand|extra"},
    {Objection::timing, 0.5, "week|weeks|month|months|year|years|hours|days|weekend~"},
    {Objection::timing, 0.5, "drive|driving|far|miles|commute|wait|waiting|schedule|calendar"},
    {Objection::timing, 0.5,
     "work|job|office|school|class~|kids|toddlers|baby|babies|holiday~|vacation|recover~|downtime"},
    {Objection::timing, 0.4, "time|soon|sooner|later|long|often"},
    {Objection::social, 0.4,
     "husband|wife|partner|spouse|boyfriend|girlfriend|fiance~|mother|mom|mum|father|dad"},
    {Objection::social, 0.4,
     "daughter|son|kids|children|parents|family|brother~|sister~|friend|friends|neighbo~|colleague~"
     "|coworker~"},
    {Objection::social, 0.4, "people|everyone|everybody|others"},
    {Objection::trust, 0.4,
     "doctor|doctors|surgeon~|dentist~|nurse|clinic|practice|place|you people|review~|rating~"},
    {Objection::results, 0.5,
     "work|works|worked|help|helps|helped|last|lasts|result~|effect~|improve~|difference"},
    {Objection::results, 0.5, "natural|look|looks"},
});

// What shows that somebody would rather not.
inline constexpr auto kReluctance = std::to_array<Phrase<bool>>({
    {true, 0.7, "can|could|do|does|would|will not|never"},
    {true, 0.5, "not|never|no|nobody|nothing|hardly|neither|without"},
    {true, 0.7, "too|awfully|terribly|ridiculous~|insane~|crazy|absurd"},
    {true, 0.8, "ouch|phew|whoa|yikes|gosh|jeez|oof|blimey|goodness|wow|heavens|hm"},
    {true, 0.8, "oh dear|no|my|boy|man|wow"},
    {true, 0.8, "kidding|joking"},
    {true, 0.7, "hundred|thousand|grand|dollars for|per"},
    {true, 0.7,
     "hard|difficult|tough|tricky|impossible|rough|hassle|ordeal|nightmare|struggle|problem|"
     "trouble"},
    {true, 0.7, "bad|worse|worst|awful|terrible|horrible|nasty|ugly|dread~"},
    {true, 0.7, "worr~|concern~|afraid|hate|hates|hated|dislike|mind|bother~|scare~"},
    {true, 0.6, "but|though|although|however|except|unless"},
    {true, 0.6, "would|will|might have to"},
    {true, 0.6, "what if"},
    {true, 0.6, "so|that much|many|long|far"},
    {true, 0.6, "not sure"},
    {true, 0.6, "rather|instead"},
    {true, 0.5, "only|barely|at least"},
});

// What the practice has just spoken of, for who objects to "that".
inline constexpr auto kStaffSubjects = std::to_array<Phrase<Objection>>({
    {Objection::cost, 1.0, "hundred|thousand|grand|dollar~|euro~|pounds|quid"},
    {Objection::cost, 0.9, "price~|cost|costs|fee|charge~|insur~|pay|deductible|deposit"},
    {Objection::timing, 0.9, "weeks|months|years|days"},
    {Objection::timing, 0.8,
     "week|month|hour|hours|minutes|drive|next|until|into|full|booked|earliest"},
    {Objection::safety, 0.8,
     "needle~|injection~|anesth~|anaesth~|incision~|cut|cuts|bruis~|swell~|surgery|operation"},
    {Objection::trust, 0.7,
     "fellow|fellows|assistant|assistants|resident|residents|trainee~|nurse"},
    {Objection::results, 0.7, "percent|out of ten|hundred|chance~|usually|most"},
});

// What makes a sentence contented, whatever it is about.
inline constexpr auto kContentment = std::to_array<Phrase<bool>>({
    {true, 1,
     "thank~|glad|relie~|reassur~|encourag~|manageable|doable|perfect|wonderful|lovely|brilliant|"
     "super"},
    {true, 1, "good|nice|great to|idea|news|point|deal"},
    {true, 1, "not * bothered|bother|worried|afraid|issue|problem|concern|matter|mind|bad"},
    {true, 1, "no problem|issue|worries|rush|hurry|matter"},
    {true, 1, "i|we could|can live|swing|manage|survive|handle|do"},
    {true, 1, "sounds|looks|is|that good|great|fine|nice|fair|right"},
    {true, 1, "different then"},
    {true, 1, "puts my mind"},
    {true, 1, "not stop|wait"},
    {true, 1, "first time"},
});

}  // namespace headway::core
