#include "pipeline/filesystem_storage.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fakes/fake_loop.hpp"
#include "fakes/temporary_folder.hpp"

namespace headway::pipeline {
namespace {

namespace fs = std::filesystem;
using core::ErrorKind;

constexpr char kWorkspace[] = "11111111-1111-1111-1111-111111111111";

class FilesystemStorageTest : public ::testing::Test {
  protected:
    FilesystemStorageTest() { settings.storage_directory = folder.path() + "/media"; }

    StorageTarget at(const std::string& key, const std::string& bucket = "customer-acme") {
        StorageTarget target;
        target.workspace = kWorkspace;
        target.bucket = bucket;
        target.key = key;
        return target;
    }
    std::string path_of(const std::string& object) {
        return settings.storage_directory + '/' + kWorkspace + '/' + object;
    }

    template <class T>
    core::Result<T> outcome(async::Task<core::Result<T>> task) {
        std::optional<core::Result<T>> result;
        fake.loop.run(keep(std::move(task), result));
        return *result;
    }
    core::Result<StoredObject> put(StorageTarget target, const std::string& content) {
        LocalFile file{folder.file("given", content), content.size()};
        return outcome(storage.put(target, file));
    }

    test::TemporaryFolder folder;
    test::FakeLoop fake;
    core::Settings settings;
    FilesystemStorage storage{fake.loop, settings};

  private:
    template <class T>
    static async::Task<void> keep(async::Task<core::Result<T>> task,
                                  std::optional<core::Result<T>>& result) {
        result = co_await std::move(task);
    }
};

TEST_F(FilesystemStorageTest, KeepsAFileBelowItsWorkspaceAndBucket) {
    auto stored = put(at("ann/job/call.mp3"), "sound");
    ASSERT_TRUE(stored.ok()) << stored.error().message << stored.error().detail;
    EXPECT_EQ(stored.value().path, "customer-acme/ann/job/call.mp3");
    EXPECT_EQ(test::content_of(path_of(stored.value().path)), "sound");

    auto fetched = outcome(storage.fetch(at("ann/job/call.mp3"), "unused"));
    ASSERT_TRUE(fetched.ok());
    EXPECT_EQ(fetched.value().path, path_of("customer-acme/ann/job/call.mp3"));
    EXPECT_EQ(fetched.value().size, 5u);
}

TEST_F(FilesystemStorageTest, OutlivesTheFileThatItWasGiven) {
    ASSERT_TRUE(put(at("call.mp3"), "sound").ok());
    fs::remove(folder.path() + "/given");
    EXPECT_EQ(test::content_of(path_of("customer-acme/call.mp3")), "sound");
}

TEST_F(FilesystemStorageTest, CopiesAFileThatLiesOnAnotherFileSystem) {
    std::string other = "/dev/shm/headway-storage-test-" + std::to_string(getpid());
    std::string content(9 << 20, 'x');
    std::ofstream(other) << content;
    struct stat here, there;
    if (stat(folder.path().c_str(), &here) != 0 || stat("/dev/shm", &there) != 0 ||
        here.st_dev == there.st_dev) {
        fs::remove(other);
        GTEST_SKIP() << "there is only one file system";
    }
    auto stored = outcome(storage.put(at("call.wav"), {other, content.size()}));
    fs::remove(other);
    ASSERT_TRUE(stored.ok()) << stored.error().message << stored.error().detail;
    EXPECT_EQ(test::content_of(path_of("customer-acme/call.wav")), content);
}

TEST_F(FilesystemStorageTest, ReplacesWhatAKeyHeldBefore) {
    ASSERT_TRUE(outcome(storage.put_text(at("a/analysis.json"), "{}", "application/json")).ok());
    ASSERT_TRUE(
        outcome(storage.put_text(at("a/analysis.json"), "{\"b\": 1}", "application/json")).ok());
    EXPECT_EQ(test::content_of(path_of("customer-acme/a/analysis.json")), "{\"b\": 1}");
    fs::directory_iterator files(path_of("customer-acme/a"));
    EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "nothing unfinished is left";
}

TEST_F(FilesystemStorageTest, LetsNobodyElseIn) {
    ASSERT_TRUE(put(at("a/call.mp3"), "sound").ok());
    for (std::string path : {settings.storage_directory, path_of(""), path_of("customer-acme/a")})
        EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all) << path;
}

TEST_F(FilesystemStorageTest, RefusesNamesThatLeadOutOfTheirPlace) {
    for (const char* key : {"../call.mp3", "a/../../call.mp3", "/etc/passwd", "a//b", "", "."})
        EXPECT_EQ(put(at(key), "sound").error().kind, ErrorKind::invalid) << key;
    EXPECT_EQ(put(at("call.mp3", ".."), "sound").error().kind, ErrorKind::invalid);
    StorageTarget elsewhere = at("call.mp3");
    elsewhere.workspace = "..";
    EXPECT_EQ(put(elsewhere, "sound").error().kind, ErrorKind::invalid);
}

TEST_F(FilesystemStorageTest, FollowsNoLink) {
    ASSERT_TRUE(put(at("a/call.mp3"), "sound").ok());
    fs::create_directory(folder.path() + "/outside");
    fs::create_directory_symlink(folder.path() + "/outside", path_of("customer-acme/b"));
    EXPECT_EQ(put(at("b/call.mp3"), "sound").error().kind, ErrorKind::refused);
    EXPECT_TRUE(fs::is_empty(folder.path() + "/outside"));

    folder.file("secret", "words");
    fs::create_symlink(folder.path() + "/secret", path_of("customer-acme/a/leak.mp3"));
    EXPECT_EQ(outcome(storage.fetch(at("a/leak.mp3"), "")).error().kind, ErrorKind::refused);
}

TEST_F(FilesystemStorageTest, SaysWhereItCannotWrite) {
    settings.storage_directory = folder.file("plain", "") + "/media";
    auto stored = put(at("call.mp3"), "sound");
    ASSERT_FALSE(stored.ok());
    EXPECT_EQ(stored.error().kind, ErrorKind::refused);
    EXPECT_NE(stored.error().hint.find("headway.storage_directory"), std::string::npos);
}

TEST_F(FilesystemStorageTest, TellsAFileThatIsNotThere) {
    ASSERT_TRUE(put(at("call.mp3"), "sound").ok());
    EXPECT_EQ(outcome(storage.fetch(at("other.mp3"), "")).error().message,
              "the stored file is not there");
}

TEST_F(FilesystemStorageTest, HasNoUrls) {
    auto url = outcome(storage.signed_url(at("call.mp3"), std::chrono::hours(1)));
    EXPECT_EQ(url.error().kind, ErrorKind::refused);
}

}  // namespace
}  // namespace headway::pipeline
