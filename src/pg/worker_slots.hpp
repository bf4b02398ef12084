#pragma once

#include "pg/guard.hpp"

namespace headway::pg {

// Which workers run in which database, in a little shared memory that the first user of a cluster
// allocates from the server's reserve (as contrib/pg_prewarm does), so that no preload is needed.
// It only decides whom to wake and how many to launch; who is alive is decided by advisory locks.
// A crash of any process clears it together with all processes.

// What a worker is there for: the queue, or one question of one session.
enum class Duty { queue, inquiry };

// A place for this process as a worker of its database, while it lives; none when `most` are taken
// for its duty: for the queue in its database, for inquiries in the whole server, whose slots for
// processes they would else use up. The end of the process gives it up as well.
class WorkerSlot {
  public:
    WorkerSlot(Duty duty, int most);
    ~WorkerSlot();
    WorkerSlot(const WorkerSlot&) = delete;
    WorkerSlot& operator=(const WorkerSlot&) = delete;
    bool occupied() const;
};

// Wakes the queue's workers of a database; returns how many there are. Needs attach_worker_slots()
// first and then raises no ERROR, so a commit may call it.
int wake_workers(Oid database) noexcept;
// How many of them there are, and how many background workers the whole server runs.
int count_workers(Oid database);
int count_background_workers();
// How many inquiries the server answers at once, so that some of its background workers are left
// for the queue and for others.
int most_inquiries();
// Sends SIGTERM to all of a database's workers, whatever their duty; returns how many there were.
int stop_workers(Oid database);

// Maps the shared memory into this process. Throws PgError when the reserve is used up.
void attach_worker_slots();

}  // namespace headway::pg
