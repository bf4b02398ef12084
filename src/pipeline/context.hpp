#pragma once

#include <exception>
#include <map>
#include <memory>
#include <random>
#include <string>

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
    // What goes on whatever becomes of the tasks that wait for it: tokens that are being minted
    // (a vendor may take back the secret that one was minted with), and questions of several tasks.
    std::exception_ptr broken_work = nullptr;
    async::TaskGroup shared_work{loop, [this](std::exception_ptr error) { broken_work = error; }};

    // By message: how many match tasks are on the way to their question, and the panel that those
    // join which have come to it.
    std::map<std::string, int> on_their_way = {};
    std::map<std::string, std::shared_ptr<struct Panel>> panels = {};

    core::Timestamp now() const {
        return std::chrono::time_point_cast<std::chrono::microseconds>(loop.clock().today());
    }
    double dice() { return std::uniform_real_distribution<>(0, 1)(random); }  // in [0, 1)
};

}  // namespace headway::pipeline
