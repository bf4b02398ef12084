// What a transcript says of when and for how many, and whom it names: the first byte tells the day
// of the call, the first line is the name.
#include "core/conversation/said.hpp"

#include <algorithm>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    using std::chrono::days;
    using std::chrono::sys_days;
    if (size == 0) return 0;
    const sys_days call = sys_days(std::chrono::January / 1 / 2028) + days(bytes[0] * 3);
    std::string_view text = fuzz::text_of(bytes + 1, size - 1);
    for (bool month_first : {true, false}) {
        core::Said said = core::read_said(text, call, month_first);
        for (auto date : said.dates)
            fuzz::promise(date >= sys_days(std::chrono::January / 1 / 1900) &&
                          date < sys_days(std::chrono::January / 1 / 2200));
        for (int time : said.times) fuzz::promise(time >= 0 && time < 24 * 60);
        for (int guests : said.guests) fuzz::promise(guests >= 1 && guests <= 5000);
        fuzz::promise(std::max({said.dates.size(), said.times.size(), said.parts.size(),
                                said.guests.size()}) <= 20);
        std::string json = core::said_to_json(said).dump();
        fuzz::promise(core::Json::parse(json).dump() == json);
    }
    std::size_t line = std::min(text.find('\n'), text.size());
    int how = core::naming(text.substr(line), text.substr(0, line), 1);
    fuzz::promise(how >= 0 && how <= 2);
    return 0;
}
