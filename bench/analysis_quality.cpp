// Measures the built-in analyser against calls whose outcome is known.
//
//   analysis_quality FILE [CATEGORY_FLOOR OBJECTION_FLOOR PRECISION_FLOOR [verbose]]
//
// FILE is test/quality/tuned.txt or holdout.txt. Prints the share of calls with the right category,
// of objections that were found (one of the right type in the right turn), of those found that are
// there, and of the words that met them. Fails when one of the first three is below its floor.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/base/text.hpp"
#include "core/builtin/builtin_analyser.hpp"
#include "core/conversation/analysis.hpp"

using namespace headway::core;

namespace {

struct KnownObjection {
    std::string type, quote, answer;
};

struct KnownCall {
    std::string name, category;
    Conversation conversation;
    std::vector<KnownObjection> objections;
};

std::string part(const std::vector<std::string_view>& parts, std::size_t i) {
    return i < parts.size() ? std::string(trim(parts[i])) : std::string();
}

std::vector<KnownCall> read_calls(const char* path) {
    std::ifstream file(path);
    std::vector<KnownCall> calls;
    std::string line, transcript;
    auto finish = [&] {
        if (!calls.empty()) calls.back().conversation.turns = parse_turns(transcript);
        transcript.clear();
    };
    while (std::getline(file, line)) {
        if (line.starts_with("# ")) {
            finish();
            auto words = split(std::string_view(line).substr(2), ' ');
            calls.push_back({part(words, 0), part(words, 1), {}, {}});
        } else if (line.starts_with("> ")) {
            auto parts = split(std::string_view(line).substr(2), '|');
            calls.back().objections.push_back({part(parts, 0), part(parts, 1), part(parts, 2)});
        } else {
            transcript += line + '\n';
        }
    }
    finish();
    return calls;
}

// The turn that holds a quote; none holds what is in no turn.
std::size_t turn_of(const Conversation& conversation, const std::string& quote) {
    const auto& turns = conversation.turns;
    auto found = std::find_if(turns.begin(), turns.end(), [&](const Turn& turn) {
        return turn.text.find(quote) != std::string::npos;
    });
    return static_cast<std::size_t>(found - turns.begin());
}

struct Tally {
    int calls = 0, right = 0, known = 0, found = 0, claimed = 0, answers = 0, answers_found = 0;
};

void compare(const KnownCall& call, const Analysis& told, bool verbose, Tally& tally) {
    ++tally.calls;
    tally.right += told.category == call.category;
    if (verbose && told.category != call.category)
        std::printf("%s is %s, not %s\n", call.name.c_str(), call.category.c_str(),
                    told.category.c_str());
    std::vector<const Json*> left;
    for (const Json& objection : told.objections) left.push_back(&objection);
    tally.claimed += static_cast<int>(left.size());
    for (const KnownObjection& known : call.objections) {
        ++tally.known;
        tally.answers += !known.answer.empty();
        auto hit = std::find_if(left.begin(), left.end(), [&](const Json* claimed) {
            return (*claimed)["type"].as_string() == known.type &&
                   turn_of(call.conversation, (*claimed)["quote"].as_string()) ==
                       turn_of(call.conversation, known.quote);
        });
        if (hit == left.end()) {
            if (verbose)
                std::printf("%s missed %s: %s\n", call.name.c_str(), known.type.c_str(),
                            known.quote.c_str());
            continue;
        }
        ++tally.found;
        const Json& ways = (**hit)["overcome"];
        bool is_met = !known.answer.empty() && !ways.items().empty() &&
                      ways.items()[0]["quote"].as_string().find(known.answer) == 0;
        tally.answers_found += is_met;
        if (verbose && !known.answer.empty() && !is_met)
            std::printf("%s missed what met it: %s, said: %s\n", call.name.c_str(),
                        known.answer.c_str(), ways.dump().c_str());
        left.erase(hit);
    }
    if (verbose)
        for (const Json* claimed : left)
            std::printf("%s made up %s\n", call.name.c_str(), claimed->dump().c_str());
}

double share(int part, int whole) { return whole == 0 ? 1 : static_cast<double>(part) / whole; }

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    Tally tally;
    for (const KnownCall& call : read_calls(arguments[1]))
        compare(call, read_analysis(builtin_analyse(call.conversation), call.conversation),
                count > 5, tally);
    std::printf(
        "%s: category of %d of %d calls, %d of %d objections found, %d of %d claimed are "
        "there, %d of %d answers\n",
        arguments[1], tally.right, tally.calls, tally.found, tally.known, tally.found,
        tally.claimed, tally.answers_found, tally.answers);
    auto floor = [&](int i) { return count > i ? std::atof(arguments[i]) : 0; };
    bool good = tally.calls > 0 && share(tally.right, tally.calls) >= floor(2) &&
                share(tally.found, tally.known) >= floor(3) &&
                share(tally.found, tally.claimed) >= floor(4);
    return good ? 0 : 1;
}
