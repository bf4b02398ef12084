#include "core/phones/phone.hpp"

#include <phonenumbers/phonenumberutil.h>
#include <phonenumbers/shortnumberinfo.h>

#include <algorithm>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using i18n::phonenumbers::ShortNumberInfo;

constexpr std::size_t kMostCharacters = 250;
constexpr std::size_t kFewestDigits = 6;      // of what is a number by itself
constexpr std::size_t kLongestExtension = 6;  // that no separator turns into a second number
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// What carriers send for a caller who is not to be known: the keys of ANONYMOUS, BLOCKED,
// RESTRICTED, UNAVAILABLE and UNKNOWN.
constexpr std::string_view kWithheld[] = {"+266696687", "+2562533", "+7378742833", "+86282452253",
                                          "+8656696"};

// Made when first used and never destroyed, since an exit may come at any time.
const PhoneNumberUtil& library() { return *PhoneNumberUtil::GetInstance(); }
const ShortNumberInfo& short_numbers() {
    static const auto& info = *new ShortNumberInfo;
    return info;
}

std::string ascii_upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

// The text as it was meant: without the marks that stick to pasted numbers, every blank a plain
// one, digits of every script ASCII's. Line breaks stay, since they end a number. None when it is
// too long to be looked at.
std::optional<std::string> plain(std::string_view text) {
    std::string out;
    std::size_t characters = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (++characters > kMostCharacters) return std::nullopt;
        char32_t c = next_code_point(text, at);
        if (is_invisible(c)) continue;
        int digit = digit_value(c);
        if (digit >= 0) c = U'0' + static_cast<char32_t>(digit);
        if (is_space(c) && !is_line_break(c)) c = U' ';
        append_utf8(out, c == U'\uFF0B' ? U'+' : c);
    }
    return out;
}

// A SIP address names a telephone when its user is a number with a country code; any other user is
// an account of some exchange, digits or not.
std::string_view without_sip(std::string_view text) {
    std::string upper = ascii_upper(text);
    std::size_t scheme = std::min(upper.find("SIP:"), upper.find("SIPS:"));
    if (scheme == std::string::npos) return text;
    std::string_view user = text.substr(text.find(':', scheme) + 1);
    return user.starts_with('+') ? user.substr(0, user.find_first_of("@;?>")) : "";
}

// What libphonenumber would read: from the first digit on, without the second extension of
// "x302/x2303", where its ports differ.
std::string_view dialled(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_of("+0123456789"), text.size()));
    for (std::size_t at = 0; (at = text.find_first_of("/\\", at)) != std::string_view::npos; ++at) {
        std::size_t next = text.find_first_not_of(' ', at + 1);
        if (next != std::string_view::npos && text[next] == 'x') return text.substr(0, at);
    }
    return text;
}

