// Measures the built-in provider against calls whose contents are known.
//
//   builtin_quality FOLDER call|holdout [FLOOR [verbose]]
//
// FOLDER is test/sandbox/calls. Fails when it makes something up or finds a smaller share of what
// was asked for than FLOOR.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "core/base/text.hpp"
#include "core/builtin/builtin_extractor.hpp"
#include "core/builtin/relevance.hpp"

using namespace headway::core;

namespace {

Json read_json(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return parse_foreign_json(text.str()).value;
}

Conversation conversation_of(const Json& call, const Json& themes) {
    Conversation conversation;
    conversation.language = "english";
    std::map<std::string, std::string> names;
    for (const Json& party : call["parties"].items()) {
        if (party["speakerId"].is_null()) continue;
        names[party["speakerId"].as_string()] = party["name"].as_string();
        if (party.text_or("affiliation", "") == "Internal")
            conversation.insiders.push_back(party["name"].as_string());
    }
    for (const Json& turn : call["turns"].items()) {
        std::string text;
        for (const Json& sentence : turn["sentences"].items())
            text += (text.empty() ? "" : " ") + sentence.as_string();
        conversation.turns.push_back({names[turn["speakerId"].as_string()], {}, {}, text});
    }
    for (const Json& theme : themes.items())
        conversation.themes.push_back({theme["name"].as_string(), theme["name"].as_string(),
                                       theme["description"].as_string()});
    return conversation;
}

struct Tally {
    int expected = 0, found = 0, made_up = 0, left_for_people = 0;
};

// What the look before a paid reading makes of the calls, at one threshold.
struct Relevance {
    double threshold;
    int calls = 0, empty = 0, not_read = 0, lost = 0;

    void add(double relevance, bool is_empty) {
        const bool is_read = relevance >= threshold;
        ++calls;
        empty += is_empty;
        not_read += !is_read;
        lost += !is_read && !is_empty;
    }
    void print(const std::string& prefix) const {
        std::printf(
            "%s: at headway.min_relevance %.1f a language model is not asked about %d of %d "
            "calls, of which %d ask for nothing; %d with requests lost\n",
            prefix.c_str(), threshold, not_read, calls, empty, lost);
    }
};

class Comparison {
  public:
    Comparison(const Json& truth, bool verbose) : verbose_(verbose) {
        for (const Json& feature : truth["features"].items())
            about_[feature["key"].as_string()] = {feature["theme"].as_string(),
                                                  feature["type"].as_string()};
    }

    void add(const std::string& call, const Json& truths, const Extraction& result) {
        std::vector<const Json*> unclaimed;
        for (const Json& item : result.items) unclaimed.push_back(&item);
        for (const Json& truth : truths.items()) {
            ++tally_.expected;
            auto hit = std::find_if(unclaimed.begin(), unclaimed.end(),
                                    [&](const Json* item) { return matches(truth, *item); });
            if (hit == unclaimed.end()) {
                tell(call, "missed", truth);
            } else {
                ++tally_.found;
                unclaimed.erase(hit);
            }
        }
        for (const Json* item : unclaimed) tell(call, "made up", *item);
        for (const Json& item : result.unmatched) tell(call, "left for a person", item);
        tally_.made_up += static_cast<int>(unclaimed.size());
        tally_.left_for_people += static_cast<int>(result.unmatched.size());
    }

    const Tally& tally() const { return tally_; }

  private:
    bool matches(const Json& truth, const Json& item) const {
        const auto& [theme, type] = about_.at(truth["feature"].as_string());
        return item["theme_id"].as_string() == theme && item["type"].as_string() == type &&
               truth["quote"].as_string().find(item["quote"].as_string()) != std::string::npos;
    }

    void tell(const std::string& call, const char* what, const Json& item) const {
        if (verbose_) std::printf("%s %s: %s\n", call.c_str(), what, item.dump().c_str());
    }

    bool verbose_;
    std::map<std::string, std::pair<std::string, std::string>> about_;  // feature to theme and type
    Tally tally_;
};

std::vector<std::filesystem::path> calls_in(const std::filesystem::path& folder,
                                            const std::string& prefix) {
    std::vector<std::filesystem::path> calls;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().filename().string().starts_with(prefix + "-"))
            calls.push_back(entry.path());
    std::sort(calls.begin(), calls.end());
    return calls;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) return 2;
    std::filesystem::path folder = arguments[1];
    std::string prefix = arguments[2];
    Json themes = read_json(folder / "themes.json");
    Comparison comparison(
        read_json(folder / (prefix == "call" ? "truth.json" : "truth-holdout.json")), count > 4);
    Relevance by_default{0.1}, by_cues_alone{0.6};
    for (const auto& path : calls_in(folder, prefix)) {
        Json call = read_json(path);
        Conversation conversation = conversation_of(call, themes);
        comparison.add(path.stem(), call["truth"],
                       read_extraction(builtin_extract(conversation), conversation, 0.8));
        const double relevance = relevance_of(conversation);
        for (Relevance* one : {&by_default, &by_cues_alone})
            one->add(relevance, call["truth"].items().empty());
    }
    const Tally& tally = comparison.tally();
    std::printf("%s: %d of %d found, %d made up, %d left for people\n", prefix.c_str(), tally.found,
                tally.expected, tally.made_up, tally.left_for_people);
    by_default.print(prefix);
    by_cues_alone.print(prefix);
    double floor = count > 3 ? std::atof(arguments[3]) : 0;
    return tally.made_up == 0 && by_default.lost == 0 && tally.found >= floor * tally.expected ? 0
                                                                                               : 1;
}
