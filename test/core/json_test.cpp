#include "core/base/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/text.hpp"
#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;
using namespace std::string_literals;
using namespace std::string_view_literals;

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, WritesObjectsInTheOrderOfTheirMembers) {
    auto text = R"({"zeta":1,"alpha":[true,null,"x"],"mu":{"b":2,"a":{}}})";
    EXPECT_EQ(Json::parse(text).dump(), text);
}

TEST(Json, KeepsEveryDigitOfANumber) {
    for (auto digits : {"0", "-1", "9223372036854775807", "-9223372036854775808",
                        "9223372036854775808", "18446744073709551615", "18446744073709551616",
                        "-9223372036854775809", "123456789012345678901234567890",
                        "0.1000000000000000055511151231257827", "1.50", "2E5", "6.02e-23"}) {
        Json number = Json::parse(digits);
        EXPECT_TRUE(number.is_number()) << digits;
        EXPECT_EQ(number.dump(), digits) << "a number comes out as it went in";
    }
}

TEST(Json, RefusesNumbersThatNoDoubleCanHold) {
    for (auto text : {"1e400", "-1e400", R"({"big":1e999,"other":1})"})
        EXPECT_EQ(failure_of([&] { Json::parse(text); }).kind, ErrorKind::protocol) << text;
}

TEST(Json, OnlyNumbersOf64BitsAreIntegers) {
    EXPECT_TRUE(Json::parse("9223372036854775807").is_integer());
    EXPECT_FALSE(Json::parse("9223372036854775808").is_integer());
    EXPECT_FALSE(Json::parse("1.0").is_integer());
    EXPECT_DOUBLE_EQ(Json::parse("9223372036854775808").as_number(), 9223372036854775808.0);
    EXPECT_DOUBLE_EQ(Json::parse("7").as_number(), 7.0);
}

TEST(Json, AnUnsignedNumberBeyond63BitsKeepsItsValue) {
    EXPECT_EQ(Json(std::numeric_limits<std::uint64_t>::max()).dump(), "18446744073709551615");
}

TEST(Json, NumbersWithoutASpellingBecomeNull) {
    EXPECT_TRUE(Json(std::nan("")).is_null());
    EXPECT_TRUE(Json(std::numeric_limits<double>::infinity()).is_null());
    EXPECT_EQ(Json(0.1).dump(), "0.1");
}

TEST(Json, RefusesWhatIsNotOneStrictText) {
    for (auto text : {"",           " ",           "{",           "}",
                      "[1,]",       R"({"a":1,})", R"({'a':1})",  "{a:1}",
                      R"({"a" 1})", "01",          "+1",          ".5",
                      "1.",         "0x10",        "NaN",         "Infinity",
                      "-",          "tru",         "nulll",       R"("open)",
                      "[1] [2]",    "1 2",         "// c\n1",     "/* c */ 1",
                      "\"\t\"",     R"("\x41")",   R"("\ud800")", R"("\udc00\ud800")",
                      "\"\xFF\"",   "\"\xC0\x80\""})
        EXPECT_EQ(failure_of([&] { Json::parse(text); }).kind, ErrorKind::protocol)
            << text << " is no JSON text";
}

TEST(Json, ANulBehindTheTextIsNotTheEndOfIt) {
    EXPECT_EQ(failure_of([] { Json::parse("[1]\0 and more"sv); }).kind, ErrorKind::protocol);
}

TEST(Json, NeverQuotesTheTextThatItRefuses) {
    Error error = failure_of([] { Json::parse(R"({"password":"hunter2", hunter2})"); });
    EXPECT_EQ((error.message + error.detail + error.hint).find("hunter2"), std::string::npos);
}

TEST(Json, AcceptsContainersUpToItsDepthAndNoneBelow) {
    EXPECT_EQ(Json::parse(nested(100)).dump(), nested(100));
    EXPECT_EQ(failure_of([] { Json::parse(nested(101)); }).kind, ErrorKind::protocol);
    EXPECT_EQ(Json::parse(nested(3), 3).dump(), nested(3));
    EXPECT_EQ(failure_of([] { Json::parse(nested(4), 3); }).kind, ErrorKind::protocol);
    std::string siblings = "[" + nested(2) + "," + nested(2) + "]";
    EXPECT_EQ(Json::parse(siblings, 3).dump(), siblings) << "siblings do not add to the depth";
}

TEST(Json, AMillionOpenBracketsAreRefusedAndNothingWorse) {
    EXPECT_EQ(failure_of([] { Json::parse(std::string(1'000'000, '[')); }).kind,
              ErrorKind::protocol);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
    EXPECT_EQ(failure_of([&] { Json::parse(objects); }).kind, ErrorKind::protocol);
}