std::optional<PhoneNumber> possible_number(std::string_view text, const std::string& region) {
    PhoneNumber number;
    if (library().Parse(std::string(text), region, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
        return std::nullopt;
    auto verdict = library().IsPossibleNumberWithReason(number);
    bool possible = verdict == PhoneNumberUtil::IS_POSSIBLE ||
                    verdict == PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY;
    return possible ? std::optional(number) : std::nullopt;
}

std::string digits_of(const PhoneNumber& number) {
    std::string digits;
    library().GetNationalSignificantNumber(number, &digits);
    return digits;
}

// "860-419-3335 cell", "(213) 468-6148 (home)": words without a digit, apart from what is a number
// in full, are a remark about it and no keys to press.
std::string_view without_remark(std::string_view text, const std::string& region) {
    std::size_t word = text.find_first_of(kLetters);
    if (word == std::string_view::npos || word == 0 ||
        (text[word - 1] != ' ' && text[word - 1] != '(') ||
        text.find_first_of(kDigits, word) != std::string_view::npos)
        return text;
    std::string_view number = text.substr(0, text.find_last_of(kDigits, word) + 1);
    PhoneNumber parsed;
    bool in_full = library().Parse(std::string(number), region, &parsed) ==
                       PhoneNumberUtil::NO_PARSING_ERROR &&
                   library().IsPossibleNumberWithReason(parsed) == PhoneNumberUtil::IS_POSSIBLE &&
                   digits_of(parsed).size() >= kFewestDigits;
    return in_full ? number : text;
}

// "0013022685869" is dialled with the prefix that most of the world has, also by those who have
// another one; only what is a number in use is taken for that.
std::optional<PhoneNumber> with_double_zero(std::string_view text) {
    if (!text.starts_with("00")) return std::nullopt;
    auto number = possible_number("+" + std::string(text.substr(2)), "ZZ");
    return number && library().IsValidNumber(*number) ? number : std::nullopt;
}

std::string e164_of(const PhoneNumber& number) {
    std::string out;
    library().Format(number, PhoneNumberUtil::E164, &out);
    return out;
}

// Whether digits were read behind what is a number already: "030 123456/57", "253-2222 Bob".
// libphonenumber takes a slash for a separator of groups and three letters for keys to press.
bool goes_on_behind_a_number(std::string_view text, const std::string& region,
                             const PhoneNumber& whole) {
    std::string_view number = text.substr(0, text.find(';'));  // parameters follow
    for (std::size_t end : {number.find_first_of(kLetters), number.find('/')}) {
        if (end == std::string_view::npos) continue;
        auto before = possible_number(number.substr(0, end), region);
        if (before && digits_of(*before).size() >= kFewestDigits &&
            e164_of(*before) != e164_of(whole))
            return true;
    }
    return false;
}

// "1-800-FLOWERS" is meant to be typed on a telephone's keys when that makes a number in use;
// "12 home" is not. Letters were taken for keys where the digits alone tell another number.
bool is_word_beside_digits(std::string_view text, const std::string& region,
                           const PhoneNumber& whole) {
    if (text.substr(0, text.find(';')).find_first_of(kLetters) == std::string_view::npos ||
        library().IsValidNumber(whole))
        return false;
    std::size_t end = whole.extension().empty() ? text.size() : text.rfind(whole.extension());
    std::string digits(text.substr(0, end));
    digits.resize(std::min(digits.find(';'), digits.find_last_of(kDigits) + 1));
    for (char& c : digits)
        if (kLetters.find(c) != std::string_view::npos) c = '-';
    auto alone = possible_number(digits, region);
    return !alone || e164_of(*alone) != e164_of(whole);
}

// "4155550100, 5550101": libphonenumber reads what follows a comma or a semicolon as an extension
// to dial, which two commas or a # at the end say for certain.
bool lists_a_second_number(std::string_view text, const std::string& extension) {
    if (extension.size() <= kLongestExtension) return false;
    std::size_t at = text.rfind(extension);
    if (at == std::string_view::npos || text.substr(at + extension.size()).starts_with('#'))
        return false;
    std::string_view before = text.substr(0, text.find_last_not_of(" .:", at - 1) + 1);
    return before.ends_with(';') || (before.ends_with(',') && !before.ends_with(",,"));
}

bool is_short(const PhoneNumber& number) {
    // The first looks at the length alone, at a twentieth of the second's cost.
    return short_numbers().IsPossibleShortNumber(number) &&
           short_numbers().IsValidShortNumber(number);
}

// Nobody is behind these, though they have the length of a number.
bool reaches_nobody(const PhoneNumber& number, const std::string& e164) {
    return is_short(number) || digits_of(number).find_first_not_of('0') == std::string::npos ||
           std::ranges::find(kWithheld, e164) != std::end(kWithheld);
}

}  // namespace

std::optional<Phone> read_phone(std::string_view text, std::string_view region_name) {
    auto written = plain(text);
    if (!written) return std::nullopt;
    std::string region = ascii_upper(region_name);
    std::string_view from = without_remark(dialled(without_sip(*written)), region);
    auto number = possible_number(from, region);
    if (!number) number = with_double_zero(from);
    if (!number) return std::nullopt;
    Phone phone{e164_of(*number), number->extension()};
    if (reaches_nobody(*number, phone.e164) || is_word_beside_digits(from, region, *number) ||
        goes_on_behind_a_number(from, region, *number) ||
        lists_a_second_number(from, phone.extension))
        return std::nullopt;
    return phone;
}

bool is_valid_phone(std::string_view e164) {
    PhoneNumber number;
    return library().Parse(std::string(e164), "ZZ", &number) == PhoneNumberUtil::NO_PARSING_ERROR &&
           library().IsValidNumber(number);
}

}  // namespace headway::core
