// What linking says of many recordings, so many at a time (SQL: headway._decided): while a session
// writes what was decided of one part, a worker of its own decides the next ones.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/work/shared_parts.hpp"
#include "pg/launch.hpp"
#include "pg/link_decision.hpp"
#include "pg/worker_channel.hpp"

namespace headway::pg {
namespace {

// For the ids of four parts of ten thousand, and for what is said of three, some 5 MB each.
constexpr WorkerChannel::Room kRoom{1024 * 1024, 16 * 1024 * 1024};

// Recordings, by parts.
class Parts {
  public:
    Parts(Datum ids, std::size_t size) : size_(size) {
        Datum* elements = nullptr;
        int count = 0;
        ArrayType* array = server_call([&] {
            ArrayType* flat = DatumGetArrayTypePCopy(ids);
            deconstruct_array(flat, UUIDOID, sizeof(pg_uuid_t), false, TYPALIGN_CHAR, &elements,
                              nullptr, &count);
            return flat;
        });
        for (int i = 0; i < count; ++i) ids_.push_back(*DatumGetUUIDP(elements[i]));
        pfree(elements);
        pfree(array);
    }

    std::size_t count() const { return (ids_.size() + size_ - 1) / size_; }
    // The bytes of a part's uuid[].
    std::string operator[](std::size_t part) const {
        std::size_t end = std::min((part + 1) * size_, ids_.size());
        std::vector<Datum> ids;
        for (std::size_t i = part * size_; i < end; ++i) ids.push_back(UUIDPGetDatum(&ids_[i]));
        return bytes_of_array(server_call([&] {
            return PointerGetDatum(construct_array(ids.data(), static_cast<int>(ids.size()),
                                                   UUIDOID, sizeof(pg_uuid_t), false,
                                                   TYPALIGN_CHAR));
        }));
    }

  private:
    std::size_t size_;
    std::vector<pg_uuid_t> ids_;
};

// The session's side of link_worker.cpp.
class LinkAssistant : public core::Assistant {
  public:
    explicit LinkAssistant(const Parts& parts) : parts_(parts) {}

    // Counted among the parallel workers, so that who allows none has none; false without one.
    bool begin(pg_uuid_t workspace) {
        BackgroundWorker worker = describe_worker("headway_link_worker_main", "headway link worker",
                                                  {MyDatabaseId, worker_role(), channel_.handle()});
        worker.bgw_flags |= BGWORKER_CLASS_PARALLEL;
        worker.bgw_notify_pid = MyProcPid;
        BackgroundWorkerHandle* handle = nullptr;
        if (!server_call([&] { return RegisterDynamicBackgroundWorker(&worker, &handle); }))
            return false;
        channel_.watch(handle);
        return channel_.send({reinterpret_cast<const char*>(&workspace), sizeof workspace});
    }

    bool ask(std::size_t part) override {
        char* snapshot = server_call([] { return ExportSnapshot(GetTransactionSnapshot()); });
        return channel_.send(snapshot) && channel_.send(parts_[part]);
    }
    std::optional<std::string> wait() override { return channel_.receive(); }
    std::optional<std::string> look() override { return channel_.take(); }

  private:
    const Parts& parts_;
    WorkerChannel channel_{kRoom};
};

// Whether another process can see all that this one sees: it has changed nothing in this
// transaction, or that would have an id. (What linking itself changes decides nothing.) Nor would
// SERIALIZABLE learn of what is read elsewhere.
bool can_be_assisted() {
    return server_call([] {
        return max_parallel_workers_per_gather > 0 && !IsSubTransaction() &&
               !TransactionIdIsValid(GetTopTransactionIdIfAny()) && !IsolationIsSerializable();
    });
}

// One query's work; lives where the query has its memory.
class LinkSession {
  public:
    LinkSession(pg_uuid_t workspace, Datum ids, std::size_t size)
        : workspace_(workspace),
          parts_(ids, size),
          shared_(parts_.count(), assistant(),
                  [this](std::size_t part) { return decide_links(workspace_, parts_[part]); }) {}
    LinkSession(const LinkSession&) = delete;
    LinkSession& operator=(const LinkSession&) = delete;

    std::string decided(std::size_t part) { return shared_.result(part); }

  private:
    std::unique_ptr<core::Assistant> assistant() const {
        if (parts_.count() < 2 || !can_be_assisted()) return nullptr;
        auto assistant = std::make_unique<LinkAssistant>(parts_);
        if (!assistant->begin(workspace_)) return nullptr;
        return assistant;
    }

    pg_uuid_t workspace_;
    Parts parts_;
    core::SharedParts shared_;
};

// Begun by the query's first call; gone with the query's memory, however that ends.
LinkSession& session_of(FunctionCallInfo fcinfo, std::size_t size) {
    FmgrInfo* function = fcinfo->flinfo;
    if (function->fn_extra) return *static_cast<LinkSession*>(function->fn_extra);
    MemoryContext before = MemoryContextSwitchTo(function->fn_mcxt);
    auto* at_end = static_cast<MemoryContextCallback*>(
        server_call([] { return palloc0(sizeof(MemoryContextCallback)); }));
    auto* session = new LinkSession(*DatumGetUUIDP(PG_GETARG_DATUM(0)), PG_GETARG_DATUM(1), size);
    at_end->func = [](void* gone) { delete static_cast<LinkSession*>(gone); };
    at_end->arg = session;
    MemoryContextRegisterResetCallback(function->fn_mcxt, at_end);
    function->fn_extra = session;
    MemoryContextSwitchTo(before);
    return *session;
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_decided);

Datum headway_decided(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        auto start = static_cast<std::size_t>(std::max(PG_GETARG_INT32(2), 0));
        auto size = static_cast<std::size_t>(std::max(PG_GETARG_INT32(3), 1));
        server_call([] { SPI_connect(); });
        std::string links = session_of(fcinfo, size).decided(start / size);
        server_call([] { SPI_finish(); });
        return array_of_bytes(links);
    });
}
}