TEST(Json, ReadsEscapes) {
    EXPECT_EQ(Json::parse(R"("\u00e9\n\"\\\/\t \ud83d\ude00")").as_string(),
              "\u00e9\n\"\\/\t \U0001F600");
}

TEST(Json, EveryCharacterSurvivesWritingAndReading) {
    std::string text;
    for (char32_t c = 0; c < 0x300; ++c) append_utf8(text, c);
    text += "\U0001F600\u2028\uFFFD";
    Json object = Json::object();
    object.set(text, text);
    EXPECT_EQ(Json::parse(object.dump()), object);
}

TEST(Json, EscapesWhatMustBeWhereverItStands) {
    for (char special : {'"', '\\', '\n', '\x1f', '\x01'})
        for (std::size_t at = 0; at < 18; ++at) {
            std::string text = "plain text \x7f !#[] \u00e4\u20ac";
            text.insert(at, 1, special);
            std::string written = Json(text).dump();
            EXPECT_EQ(written.size(), text.size() + (special < 0x20 ? 7 : 3)) << written;
            EXPECT_EQ(Json::parse(written), Json(text)) << written;
        }
    EXPECT_EQ(Json("plain text \x7f !#[] \u00e4").dump(), "\"plain text \x7f !#[] \u00e4\"");
}

TEST(Json, TheLastOfEqualKeysCounts) {
    EXPECT_EQ(Json::parse(R"({"a":1,"b":2,"a":3})")["a"].as_integer(), 3);
}

TEST(Json, FindsWhatAPointerNames) {
    Json json = Json::parse(
        R"({"list":["x","y"],"":10,"a/b":11,"c%d":12,"q\"r":13," ":14,"m~n":15,"~1":16,"deep":{"er":[{"est":17}]}})");
    EXPECT_EQ(json.at(""), &json) << "the empty pointer names the whole";
    auto integer = [&](std::string_view pointer) {
        const Json* found = json.at(pointer);
        return found ? found->as_integer() : -1;
    };
    EXPECT_EQ(json.at("/list/1")->as_string(), "y");
    EXPECT_EQ(integer("/"), 10);
    EXPECT_EQ(integer("/a~1b"), 11);
    EXPECT_EQ(integer("/c%d"), 12);
    EXPECT_EQ(integer("/q\"r"), 13);
    EXPECT_EQ(integer("/ "), 14);
    EXPECT_EQ(integer("/m~0n"), 15);
    EXPECT_EQ(integer("/~01"), 16) << "~01 is a tilde and a one";
    EXPECT_EQ(integer("/deep/er/0/est"), 17);
}

TEST(Json, APointerThatLeadsNowhereFindsNothing) {
    Json json = Json::parse(R"({"list":["x","y"],"text":"abc","nothing":null})");
    for (auto pointer :
         {"list", "/nope", "/list/2", "/list/-", "/list/-1", "/list/+1", "/list/1x", "/list/",
          "/list/99999999999999999999", "/list/0/0", "/text/0", "/nothing/x", "//list"})
        EXPECT_EQ(json.at(pointer), nullptr) << pointer << " names nothing";
    EXPECT_NE(json.at("/nothing"), nullptr) << "a null is there";
}

TEST(Json, AnIndexWithLeadingZerosNamesNothing) {
    EXPECT_EQ(Json::parse("[1,2]").at("/01"), nullptr);
}

TEST(Json, TheWrongTypeIsAProtocolFailure) {
    Json text("x"), number(1);
    EXPECT_EQ(failure_of([&] { text.as_integer(); }).kind, ErrorKind::protocol);
    EXPECT_EQ(failure_of([&] { text.as_number(); }).kind, ErrorKind::protocol);
    EXPECT_EQ(failure_of([&] { text.as_bool(); }).kind, ErrorKind::protocol);
    EXPECT_EQ(failure_of([&] { number.as_string(); }).kind, ErrorKind::protocol);
    EXPECT_EQ(failure_of([&] { number.as_array(); }).kind, ErrorKind::protocol);
    EXPECT_EQ(failure_of([&] { number.as_object(); }).kind, ErrorKind::protocol);
    EXPECT_TRUE(text.items().empty());
    EXPECT_TRUE(text.members().empty());
    EXPECT_TRUE(number["any"].is_null());
}

