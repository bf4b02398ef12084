#include "core/builtin/similarity.hpp"

#include <cmath>
#include <set>

namespace headway::core {
namespace {

constexpr double kEverydayWeight = 0.35;

double square(const std::string& concept_name) {
    double weight = is_everyday(concept_name) ? kEverydayWeight : 1;
    return weight * weight;
}

}  // namespace

double similarity(const Concepts& concepts, std::string_view a, std::string_view b) {
    auto list_a = concepts.of(a), list_b = concepts.of(b);
    std::set<std::string> set_a(list_a.begin(), list_a.end()), set_b(list_b.begin(), list_b.end());
    double total_a = 0, total_b = 0, shared = 0;
    for (const std::string& concept_name : set_a) {
        total_a += square(concept_name);
        if (set_b.contains(concept_name)) shared += square(concept_name);
    }
    for (const std::string& concept_name : set_b) total_b += square(concept_name);
    return shared == 0 ? 0 : shared / std::sqrt(total_a * total_b);
}

}  // namespace headway::core
