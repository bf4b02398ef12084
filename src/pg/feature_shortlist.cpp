// What an item may be the same as: core/matching's search over the index of features (SQL:
// headway._shortlist).

#include <cstring>
#include <map>
#include <span>
#include <tuple>

#include "core/matching/ranking.hpp"
#include "pg/spi.hpp"

namespace headway::pg {
namespace {

using core::Board;
using core::Document;
using core::Json;
using core::Posting;

// What is searched: of a workspace the features of a type, of a theme or (NULL) of all.
struct Shelf {
    Value workspace, theme, type;
};

// A feature by its place in its theme's history.
struct Place {
    std::string theme;
    std::int64_t seq;
};

// A copy, since what stands in a bytea is not aligned for 64 bits.
std::vector<std::int64_t> numbers_of(Datum bytes) {
    bytea* plain = server_call([&] { return DatumGetByteaP(bytes); });
    std::vector<std::int64_t> numbers((VARSIZE(plain) - VARHDRSZ) / sizeof(std::int64_t));
    std::memcpy(numbers.data(), VARDATA(plain), numbers.size() * sizeof(std::int64_t));
    return numbers;
}

// Valid until the end of the SPI connection.
std::span<const Posting> postings_of(Datum bytes) {
    static_assert(alignof(Posting) <= VARHDRSZ, "a bytea is aligned like its header");
    bytea* plain = server_call([&] { return DatumGetByteaP(bytes); });
    return {reinterpret_cast<const Posting*>(VARDATA(plain)),
            (VARSIZE(plain) - VARHDRSZ) / sizeof(Posting)};
}

// What the index has of a query's keys.
class Index {
  public:
    Index(const Shelf& shelf, const std::vector<core::Key>& keys)
        : rows_(
              "SELECT s.id, s.theme_id, s.numbers, p.key, p.postings "
              "FROM headway._index_segments s LEFT JOIN LATERAL ("
              "SELECT o.key, o.postings FROM unnest($4) k (key) JOIN headway._index_postings o "
              "ON o.workspace_id = $1 AND o.segment_id = s.id AND o.key = k.key OFFSET 0) p ON "
              "true "
              "WHERE s.workspace_id = $1 AND ($2 IS NULL OR s.theme_id = $2) AND s.type = $3 "
              "ORDER BY s.theme_id, s.last_seq",
              {shelf.workspace, shelf.theme, shelf.type, Value{INT8ARRAYOID, bigint_array(keys)}}) {
        for (std::size_t i = 0; i < rows_.count(); ++i) add(i);
    }

    const core::Frequencies& known() const { return known_; }

    std::vector<Board> read(const core::Search& search) const {
        std::vector<Board> boards;
        for (const Part& part : parts_) {
            Board& board = boards.emplace_back(part.numbers.size());
            for (const Found& found : part.found)
                if (const core::Wanted* wanted = search.find(found.key))
                    board.read(*wanted, postings_of(found.postings));
        }
        return boards;
    }

    Place place(std::size_t board, std::size_t document) const {
        return {parts_[board].theme, parts_[board].numbers[document]};
    }
    std::size_t parts() const { return parts_.size(); }

  private:
    struct Found {
        core::Key key;
        Datum postings;  // not fetched until they are read
    };
    struct Part {
        std::int64_t id;
        std::string theme;
        std::vector<std::int64_t> numbers;
        std::vector<Found> found;
    };

    void add(std::size_t row) {
        std::int64_t id = rows_.integer(row, 1);
        if (parts_.empty() || parts_.back().id != id) {
            std::vector<std::int64_t> numbers = numbers_of(rows_.datum(row, 3));
            known_.documents += static_cast<std::int64_t>(numbers.size());
            parts_.push_back({id, *rows_.text(row, 2), std::move(numbers), {}});
        }
        if (rows_.is_null(row, 4)) return;
        Found found{rows_.integer(row, 4), rows_.datum(row, 5)};
        Size bytes = server_call([&] { return toast_raw_datum_size(found.postings); });
        known_.of[found.key] += static_cast<std::int64_t>((bytes - VARHDRSZ) / sizeof(Posting));
        parts_.back().found.push_back(found);
    }

    Rows rows_;
    std::vector<Part> parts_;
    core::Frequencies known_;
};

// The features that are not in the index yet.
struct Latest {
    std::vector<Place> places;
    std::vector<Document> documents;

