// The vectors of features and items.

#include "pg/spi.hpp"
#include "pg/spi_store.hpp"

namespace headway::pg {

using core::Json;
using pipeline::ClaimedTask;

Json SpiStore::compare(const std::string& workspace, const std::string& model, const Json& item,
                       const Json& documents) {
    std::string one = item.dump(), many = documents.dump();
    return run([&] {
        return query_json("SELECT headway._compare($1::uuid, $2, $3::jsonb, $4::jsonb)",
                          {workspace, model, one, many});
    });
}

void SpiStore::keep_embeddings(const std::string& workspace, const std::string& model,
                               const Json& made) {
    std::string given = made.dump();
    run([&] {
        query("SELECT headway._keep_embeddings($1::uuid, $2, $3::jsonb)",
              {workspace, model, given});
    });
}

void SpiStore::note_embedding_failure(const std::string& workspace, const std::string& model,
                                      const core::Error& error) {
    std::string problem = error_json(error).dump();
    run([&] {
        query("SELECT headway._embedding_fails($1::uuid, $2, $3::jsonb)",
              {workspace, model, problem});
    });
}

Json SpiStore::input_embed(const ClaimedTask& task) {
    return ask("SELECT headway._input_embed($1::uuid, $2, $3)", task);
}

void SpiStore::settle_embed(const ClaimedTask& task, const Json& answer) {
    act("SELECT headway._settle_embed($1::uuid, $2, $3, $4::jsonb)", task, answer);
}

}  // namespace headway::pg
