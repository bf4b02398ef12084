#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/timestamp.hpp"
#include "core/connectors/connector_spec.hpp"

namespace headway::core {

// What the templates of a request may draw from. In a template, {"$": "window.from"} stands for a
// value, {"$": "window.from", "as": "unix"} for a time in another form; a member whose value is
// null is left out. In a path, {parent} is replaced.
struct RequestValues {
    Json settings;
    Json credentials;  // name -> secret text
    Timestamp window_from{};
    Timestamp window_to{};
    std::vector<std::string> parents;  // what stands for them, in child requests
    std::string cursor;                // "" on the first page
};

Json fill_template(const Json& pattern, const RequestValues& values);
// Throws Failure(invalid) when a value would lead to another path.
std::string fill_path(std::string path, const RequestValues& values);

// The placeholders that a request's templates mention, and those of one template.
std::vector<std::string> placeholders(const RequestSpec& request);
std::vector<std::string> placeholders(const Json& pattern);
// The first placeholder that asks for a form ("as") it does not have, or "".
std::string ill_formed_placeholder(const Json& pattern);

// Whether one has a meaning in a request, other than "settings.<name>".
bool is_placeholder(const std::string& name);

// Times as APIs spell them. A time that is no whole second is rounded away from a window's middle.
TimeForm time_form(const std::string& name);
Json time_in_form(Timestamp at, TimeForm form, bool round_up);
std::optional<Timestamp> read_time(const Json* value, TimeForm form);

// A value as it stands in a URL, a header or a form.
std::string as_text(const Json& value);

}  // namespace headway::core
