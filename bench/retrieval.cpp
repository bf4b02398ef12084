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

// The features of a theme as the database keeps them: most in segments of an index, the latest not.
class Catalogue {
  public:
    void grow(const std::vector<Item>& items, std::size_t size) {
        while (documents_.size() < size) documents_.push_back(items[documents_.size()].document);
        for (; documents_.size() - indexed_ >= kSegment; indexed_ += kSegment)
            segments_.emplace_back(std::span(documents_).subspan(indexed_, kSegment), terms_);
    }

    std::vector<std::string> shortlist(const Document& query, std::size_t size) const {
        Search search(query, terms_);
        for (const Segment& segment : segments_) search.count(segment);
        Frequencies known = search.frequencies();
        std::vector<Document> candidates(documents_.begin() + static_cast<long>(indexed_),
                                         documents_.end());
        Segment latest(candidates, terms_);
        search.count(latest);
        search.weigh();
        std::vector<Board> boards;
        for (const Segment& segment : segments_) boards.push_back(search.read(segment));
        for (const Hit& hit : best_hits(boards, 3 * size)) {
            candidates.push_back(documents_[hit.board * kSegment + hit.document]);
            candidates.back().scores = hit.scores;
        }
        Ranker ranker(std::move(candidates), terms_, known);
        std::vector<std::string> ids;
        for (const Ranked& ranked : ranker.rank(query, size))
            ids.push_back(ranker.documents()[ranked.document].id);
        return ids;
    }

  private:
    static constexpr std::size_t kSegment = 256;

    Terms terms_;
    std::vector<Document> documents_;
    std::size_t indexed_ = 0;
    std::vector<Segment> segments_;
};

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    std::string folder = arguments[1];
    std::vector<Item> items = read_items(folder + "/items.jsonl");
    std::map<std::string, std::size_t> position;
    for (std::size_t i = 0; i < items.size(); ++i) position[items[i].document.id] = i;

    Catalogue catalogue;
    std::map<std::size_t, int> hits;
    std::vector<Query> queries = read_queries(folder + "/queries.tsv");
    std::sort(queries.begin(), queries.end(), [&](const Query& a, const Query& b) {
        return position.at(a.id) < position.at(b.id);
    });
    for (const Query& query : queries) {
        std::size_t at = position.at(query.id);
        catalogue.grow(items, at);
        auto found = catalogue.shortlist(items[at].document, 20);
        auto is_relevant = [&](const std::string& id) { return query.relevant.contains(id); };
        for (std::size_t size : {1u, 5u, 10u, 20u})
            hits[size] += std::any_of(
                found.begin(), found.begin() + static_cast<long>(std::min(size, found.size())),
                is_relevant);
    }
    auto share = [&](std::size_t size) { return double(hits[size]) / double(queries.size()); };
    for (std::size_t size : {1u, 5u, 10u, 20u})
        std::printf("top %zu: %.3f of %zu queries\n", size, share(size), queries.size());
    return count > 2 && share(20) < std::atof(arguments[2]) ? 1 : 0;
}
