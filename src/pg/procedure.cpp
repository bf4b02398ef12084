#include <string>

#include "pg/procedure.hpp"

namespace headway::pg {

void require_non_atomic(FunctionCallInfo call, const char* procedure) {
    auto* context = reinterpret_cast<CallContext*>(call->context);
    if (context && IsA(context, CallContext) && !context->atomic) return;
    throw SqlFailure(
        "25001",
        {core::ErrorKind::invalid,
         std::string("CALL ") + procedure + "() cannot run inside a transaction block",
         "It commits as it goes.", "Call it by itself, outside BEGIN and outside functions."});
}

}  // namespace headway::pg
