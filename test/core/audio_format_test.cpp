#include "core/audio/audio_format.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

using namespace std::string_literals;

std::string named(std::string_view file) {
    auto format = format_of_name(file);
    return format ? name(*format) : "none";
}

std::string typed(std::string_view type) {
    auto format = format_of_type(type);
    return format ? name(*format) : "none";
}

// The format in the bytes, or what else they are.
std::string sniffed(std::string_view bytes) {
    Sniffed found = sniff(bytes);
    return found.audio ? name(*found.audio) : found.other;
}

TEST(AudioFormat, IsToldByTheNameOfAFile) {
    EXPECT_EQ(named("one.WAV"), "wav");
    EXPECT_EQ(named("one.two.Mp3"), "mp3");
    EXPECT_EQ(named("one.m4a"), "m4a");
    EXPECT_EQ(named("one.webm"), "webm");
    EXPECT_EQ(named("one.opus"), "ogg");
    EXPECT_EQ(named("one.flac"), "flac");
    for (auto file : {"mp3", "one.mp3.html", "one.txt", "one.", "", "one.aiff"})
        EXPECT_EQ(named(file), "none") << file;
}

TEST(AudioFormat, IsToldByTheContentType) {
    EXPECT_EQ(typed("audio/mpeg"), "mp3");
    EXPECT_EQ(typed(" Audio/X-WAV ; codecs=1"), "wav");
    EXPECT_EQ(typed("audio/ogg; codecs=opus"), "ogg");
    EXPECT_EQ(typed("text/html"), "none");
    EXPECT_EQ(typed("audio/x-mpegurl"), "none");
}

TEST(AudioFormat, IsToldByTheFirstBytes) {
    EXPECT_EQ(sniffed("RIFF\x24\0\0\0WAVEfmt "s), "wav");
    EXPECT_EQ(sniffed("RF64\xFF\xFF\xFF\xFFWAVEds64"s), "wav");
    EXPECT_EQ(sniffed("ID3\x04\0\0"s), "mp3");
    EXPECT_EQ(sniffed("\xFF\xFB\x90\x64"s), "mp3");
    EXPECT_EQ(sniffed("\xFF\xE3\x18\xC4"s), "mp3");
    EXPECT_EQ(sniffed("\0\0\0\xFF\xFB\x90\x64"s), "mp3");
    EXPECT_EQ(sniffed("\0\0\0\x1C"
                      "ftypM4A "s),
              "m4a");
    EXPECT_EQ(sniffed("\x1A\x45\xDF\xA3\x01"s), "webm");
    EXPECT_EQ(sniffed("OggS\0\x02"s), "ogg");
    EXPECT_EQ(sniffed("fLaC\0\0"s), "flac");
}

TEST(AudioFormat, IsNoneOfWhatOnlyCallsItselfAudio) {
    EXPECT_EQ(sniffed(""), "an empty file");
    EXPECT_EQ(sniffed(" \n\t"), "nothing but blanks");
    EXPECT_EQ(sniffed("\xEF\xBB\xBF \n<!DOCTYPE html><title>404</title>"), "a web page");
    EXPECT_EQ(sniffed("<HTML>"), "a web page");
    EXPECT_EQ(sniffed("<?xml version=\"1.0\"?><Error>"), "an XML document");
    EXPECT_EQ(sniffed("{\"error\": \"expired\"}"), "JSON");
    EXPECT_EQ(sniffed("#EXTM3U\n#EXT-X-VERSION:3\nfile:///etc/passwd"), "a playlist");
    EXPECT_EQ(sniffed("ffconcat version 1.0\nfile x"), "a playlist");
    EXPECT_EQ(sniffed("%PDF-1.7"), "a PDF document");
    EXPECT_EQ(sniffed("PK\x03\x04...."), "an archive");
    EXPECT_EQ(sniffed("not found"), "a text");
    EXPECT_EQ(sniffed("\x01\x02\x03"), "bytes of no known kind");
    EXPECT_EQ(sniffed("RIFF\x24\0\0\0AVI "s), "bytes of no known kind");
    EXPECT_EQ(sniffed("\xFF\xF1\x50\x80"s), "bytes of no known kind") << "AAC in ADTS";
    EXPECT_EQ(sniffed("\xFF\xFF\xFF\xFF"s), "bytes of no known kind");
}

}  // namespace
}  // namespace headway::core
