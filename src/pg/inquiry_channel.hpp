#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pg/guard.hpp"

namespace headway::pg {

// A piece of dynamic shared memory with two message queues, between a session and the worker that
// answers its inquiry. Either side's end, however it comes, is noticed by the other.
class InquiryChannel {
  public:
    // The session's side: makes the channel. Throws PgError.
    InquiryChannel();
    // The worker's side: joins it; is_open() is false when the session has left already.
    explicit InquiryChannel(dsm_handle handle);
    ~InquiryChannel();
    InquiryChannel(const InquiryChannel&) = delete;
    InquiryChannel& operator=(const InquiryChannel&) = delete;

    bool is_open() const { return segment_ != nullptr; }
    dsm_handle handle() const { return dsm_segment_handle(segment_); }
    // The session's side: that the worker cannot be started or ends early is then noticed, too.
    void watch(BackgroundWorkerHandle* worker);

    // Both wait on the latch and answer interrupts; false and nothing when the other side has gone.
    bool send(std::string_view message);
    std::optional<std::string> receive();
    // Whether the other side may still send or listen.
    bool is_other_side_there() const;

  private:
    dsm_segment* segment_ = nullptr;
    shm_mq_handle* out_ = nullptr;
    shm_mq_handle* in_ = nullptr;
};

}  // namespace headway::pg
