#include "pg/version.hpp"

namespace headway::pg {

const char* library_version() { return HEADWAY_VERSION; }

}  // namespace headway::pg
