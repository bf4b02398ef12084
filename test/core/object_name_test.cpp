#include "core/storage/object_name.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace headway::core {
namespace {

bool is_bucket(std::string_view name) {
    try {
        check_bucket_name(name);
        return true;
    } catch (const Failure&) {
        return false;
    }
}

bool is_key(std::string_view key) {
    try {
        check_object_key(key);
        return true;
    } catch (const Failure&) {
        return false;
    }
}

TEST(ObjectName, TakesBucketsThatEveryProviderTakes) {
    EXPECT_TRUE(is_bucket("customer-acme"));
    EXPECT_TRUE(is_bucket("abc"));
    EXPECT_TRUE(is_bucket(std::string(63, 'a')));
    for (const char* other :
         {"", "ab", "-acme", "acme-", "Acme", "ac_me", "a.b.c", "ac/me", "äcme"})
        EXPECT_FALSE(is_bucket(other)) << other;
    EXPECT_FALSE(is_bucket(std::string(64, 'a')));
}

TEST(ObjectName, TakesKeysThatStayWithinTheirBucket) {
    EXPECT_TRUE(is_key("user/8c1f/call_1.mp3"));
    EXPECT_TRUE(is_key("..a/b..c"));
    for (const char* other : {"", "/", "/etc/passwd", "a//b", "a/", "a/../b", "..", "a/.", "a\\b",
                              "a b", "a%2e", "a?b", "a#b", "ä"})
        EXPECT_FALSE(is_key(other)) << other;
    EXPECT_FALSE(is_key(std::string_view("a\0b", 3)));
    EXPECT_FALSE(is_key(std::string(201, 'a')));
    EXPECT_FALSE(is_key(std::string(199, 'a') + "/" + std::string(199, 'a') + "/" +
                        std::string(199, 'a') + "/" + std::string(199, 'a') + "/b"));
}

TEST(ObjectName, MakesASegmentOfAnyText) {
    EXPECT_EQ(object_segment("call 1 (final).mp3", "file"), "call-1-final-.mp3");
    EXPECT_EQ(object_segment("../../etc/passwd", "file"), "etc-passwd");
    EXPECT_EQ(object_segment("Anruf für Jörg.wav", "file"), "Anruf-f-r-J-rg.wav");
    EXPECT_EQ(object_segment("日本語", "file"), "file");
    EXPECT_EQ(object_segment("...", "file"), "file");
    EXPECT_EQ(object_segment("\xff\xfe.mp3", "file"), "mp3");
}

TEST(ObjectName, CutsALongSegmentBeforeItsExtension) {
    std::string cut = object_segment(std::string(300, 'x') + ".flac", "file");
    EXPECT_EQ(cut, std::string(195, 'x') + ".flac");
    EXPECT_TRUE(is_key(cut));
    EXPECT_TRUE(is_key(object_segment(std::string(300, 'x') + "." + std::string(300, 'y'), "f")));
}

}  // namespace
}  // namespace headway::core
