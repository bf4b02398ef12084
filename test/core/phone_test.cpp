#include "core/phones/phone.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

std::string e164(std::string_view text, std::string_view region = "US") {
    return read_phone(text, region).value_or(Phone{"none", ""}).e164;
}

std::string extension(std::string_view text, std::string_view region = "US") {
    return read_phone(text, region).value_or(Phone{"", "none"}).extension;
}

TEST(Phone, SpellingsOfOneNumberAreOneNumber) {
    for (auto text :
         {"+14155550100", "(415) 555-0100", "415.555.0100", "1 415 555 0100", "+1 (415) 555-0100",
          "011 1 415 555 0100", "tel:+1-415-555-0100", "Tel. 415-555-0100", "<+1 415 555 0100>",
          "415/555-0100", "415/555/0100", "sip:+14155550100@voice.example", "415-555-0100.",
          "\"Ann\" <SIPS:+1-415-555-0100;x=y@voice.example>", "tel:5550100;phone-context=+1415"})
        EXPECT_EQ(e164(text), "+14155550100") << text;
}

TEST(Phone, DigitsOfEveryScriptCount) {
    for (auto text : {"４１５５５５０１００", "＋１（４１５）５５５－０１００", "٤١٥٥٥٥٠١٠٠",
                      "۴۱۵ ۵۵۵ ۰۱۰۰", "४१५५५५०१००"})
        EXPECT_EQ(e164(text), "+14155550100") << text;
}

TEST(Phone, MarksThatNobodySeesAndOddBlanksChangeNothing) {
    for (auto text : {"\u202A+1 415 555 0100\u202C", "\u200E+1415\u200B555\u20600100\uFEFF",
                      "+1\u00A0415\u202F555\u20090100", "+1\t415\t555\u30000100",
                      "415\u2011555\u20130100", "\u2068415\u00AD5550100\u2069", "\n415 555 0100\n"})
        EXPECT_EQ(e164(text), "+14155550100") << text;
}

TEST(Phone, EachRegionDialsInItsOwnWay) {
    struct Case {
        const char *text, *region, *e164;
    };
    for (const Case& c :
         {Case{"030 123456", "DE", "+4930123456"}, Case{"+49 (0)30 123456", "US", "+4930123456"},
          Case{"00 1 415 555 0100", "DE", "+14155550100"},
          Case{"011 49 30 123456", "US", "+4930123456"}, Case{"02 1234567", "IT", "+39021234567"},
          Case{"+39 02 1234567", "US", "+39021234567"}, Case{"347 123 4567", "IT", "+393471234567"},
          Case{"01 23 45 67 89", "FR", "+33123456789"},
          Case{"01/23/45/67/89", "FR", "+33123456789"},
          Case{"020 7946 0000", "GB", "+442079460000"},
          Case{"0 15 11 2123 4567", "BR", "+551121234567"},
          Case{"(11) 91234-5678", "BR", "+5511912345678"},
          Case{"044 55 1234 5678", "MX", "+525512345678"},
          Case{"+52 1 55 1234 5678", "MX", "+525512345678"},
          Case{"011 15 2345 6789", "AR", "+5491123456789"}, Case{"4002", "NU", "+6834002"},
          Case{"+800 1234 5678", "US", "+80012345678"}})
        EXPECT_EQ(e164(c.text, c.region), c.e164) << c.text << " in " << c.region;
}

TEST(Phone, ALengthIsEnough) {
    EXPECT_EQ(e164("+15550123"), "+15550123") << "local numbers have one, too";
    EXPECT_EQ(e164("555-0123"), "+15550123");
    EXPECT_EQ(e164("123 456 7890"), "+11234567890") << "though no area begins with a 1";
    EXPECT_EQ(e164("415 555 010"), "none");
    EXPECT_EQ(e164("415 555 01000"), "none");
    EXPECT_EQ(e164("+999 415 555 0100"), "none");
}

TEST(Phone, RegionsMayBeUnknown) {
    for (auto region : {"", "XX", "ZZ", "Germany", "001", "\xFF"}) {
        EXPECT_EQ(e164("+49 30 123456", region), "+4930123456") << region;
        EXPECT_EQ(e164("030 123456", region), "none") << region;
    }
    EXPECT_EQ(e164("030 123456", "de"), "+4930123456") << "they are read in either case";
}

TEST(Phone, WhatIsNoNumberGivesNone) {
    for (auto text : {"", " ", "+", "0", "12", "n/a", "none", "anonymous", "Restricted", "unknown",
                      "private", "Ann", "---", "sip:ann@voice.example", "ann@example.com",
                      "4155550100@example.com", "\xFF\xFE", "+1 415 555 0100 +1 415 555 0101"})
        EXPECT_EQ(e164(text), "none") << text;
}

TEST(Phone, AnAccountThatIsNamedByDigitsIsNoNumber) {
    EXPECT_EQ(e164("sip:1001@pbx.example", "DE"), "none");
    EXPECT_EQ(e164("sip:4155550100@pbx.example"), "none");
    EXPECT_EQ(e164("sip:1001", "DE"), "none");
}

TEST(Phone, WithheldCallersHaveNone) {
    for (auto text : {"+266696687", "+2562533", "+7378742833", "+86282452253", "+8656696",
                      "000 000 0000", "+10000000000"})
        EXPECT_EQ(e164(text), "none") << text;
    EXPECT_EQ(e164("737 874 2833"), "+17378742833") << "Austin has such numbers";
}

