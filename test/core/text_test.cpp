#include "core/base/text.hpp"

#include <gtest/gtest.h>

#include <random>

namespace headway::core {
namespace {

std::string random_bytes(std::mt19937& random, std::size_t length) {
    // Mostly bytes that matter to UTF-8: leads, tails, ASCII.
    static constexpr unsigned char kBytes[] = {'a',  'Z',  ' ',  0x80, 0xBF, 0xC0, 0xC3, 0xE0,
                                               0xE2, 0xED, 0xA0, 0xF0, 0x9F, 0xF4, 0xF5, 0xFF};
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i)
        bytes += static_cast<char>(kBytes[random() % sizeof kBytes]);
    return bytes;
}

bool is_scalar(char32_t c) { return c < 0xD800 || c > 0xDFFF; }

TEST(Utf8, EncodesAtTheEdgesOfEachLength) {
    auto encoded = [](char32_t c) {
        std::string out;
        append_utf8(out, c);
        return out;
    };
    EXPECT_EQ(encoded(0x7F), "\x7F");
    EXPECT_EQ(encoded(0x80), "\xC2\x80");
    EXPECT_EQ(encoded(0x7FF), "\xDF\xBF");
    EXPECT_EQ(encoded(0x800), "\xE0\xA0\x80");
    EXPECT_EQ(encoded(0xFFFF), "\xEF\xBF\xBF");
    EXPECT_EQ(encoded(0x10000), "\xF0\x90\x80\x80");
    EXPECT_EQ(encoded(0x10FFFF), "\xF4\x8F\xBF\xBF");
}

TEST(Utf8, EveryCodePointIsReadBackAndNeedsNoRepair) {
    std::string text;
    for (char32_t c = 0; c <= 0x10FFFF; ++c)
        if (is_scalar(c)) append_utf8(text, c);
    std::size_t at = 0;
    for (char32_t c = 0; c <= 0x10FFFF; ++c)
        if (is_scalar(c) && next_code_point(text, at) != c)
            FAIL() << "code point " << static_cast<unsigned>(c);
    EXPECT_EQ(at, text.size());
    EXPECT_EQ(sanitize_utf8(text).repairs, 0u);
}

TEST(Utf8, EachIllFormedSequenceBecomesOneReplacement) {
    struct Case {
        std::string bytes, text;
        std::size_t repairs;
    };
    for (const Case& c :
         {Case{"plain \u00e9 \u20ac \U0001F600", "plain \u00e9 \u20ac \U0001F600", 0},
          Case{"", "", 0}, Case{"a\x80z", "a\uFFFDz", 1}, Case{"a\xC3z", "a\uFFFDz", 1},
          Case{"cut \xE2\x82", "cut \uFFFD", 1}, Case{"cut \xF0\x9F\x98", "cut \uFFFD", 1},
          Case{"\xF0\x9F\x98\xC3\xA9", "\uFFFD\u00e9", 1}, Case{"a\xED\xA0\x80z", "a\uFFFDz", 1},
          Case{"a\xC0\xAFz", "a\uFFFDz", 1}, Case{"a\xE0\x80\xAFz", "a\uFFFDz", 1},
          Case{"a\xF4\x90\x80\x80z", "a\uFFFDz", 1},
          Case{"Gr\xFC\xDF"
               "e",
               "Gr\uFFFD\uFFFDe", 2}}) {
        Sanitized clean = sanitize_utf8(c.bytes);
        EXPECT_EQ(clean.text, c.text);
        EXPECT_EQ(clean.repairs, c.repairs) << c.text;
    }
}

TEST(Utf8, RepairedTextIsSoundAndKeepsEveryAsciiByte) {
    std::mt19937 random(7);
    auto ascii = [](const std::string& text) {
        std::string kept;
        for (char c : text)
            if (static_cast<unsigned char>(c) < 0x80) kept += c;
        return kept;
    };
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = random_bytes(random, random() % 12);
        Sanitized clean = sanitize_utf8(bytes);
        EXPECT_EQ(sanitize_utf8(clean.text).repairs, 0u) << "what was repaired needs no repair";
        EXPECT_EQ(ascii(clean.text), ascii(bytes));
        std::string again;
        for (std::size_t at = 0; at < clean.text.size();) {
            char32_t c = next_code_point(clean.text, at);
            EXPECT_TRUE(is_scalar(c) && c <= 0x10FFFF);
            append_utf8(again, c);
        }
        EXPECT_EQ(again, clean.text) << "every sequence is the shortest one";
    }
}

