#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headway::core {

struct Phone {
    std::string e164;
    std::string extension;  // its digits; empty when none was written
};

// The one number that a text holds: what libphonenumber makes of it where it calls that possible,
// in full or as a local number; validity is not asked for. `region` (ISO 3166, two letters of
// either case) tells how numbers without a country code are dialled; with an unknown one only
// numbers with a country code are read. None for texts without a number, for short and emergency
// numbers, for what stands in a withheld number's place, for two numbers, and for texts of more
// than 250 characters: where libphonenumber would run things together, there is no number rather
// than a wrong one.
std::optional<Phone> read_phone(std::string_view text, std::string_view region);

// Whether a number in E.164 is of a range that is assigned, as far as the metadata knows.
bool is_valid_phone(std::string_view e164);

}  // namespace headway::core
