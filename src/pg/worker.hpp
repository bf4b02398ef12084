#pragma once

#include "pg/spi_store.hpp"
#include "pg/transaction.hpp"
#include "pipeline/dispatcher.hpp"

namespace headway::pg {

// Puts a worker together from its parts and runs it until there is nothing left to do. On a stop, a
// cancel or an error it cancels what runs, puts back what it holds, and passes the exception on.
void run_worker(Transactions& transactions, pipeline::Dispatcher::Limits limits,
                const Scope& scope);

}  // namespace headway::pg
