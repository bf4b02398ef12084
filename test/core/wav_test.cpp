#include "core/speech/wav.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

Wav telephone() { return {.format = 7, .channels = 1, .rate = 8000, .bits = 8}; }

TEST(Wav, ReadsWhatItHasWritten) {
    Wav stereo{.format = 1, .channels = 2, .rate = 16000, .bits = 16};
    std::string file = stereo.header(1000) + std::string(1000, '\0');
    auto read = read_wav(file, file.size());
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->channels, 2);
    EXPECT_EQ(read->second(), 64'000u);
    EXPECT_EQ(read->data_at, 44u);
    EXPECT_EQ(read->data_size, 1000u);
}

TEST(Wav, BelievesTheFileMoreThanItsHeader) {
    std::string file = telephone().header(4'000'000'000) + std::string(500, '\xff');
    EXPECT_EQ(read_wav(file, file.size())->data_size, 500u);
}

TEST(Wav, SkipsWhatElseAFileHolds) {
    std::string file = telephone().header(100);
    file.insert(12, std::string("LIST\x05\0\0\0INFO1\0", 14));
    auto read = read_wav(file, file.size() + 100);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->data_at, 58u);
}

TEST(Wav, IsNothingElse) {
    for (std::string other :
         {std::string(), std::string("RIFF"), std::string("ID3\x04"),
          std::string("RIFF\0\0\0\0AVI fmt ", 16), Wav{.format = 3, .bits = 32}.header(10),
          Wav{.channels = 0}.header(10), telephone().header(10).substr(0, 30)})
        EXPECT_FALSE(read_wav(other, 1000).has_value()) << other.size();
    std::string endless = "RIFF....WAVE" + std::string("junk\xff\xff\xff\xff", 8);
    EXPECT_FALSE(read_wav(endless, 1000).has_value());
}

TEST(Wav, IsCutWhereItIsQuiet) {
    Wav linear{.format = 1, .channels = 1, .rate = 1000, .bits = 16};
    std::string loud(1000, '\x40');
    std::string samples = loud + std::string(800, '\0') + loud;
    std::uint64_t cut = quietest(linear, samples);
    EXPECT_GT(cut, 1000u);
    EXPECT_LT(cut, 1800u);
    EXPECT_EQ(cut % linear.frame(), 0u);
    std::string spoken(16'000, '\x00'), pause(3'200, '\xff');  // mu-law: 0xff is silence
    cut = quietest(telephone(), spoken + pause + spoken);
    EXPECT_GT(cut, 16'000u);
    EXPECT_LT(cut, 19'200u);
    EXPECT_EQ(quietest(telephone(), "ab"), 2u) << "too short to choose";
}

}  // namespace
}  // namespace headway::core
