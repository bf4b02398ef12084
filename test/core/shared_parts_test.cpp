#include "core/work/shared_parts.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace headway::core {
namespace {

std::string of(std::size_t part) { return "part " + std::to_string(part); }

// What the two of them do, by a clock that each part done here moves on by one.
struct Scene {
    double pace = 1;                  // how long the assistant takes for a part
    std::size_t leaves_after = 1000;  // answers, and then it is gone
    std::size_t refuses = 1000;       // from this part on it cannot be asked
    double now = 0;
    double ready_at = 0;  // when the assistant has done all that it was asked
    std::vector<std::size_t> here = {}, there = {}, waited_for = {};
};

class Scripted : public Assistant {
  public:
    explicit Scripted(Scene& scene) : scene_(scene) {}

    bool ask(std::size_t part) override {
        if (part >= scene_.refuses) return false;
        scene_.ready_at = std::max(scene_.ready_at, scene_.now) + scene_.pace;
        asked_.push_back({part, scene_.ready_at});
        return true;
    }
    std::optional<std::string> wait() override {
        if (scene_.there.size() >= scene_.leaves_after) return std::nullopt;
        scene_.waited_for.push_back(asked_.front().part);
        scene_.now = std::max(scene_.now, asked_.front().at);
        return answer();
    }
    std::optional<std::string> look() override {
        if (scene_.there.size() >= scene_.leaves_after || asked_.front().at > scene_.now)
            return std::nullopt;
        return answer();
    }

  private:
    struct Asked {
        std::size_t part;
        double at;
    };
    std::string answer() {
        std::size_t part = asked_.front().part;
        asked_.pop_front();
        scene_.there.push_back(part);
        return of(part);
    }

    Scene& scene_;
    std::deque<Asked> asked_;
};

SharedParts shared(Scene& scene, std::size_t parts, bool alone = false) {
    return SharedParts(parts, alone ? nullptr : std::make_unique<Scripted>(scene),
                       [&scene](std::size_t part) {
                           scene.here.push_back(part);
                           scene.now += 1;
                           return of(part);
                       });
}

// Each part's result at its place, and each done by one of the two.
void expect_all_in_order(Scene& scene, SharedParts& work, std::size_t parts) {
    for (std::size_t part = 0; part < parts; ++part) EXPECT_EQ(work.result(part), of(part));
    EXPECT_EQ(scene.here.size() + scene.there.size(), parts);
}

TEST(SharedParts, WithoutAnAssistantEverythingIsDoneHereWhenItIsWanted) {
    Scene scene;
    SharedParts work = shared(scene, 5, true);
    expect_all_in_order(scene, work, 5);
    EXPECT_EQ(scene.here, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(SharedParts, TwoOfOnePaceDoOneHalfEach) {
    Scene scene;
    SharedParts work = shared(scene, 100);
    expect_all_in_order(scene, work, 100);
    EXPECT_NEAR(static_cast<double>(scene.here.size()), 50, 4);
    EXPECT_NEAR(scene.now, 50, 4);
}

TEST(SharedParts, WhoIsSlowerDoesLess) {
    Scene scene{.pace = 2};
    SharedParts work = shared(scene, 100);
    expect_all_in_order(scene, work, 100);
    EXPECT_NEAR(static_cast<double>(scene.there.size()), 33, 4);
    EXPECT_NEAR(scene.now, 67, 4);
}

TEST(SharedParts, NothingIsDoneHereThatTheAssistantHasReadyInTime) {
    Scene scene{.pace = 0.5};
    SharedParts work = shared(scene, 100);
    for (std::size_t part = 0; part < 100; ++part) {
        EXPECT_EQ(work.result(part), of(part));
        scene.now += 1;  // as writing a result takes
    }
    EXPECT_LE(scene.here.size(), 1u);
}

TEST(SharedParts, AnAssistantThatStandsStillIsWaitedForOnceFourPartsAreKept) {
    Scene scene{.pace = 1000};
    SharedParts work = shared(scene, 100);
    EXPECT_EQ(work.result(0), of(0));
    EXPECT_EQ(scene.waited_for, std::vector<std::size_t>{0});
    EXPECT_EQ(scene.here, (std::vector<std::size_t>{2, 3, 4, 5}));
}

TEST(SharedParts, WhatALostAssistantOwesIsDoneHere) {
    for (std::size_t answers = 0; answers < 8; ++answers) {
        Scene scene{.leaves_after = answers};
        SharedParts work = shared(scene, 20);
        expect_all_in_order(scene, work, 20);
        EXPECT_EQ(scene.there.size(), answers) << "of that many the answers had arrived";
    }
}

TEST(SharedParts, AnAssistantThatCannotBeAskedIsLost) {
    for (std::size_t part = 0; part < 5; ++part) {
        Scene scene{.refuses = part};
        SharedParts work = shared(scene, 20);
        expect_all_in_order(scene, work, 20);
        EXPECT_LE(scene.there.size(), part) << "what it was asked before may be lost with it";
    }
}

TEST(SharedParts, OnePartIsTheAssistantsOrItsLoss) {
    Scene scene;
    SharedParts work = shared(scene, 1);
    expect_all_in_order(scene, work, 1);
}

}  // namespace
}  // namespace headway::core
