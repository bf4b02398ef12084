#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "core/conversation/spoken_words.hpp"

namespace headway::core {

// The date or dates that the words from `at` on name; `at` moves behind the last word that belongs
// to them. None, and `at` where it was, when they name no date.
std::vector<std::chrono::sys_days> dates_at(const std::vector<SpokenWord>& words, std::size_t& at,
                                            std::chrono::sys_days call_date, bool month_first);

}  // namespace headway::core
