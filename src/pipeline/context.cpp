#include "pipeline/context.hpp"

namespace headway::pipeline {

Batches::Batches(async::EventLoop& loop, Store& store)
    : extract_inputs(loop,
                     [&store](const std::vector<const ClaimedTask* const*>& requests) {
                         std::vector<const ClaimedTask*> tasks;
                         for (const ClaimedTask* const* task : requests) tasks.push_back(*task);
                         return store.input_extracts(tasks);
                     }),
      leaves(
          loop,
          [&store](const std::vector<const WantedLeave*>& wanted) { return store.leaves(wanted); }),
      calls(loop,
            [&store](const std::vector<const CallRecord*>& records) {
                return store.record_calls(records);
            }),
      extractions(loop, [&store](const std::vector<const ExtractAnswer*>& answers) {
          return store.settle_extracts(answers);
      }) {}

}  // namespace headway::pipeline
