// Makes segments of the index of features (SQL: headway._build_segment).

#include "core/matching/segment.hpp"
#include "pg/spi.hpp"

namespace headway::pg {
namespace {

using core::Document;

constexpr std::size_t kRowsAtOnce = 1000;

// A stretch of the history of a theme's features of a type.
struct Stretch {
    Value workspace, theme, type;
    std::int64_t after, last;
};

struct Features {
    std::vector<std::int64_t> numbers;
    std::vector<Document> documents;

    // Merged ones, too: the merge may be undone.
    explicit Features(const Stretch& stretch) {
        Rows rows(
            "SELECT f.theme_seq, f.name, f.description FROM headway.features f "
            "WHERE f.workspace_id = $1 AND f.theme_id = $2 AND f.type = $3 "
            "AND f.theme_seq > $4 AND f.theme_seq <= $5 ORDER BY f.theme_seq",
            {stretch.workspace, stretch.theme, stretch.type, stretch.after, stretch.last});
        for (std::size_t i = 0; i < rows.count(); ++i) {
            numbers.push_back(rows.integer(i, 1));
            documents.push_back({{}, *rows.text(i, 2), *rows.text(i, 3)});
        }
        rows.free();
    }
};

Datum bytes_datum(const void* data, std::size_t size) {
    return server_call([&] {
        auto* bytes = static_cast<bytea*>(palloc(VARHDRSZ + size));
        SET_VARSIZE(bytes, VARHDRSZ + size);
        if (size) memcpy(VARDATA(bytes), data, size);
        return PointerGetDatum(bytes);
    });
}

std::int64_t insert_segment(const Stretch& stretch, const std::vector<std::int64_t>& numbers) {
    Datum bytes = bytes_datum(numbers.data(), numbers.size() * sizeof(std::int64_t));
    Rows rows(
        "INSERT INTO headway._index_segments AS s "
        "(workspace_id, theme_id, type, after_seq, last_seq, documents, numbers) "
        "VALUES ($1, $2, $3, $4, $5, octet_length($6) / 8, $6) RETURNING s.id",
        {stretch.workspace, stretch.theme, stretch.type, stretch.after, stretch.last,
         Value{BYTEAOID, bytes}});
    return rows.integer(0, 1);
}

void insert_postings(const Stretch& stretch, std::int64_t id, const core::Segment& segment,
                     std::size_t from, std::size_t upto) {
    std::vector<Datum> postings;
    for (std::size_t i = from; i < upto; ++i) {
        auto of = segment.postings(i);
        postings.push_back(bytes_datum(of.data(), of.size_bytes()));
    }
    Datum arrays = server_call([&] {
        return PointerGetDatum(construct_array(postings.data(), static_cast<int>(postings.size()),
                                               BYTEAOID, -1, false, TYPALIGN_INT));
    });
    Datum keys = bigint_array(std::span(segment.keys()).subspan(from, upto - from));
    query(
        "INSERT INTO headway._index_postings (workspace_id, segment_id, key, postings) "
        "SELECT $1, $2, k.key, k.postings FROM unnest($3, $4) k (key, postings)",
        {stretch.workspace, id, Value{INT8ARRAYOID, keys}, Value{BYTEAARRAYOID, arrays}});
}

void build_segment(const Stretch& stretch) {
    Rows language("SELECT language FROM headway.workspaces WHERE id = $1", {stretch.workspace});
    core::Terms terms(language.count() ? *language.text(0, 1) : "english");
    Features features(stretch);
    core::Segment segment(features.documents, terms);
    std::int64_t id = insert_segment(stretch, features.numbers);
    for (std::size_t from = 0; from < segment.keys().size(); from += kRowsAtOnce) {
        MemoryContext rows = server_call([] {
            return AllocSetContextCreate(CurrentMemoryContext, "headway postings",
                                         ALLOCSET_DEFAULT_SIZES);
        });
        MemoryContext outer = MemoryContextSwitchTo(rows);
        insert_postings(stretch, id, segment, from,
                        std::min(from + kRowsAtOnce, segment.keys().size()));
        MemoryContextSwitchTo(outer);
        MemoryContextDelete(rows);
    }
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_build_segment);

Datum headway_build_segment(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        server_call([] { SPI_connect(); });
        build_segment({{UUIDOID, PG_GETARG_DATUM(0)},
                       {UUIDOID, PG_GETARG_DATUM(1)},
                       {TEXTOID, PG_GETARG_DATUM(2)},
                       PG_GETARG_INT64(3),
                       PG_GETARG_INT64(4)});
        server_call([] { SPI_finish(); });
        return static_cast<Datum>(0);
    });
}
}
