#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pg/guard.hpp"

namespace headway::pg {

// A piece of dynamic shared memory with two message queues, between a session and a worker of its
// own. Either side's end, however it comes, is noticed by the other.
class WorkerChannel {
  public:
    // How many bytes of messages wait before their sender is held up.
    struct Room {
        Size questions;  // the session's
        Size answers;    // the worker's
    };

    // The session's side: makes the channel. Throws PgError.
    explicit WorkerChannel(Room room);
    // The worker's side: joins it; is_open() is false when the session has left already.
    static WorkerChannel join(dsm_handle handle) { return WorkerChannel(handle, Joining{}); }
    ~WorkerChannel();
    WorkerChannel(const WorkerChannel&) = delete;
    WorkerChannel& operator=(const WorkerChannel&) = delete;

    bool is_open() const { return segment_ != nullptr; }
    dsm_handle handle() const { return dsm_segment_handle(segment_); }
    // The session's side: that the worker cannot be started or ends early is then noticed, too.
    void watch(BackgroundWorkerHandle* worker);

    // Both wait on the latch and answer interrupts; false and nothing when the other side has gone.
    bool send(std::string_view message);
    std::optional<std::string> receive();
    // What has arrived by now; nothing also when the other side has gone.
    std::optional<std::string> take();
    // Whether the other side may still send or listen, for a side that awaits no message.
    bool is_other_side_there() const;

  private:
    struct Joining {};
    WorkerChannel(dsm_handle handle, Joining);
    std::optional<std::string> next_message(bool at_once);

    dsm_segment* segment_ = nullptr;
    shm_mq_handle* out_ = nullptr;
    shm_mq_handle* in_ = nullptr;
};

}  // namespace headway::pg
