#include "core/base/encoding.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

// RFC 4648, section 10.
TEST(Base64, EncodesAsPublished) {
    EXPECT_EQ(base64_encode(""), "");
    EXPECT_EQ(base64_encode("f"), "Zg==");
    EXPECT_EQ(base64_encode("fo"), "Zm8=");
    EXPECT_EQ(base64_encode("foo"), "Zm9v");
    EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
    EXPECT_EQ(base64_encode("fooba"), "Zm9vYmE=");
    EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64_encode("\xFB\xFF\xBF"), "+/+/");
}

TEST(Base64, EveryTextOfBytesComesBack) {
    std::string bytes;
    for (int i = 0; i < 600; ++i) {
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes) << bytes.size() << " bytes";
        bytes += static_cast<char>(i * 37);
    }
}

TEST(Base64, RefusesOtherLettersAndLengths) {
    for (auto text : {"Z", "Zg", "Zg=", "Zm9", "Zm9v!", "Zm9!", "Zm9-", "Zm9_", "Zm9v\n", " Zm9v",
                      "Zm 9", "Zm9vZ", "\xC3\xA9Zm"})
        EXPECT_EQ(failure_of([&] { base64_decode(text); }).kind, ErrorKind::invalid) << text;
}

TEST(Base64Url, ReadsWhatTokensHold) {
    EXPECT_EQ(base64url_decode(""), "");
    EXPECT_EQ(base64url_decode("Zg"), "f");
    EXPECT_EQ(base64url_decode("Zm9v"), "foo");
    EXPECT_EQ(base64url_decode("-_-_"), "\xFB\xFF\xBF");
}

TEST(Base64Url, RefusesPaddingTheOtherAlphabetAndStrayBits) {
    for (auto text : {"Zg==", "+/+/", "Z", "Zm9vZ", "Zh", "Zm9v ", "Zm!v"})
        EXPECT_EQ(failure_of([&] { base64url_decode(text); }).kind, ErrorKind::invalid) << text;
}

TEST(Base64, RefusesBlanksAndPaddingInTheWrongPlace) {
    for (auto text : {"    Zm9v", "Zg==    ", "Zm9v\n\n\n\n", "Zg==Zm9v", "Zm=v", "=Zm9",
                      "====", "A===", "Zh==", "Zm9="})
        EXPECT_EQ(failure_of([&] { base64_decode(text); }).kind, ErrorKind::invalid)
            << "'" << text << "'";
}

TEST(Hex, IsLowerCaseAndTwoDigitsAByte) {
    EXPECT_EQ(hex_encode(std::string("\x00\x0F\xA0\xFF", 4)), "000fa0ff");
    EXPECT_EQ(hex_encode(""), "");
}

// FIPS 180-4 examples.
TEST(Sha256, DigestsAsPublished) {
    EXPECT_EQ(hex_encode(sha256("")),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex_encode(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace headway::core
