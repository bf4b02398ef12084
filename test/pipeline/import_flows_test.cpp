#include <gtest/gtest.h>

#include "core/base/encoding.hpp"
#include "fakes/fake_ports.hpp"
#include "fakes/temporary_folder.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Json;

const std::string kSound = std::string("ID3") + std::string(97, 's');

struct ImportFlows : testing::Test {
    ImportFlows() {
        worker.settings.temporary_prefix = folder.path() + "/tmp.";
        worker.store.import_input = Json::Object{{"source_url", "https://a.example/calls/"},
                                                 {"max_depth", 1},
                                                 {"any_origin", false},
                                                 {"job_id", "job-1"},
                                                 {"file_id", "0123456789abcdef"},
                                                 {"url", "https://a.example/calls/one.mp3"},
                                                 {"file_name", "one.mp3"},
                                                 {"user", "alice"},
                                                 {"bucket", "customer-acme"}};
    }
    Json run(const std::string& kind, Json payload = Json::object()) {
        ClaimedTask task{"w", 1, 1, kind, std::move(payload), 1};
        worker.loop.run(run_task(worker.ctx, task));
        return worker.store.told.back().answer;
    }
    Json look(std::int64_t depth = 0, bool is_rest = true) {
        return run("discover", Json::Object{{"url", "https://a.example/calls/"},
                                            {"depth", depth},
                                            {"is_rest", is_rest}});
    }
    const std::string& told() const { return worker.store.told.back().what; }
    std::size_t files_left() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder.path()), {}));
    }

    test::TemporaryFolder folder;
    test::FakeWorker worker;
};