TEST(LowerCase, KnowsTheLettersOfEurope) {
    EXPECT_EQ(lower("ABC xyz 123"), "abc xyz 123");
    EXPECT_EQ(lower("ÀÖØÞ ÄÜ"), "àöøþ äü");
    EXPECT_EQ(lower("ĀĘŁŃŐŠŻŽŸ"), "āęłńőšżžÿ");
    EXPECT_EQ(lower("ΑΒΓΩΣ"), "αβγωσ");
    EXPECT_EQ(lower("АЯЁЇЉ"), "аяёїљ");
    EXPECT_EQ(lower("ß × ÷ 東京 ſ"), "ß × ÷ 東京 ſ") << "what has no other case stays";
}

TEST(LowerCase, KnowsAccentedGreekAndTheRestOfCyrillicAndLatin) {
    EXPECT_EQ(lower("ΆΈΉΊΌΎΏΪΫ"), "άέήίόύώϊϋ");
    EXPECT_EQ(lower("ҐҒҚӘ"), "ґғқә");
    EXPECT_EQ(lower("ẠẾỘƠƯȘȚ"), "ạếộơưșț");
}

TEST(LowerCase, LoweringTwiceIsLoweringOnce) {
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        char32_t once = to_lower(c);
        if (to_lower(once) != once || (c != once && is_word(c) != is_word(once)))
            FAIL() << "code point " << static_cast<unsigned>(c);
    }
}

TEST(CodePoints, BlanksLettersAndPunctuationAreToldApart) {
    for (char32_t c : U" \t\n\u00A0\u2003\u202F\u3000") {
        if (c == 0) continue;
        EXPECT_TRUE(is_space(c) && !is_word(c)) << static_cast<unsigned>(c);
    }
    for (char32_t c : {U'a', U'Z', U'0', U'\u00E9', U'\u0142', U'\u03A9', U'\u0416', U'\u05D0',
                       U'\u4E2D', U'\uAC00', U'\u00AA', U'\u00B5', U'\uFF11', U'\u0662'})
        EXPECT_TRUE(is_word(c) && !is_space(c)) << static_cast<unsigned>(c);
    for (char32_t c : {U'.', U'-', U'_', U'"', U'\u00AB', U'\u00BF', U'\u2014', U'\u201C',
                       U'\u2019', U'\u2026', U'\u3002', U'\uFF0C', U'\uFF1F', U'\u00D7'})
        EXPECT_FALSE(is_word(c) || is_space(c)) << static_cast<unsigned>(c);
}

TEST(CodePoints, DigitsLineBreaksAndMarksWithoutRoomAreTold) {
    for (char32_t zero : {U'0', U'\u0660', U'\u06F0', U'\u0966', U'\uFF10', U'\U0001D7E2'})
        for (char32_t value = 0; value < 10; ++value)
            EXPECT_EQ(digit_value(zero + value), static_cast<int>(value));
    for (char32_t c : {U'a', U'+', U'/', U'\0', U'\u00B2', U'\u2163', U'\u4E00', U'\U0010FFFF'})
        EXPECT_LT(digit_value(c), 0) << static_cast<unsigned>(c);
    for (char32_t c : {U'\n', U'\r', U'\u0085', U'\u2028'})
        EXPECT_TRUE(is_line_break(c) && is_space(c)) << static_cast<unsigned>(c);
    for (char32_t c : {U'\t', U' ', U'\u00A0', U'/'}) EXPECT_FALSE(is_line_break(c));
    for (char32_t c : {U'\u200B', U'\u200E', U'\u202A', U'\u2060', U'\u2069', U'\u00AD', U'\uFEFF'})
        EXPECT_TRUE(is_invisible(c)) << static_cast<unsigned>(c);
    for (char32_t c : {U' ', U'\u00A0', U'-', U'7', U'\u0301'})
        EXPECT_FALSE(is_invisible(c)) << static_cast<unsigned>(c);
}

