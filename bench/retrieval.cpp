// Measures retrieval: the share of queries whose shortlist holds a true earlier duplicate.
// Reads a folder with items.jsonl (id, title, description, created) and queries.tsv
// (query_id, ..., relevant_earlier) and prints the share for a few shortlist sizes.
//
//   retrieval FOLDER [FLOOR]      fails when the share within the top 20 is below FLOOR
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
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
        auto text = [&](const char* key) {
            return json[key].is_string() ? json[key].as_string() : json[key].dump();
        };
        items.push_back({{text("id"), text("title"), text("description")}, text("created")});
    }
    std::stable_sort(items.begin(), items.end(),
                     [](const Item& a, const Item& b) { return a.created < b.created; });
    return items;
}

struct Query {
    std::string id;
    std::set<std::string> relevant;
};

std::vector<Query> read_queries(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    auto columns = split(line, '\t');
    auto column = [&](std::string_view name) {
        return static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) -
                                        columns.begin());
    };
    std::size_t id = column("query_id"), relevant = column("relevant_earlier");
    std::vector<Query> queries;
    for (std::string row; std::getline(file, row);) {
        auto fields = split(row, '\t');
        Query& query = queries.emplace_back(Query{std::string(fields.at(id)), {}});
        for (auto earlier : split(fields.at(relevant), ',')) query.relevant.emplace(earlier);
    }
    return queries;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    std::string folder = arguments[1];
    std::vector<Item> items = read_items(folder + "/items.jsonl");
    std::map<std::string, std::size_t> position;
    for (std::size_t i = 0; i < items.size(); ++i) position[items[i].document.id] = i;

    Terms terms;
    std::map<std::size_t, int> hits;
    std::vector<Query> queries = read_queries(folder + "/queries.tsv");
    for (const Query& query : queries) {
        std::size_t at = position.at(query.id);
        std::vector<Document> earlier;
        for (std::size_t i = 0; i < at; ++i) earlier.push_back(items[i].document);
        Ranker ranker(std::move(earlier), terms);
        auto ranked = ranker.rank(items[at].document, 20);
        auto is_relevant = [&](const Ranked& r) {
            return query.relevant.contains(ranker.documents()[r.document].id);
        };
        for (std::size_t size : {1u, 5u, 10u, 20u})
            hits[size] += std::any_of(
                ranked.begin(), ranked.begin() + static_cast<long>(std::min(size, ranked.size())),
                is_relevant);
    }
    auto share = [&](std::size_t size) { return double(hits[size]) / double(queries.size()); };
    for (std::size_t size : {1u, 5u, 10u, 20u})
        std::printf("top %zu: %.3f of %zu queries\n", size, share(size), queries.size());
    return count > 2 && share(20) < std::atof(arguments[2]) ? 1 : 0;
}
