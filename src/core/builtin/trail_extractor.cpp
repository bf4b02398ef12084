#include "core/builtin/trail_extractor.hpp"

#include <algorithm>
#include <array>

#include "core/builtin/theme_guess.hpp"
#include "core/conversation/trail.hpp"

namespace headway::core {
namespace {

constexpr int kOftenEnough = 3;        // so often in one session is urgent
constexpr double kPageWeight = 0.5;    // a page tells the area less surely than what was clicked
constexpr double kNegativeFrom = 0.3;  // one rage click

// How much each kind of event says of the mood, in the order of TrailKind.
constexpr std::array<double, 5> kFrustration = {0.3, 0.2, 0.1, 0.2, 0.05};

struct Trouble {
    TrailEvent event;
    std::string line;  // the first of its lines
    int times;
};

struct Trail {
    std::vector<Trouble> troubles;  // each once, in order
    double frustration = 0;
};

Trail read_trail(const std::vector<Turn>& turns) {
    Trail trail;
    for (const Turn& turn : turns) {
        auto event = read_trail_line(turn.text);
        if (!event) continue;
        trail.frustration += kFrustration[static_cast<std::size_t>(event->kind)];
        auto known = std::find_if(
            trail.troubles.begin(), trail.troubles.end(),
            [&](const Trouble& trouble) { return trouble.event.title() == event->title(); });
        if (known == trail.troubles.end()) trail.troubles.push_back({*event, turn.text, 1});
        else ++known->times;
    }
    return trail;
}

// A single click on something that is no button is nobody's pain, and what has no name nobody can
// mend.
bool is_worth_reporting(const Trouble& trouble) {
    TrailKind kind = trouble.event.kind;
    return !trouble.event.target.empty() && kind != TrailKind::console_error &&
           (kind != TrailKind::dead_click || trouble.times > 1);
}

Json item_of(const Trouble& trouble, const Concepts& concepts, const ThemeGuesser& guesser) {
    WeightedConcepts about;
    for (std::string& name : concepts.of(trouble.event.target)) about.emplace_back(name, 1);
    for (std::string& name : concepts.of(trouble.event.page)) about.emplace_back(name, kPageWeight);
    ThemeGuess guess = guesser.guess(about);
    Json item = Json::Object{{"title", trouble.event.title()},
                             {"quote", trouble.line},
                             {"urgency", trouble.times >= kOftenEnough ? "high" : "medium"},
                             {"theme_confidence", guess.confidence}};
    if (guess.theme) item.set("theme", guess.theme->name);
    return item;
}

}  // namespace

std::string extract_from_trail(const Conversation& conversation) {
    Concepts concepts;
    ThemeGuesser guesser(conversation.themes, concepts);
    Trail trail = read_trail(conversation.turns);
    Json::Array bugs, pains;
    for (const Trouble& trouble : trail.troubles) {
        if (!is_worth_reporting(trouble)) continue;
        Json::Array& list = trouble.event.kind == TrailKind::error_click ? bugs : pains;
        list.push_back(item_of(trouble, concepts, guesser));
    }
    double score = -std::min(1.0, trail.frustration);
    Json sentiment = Json::Object{{"overall", score <= -kNegativeFrom ? "negative" : "neutral"},
                                  {"score", score}};
    Json answer = Json::Object{{"feature_requests", Json::Array()},
                               {"bug_reports", std::move(bugs)},
                               {"pain_points", std::move(pains)},
                               {"sentiment", std::move(sentiment)},
                               {"language", conversation.language}};
    return answer.dump();
}

}  // namespace headway::core