TEST(Fold, SpellingsOfTheSameWordsFoldAlike) {
    std::string expected = "we dont know its ok";
    for (auto text : {"We don't know - it's OK.", "we dont  know, its ok",
                      "  WE\nDON\u2019T\tKNOW \u2014 \u201CIT`S\u201D ok!!",
                      "We don\u00B4t\u00A0know\u2026 it\u2018s (ok)"})
        EXPECT_EQ(fold(text).text, expected) << text;
    EXPECT_EQ(fold("ÉTÉ à ŁÓDŹ").text, "été à łódź");
    EXPECT_EQ(fold("?! ... \u2014").text, "");
}

// U+02BC counts as a letter by its number, so it must be looked at first.
TEST(Fold, TheModifierLetterApostropheVanishesLikeTheOthers) {
    EXPECT_EQ(fold("don\u02BCt").text, "dont");
    EXPECT_EQ(fold("пʼять").text, fold("п'ять").text);
}

TEST(Fold, EachByteKnowsTheCodePointItStemsFrom) {
    std::mt19937 random(11);
    const char32_t kLetters[] = {U'a',      U'B',      U' ',          U'.',
                                 U'\'',     U'\u00C9', U'\u00DF',     U'\u2014',
                                 U'\u0416', U'\u4E2D', U'\U0001F600', U'\n'};
    for (int i = 0; i < 3000; ++i) {
        std::string text;
        for (std::size_t n = random() % 20; n > 0; --n)
            append_utf8(text, kLetters[random() % std::size(kLetters)]);
        Folded folded = fold(text);
        ASSERT_EQ(folded.source.size(), folded.text.size() + 1);
        EXPECT_EQ(folded.source.back(), text.size()) << "the last entry is the end of the original";
        for (std::size_t at = 0; at < folded.text.size();) {
            std::size_t begin = at;
            char32_t c = next_code_point(folded.text, at);
            std::size_t origin = folded.source[begin];
            ASSERT_LT(origin, text.size());
            for (std::size_t k = begin; k < at; ++k)
                EXPECT_EQ(folded.source[k], origin) << "a code point stays whole";
            if (c != ' ') {
                EXPECT_EQ(to_lower(next_code_point(text, origin)), c)
                    << "the same letter stands there";
            }
            EXPECT_GE(folded.source[at], folded.source[begin]) << "offsets never go back";
        }
        EXPECT_EQ(fold(folded.text).text, folded.text) << "folding twice is folding once";
    }
}

TEST(Trim, TakesBlanksOffBothEndsOnly) {
    EXPECT_EQ(trim(" \t\r\n a b \f\v"), "a b");
    EXPECT_EQ(trim(" \n "), "");
    EXPECT_EQ(trim(""), "");
}

TEST(Split, KeepsEmptyParts) {
    EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
    EXPECT_EQ(split("", ','), std::vector<std::string_view>{""});
}

TEST(Clip, CutsBetweenCodePointsAndAsLateAsItCan) {
    std::string text = "aé€\U0001F600z";
    for (std::size_t most = 0; most <= text.size() + 1; ++most) {
        std::string_view clipped = clip(text, most);
        EXPECT_LE(clipped.size(), most);
        EXPECT_TRUE(text.starts_with(clipped));
        EXPECT_EQ(sanitize_utf8(clipped).repairs, 0u) << "no code point is cut";
        EXPECT_GT(clipped.size() + 4, std::min(most, text.size()))
            << "no more is lost than one code point";
    }
    EXPECT_EQ(clip(text, text.size()), text);
}

}  // namespace
}  // namespace headway::core
