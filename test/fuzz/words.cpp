// Small texts from everywhere: URLs, dates, keyrings, lists of hosts, encodings.
#include "core/base/encoding.hpp"
#include "core/base/timestamp.hpp"
#include "core/base/url.hpp"
#include "core/secrets/keyring.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    std::string_view text = fuzz::text_of(bytes, size);
    fuzz::may_refuse([&] {
        core::BaseUrl url = core::parse_base_url(text);
        fuzz::promise(core::parse_base_url(url.str()).str() == url.str());
        core::names_host(text, url);
    });
    if (auto time = core::parse_timestamp(text))
        fuzz::promise(core::parse_timestamp(core::format_timestamp(*time)) == time);
    core::parse_http_date(text);
    fuzz::may_refuse([&] { core::Keyring::parse(text); });
    fuzz::may_refuse(
        [&] { fuzz::promise(core::base64_encode(core::base64_decode(text)) == text); });
    return 0;
}
