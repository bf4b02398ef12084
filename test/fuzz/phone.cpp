// What people and exchanges write where a phone number belongs.
#include "core/phones/phone.hpp"

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    std::string_view text = fuzz::text_of(bytes, size);
    std::string_view region = text.substr(0, 2);
    text.remove_prefix(region.size());
    auto phone = core::read_phone(text, region);
    if (!phone) return 0;
    constexpr std::string_view kDigits = "0123456789";
    std::string_view e164 = phone->e164;
    fuzz::promise(e164.starts_with('+') && e164.size() > 3 && e164.size() <= 21);
    fuzz::promise(e164.find_first_not_of(kDigits, 1) == std::string_view::npos);
    fuzz::promise(phone->extension.size() <= 20);
    core::is_valid_phone(e164);
    return 0;
}
