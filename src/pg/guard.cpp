#include <cstring>
#include <new>
#include <string_view>

#include "core/base/text.hpp"
#include "pg/guard.hpp"

namespace headway::pg {
namespace {

int parse_sqlstate(const char* code) {
    return MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4]);
}

template <std::size_t size>
void copy_clipped(char (&target)[size], std::string_view text) noexcept {
    text = core::clip(text, size - 1);
    std::memcpy(target, text.data(), text.size());
    target[text.size()] = '\0';
}

}  // namespace

// Copying an error needs memory, and running out of it is an ERROR again.
PgError::PgError() {
    const detail::ServerState before;
    ErrorData* volatile data = nullptr;
    MemoryContext volatile context = nullptr;
    sigjmp_buf landing;
    if (sigsetjmp(landing, 0) == 0) {
        PG_exception_stack = &landing;
        context = AllocSetContextCreate(TopMemoryContext, "headway error", ALLOCSET_SMALL_SIZES);
        MemoryContextSwitchTo(context);
        data = CopyErrorData();
    }
    before.restore();
    MemoryContextSwitchTo(before.memory);
    FlushErrorState();
    data_ = data;
    try {
        memory_ = std::make_shared<Memory>(context);
    } catch (...) {
        if (context) MemoryContextDelete(context);
        throw;
    }
    if (!data_) throw std::bad_alloc();
}

PgError::Memory::~Memory() {
    if (context) MemoryContextDelete(context);
}

bool PgError::is_interrupt() const noexcept {
    return ERRCODE_TO_CATEGORY(data_->sqlerrcode) ==
           ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION);
}

ErrorData* PgError::hand_over(MemoryContext parent) const noexcept {
    MemoryContextSetParent(std::exchange(memory_->context, nullptr), parent);
    return data_;
}

SqlFailure::SqlFailure(const char* sqlstate, core::Error error)
    : core::Failure(std::move(error)), sqlstate_(parse_sqlstate(sqlstate)) {}

namespace detail {

void Caught::take_current() noexcept {
    auto describe = [this](int code, std::string_view text) {
        sqlstate = code;
        copy_clipped(message, text);
    };
    auto describe_failure = [&](int code, const core::Error& error) {
        describe(code, error.message);
        copy_clipped(detail, error.detail);
        copy_clipped(hint, error.hint);
    };
    try {
        throw;
    } catch (const PgError& error) {
        server = error.hand_over(CurrentMemoryContext);
    } catch (const SqlFailure& failure) {
        describe_failure(failure.sqlstate(), failure.error());
    } catch (const core::Failure& failure) {
        describe_failure(parse_sqlstate("8W000"), failure.error());
    } catch (const std::bad_alloc&) {
        describe(ERRCODE_OUT_OF_MEMORY, "out of memory");
    } catch (const std::exception& error) {
        describe(ERRCODE_INTERNAL_ERROR, error.what());
    } catch (...) {
        describe(ERRCODE_INTERNAL_ERROR, "an unknown exception was thrown");
    }
}

void Caught::raise(bool hide_statement) const {
    if (server) {
        server->hide_stmt |= hide_statement;
        server->hide_ctx |= hide_statement;
        // The context quotes the statements of functions around the call.
        if (hide_statement) server->context = nullptr;
        ReThrowError(server);
    }
    ereport(ERROR,
            (errcode(sqlstate), errmsg_internal("%s", message),
             detail[0] ? errdetail_internal("%s", detail) : 0, hint[0] ? errhint("%s", hint) : 0,
             errhidestmt(hide_statement), errhidecontext(hide_statement)));
}

}  // namespace detail
}  // namespace headway::pg