TEST(Json, FallbacksStandForAbsentAndNullOnly) {
    Json json = Json::parse(R"({"none":null,"text":"t","number":2.5,"integer":3,"flag":true})");
    EXPECT_EQ(json.text_or("none", "f"), "f");
    EXPECT_EQ(json.text_or("absent", "f"), "f");
    EXPECT_EQ(json.text_or("text", "f"), "t");
    EXPECT_DOUBLE_EQ(json.number_or("number", 1), 2.5);
    EXPECT_DOUBLE_EQ(json.number_or("integer", 1), 3);
    EXPECT_EQ(json.integer_or("integer", 1), 3);
    EXPECT_TRUE(json.bool_or("flag", false));
    EXPECT_EQ(failure_of([&] { json.text_or("integer", "f"); }).kind, ErrorKind::protocol);
    EXPECT_EQ(failure_of([&] { json.integer_or("number", 1); }).kind, ErrorKind::protocol);
    EXPECT_EQ(failure_of([&] { json.bool_or("text", true); }).kind, ErrorKind::protocol);
}

TEST(Json, PutCreatesTheContainersOnTheWay) {
    Json json;
    json.put("/a/b~1c/d", 1);
    json.put("/a/e", "two");
    json.put("/a/e", 3);
    EXPECT_EQ(json.dump(), R"({"a":{"b/c":{"d":1},"e":3}})");
    json.put("", "all new");
    EXPECT_EQ(json.dump(), R"("all new")");
    EXPECT_EQ(failure_of([&] { json.put("/a", 1); }).kind, ErrorKind::protocol)
        << "a text has no members";
}

TEST(ForeignJson, LeavesSoundTextAsItIs) {
    auto text =
        R"({"name":"Zo\u00eb \ud83d\ude00","path":"C:\\ud800\\udc00","n":12345678901234567890})";
    ForeignJson read = parse_foreign_json(text);
    EXPECT_EQ(read.repairs, 0u);
    EXPECT_EQ(read.value["name"].as_string(), "Zo\u00eb \U0001F600");
    EXPECT_EQ(read.value["path"].as_string(), R"(C:\ud800\udc00)")
        << "an escaped backslash starts no escape";
    EXPECT_EQ(read.value["n"].dump(), "12345678901234567890");
}

TEST(ForeignJson, ReplacesAndCountsWhatIsNoText) {
    struct Case {
        std::string sent, read;
        std::size_t repairs;
    };
    for (const Case& c :
         {Case{R"("a\ud800b")", "a\uFFFDb", 1}, Case{R"("a\udfffb")", "a\uFFFDb", 1},
          Case{R"("\ud83d")", "\uFFFD", 1}, Case{R"("\ud83d\ud83d\ude00")", "\uFFFD\U0001F600", 1},
          Case{R"("\ude00\ud83d")", "\uFFFD\uFFFD", 2}, Case{R"("\ud83d\u0041")", "\uFFFDA", 1},
          Case{R"("\\\ud800")", "\\\uFFFD", 1},
          Case{"\"a\xFF"
               "b\"",
               "a\uFFFDb", 1},
          Case{"\"caf\xC3\"", "caf\uFFFD", 1}, Case{R"("a\u0000b\u0000")", "a\uFFFDb\uFFFD", 2}}) {
        ForeignJson read = parse_foreign_json(c.sent);
        EXPECT_EQ(read.value.as_string(), c.read) << c.sent;
        EXPECT_EQ(read.repairs, c.repairs) << c.sent << ": every replaced character is counted";
    }
}

TEST(ForeignJson, RepairsKeysAsWellAsValues) {
    ForeignJson read = parse_foreign_json(R"([{"k\u0000":{"x":["\ud800"]}}])");
    EXPECT_EQ(read.repairs, 2u);
    EXPECT_EQ(read.value.dump(), "[{\"k\uFFFD\":{\"x\":[\"\uFFFD\"]}}]");
}

TEST(ForeignJson, WhatItReadsIsAlwaysUtf8WithoutNuls) {
    for (unsigned first = 0; first < 256; ++first)
        for (unsigned second :
             {0x00u, 0x22u, 0x41u, 0x5Cu, 0x80u, 0xBFu, 0xC3u, 0xEDu, 0xF4u, 0xFFu}) {
            std::string text = "[\"" +
                               std::string{static_cast<char>(first), static_cast<char>(second)} +
                               "\\u0000\"]";
            try {
                Json read = parse_foreign_json(text).value;
                EXPECT_EQ(sanitize_utf8(read.dump()).repairs, 0u) << first << ' ' << second;
                EXPECT_EQ(read.items().at(0).as_string().find('\0'), std::string::npos)
                    << first << ' ' << second;
            } catch (const Failure& failure) {
                EXPECT_EQ(failure.error().kind, ErrorKind::protocol);
            }
        }
}

}  // namespace
}  // namespace headway::core