TEST(Phone, ShortAndEmergencyNumbersGiveNone) {
    struct Case {
        const char *text, *region;
    };
    for (const Case& c :
         {Case{"911", "US"}, Case{"112", "US"}, Case{"+1911", "US"}, Case{"22000", "US"},
          Case{"110", "DE"}, Case{"+49110", "US"}, Case{"116117", "DE"}, Case{"112", "IT"},
          Case{"999", "GB"}, Case{"17", "FR"}, Case{"190", "BR"}, Case{"000", "AU"}})
        EXPECT_EQ(e164(c.text, c.region), "none") << c.text << " in " << c.region;
}

TEST(Phone, ExtensionsStandApart) {
    for (auto text : {"+1 415 555 0100 ext. 7", "415-555-0100x7", "415 555 0100 #7",
                      "tel:+1-415-555-0100;ext=7", "415 555 0100 extension 7", "415 555 0100,,7#",
                      "415 555 0100, 7", "415 555 0100 / ext 7", "415 555 0100 доб. 7"}) {
        EXPECT_EQ(e164(text), "+14155550100") << text;
        EXPECT_EQ(extension(text), "7") << text;
    }
    EXPECT_EQ(extension("415 555 0100"), "");
    EXPECT_EQ(extension("911 ext 7"), "none") << "none without a number";
    EXPECT_EQ(extension("(415) 555-0100 x302/x2303"), "302") << "the first of two";
    EXPECT_EQ(extension("+1 415 555 0100,,81234567890#"), "81234567890") << "a conference's code";
}

TEST(Phone, TwoNumbersAreNone) {
    struct Case {
        const char *text, *region;
    };
    for (const Case& c :
         {Case{"415-555-0100 / 415-555-0101", "US"}, Case{"415-555-0100 or 415-555-0101", "US"},
          Case{"4155550100;4155550101", "US"}, Case{"4155550100, 5550101", "US"},
          Case{"415-555-0100, 415-555-0101", "US"}, Case{"415-555-0100\n415-555-0101", "US"},
          Case{"030 123456/57", "DE"}, Case{"030/123456 / 030/123457", "DE"},
          Case{"123456 or 123457", "DE"}})
        EXPECT_EQ(e164(c.text, c.region), "none") << c.text << " in " << c.region;
    EXPECT_EQ(e164("02203/123456", "DE"), "+492203123456") << "a slash behind an area divides none";
}

TEST(Phone, WordsAreDialledWhereTheyAreMeantTo) {
    EXPECT_EQ(e164("1-800-FLOWERS"), "+18003569377");
    EXPECT_EQ(e164("1-800-GOT-JUNK!"), "+18004685865");
    EXPECT_EQ(e164("(650) 253-CALL x7"), "+16502532255");
    EXPECT_EQ(e164("0800 REPAIRS", "DE"), "+498007372477");
    for (auto text : {"253-2222 Bob", "555-0123 Bob", "(253-2222 Bob)", "555 home", "12 home!"})
        EXPECT_EQ(e164(text), "none") << text;
    EXPECT_EQ(e164("020 79460958office", "GB"), "none") << "not apart from the number";
    EXPECT_EQ(e164("12 home", "DE"), "none");
    EXPECT_EQ(e164("415 555 0100 h"), "+14155550100") << "one letter adds no digit";
}

TEST(Phone, WordsBehindANumberInFullAreARemark) {
    EXPECT_EQ(e164("860-419-3335 cell"), "+18604193335");
    EXPECT_EQ(e164("(213) 468-6148 (home)"), "+12134686148");
    EXPECT_EQ(e164("030 1234567 home", "DE"), "+49301234567");
    EXPECT_EQ(e164("1 800 FLOWERS"), "+18003569377") << "1 800 is no number in full";
    EXPECT_EQ(e164("415 555 0100 Bob 7"), "none") << "a digit among the words";
}

TEST(Phone, ADoubleZeroBeginsANumberInUseEverywhere) {
    EXPECT_EQ(e164("0013022685869"), "+13022685869");
    EXPECT_EQ(e164("00 44 20 7946 0958"), "+442079460958");
    EXPECT_EQ(e164("00999123456"), "none");
}

TEST(Phone, LongTextsAreNotLookedAt) {
    std::string number = "415 555 0100";
    std::string blanks(250 - number.size(), ' ');
    EXPECT_EQ(e164(blanks + number), "+14155550100");
    EXPECT_EQ(e164(blanks + " " + number), "none");
    std::string wide;
    for (int i = 0; i < 240; ++i) wide += "\u3000";
    EXPECT_EQ(e164(wide + "4155550100"), "+14155550100") << "characters count, not bytes";
}

TEST(Phone, ARangeInUseIsToldFromAPossibleLength) {
    EXPECT_TRUE(is_valid_phone("+14155550100"));
    EXPECT_FALSE(is_valid_phone("+11234567890"));
    EXPECT_FALSE(is_valid_phone("+15550123"));
    EXPECT_FALSE(is_valid_phone("4155550100")) << "only E.164 is asked about";
    EXPECT_FALSE(is_valid_phone(""));
}

TEST(Phone, TheLibrarySaysNothingOnTheServersOutput) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    for (auto text : {"+999 1", "\xFF", "1-800-", "tel:;phone-context=", "12345678901234567890"})
        read_phone(text, "\xFF");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace headway::core
