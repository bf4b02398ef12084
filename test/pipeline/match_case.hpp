#pragma once

#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::test {

inline Json feature(const std::string& id, const std::string& title) {
    return Json::Object{{"id", id}, {"title", title}, {"description", ""}};
}

inline std::string verdict(const std::string& id, double confidence) {
    return Json(Json::Object{{"is_duplicate", true},
                             {"matching_feature_id", id},
                             {"confidence", confidence},
                             {"reasoning", "It is the same wish."}})
        .dump();
}

inline std::string no_match(double confidence = 0.9) {
    return Json(Json::Object{{"is_duplicate", false},
                             {"matching_feature_id", nullptr},
                             {"confidence", confidence},
                             {"reasoning", "None of them."}})
        .dump();
}

// An item about a dark theme, to be matched with the features that a test adds.
struct MatchCase : ::testing::Test {
    MatchCase() {
        worker.store.match_input = Json::parse(R"({
            "item": {"title": "Dark theme", "description": "For the night shift.",
                     "type": "feature_request", "theme_id": "t1", "quote": "our eyes hurt"},
            "seen": 5, "candidates": [], "language": "english", "threshold": 0.7,
            "shortlist_size": 20, "reply": null})");
    }
    void candidates(Json::Array features) { worker.store.match_input.set("candidates", features); }
    void answers(std::vector<std::string> texts) {
        worker.model.answers.assign(texts.begin(), texts.end());
    }
    void run() {
        worker.loop.run(pipeline::run_task(worker.ctx, ClaimedTask{"w", 1, 1, "match", {}, 1}));
    }

    const Json& last() const { return worker.store.told.back().answer; }
    std::string outcome() const { return last().text_or("outcome", "none"); }
    std::vector<std::string> asked_about(std::size_t request) const {
        std::vector<std::string> ids;
        for (const Json& shown : worker.model.requests.at(request).input["candidates"].items())
            ids.push_back(shown["id"].as_string());
        return ids;
    }

    FakeWorker worker;
};

}  // namespace headway::test
