#include "core/connectors/template.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"

namespace headway::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool is_placeholder_object(const Json& value) {
    if (!value.find("$")) return false;
    return std::all_of(value.members().begin(), value.members().end(), [](const auto& member) {
        return member.first == "$" || member.first == "as";
    });
}

Json value_of(const std::string& placeholder, TimeForm form, const RequestValues& values) {
    if (placeholder == "window.from") return time_in_form(values.window_from, form, false);
    if (placeholder == "window.to") return time_in_form(values.window_to, form, true);
    if (placeholder == "parents") return Json::Array(values.parents.begin(), values.parents.end());
    if (placeholder == "parent") return values.parents.empty() ? Json() : Json(values.parents[0]);
    constexpr std::string_view kCredentials = "credentials.", kSettings = "settings.";
    if (placeholder.starts_with(kCredentials))
        return values.credentials[placeholder.substr(kCredentials.size())];
    return values.settings[placeholder.substr(kSettings.size())];
}

template <class Take>
void for_each_placeholder(const Json& pattern, const Take& take) {
    if (is_placeholder_object(pattern)) return take(pattern);
    for (const Json& item : pattern.items()) for_each_placeholder(item, take);
    for (const auto& [name, member] : pattern.members()) for_each_placeholder(member, take);
}

std::string name_of(const Json& placeholder) {
    return placeholder["$"].is_string() ? placeholder["$"].as_string() : "$";
}

const std::map<std::string, TimeForm>& time_forms() {
    static const std::map<std::string, TimeForm> kForms = {{"iso", TimeForm::iso},
                                                           {"unix", TimeForm::unix_seconds},
                                                           {"unix_ms", TimeForm::unix_ms},
                                                           {"date", TimeForm::date}};
    return kForms;
}

template <class Unit>
std::int64_t count_of(Timestamp at, bool round_up) {
    auto since = at.time_since_epoch();
    return (round_up ? std::chrono::ceil<Unit>(since) : std::chrono::floor<Unit>(since)).count();
}

// A number, or its digits; what stands behind a decimal point is no matter of windows.
std::optional<double> number_of(const Json& value) {
    if (value.is_number()) return std::floor(value.as_number());
    std::string text = value.is_string() ? value.as_string() : std::string();
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return static_cast<double>(number);
}

}  // namespace

Json fill_template(const Json& pattern, const RequestValues& values) {
    if (is_placeholder_object(pattern))
        return value_of(pattern["$"].as_string(), time_form(pattern.text_or("as", "iso")), values);
    if (pattern.is_array()) {
        Json::Array items;
        for (const Json& item : pattern.items()) items.push_back(fill_template(item, values));
        return items;
    }
    if (!pattern.is_object()) return pattern;
    Json::Object members;
    for (const auto& [name, member] : pattern.members()) {
        Json value = fill_template(member, values);
        if (!value.is_null()) members.emplace_back(name, std::move(value));
    }
    return members;
}

std::string fill_path(std::string path, const RequestValues& values) {
    for (std::size_t open; (open = path.find('{')) != std::string::npos;) {
        std::size_t close = std::min(path.find('}', open), path.size());
        std::string name = path.substr(open + 1, close - open - 1);
        std::string value = as_text(value_of(name, TimeForm::iso, values));
        path.replace(open, close - open + 1, percent_encode(value));
    }
    // A client takes "/calls/../media" for "/media"; values come from the vendor.
    for (std::string_view segment : split(path, '/'))
        if (segment == "." || segment == "..")
            throw Failure(Error{ErrorKind::invalid, "the vendor's id leads to another path", path});
    return path;
}

std::vector<std::string> placeholders(const Json& pattern) {
    std::vector<std::string> names;
    for_each_placeholder(pattern, [&](const Json& found) { names.push_back(name_of(found)); });
    return names;
}

std::vector<std::string> placeholders(const RequestSpec& request) {
    std::vector<std::string> names;
    for (const Json* pattern : {&request.query, &request.headers, &request.body})
        for (std::string& name : placeholders(*pattern)) names.push_back(std::move(name));
    for (std::size_t at = 0; (at = request.path.find('{', at)) != std::string::npos; ++at)
        names.push_back(request.path.substr(at + 1, request.path.find('}', at) - at - 1));
    return names;
}

std::string ill_formed_placeholder(const Json& pattern) {
    std::string wrong;
    for_each_placeholder(pattern, [&](const Json& found) {
        const Json* form = found.find("as");
        bool fits = !form || (form->is_string() && time_forms().contains(form->as_string()) &&
                              name_of(found).starts_with("window."));
        if (!fits) wrong = name_of(found);
    });
    return wrong;
}

bool is_placeholder(const std::string& name) {
    return name == "window.from" || name == "window.to" || name == "parents" || name == "parent";
}

TimeForm time_form(const std::string& name) { return time_forms().at(name); }

Json time_in_form(Timestamp at, TimeForm form, bool round_up) {
    switch (form) {
        case TimeForm::iso: return format_timestamp(at);
        case TimeForm::unix_seconds: return count_of<seconds>(at, round_up);
        case TimeForm::unix_ms: return count_of<milliseconds>(at, round_up);
        case TimeForm::date: return format_timestamp(at).substr(0, 10);
    }
    return {};
}

std::optional<Timestamp> read_time(const Json* value, TimeForm form) {
    if (!value || value->is_null()) return std::nullopt;
    if (form == TimeForm::iso)
        return value->is_string() ? parse_timestamp(value->as_string()) : std::nullopt;
    constexpr double kLastSecond = 253'402'300'799;  // of the year 9999
    double unit = form == TimeForm::unix_ms ? 1000 : 1;
    auto number = number_of(*value);
    if (!number || *number < 0 || *number > kLastSecond * unit) return std::nullopt;
    return Timestamp(milliseconds(static_cast<std::int64_t>(*number * (1000 / unit))));
}

std::string as_text(const Json& value) {
    return value.is_string() ? value.as_string() : value.dump();
}

}  // namespace headway::core
