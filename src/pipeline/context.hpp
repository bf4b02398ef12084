#pragma once

#include <exception>
#include <random>

#include "async/event_loop.hpp"
#include "async/gate.hpp"
#include "async/task_group.hpp"
#include "core/base/settings.hpp"
#include "core/base/timestamp.hpp"
#include "net/http.hpp"
#include "pipeline/batch.hpp"
#include "pipeline/model.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/resting.hpp"
#include "pipeline/storage.hpp"
#include "pipeline/transcriber.hpp"
#include "process/programs.hpp"

namespace headway::pipeline {

class Embedder;

// What the flows of many tasks ask of the database all the time.
struct Batches {
    Batches(async::EventLoop& loop, Store& store);

    Batch<const ClaimedTask*, ExtractInput> extract_inputs;
    Batch<WantedLeave, Leave> leaves;
    Batch<CallRecord, std::string> calls;
    Batch<ExtractAnswer, std::string> extractions;
};

// Everything a flow may use, put together by the composition root (pg/worker.cpp). Outlives the
// flows.
struct Context {
    Store& store;
    Secrets& secrets;
    net::HttpClient& http;
    Model& model;
    Embedder& embedder;
    Storage& storage;
    Transcriber& transcriber;
    process::Programs& programs;
    async::EventLoop& loop;
    const core::Settings& settings;
    Batches batches{loop, store};
    async::Gate exchanges{loop, settings.max_concurrency};  // with the network
    Resting resting = {};
    std::minstd_rand random{std::random_device{}()};
    // Tokens that are being minted, whatever becomes of the tasks that wait for them: a vendor may
    // take back the secret that a token was minted with, and then the answer must not be lost.
    std::exception_ptr broken_mint = nullptr;
    async::TaskGroup mints{loop, [this](std::exception_ptr error) { broken_mint = error; }};

    core::Timestamp now() const {
        return std::chrono::time_point_cast<std::chrono::microseconds>(loop.clock().today());
    }
    double dice() { return std::uniform_real_distribution<>(0, 1)(random); }  // in [0, 1)
};

}  // namespace headway::pipeline