    explicit Latest(const Shelf& shelf) {
        Rows rows(
            "SELECT h.id, f.theme_seq, f.name, f.description FROM headway.themes h "
            "CROSS JOIN LATERAL (SELECT n.theme_seq, n.name, n.description FROM headway.features n "
            "WHERE n.workspace_id = $1 AND n.theme_id = h.id AND n.type = $3 "
            "AND n.theme_seq > headway._folded_to($1, h.id, $3) "
            "ORDER BY n.theme_seq OFFSET 0) f "
            "WHERE h.workspace_id = $1 AND ($2 IS NULL OR h.id = $2)",
            {shelf.workspace, shelf.theme, shelf.type});
        for (std::size_t i = 0; i < rows.count(); ++i) {
            places.push_back({*rows.text(i, 1), rows.integer(i, 2)});
            documents.push_back({{}, *rows.text(i, 3), *rows.text(i, 4)});
        }
        rows.free();
    }
};

core::Terms terms_of(const Shelf& shelf) {
    Rows rows("SELECT language FROM headway.workspaces WHERE id = $1", {shelf.workspace});
    return core::Terms(rows.count() ? *rows.text(0, 1) : "english");
}

bool is_closer(const core::Scores& one, const core::Scores& other) {
    return std::tie(one.bm25, one.ngrams) > std::tie(other.bm25, other.ngrams);
}

// What stands at those places today, in their order. A feature that has changed stands elsewhere.
// What was merged still has the words that its mentions come in; of all that are one by now the
// closest stands for them. What was folded between two looks is found twice.
Json features_at(const Shelf& shelf, const std::vector<Place>& places,
                 const std::vector<core::Scores>& scores) {
    std::string themes = "{";
    std::vector<std::int64_t> numbers;
    for (const Place& place : places) {
        themes += (numbers.empty() ? "" : ",") + place.theme;
        numbers.push_back(place.seq);
    }
    themes += '}';
    Rows rows(
        "SELECT k.n, f.id, f.name, f.description, f.head "
        "FROM unnest($2::uuid[], $3) WITH ORDINALITY k (theme, seq, n) "
        "CROSS JOIN LATERAL (SELECT g.id, g.name, g.description, CASE WHEN g.merged_into IS NULL "
        "THEN g.id ELSE headway._head($1, g.id) END AS head FROM headway.features g "
        "WHERE g.workspace_id = $1 AND g.theme_id = k.theme AND g.type = $4 "
        "AND g.theme_seq = k.seq OFFSET 0) f ORDER BY k.theme, k.seq",
        {shelf.workspace, themes, Value{INT8ARRAYOID, bigint_array(numbers)}, shelf.type});
    auto scores_of = [&](std::size_t row) {
        return scores[static_cast<std::size_t>(rows.integer(row, 1)) - 1];
    };
    std::map<std::string, std::size_t> closest;  // row by head
    for (std::size_t i = 0; i < rows.count(); ++i) {
        std::size_t& row = closest.try_emplace(*rows.text(i, 5), i).first->second;
        if (is_closer(scores_of(i), scores_of(row))) row = i;
    }
    Json::Array features;
    for (std::size_t i = 0; i < rows.count(); ++i) {
        if (closest.at(*rows.text(i, 5)) != i) continue;
        core::Scores of = scores_of(i);
        features.push_back(Json::Object{{"id", *rows.text(i, 2)},
                                        {"title", *rows.text(i, 3)},
                                        {"description", *rows.text(i, 4)},
                                        {"bm25", of.bm25},
                                        {"ngrams", of.ngrams}});
    }
    return features;
}

Json shortlist(const Shelf& shelf, const Json& item, std::size_t depth) {
    core::Terms terms = terms_of(shelf);
    core::Search search({{}, item["title"].as_string(), item.text_or("description", "")}, terms);
    Latest latest(shelf);  // first: what is folded meanwhile is then found twice, not missed
    Index index(shelf, search.keys());
    std::vector<core::Segment> segments = core::segments_of(latest.documents, terms);
    search.count(index.known());
    for (const core::Segment& segment : segments) search.count(segment);
    search.weigh();

    std::vector<Board> boards = index.read(search);
    for (const core::Segment& segment : segments) boards.push_back(search.read(segment));
    std::vector<Place> places;
    std::vector<core::Scores> scores;
    for (const core::Hit& hit : core::best_hits(boards, depth)) {
        bool is_indexed = hit.board < index.parts();
        std::size_t at = (hit.board - index.parts()) * core::Segment::kMostDocuments + hit.document;
        places.push_back(is_indexed ? index.place(hit.board, hit.document) : latest.places[at]);
        scores.push_back(hit.scores);
    }
    return Json::Object{{"candidates", features_at(shelf, places, scores)},
                        {"known", search.frequencies().to_json()},
                        {"unfolded", latest.documents.size()}};
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_shortlist);

Datum headway_shortlist(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&]() -> Datum {
        if (PG_ARGISNULL(0) || PG_ARGISNULL(2) || PG_ARGISNULL(3)) PG_RETURN_NULL();
        headway::core::Json item = json_of(PG_GETARG_DATUM(2));
        std::string type = item["type"].as_string();
        MemoryContext callers = CurrentMemoryContext;
        server_call([] { SPI_connect(); });
        Shelf shelf{{UUIDOID, PG_GETARG_DATUM(0)},
                    {UUIDOID, PG_GETARG_DATUM(1), PG_ARGISNULL(1)},
                    {TEXTOID, text_datum(type)}};
        headway::core::Json found =
            shortlist(shelf, item, static_cast<std::size_t>(PG_GETARG_INT32(3)));
        server_call([] { SPI_finish(); });
        MemoryContextSwitchTo(callers);
        return jsonb_datum(found);
    });
}
}
