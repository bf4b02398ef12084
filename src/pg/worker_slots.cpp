#include "pg/worker_slots.hpp"

#include <algorithm>
#include <csignal>
#include <vector>

namespace headway::pg {
namespace {

struct Slot {
    Oid database;  // InvalidOid: free
    Duty duty;
    int pid;
    Latch* latch;  // in the owner's PGPROC, which outlives it: waking a successor is harmless

    bool serves(Oid some_database, Duty some_duty) const {
        return database == some_database && duty == some_duty;
    }
    bool counts_for(Duty some_duty) const {
        return some_duty == Duty::inquiry ? database != InvalidOid && duty == some_duty
                                          : serves(MyDatabaseId, some_duty);
    }
};

// Shared by whatever versions of the library the server's processes have loaded since its start:
// who changes it gives it another name, too.
struct Slots {
    slock_t mutex;
    int count;
    Slot slots[FLEXIBLE_ARRAY_MEMBER];
};

Slots* shared = nullptr;
Slot* mine = nullptr;

// No server call that can fail, and nothing slow, while the spinlock is held.
template <class F>
void with_lock(F&& body) {
    SpinLockAcquire(&shared->mutex);
    body();
    SpinLockRelease(&shared->mutex);
}

void release() {
    if (!mine) return;
    with_lock([] { mine->database = InvalidOid; });
    mine = nullptr;
}

void release_at_exit(int, Datum) { release(); }

}  // namespace

void attach_worker_slots() {
    if (shared) return;
    server_call([] {
        // Workers cannot be more than the server's background workers.
        Size size = add_size(offsetof(Slots, slots),
                             mul_size(sizeof(Slot), static_cast<Size>(max_worker_processes)));
        bool found = false;
        LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
        auto* slots = static_cast<Slots*>(ShmemInitStruct("headway worker slots", size, &found));
        if (!found) {
            MemSet(slots, 0, size);
            SpinLockInit(&slots->mutex);
            slots->count = max_worker_processes;
        }
        LWLockRelease(AddinShmemInitLock);
        shared = slots;
    });
}

WorkerSlot::WorkerSlot(Duty duty, int most) {
    attach_worker_slots();
    static bool registered = false;
    if (!registered) server_call([] { before_shmem_exit(release_at_exit, 0); });
    registered = true;
    with_lock([duty, most] {
        int taken = 0;
        Slot* free_slot = nullptr;
        for (int i = 0; i < shared->count; ++i) {
            Slot& slot = shared->slots[i];
            if (slot.counts_for(duty)) ++taken;
            if (slot.database == InvalidOid) free_slot = &slot;
        }
        if (taken >= most || !free_slot) return;
        *free_slot = {MyDatabaseId, duty, MyProcPid, MyLatch};
        mine = free_slot;
    });
}

WorkerSlot::~WorkerSlot() { release(); }

bool WorkerSlot::occupied() const { return mine != nullptr; }

int wake_workers(Oid database) noexcept {
    int woken = 0;
    Latch* latches[64];
    with_lock([&] {
        for (int i = 0; i < shared->count && woken < 64; ++i)
            if (shared->slots[i].serves(database, Duty::queue))
                latches[woken++] = shared->slots[i].latch;
    });
    for (int i = 0; i < woken; ++i) SetLatch(latches[i]);
    return woken;
}

int count_workers(Oid database) {
    attach_worker_slots();
    int count = 0;
    with_lock([&] {
        for (int i = 0; i < shared->count; ++i)
            count += shared->slots[i].serves(database, Duty::queue);
    });
    return count;
}

// pg_stat_activity shows the kinds of other roles' processes to privileged roles only.
int count_background_workers() {
    return server_call([] {
        int count = 0;
        for (int i = 1; i <= pgstat_fetch_stat_numbackends(); ++i) {
            LocalPgBackendStatus* entry = pgstat_fetch_stat_local_beentry(i);
            count += entry && entry->backendStatus.st_backendType == B_BG_WORKER;
        }
        return count;
    });
}

int most_inquiries() {
    return std::max(1, max_worker_processes - std::max(2, max_worker_processes / 4));
}

int stop_workers(Oid database) {
    attach_worker_slots();
    std::vector<int> pids(static_cast<std::size_t>(shared->count));
    std::size_t count = 0;
    with_lock([&] {
        for (int i = 0; i < shared->count; ++i)
            if (shared->slots[i].database == database) pids[count++] = shared->slots[i].pid;
    });
    for (std::size_t i = 0; i < count; ++i) kill(pids[i], SIGTERM);
    return static_cast<int>(count);
}

}  // namespace headway::pg
