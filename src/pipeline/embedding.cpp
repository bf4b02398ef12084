#include "pipeline/embedding.hpp"

#include <charconv>
#include <set>

#include "core/matching/ranking.hpp"
#include "core/work/retry.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Document;
using core::Json;

constexpr std::size_t kMostCompared = 200;
constexpr int kMostLooks = 3;  // what one look misses the next one has

// As the database writes an array of real.
std::string array_text(const std::vector<float>& vector) {
    std::string text = "{";
    for (float value : vector) {
        char digits[32];
        auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        if (text.size() > 1) text += ',';
        text.append(digits, end);
    }
    return text + '}';
}

Json made_of(const Json::Array& missing, std::size_t first,
             const std::vector<std::vector<float>>& vectors) {
    Json::Array made;
    for (std::size_t i = 0; i < vectors.size(); ++i)
        made.push_back(Json::Object{{"key", missing[first + i]["key"]},
                                    {"is_kept", missing[first + i]["is_kept"]},
                                    {"vector", array_text(vectors[i])}});
    return made;
}

void keep_what_words_put_first(MatchCase& matter) {
    if (matter.candidates.size() <= kMostCompared) return;
    core::Terms terms(matter.language);
    core::Ranker ranker(matter.candidates, terms, matter.known);
    std::set<std::size_t> places;
    for (const core::Ranked& ranked : ranker.rank(matter.item, kMostCompared))
        places.insert(ranked.document);
    std::vector<Document> kept;
    for (std::size_t place : places) kept.push_back(std::move(matter.candidates[place]));
    matter.candidates = std::move(kept);
}

Json as_json(const Document& document) {
    return Json::Object{
        {"id", document.id}, {"title", document.title}, {"description", document.description}};
}

async::Task<std::optional<core::Error>> failure_of(async::Task<void> work) {
    try {
        co_await std::move(work);
        co_return std::nullopt;
    } catch (const core::Failure& failure) {
        co_return failure.error();
    }
}

async::Task<void> embed_all(Context& ctx, CallLog& log, const std::string& workspace,
                            const Embedding& embedding, const Json& missing) {
    const Json::Array& list = missing.as_array();
    const core::EmbeddingLimits limits = ctx.embedder.limits(embedding.provider);
    std::vector<std::string> texts;
    for (const Json& one : list) texts.push_back(one["text"].as_string());
    texts = core::embeddable(std::move(texts), limits.bytes_per_text);
    for (std::size_t first = 0; first < texts.size();) {
        std::size_t count = core::batch_size(texts, first, limits);
        auto from = texts.begin() + static_cast<std::ptrdiff_t>(first);
        EmbedRequest request{
            {from, from + static_cast<std::ptrdiff_t>(count)}, embedding.provider, workspace};
        auto embedding_them = embed_texts(ctx, log, std::move(request));
        core::Embeddings got = co_await std::move(embedding_them);
        Json made = made_of(list, first, got.vectors);
        Settlement keep = [&] {
            ctx.store.keep_embeddings(workspace, embedding.model, made);
            return Json();
        };
        co_await settle(ctx, keep);
        first += count;
    }
}

// Those that are candidates already are left as they are.
void add_near(MatchCase& matter, const Json& near) {
    for (Document& feature : documents_from_json(near))
        if (!core::holds(matter.candidates, feature.id))
            matter.candidates.push_back(std::move(feature));
}

// By the places of `open`, among the candidates.
void take_cosines(MatchCase& matter, const std::vector<std::size_t>& open,
                  const Json::Array& cosines) {
    for (std::size_t i = 0; i < open.size(); ++i)
        if (cosines.at(i).is_number())
            matter.candidates[open[i]].cosine = cosines.at(i).as_number();
}

async::Task<void> compare_all(Context& ctx, CallLog& log, MatchCase& matter) {
    keep_what_words_put_first(matter);
    std::vector<std::size_t> open;
    Json::Array documents;
    for (std::size_t i = 0; i < matter.candidates.size(); ++i) {
        if (matter.candidates[i].cosine) continue;
        open.push_back(i);
        documents.push_back(as_json(matter.candidates[i]));
    }
    if (open.empty() && matter.scope.is_null()) co_return;
    Json item = as_json(matter.item);
    item.set("scope", matter.scope);
    const Json many = std::move(documents);
    Settlement look = [&] {
        return ctx.store.compare(matter.workspace, matter.embedding->model, item, many);
    };
    for (int looks = 0; looks < kMostLooks; ++looks) {
        Json found = co_await settle(ctx, look);
        const Json* missing = found.find("missing");
        if (!missing) {
            take_cosines(matter, open, found["cosines"].as_array());
            add_near(matter, found["near"]);
            co_return;
        }
        auto embedding = embed_missing(ctx, log, matter.workspace, *matter.embedding, *missing);
        co_await std::move(embedding);
    }
    throw core::Failure(core::ErrorKind::internal, "embeddings do not stay where they are kept");
}

}  // namespace

async::Task<void> embed_missing(Context& ctx, CallLog& log, const std::string& workspace,
                                const Embedding& embedding, Json missing) {
    auto embedding_them = embed_all(ctx, log, workspace, embedding, missing);
    std::optional<core::Error> failure = co_await failure_of(std::move(embedding_them));
    if (!failure) co_return;
    Settlement note = [&] {
        ctx.store.note_embedding_failure(workspace, embedding.model, *failure);
        return Json();
    };
    if (!core::is_worth_waiting(*failure)) co_await settle(ctx, note);
    throw core::Failure(*failure);
}

async::Task<void> find_likeness(Context& ctx, CallLog& log, MatchCase& matter) {
    if (!matter.embedding) co_return;
    auto comparing = compare_all(ctx, log, matter);
    std::optional<core::Error> failure = co_await failure_of(std::move(comparing));
    if (!failure) co_return;
    if (core::is_worth_waiting(*failure)) throw core::Failure(*failure);
    matter.embedding.reset();
    for (Document& candidate : matter.candidates) candidate.cosine.reset();
}

}  // namespace headway::pipeline
