#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"

namespace headway::core {

// What a transcript says about when something takes place and for how many. Each value once, in the
// order in which it is said.
struct Said {
    std::vector<std::chrono::sys_days> dates;  // of the calendar at the call's place
    std::vector<int> times;          // minutes after midnight; "at seven" is 7:00 and 19:00
    std::vector<std::string> parts;  // breakfast, lunch, dinner, morning, afternoon, evening
    std::vector<int> guests;
};

// Reads English: "November 15th", "2026-11-15", "11/15", "next Friday", "tomorrow", "7:30 pm",
// "dinner", "a party of six". Dates without a year are those nearest to the call's, rather ahead of
// it than behind. `month_first`: whether 11/5 is in November. Looks at the first words only, some
// megabyte of text.
Said read_said(std::string_view transcript, std::chrono::sys_days call_date, bool month_first);

// {dates: ["2026-11-15"], times: ["19:00"], parts, guests}, without what is empty; null for
// nothing.
Json said_to_json(const Said& said);

// How a transcript names somebody: 2 by the full name, 1 by the first name alone in what is spoken,
// 0 not at all. A speaker's label is no first name, nor is one by which somebody introduces himself
// in the first `greeting_lines` lines of several: that is the company's side.
int naming(std::string_view transcript, std::string_view name, int greeting_lines);

}  // namespace headway::core
