// Measures the built-in provider against calls whose contents are known: reads the files of
// test/sandbox/calls and prints what it found, missed and made up.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "core/base/text.hpp"
#include "core/builtin/builtin_extractor.hpp"

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
        if (party.text_or("affiliation", "") == "Internal") conversation.insiders.push_back(party["name"].as_string());
    }
    for (const Json& turn : call["turns"].items()) {
        std::string text;
        for (const Json& sentence : turn["sentences"].items()) text += (text.empty() ? "" : " ") + sentence.as_string();
        conversation.turns.push_back({names[turn["speakerId"].as_string()], {}, {}, text});
    }
    for (const Json& theme : themes.items())
        conversation.themes.push_back({theme["name"].as_string(), theme["name"].as_string(), theme["description"].as_string()});
    return conversation;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) return 2;
    std::filesystem::path folder = arguments[1];
    std::string prefix = arguments[2];
    bool verbose = count > 3;
    Json themes = read_json(folder / "themes.json");
    Json truth = read_json(folder / (prefix == "call" ? "truth.json" : "truth-holdout.json"));
    std::map<std::string, std::pair<std::string, std::string>> about;
    for (const Json& f : truth["features"].items()) about[f["key"].as_string()] = {f["theme"].as_string(), f["type"].as_string()};

    int expected = 0, found = 0, sloppy = 0, extra = 0, low = 0;
    std::vector<std::filesystem::path> files;
    for (auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().filename().string().starts_with(prefix + "-")) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& path : files) {
        Json call = read_json(path);
        Conversation conversation = conversation_of(call, themes);
        Extraction result = read_extraction(builtin_extract(conversation), conversation, 0.8);
        std::vector<bool> used(result.items.size());
        std::string name = path.stem();
        for (const Json& item : call["truth"].items()) {
            ++expected;
            auto [theme, type] = about[item["feature"].as_string()];
            std::string quote = item["quote"].as_string();
            int hit = -1;
            for (std::size_t i = 0; i < result.items.size(); ++i)
                if (!used[i] && result.items[i]["theme_id"].as_string() == theme && result.items[i]["type"].as_string() == type &&
                    (hit < 0 || quote.find(result.items[i]["quote"].as_string()) != std::string::npos))
                    hit = static_cast<int>(i);
            if (hit < 0) {
                if (verbose) std::printf("%s MISSED %s (%s, %s): %s\n", name.c_str(), item["feature"].as_string().c_str(), theme.c_str(), type.c_str(), quote.c_str());
                continue;
            }
            used[static_cast<std::size_t>(hit)] = true;
            ++found;
            if (quote.find(result.items[static_cast<std::size_t>(hit)]["quote"].as_string()) == std::string::npos) {
                ++sloppy;
                if (verbose) std::printf("%s OTHER QUOTE for %s: %s\n", name.c_str(), item["feature"].as_string().c_str(), result.items[static_cast<std::size_t>(hit)]["quote"].as_string().c_str());
            }
        }
        for (std::size_t i = 0; i < result.items.size(); ++i) {
            if (used[i]) continue;
            ++extra;
            if (verbose) std::printf("%s EXTRA %s %s %.2f: %s\n", name.c_str(), result.items[i]["type"].as_string().c_str(), result.items[i]["theme_id"].as_string().c_str(), result.items[i]["theme_confidence"].as_number(), result.items[i]["quote"].as_string().c_str());
        }
        for (const Json& item : result.unmatched) {
            ++low;
            if (verbose) std::printf("%s low %s %s %.2f %s: %s\n", name.c_str(), item["type"].as_string().c_str(), item.text_or("proposed_theme", "-").c_str(), item["theme_confidence"].as_number(), item["reason"].as_string().c_str(), item["quote"].as_string().c_str());
        }
    }
    std::printf("%s: %d of %d found (%d by another sentence), %d made up, %d left for people\n", prefix.c_str(), found, expected, sloppy, extra, low);
}
