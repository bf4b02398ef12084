// Storage by the real HTTP client against a server that checks signatures and rules; run with
// HEADWAY_STORAGE_URL by test/e2e/test_storage.py.

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "fakes/fake_ports.hpp"
#include "fakes/temporary_folder.hpp"
#include "net/poll_loop.hpp"
#include "pipeline/storages.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

class StorageSandboxTest : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        const char* url = std::getenv("HEADWAY_STORAGE_URL");
        if (!url) GTEST_SKIP() << "no sandbox is there";
        settings.allowed_private_hosts = "127.0.0.1";
        settings.storage_directory = folder.path() + "/media";
        std::string name = GetParam();
        Json given = name == "s3" ? Json::Object{{"region", "eu-central-1"},
                                                 {"endpoint", std::string(url) + "/s3"}}
                                  : Json::Object{{"base_url", std::string(url) + "/supabase"}};
        secrets.credentials = Json::Object{{"access_key_id", "SANDBOXKEYID"},
                                           {"secret_access_key", "sandbox/s3+secret"},
                                           {"service_key", "sandbox.supabase.jwt"}};
        provider = Json::Object{{"name", name}};
        provider.set("settings", given);
        provider.set("credentials", Json::object());
    }

    StorageTarget at(const std::string& key, const std::string& bucket = "customer-acme") {
        StorageTarget target;
        target.workspace = "11111111-1111-1111-1111-111111111111";
        target.provider = std::make_shared<const Json>(provider);
        target.bucket = bucket;
        target.key = key;
        return target;
    }

    template <class T>
    core::Result<T> outcome(async::Task<core::Result<T>> task) {
        std::optional<core::Result<T>> result;
        net.loop.run(keep(std::move(task), result));
        return *result;
    }
    core::Result<StoredObject> put(StorageTarget target, const std::string& content) {
        LocalFile file{folder.file("given", content), content.size(), "audio/wav"};
        return outcome(storage.put(target, file));
    }
    std::string fetched(const StorageTarget& target) {
        auto file = outcome(storage.fetch(target, folder.path() + "/copy"));
        return file.ok() ? test::content_of(file.value().path) : file.error().message;
    }

    test::TemporaryFolder folder;
    test::NetLoop net;
    core::Settings settings;
    test::FakeSecrets secrets;
    ProviderExchange exchange{net.http, secrets, net.clock, settings};
    Storages storage{exchange, net.loop, settings};
    Json provider;

  private:
    template <class T>
    static async::Task<void> keep(async::Task<core::Result<T>> task,
                                  std::optional<core::Result<T>>& result) {
        result = co_await std::move(task);
    }
};

TEST_P(StorageSandboxTest, KeepsASmallFileInABucketThatItMakes) {
    auto stored = put(at("ann/job/call_1.wav"), "sound");
    ASSERT_TRUE(stored.ok()) << stored.error().message;
    EXPECT_EQ(stored.value().path, "customer-acme/ann/job/call_1.wav");
    EXPECT_EQ(fetched(at("ann/job/call_1.wav")), "sound");
    ASSERT_TRUE(put(at("ann/job/call_1.wav"), "other").ok()) << "a step may be taken twice";
    EXPECT_EQ(fetched(at("ann/job/call_1.wav")), "other");
}

TEST_P(StorageSandboxTest, KeepsALargeFileThatGoesInParts) {
    settings.max_response_bytes = 1 << 20;  // a file is none of these
    std::string content(35 << 20, 'x');
    for (std::size_t n = 0; n < content.size(); n += 997) content[n] = static_cast<char>(n);
    auto stored = put(at("large.wav", "customer-large"), content);
    ASSERT_TRUE(stored.ok()) << stored.error().message;
    EXPECT_EQ(fetched(at("large.wav", "customer-large")), content);
}

TEST_P(StorageSandboxTest, BringsNothingLargerThanAudioMayBe) {
    ASSERT_TRUE(put(at("call.wav"), "sound").ok());
    settings.max_audio_bytes = 4;
    EXPECT_EQ(fetched(at("call.wav")), "the recording is larger than headway.max_audio_bytes");
    settings.max_audio_bytes = 5;
    EXPECT_EQ(fetched(at("call.wav")), "sound");
}

TEST_P(StorageSandboxTest, KeepsATextAndGivesAUrl) {
    auto stored = outcome(storage.put_text(at("r/analysis.json", "customer-acme-analysis"),
                                           "{\"a\": 1}", "application/json"));
    ASSERT_TRUE(stored.ok()) << stored.error().message;
    auto url = outcome(
        storage.signed_url(at("r/analysis.json", "customer-acme-analysis"), std::chrono::hours(1)));
    ASSERT_TRUE(url.ok()) << url.error().message;
    net::HttpRequest get;
    get.url = url.value();
    get.allow_private = true;
    auto response = net.fetch(get);
    EXPECT_EQ(response.value().status, 200);
    EXPECT_EQ(response.value().body, "{\"a\": 1}") << "whoever has the URL can read it";
    get.url.back() = get.url.back() == 'A' ? 'B' : 'A';
    EXPECT_NE(net.fetch(get).value().status, 200) << "and no other";
}

TEST_P(StorageSandboxTest, TellsWhatIsNotThereAndWhoMayNot) {
    ASSERT_TRUE(put(at("call.wav"), "sound").ok());
    EXPECT_EQ(fetched(at("gone.wav")), "the storage refused: NoSuchKey");
    secrets.credentials = Json::Object{{"access_key_id", "SANDBOXKEYID"},
                                       {"secret_access_key", "wrong"},
                                       {"service_key", "wrong.supabase.jwt"}};
    core::Error refusal = put(at("call.wav"), "sound").error();
    EXPECT_EQ(refusal.kind, core::ErrorKind::refused);
    EXPECT_NE(refusal.hint.find("headway_set_provider"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Vendors, StorageSandboxTest, ::testing::Values("s3", "supabase"));

}  // namespace
}  // namespace headway::pipeline