TEST_F(ImportFlows, APageGivesItsAudioAndWhereItGoesOn) {
    worker.http.answer(
        200,
        R"(<html><a href="one.mp3"></a><a href="https://b.example/two.mp3"></a><a rel="next" href="?p=2"></a>
        <a href="/get?id=3"></a><a href="sub/"></a>)",
        {{"content-type", "text/html"}});
    Json found = look();
    EXPECT_EQ(found["files"].dump(),
              R"([{"url":"https://a.example/calls/one.mp3","name":"one.mp3"}])");
    EXPECT_EQ(found["pages"].dump(),
              R"([{"url":"https://a.example/calls/?p=2","depth":0,"is_rest":true},)"
              R"({"url":"https://a.example/get?id=3","depth":1,"is_rest":false}])");
    EXPECT_EQ(found.integer_or("elsewhere", 0), 1) << "another host's are not fetched unasked";
}

TEST_F(ImportFlows, AFolderIsLookedIntoWhenMoreLevelsAreAskedFor) {
    worker.store.import_input.set("max_depth", 2);
    worker.store.import_input.set("any_origin", true);
    worker.http.answer(200, R"(<html><a href="sub/"></a><a href="https://b.example/two.mp3"></a>)");
    Json found = look();
    EXPECT_EQ(found["pages"].items().size(), 1u);
    EXPECT_EQ(found["files"].items().size(), 1u);
}

TEST_F(ImportFlows, AudioAtTheAddressItselfIsOneFile) {
    worker.http.answer(200, kSound, {{"content-type", "audio/mpeg"}});
    EXPECT_EQ(look()["files"].dump(), R"([{"url":"https://a.example/calls/","name":"a.example"}])");
    worker.http.answer(200, kSound, {{"content-type", "application/octet-stream"}});
    EXPECT_EQ(look()["files"].items().size(), 1u) << "whatever it is called";
}

TEST_F(ImportFlows, AGuessThatIsNothingIsNotedAndTheListingsOwnFailureCounts) {
    worker.http.answer(404, "");
    Json found = look(1, false);
    EXPECT_EQ(told(), "discover");
    EXPECT_EQ(found["problem"].text_or("message", ""), "the link is dead (HTTP 404)");
    worker.http.answer(200, "<html>just a page with <a href='x.mp3'>",
                       {{"content-type", "text/html"}});
    EXPECT_TRUE(look(1, false)["files"].items().empty())
        << "of a page at the last level nothing is followed";
    worker.http.answer(404, "");
    look();
    EXPECT_EQ(told(), "fail");
}

TEST_F(ImportFlows, OfAGuessThatNobodyReadsOnlyTheBeginningIsFetched) {
    worker.http.answer(200, std::string(1 << 20, 'x'), {{"content-type", "text/plain"}});
    EXPECT_TRUE(look(1, false)["files"].items().empty());
    EXPECT_LE(worker.http.taken, 16u << 10) << "enough to tell that it is no audio";
}

TEST_F(ImportFlows, RedirectsAreFollowedWithoutSecretsAndOnlyToTheWeb) {
    worker.store.import_input.set(
        "headers", Json::Object{{"origin", "https://a.example:443"}, {"sealed", "x"}});
    worker.http.answer(302, "", {{"location", "https://b.example/there"}});
    worker.http.answer(200, kSound, {{"content-type", "audio/mpeg"}});
    look();
    ASSERT_EQ(worker.http.requests.size(), 2u);
    EXPECT_FALSE(worker.http.requests[0].headers.empty())
        << "the source's own host gets its headers";
    EXPECT_TRUE(worker.http.requests[1].headers.empty()) << "another does not";
    worker.http.answer(302, "", {{"location", "http://10.0.0.1/there"}});
    look();
    EXPECT_EQ(worker.store.told.back().answer.text_or("kind", ""), "forbidden");
    EXPECT_EQ(worker.http.requests.size(), 3u) << "it is not asked at all";
}

TEST_F(ImportFlows, AFileIsStoredUnderItsUserAndJob) {
    worker.http.answer(200, kSound);
    Json settled = run("transfer");
    EXPECT_EQ(told(), "transfer");
    EXPECT_EQ(settled.text_or("storage_path", ""), "customer-acme/alice/job-1/01234567-one.mp3");
    const Json& facts = worker.store.told.front().answer;
    EXPECT_EQ(worker.store.told.front().what, "uploading");
    EXPECT_EQ(facts.integer_or("size_bytes", 0), 100);
    EXPECT_EQ(facts.text_or("sha256", ""), core::hex_encode(core::sha256(kSound)));
    EXPECT_EQ(files_left(), 0u) << "what was fetched is gone";
}

TEST_F(ImportFlows, WhatIsNoAudioIsLeftOut) {
    worker.http.answer(200, "<!doctype html><html>sign in");
    EXPECT_EQ(run("transfer").as_string(), "not audio: a web page");
    worker.settings.max_audio_bytes = 50;
    worker.http.answer(200, kSound);
    EXPECT_EQ(run("transfer").as_string(), "too large: more than 0 MB");
    worker.http.answer(200, "ID3", {{"content-length", "5000"}});
    EXPECT_EQ(run("transfer").as_string(), "too large: more than 0 MB")
        << "it is not fetched at all";
    EXPECT_EQ(files_left(), 0u);
}

TEST_F(ImportFlows, ACutTransferGoesOnWhereItEnded) {
    worker.http.cut(200, kSound.substr(0, 40), {{"etag", "\"v1\""}});
    worker.http.cut(206, kSound.substr(40, 20),
                    {{"content-range", "bytes 40-99/100"}, {"etag", "\"v1\""}});
    worker.http.answer(206, kSound.substr(60), {{"content-range", "bytes 60-99/100"}});
    run("transfer");
    EXPECT_EQ(told(), "transfer");
    EXPECT_EQ(worker.store.told.front().answer.text_or("sha256", ""),
              core::hex_encode(core::sha256(kSound)));
    using Headers = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(worker.http.requests[2].headers,
              (Headers{{"Range", "bytes=60-"}, {"If-Range", "\"v1\""}}));
}

TEST_F(ImportFlows, AFileThatChangedMeanwhileBeginsAnew) {
    worker.http.cut(200, "ID3 of another file", {{"etag", "\"v1\""}});
    worker.http.answer(200, kSound, {{"etag", "\"v2\""}});
    run("transfer");
    EXPECT_EQ(worker.store.told.front().answer.text_or("sha256", ""),
              core::hex_encode(core::sha256(kSound)));
}

TEST_F(ImportFlows, TheSameContentIsNotStoredAgain) {
    worker.store.is_known_content = true;
    worker.http.answer(200, kSound);
    run("transfer");
    EXPECT_TRUE(worker.storage.objects.empty());
}

TEST_F(ImportFlows, AFileIsConvertedForWhoNeedsIt) {
    worker.store.import_input.set("speech", "openai");
    worker.programs.ends["ffprobe"].output =
        R"({"streams": [{"codec_type": "audio", "codec_name": "opus"}, {"codec_type": "video"}]})";
    worker.programs.ends["ffmpeg"].exit_code = 0;
    worker.http.answer(200, kSound);
    Json settled = run("transfer");
    EXPECT_EQ(settled.text_or("content_type", ""), "audio/flac");
    EXPECT_TRUE(settled.text_or("storage_path", "").ends_with("one.mp3.flac"));
    EXPECT_EQ(worker.programs.ran.at(1).most_written, worker.settings.max_audio_bytes);
    worker.programs.ends["ffmpeg"] = {1, false, "", "Invalid data\n"};
    worker.http.answer(200, kSound);
    EXPECT_EQ(run("transfer").text_or("message", ""), "the file cannot be converted");
    worker.programs.ends.erase("ffmpeg");
    worker.http.answer(200, kSound);
    EXPECT_NE(run("transfer").text_or("message", "").find("ffmpeg is not installed"),
              std::string::npos);
    EXPECT_EQ(files_left(), 0u);
}

TEST_F(ImportFlows, ADamagedFileAndAnEndlessOneSaySo) {
    worker.programs.ends["ffprobe"] = {1, false, "{}", "moov atom not found\n"};
    worker.http.answer(200, kSound);
    EXPECT_EQ(run("transfer").text_or("message", ""), "the file is damaged");
    worker.programs.ends["ffprobe"].output =
        R"({"streams": [{"codec_type": "audio", "codec_name": "flac", "duration": "900000"}]})";
    worker.http.answer(200, kSound);
    EXPECT_EQ(run("transfer").as_string(), "too long: 250 hours");
}

TEST_F(ImportFlows, AFullStorageIsTriedAgain) {
    worker.storage.trouble = core::Error{ErrorKind::server, "no room"};
    worker.http.answer(200, kSound);
    EXPECT_EQ(run("transfer").text_or("message", ""), "no room");
    EXPECT_EQ(told(), "fail");
}

}  // namespace
}  // namespace headway::pipeline
