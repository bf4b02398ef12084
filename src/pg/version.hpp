#pragma once

namespace headway::pg {

// The version of this library, as headway.control had it when it was built.
const char* library_version();

}  // namespace headway::pg
