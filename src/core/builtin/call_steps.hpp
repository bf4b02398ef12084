#pragma once

#include <array>

#include "core/builtin/phrase_table.hpp"

namespace headway::core {

// What the built-in analyser tells the course of a call by: the phrases of an appointment, in the
// notation of PhrasePattern, as they read when contractions are spelled out and fillers left out.

// How people close, open and leave a call; the same sentence can be more than one.
enum class Step { none, agreed, accepted, existing, interest, declined };

// What the practice says.
inline constexpr auto kStaffSteps = std::to_array<Phrase<Step>>({
    {Step::agreed, 0.9, "have|got you down|booked|scheduled|set|confirmed|registered"},
    {Step::agreed, 0.9, "you are * booked|scheduled|set|confirmed|registered"},
    {Step::agreed, 0.9, "youre|youll|youve * booked|scheduled|set|confirmed"},
    {Step::agreed, 0.9,
     "put|putting|pencil|book|booked|booking|schedule|scheduled|write|written "
     "you in|down|for|on"},
    {Step::agreed, 0.8,
     "see|seeing you on|then|at|tomorrow|next|the|monday|tuesday|wednesday|"
     "thursday|friday|saturday|sunday"},
    {Step::agreed, 0.9, "reserved|holding|held * for you"},
    {Step::agreed, 0.9, "is yours"},
    {Step::agreed, 0.9, "in the calendar|diary|book|schedule"},
    {Step::agreed, 0.7, "you got it"},
    {Step::agreed, 0.7, "that is booked|confirmed|settled|reserved|done"},
    {Step::existing, 0.9, "moved|rescheduled|cancelled|canceled you|it|your|that"},
    {Step::interest, 0.7, "would you like to come|book|schedule|set|make"},
    {Step::interest, 0.7, "shall|can|should we|i find|set|book|schedule|make"},
    {Step::interest, 0.6, "consultation|consult"},
    {Step::interest, 0.6, "first visit|appointment|meeting|slot"},
    {Step::interest, 0.6, "new patients|clients|customers"},
});

// What the customer says.
inline constexpr auto kCustomerSteps = std::to_array<Phrase<Step>>({
    {Step::accepted, 0.8, "works|work for me|us"},
    {Step::accepted, 0.8, "that|it|which works|work|would"},
    {Step::accepted, 0.8,
     "monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|noon|"
     "morning|afternoon|one|two|three|four|five|six|seven|eight|nine|ten|"
     "eleven|twelve|fifteen|thirty|fortyfive * "
     "works|fine|good|perfect|great|please|yes|then|it"},
    {Step::accepted, 0.8, "thursdays|mondays|tuesdays|wednesdays|fridays perfect|fine|good|great"},
    {Step::accepted, 0.8, "i will|i|let us take it|that"},
    {Step::accepted, 0.9, "put|sign|book|pencil me|us down|up|in|for"},
    {Step::accepted, 0.8, "let us do it|that"},
    {Step::accepted, 0.8, "let us try|book|schedule"},
    {Step::accepted, 0.8, "i|we can make|do that|it|this"},
    {Step::accepted, 0.8, "i could|can do"},
    {Step::accepted, 0.9,
     "see you then|on|tomorrow|there|monday|tuesday|wednesday|thursday|"
     "friday|saturday|sunday"},
    {Step::accepted, 0.7, "yes i|we|that can|could|is"},
    {Step::accepted, 0.6, "it would"},
    {Step::existing, 0.9, "have|had|got|my|our an|my * appointment * tomorrow|today|on|at|with|i"},
    {Step::existing, 0.9, "move|reschedule|cancel|change|confirm|postpone it|my|the|our|that"},
    {Step::existing, 0.9, "my|our appointment|visit|booking"},
    {Step::interest, 0.7, "interested in"},
    {Step::interest, 0.7, "consultation|consult"},
    {Step::interest, 0.7, "curious|thinking|wondering about"},
    {Step::interest, 0.7, "look|looking|check|checking into|for"},
    {Step::interest, 0.6, "what|how|know * cost|costs|charge|price|prices"},
    {Step::interest, 0.6, "how much is|does|are|would|do a|an|the|you|it|that|this"},
    {Step::interest, 0.7, "information|info on|about"},
    {Step::interest, 0.7, "make|book|schedule|get an|a appointment|consult|visit|checkup"},
    {Step::interest, 0.7, "like to come|book|schedule|see"},
    {Step::interest, 0.7,
     "saw|seen|got|read|found * your|the ad|letter|website|pictures|flyer|post"},
    {Step::interest, 0.6, "is it covered"},
    {Step::interest, 0.7,
     "need|needs|want|wants * braces|implant|implants|surgery|treatment|"
     "lenses|crown|crowns|filler|teeth|procedure"},
    {Step::interest, 0.7, "can|could i see|come * somebody|someone|doctor|by|in"},
    {Step::interest, 0.7, "anything|something|slot|opening free|open|available"},
    {Step::interest, 0.6, "do|if you do|offer that|the|this"},
    {Step::declined, 0.9, "think about it|this"},
    {Step::declined, 0.9, "have to think"},
    {Step::declined, 0.9, "think it over|through"},
    {Step::declined, 0.9, "call|ring|get|come you|back back|again|some|to"},
    {Step::declined, 0.9, "get back to you"},
    {Step::declined, 0.9, "sleep on it"},
    {Step::declined, 0.8, "be in touch"},
    {Step::declined, 0.9, "try|go|look somewhere|elsewhere else"},
    {Step::declined, 0.9, "elsewhere"},
    {Step::declined, 0.8, "look|shop around"},
    {Step::declined, 0.8, "before i|we decide"},
    {Step::declined, 0.8, "not yet|today|now|right"},
    {Step::declined, 0.8, "another time|day"},
    {Step::declined, 0.8, "some other day|time"},
});

// That a time is named.
inline constexpr auto kTimePhrases = std::to_array<Phrase<bool>>({
    {true, 1,
     "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mondays|fridays|tomorrow|"
     "tonight|noon"},
    {true, 1, "january|february|march|april|june|july|august|september|october|november|december"},
    {true, 1, "of may"},
    {true, 1, "at|until|by one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"},
    {true, 1,
     "the first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|"
     "twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|"
     "nineteenth|twentieth|thirtieth"},
    {true, 1, "twenty|thirty first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"},
    {true, 1, "next week"},
});

// The words in them that somebody repeats who means the same time.
inline constexpr auto kTimeWords = std::to_array<Phrase<bool>>({
    {true, 1,
     "monday~|tuesday~|wednesday~|thursday~|friday~|saturday~|sunday~|today|tomorrow~|tonight|"
     "noon"},
    {true, 1,
     "january|february|march|april|may|june|july|august|september|october|november|december"},
    {true, 1,
     "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|thirty|forty|twenty"},
    {true, 1,
     "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|"
     "thirteenth"},
    {true, 1,
     "fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"},
    {true, 1, "1~|2~|3~|4~|5~|6~|7~|8~|9~"},
});

// That a time which was offered is taken, and that it is not.
inline constexpr auto kAcceptance = std::to_array<Phrase<bool>>({
    {true, 0.7,
     "yes|yeah|yep|sure|okay|ok|alright|fine|good|great|perfect|lovely|brilliant|wonderful|"
     "excellent"},
    {true, 0.7,
     "works|work|suits|suit|super|please|absolutely|definitely|certainly|nicely|deal|gladly"},
    {true, 0.9, "will|can do|be"},
    {true, 0.9, "i|we will|can|could * there|then"},
    {true, 0.9, "take|make it|that"},
    {true, 0.9, "sign|put|book|pencil|write me|us|it|that"},
    {true, 0.9,
     "prefer|better * "
     "monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|first|latter|later|"
     "earlier"},
    {true, 0.8, "prefer"},
    {true, 0.9, "it is"},
    {true, 0.9, "in my|the calendar|diary"},
});
inline constexpr auto kRefusal = std::to_array<Phrase<bool>>({
    {true, 0.8, "can not|never"},
    {true, 0.8, "will|would|does not be|work|help|do|suit"},
    {true, 0.8, "too late|early|far|long|soon"},
    {true, 0.8, "no"},
    {true, 0.8, "unfortunately|afraid|sooner|impossible"},
    {true, 0.8, "anything|something|nothing earlier|later|else|sooner"},
    {true, 0.95, "think|mull|sleep * it|about|over|on"},
    {true, 0.95, "call|get|come you back|back to|again"},
    {true, 0.95, "let you know"},
    {true, 0.95, "not yet|today|now"},
});

// What a customer calls about who wants no first appointment.
inline constexpr auto kOtherBusiness = std::to_array<Phrase<bool>>({
    {true, 0.9,
     "refill~|prescription~|pharmacy|invoice|receipt|refund~|billed|catalog~|vendor|hiring"},
    {true, 0.9, "a|the|my|your bill|statement|balance|account"},
    {true, 0.9, "my|the|test|lab|biopsy|blood results|samples"},
    {true, 0.8, "copy|copies|records|report|fax|certificate|forms"},
    {true, 0.9, "due|supposed|scheduled|booked to|for|in * see|be|on|at|with|tomorrow|today"},
    {true, 0.9, "push|move|shift|reschedule|cancel|postpone it|that|my|the|our"},
    {true, 0.9, "running late"},
    {true, 0.8, "i left|forgot my|a|the"},
    {true, 0.9, "wrong number"},
    {true, 0.9, "^ is this the|a"},
    {true, 0.9, "i am with|from"},
    {true, 0.9, "this is * from|with|at"},
    {true, 0.9, "you sell|stock|carry"},
    {true, 0.9, "office|medical|dental supplies|supply|supplier"},
    {true, 0.9, "parking|directions|entrance"},
    {true, 0.9, "which|what bus|train|tram|exit|floor"},
    {true, 0.9, "opening|office hours"},
    {true, 0.9, "your address"},
    {true, 0.9, "what time|are|when * open|close|closed"},
    {true, 0.8,
     "i|we|he|she had * surgery|procedure|operation|filling|crown * on|last|yesterday|there"},
    {true, 0.9, "since my|the surgery|procedure|operation|treatment|visit"},
    {true, 0.9, "stitches|bracket|swelling|dressing|bandage|retainer|charger|battery|batteries"},
    {true, 0.9, "come|came|broke|broken loose|off"},
    {true, 0.8, "i was|came there|in on|yesterday|last"},
});

// What a customer asks who thinks of it.
inline constexpr auto kInterest = std::to_array<Phrase<bool>>({
    {true, 0.4,
     "laser~|implant~|transplant~|braces|aligner~|veneer~|filler~|botox|lens|lenses|eyelid~|"
     "cataract~"},
    {true, 0.4,
     "surgery|operation|procedure|treatment|program|sleeve|bypass|balloon|tuck|lift|shots|session~|"
     "ivf"},
    {true, 0.6, "ballpark|estimate|quote|quoted|afford~"},
    {true, 0.6, "what does|do|is|would * run|cost|charge|charges|price"},
    {true, 0.6, "thinking|considering|wondering|toying|tempted|gathering|exploring|contemplating"},
    {true, 0.5, "do|does|can you|anyone|somebody|someone * do|take|treat|offer|see|help|look"},
    {true, 0.4, "how soon|long|often|far|many|much|does|would"},
    {true, 0.5, "like|want|wanted to ask|know|hear|find"},
    {true, 0.4, "who would|does|will"},
    {true, 0.5,
     "suggested|recommended|referred|told|says|thinks * you|surgeon|implant~|braces|should"},
    {true, 0.5, "what is|are|would recovery|next|involved"},
    {true, 0.6, "mull|torn|ask around|options open|fence"},
    {true, 0.6, "pass for|on"},
    {true, 0.6, "let you know"},
    {true, 0.6, "i will|would be|come back"},
    {true, 0.6, "rather|better not|find"},
    {true, 0.6, "no point"},
});

// What the practice says to who might come.
inline constexpr auto kPitch = std::to_array<Phrase<bool>>({
    {true, 0.5,
     "would|how * talk|chat|meeting|visit|look|test|consult~|evening|appointment * "
     "help|be|something|you"},
    {true, 0.5, "would|could|shall|should you|i|we * like|get|find|start|speak|send|note|ask"},
    {true, 0.5, "plan|plans|financing|payment~|interest|discount"},
    {true, 0.5, "feel free|you have our number"},
    {true, 0.5, "good luck|whenever"},
    {true, 0.5, "call us|any time|when|whenever|back"},
    {true, 0.5, "our|most|many patients|people|women|men"},
    {true, 0.5, "a|the|your first talk|visit|session|step|check|look"},
});

}  // namespace headway::core
