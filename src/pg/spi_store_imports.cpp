// What the tasks of bulk imports read and write.

#include "pg/spi.hpp"
#include "pg/spi_store.hpp"

namespace headway::pg {

using core::Json;
using pipeline::ClaimedTask;

Json SpiStore::input_discover(const ClaimedTask& task) {
    return ask("SELECT headway._input_discover($1::uuid, $2, $3)", task);
}

void SpiStore::settle_discover(const ClaimedTask& task, const Json& answer) {
    act("SELECT headway._settle_discover($1::uuid, $2, $3, $4::jsonb)", task, answer);
}

Json SpiStore::input_transfer(const ClaimedTask& task) {
    return ask("SELECT headway._input_transfer($1::uuid, $2, $3)", task);
}

Json SpiStore::note_transfer(const ClaimedTask& task, const std::string& status,
                             const Json& facts) {
    std::string given = facts.dump();
    return run([&] {
        return query_json("SELECT headway._note_transfer($1::uuid, $2, $3, $4, $5::jsonb)",
                          {task.workspace, task.id, task.token, status, given});
    });
}

void SpiStore::skip_transfer(const ClaimedTask& task, const std::string& reason) {
    run([&] {
        query("SELECT headway._skip_transfer($1::uuid, $2, $3, $4)",
              {task.workspace, task.id, task.token, reason});
    });
}

void SpiStore::settle_transfer(const ClaimedTask& task, const Json& answer) {
    act("SELECT headway._settle_transfer($1::uuid, $2, $3, $4::jsonb)", task, answer);
}

}  // namespace headway::pg
