#include "core/audio/probe.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using namespace std::string_literals;
using test::failure_of;

TEST(Probe, ReadsWhatFfprobeTells) {
    SoundFacts facts = read_probe(R"({"streams": [
        {"codec_type": "video", "codec_name": "mjpeg", "disposition": {"attached_pic": 1}},
        {"codec_type": "audio", "codec_name": "aac", "channels": 2, "sample_rate": "44100", "duration": "3.000000"},
        {"codec_type": "audio", "codec_name": "mp3"}], "format": {"duration": "4.0"}})",
                                  "");
    EXPECT_EQ(facts.codec, "aac");
    EXPECT_EQ(facts.channels, 2);
    EXPECT_EQ(facts.sample_rate, 44100);
    EXPECT_EQ(facts.seconds, 3.0);
    EXPECT_FALSE(facts.has_picture) << "a cover is none";
}

TEST(Probe, TakesTheLengthOfTheWholeWhereTheSoundsIsNotKnown) {
    const char* answer =
        R"({"streams": [{"codec_type": "audio", "codec_name": "opus", "duration": "N/A"},
                             {"codec_type": "video", "codec_name": "vp8"}], "format": {"duration": "7.5"}})";
    EXPECT_EQ(read_probe(answer, "").seconds, 7.5);
    EXPECT_TRUE(read_probe(answer, "").has_picture);
    EXPECT_EQ(read_probe(R"({"streams": [{"codec_type": "audio"}], "format": {}})", "").seconds,
              std::nullopt);
}

TEST(Probe, SaysWhyAFileIsRefused) {
    EXPECT_EQ(
        failure_of([] { read_probe(R"({"streams": [{"codec_type": "video"}]})", ""); }).message,
        "the file has no sound in it");
    Error error = failure_of([] {
        read_probe("{\n\n}\n",
                   "[mov,mp4 @ 0x55] moov atom not found\nfile:/secret/place/x: Invalid data found "
                   "when processing input\n");
    });
    EXPECT_EQ(error.kind, ErrorKind::refused);
    EXPECT_EQ(error.message, "the file is damaged");
    EXPECT_EQ(error.detail, "Invalid data found when processing input") << "without the path";
    EXPECT_EQ(failure_of([] { read_probe("not JSON", ""); }).message, "the file is damaged");
    EXPECT_EQ(failure_of([] { read_probe("", ""); }).message, "the file is damaged");
}

TEST(Probe, NamesTheFileAndNothingElseToOpen) {
    auto arguments = probe_arguments("/tmp/x -i y");
    EXPECT_EQ(arguments.back(), "file:/tmp/x -i y");
    auto whitelist = std::find(arguments.begin(), arguments.end(), "-protocol_whitelist");
    ASSERT_NE(whitelist, arguments.end());
    EXPECT_EQ(*(whitelist + 1), "file");
}

TEST(Probe, AsksForNoTags) {
    for (const std::string& argument : probe_arguments("/tmp/x")) {
        EXPECT_EQ(argument.find("-show_format"), std::string::npos);
        EXPECT_EQ(argument.find("-show_streams"), std::string::npos);
        EXPECT_EQ(argument.find("tags"), std::string::npos);
    }
}

// A header as a telephone's recorder writes it.
std::string wave(char tag, char bits, std::string data_size) {
    return "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0"s + tag + "\0\x01\0\x40\x1F\0\0\x40\x1F\0\0\x01\0"s +
           bits + "\0data"s + data_size;
}

TEST(SoundHeader, IsReadOfAWave) {
    SoundFacts facts = read_sound_header(wave(7, 8, "\x80\x3E\0\0"s), AudioFormat::wav);
    EXPECT_EQ(facts.codec, "pcm_mulaw");
    EXPECT_EQ(facts.channels, 1);
    EXPECT_EQ(facts.sample_rate, 8000);
    EXPECT_EQ(facts.seconds, 2.0);
    EXPECT_EQ(read_sound_header(wave(1, 16, "\xFF\xFF\xFF\xFF"s), AudioFormat::wav).seconds,
              std::nullopt);
    EXPECT_EQ(read_sound_header(wave(1, 16, ""), AudioFormat::wav).codec, "pcm_s16le");
    EXPECT_EQ(read_sound_header("RIFF", AudioFormat::wav).codec, "");
    EXPECT_EQ(read_sound_header("ID3", AudioFormat::mp3).codec, "");
}

TEST(SoundLength, IsLimited) {
    SoundFacts facts;
    EXPECT_EQ(length_problem(facts), "") << "of one that is not known nothing can be said";
    facts.seconds = 4 * 3600;
    EXPECT_EQ(length_problem(facts), "");
    facts.seconds = 100 * 3600;
    EXPECT_EQ(length_problem(facts), "too long: 100 hours");
}

TEST(Conversion, IsForThoseWhoNeedIt) {
    SoundFacts mulaw{"pcm_mulaw"}, plain{"pcm_s16le"}, aac{"aac"}, alac{"alac"}, opus{"opus"},
        unknown;
    EXPECT_TRUE(needs_conversion("openai", AudioFormat::wav, mulaw));
    EXPECT_TRUE(needs_conversion("openai", AudioFormat::m4a, alac));
    EXPECT_FALSE(needs_conversion("openai", AudioFormat::wav, plain));
    EXPECT_FALSE(needs_conversion("openai", AudioFormat::m4a, aac));
    EXPECT_FALSE(needs_conversion("openai", AudioFormat::webm, opus));
    EXPECT_FALSE(needs_conversion("openai", AudioFormat::mp3, unknown));
    for (auto transcriber : {"deepgram", "assemblyai", ""})
        EXPECT_FALSE(needs_conversion(transcriber, AudioFormat::wav, mulaw)) << transcriber;
    opus.has_picture = true;
    EXPECT_TRUE(needs_conversion("deepgram", AudioFormat::webm, opus)) << "sound alone is kept";
}

TEST(Conversion, MakesWavOfWhatMustBeCut) {
    auto arguments = wav_arguments("/a", "/b");
    auto has = [&](const char* word) {
        return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
    };
    EXPECT_TRUE(has("pcm_s16le") && has("file:/a") && has("-format_whitelist"));
    EXPECT_EQ(arguments.back(), "file:/b");
}

TEST(Conversion, KeepsWhatATranscriberHears) {
    auto has = [](const SoundFacts& facts, const std::string& word) {
        auto arguments = conversion_arguments("/a", "/b", facts);
        return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
    };
    SoundFacts telephone{"pcm_mulaw", 1.0, 2, 8000}, studio{"pcm_s24le", 1.0, 6, 96000};
    EXPECT_FALSE(has(telephone, "-ar")) << "more samples would hold no more";
    EXPECT_FALSE(has(telephone, "-ac")) << "two channels are two people";
    EXPECT_TRUE(has(studio, "-ar") && has(studio, "-ac"));
    EXPECT_TRUE(has(studio, "file:/a") && has(studio, "file:/b") && has(studio, "-nostdin"));
    EXPECT_EQ(conversion_problem(0, "noise"), "");
    EXPECT_EQ(conversion_problem(1, "file:/x: Stream map '0:a:0' matches no streams."),
              "Stream map '0:a:0' matches no streams.");
    EXPECT_EQ(conversion_problem(-9, ""), "the converter was ended by signal 9");
}

}  // namespace
}  // namespace headway::core
