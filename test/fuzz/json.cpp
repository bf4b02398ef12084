// Vendors' and models' JSON: what was read is written so that it is read the same again.
#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    fuzz::may_refuse([&] {
        core::Json value = core::parse_foreign_json(fuzz::text_of(bytes, size)).value;
        std::string text = value.dump();
        fuzz::promise(core::Json::parse(text).dump() == text);
        fuzz::promise(core::sanitize_utf8(text).repairs == 0);
        value.at("/a/0/b~1c");
    });
    return 0;
}
