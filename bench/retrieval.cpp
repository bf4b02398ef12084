// Measures retrieval: the share of queries whose shortlist holds a true earlier duplicate.
// Reads a folder with items.jsonl (id, title, description, created) and queries.tsv
// (query_id, ..., relevant_earlier) and prints the share for a few shortlist sizes.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "core/matching/ranking.hpp"

using namespace headway::core;

namespace {

struct Item {
    Document document;
    std::string created;
};

std::vector<Item> read_items(const std::string& path) {
    std::vector<Item> items;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        Json json = parse_foreign_json(line).value;
        auto text = [&](const char* key) { return json[key].is_string() ? json[key].as_string() : json[key].dump(); };
        items.push_back({{text("id"), text("title"), text("description")}, text("created")});
    }
    std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.created < b.created; });
    return items;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    std::string folder = arguments[1];
    std::vector<Item> items = read_items(folder + "/items.jsonl");
    std::map<std::string, std::size_t> position;
    for (std::size_t i = 0; i < items.size(); ++i) position[items[i].document.id] = i;

    std::ifstream file(folder + "/queries.tsv");
    std::string line;
    std::getline(file, line);
    std::vector<std::string> columns;
    for (auto column : split(line, '\t')) columns.emplace_back(column);
    auto column = [&](const char* name) {
        return static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
    };
    Terms terms;
    std::map<std::size_t, int> hits;
    int queries = 0;
    while (std::getline(file, line)) {
        auto fields = split(line, '\t');
        std::string relevant = ',' + std::string(fields[column("relevant_earlier")]) + ',';
        std::size_t at = position.at(std::string(fields[column("query_id")]));
        std::vector<Document> earlier;
        for (std::size_t i = 0; i < at; ++i) earlier.push_back(items[i].document);
        Ranker ranker(std::move(earlier), terms);
        auto ranked = ranker.rank(items[at].document, 20);
        ++queries;
        for (std::size_t size : {1u, 5u, 10u, 20u})
            hits[size] += std::any_of(ranked.begin(), ranked.begin() + static_cast<long>(std::min(size, ranked.size())),
                                      [&](const Ranked& r) {
                                          return relevant.find(',' + ranker.documents()[r.document].id + ',') != std::string::npos;
                                      });
    }
    for (auto [size, found] : hits) std::printf("top %zu: %.3f of %d queries\n", size, double(found) / queries, queries);
}
