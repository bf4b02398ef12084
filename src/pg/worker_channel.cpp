#include "pg/worker_channel.hpp"

#include "pg/version.hpp"

namespace headway::pg {
namespace {

struct Layout {
    char version[64];  // of the library, since another one would have another layout in mind
    Size question_bytes;
    // The queue of questions, then that of answers.
    alignas(MAXIMUM_ALIGNOF) char queues[FLEXIBLE_ARRAY_MEMBER];

    shm_mq* questions() { return reinterpret_cast<shm_mq*>(queues); }
    shm_mq* answers() { return reinterpret_cast<shm_mq*>(queues + question_bytes); }
};

Layout* layout_of(dsm_segment* segment) {
    return static_cast<Layout*>(dsm_segment_address(segment));
}

}  // namespace

WorkerChannel::WorkerChannel(Room room) {
    server_call([this, room] {
        Size question_bytes = MAXALIGN(room.questions);
        segment_ = dsm_create(offsetof(Layout, queues) + question_bytes + room.answers, 0);
        Layout* layout = layout_of(segment_);
        strlcpy(layout->version, library_version(), sizeof layout->version);
        layout->question_bytes = question_bytes;
        shm_mq* questions = shm_mq_create(layout->questions(), question_bytes);
        shm_mq* answers = shm_mq_create(layout->answers(), room.answers);
        shm_mq_set_sender(questions, MyProc);
        shm_mq_set_receiver(answers, MyProc);
        out_ = shm_mq_attach(questions, segment_, nullptr);
        in_ = shm_mq_attach(answers, segment_, nullptr);
        dsm_pin_mapping(segment_);  // it goes with this object, whatever query it began in
    });
}

WorkerChannel::WorkerChannel(dsm_handle handle, Joining) {
    server_call([this, handle] {
        segment_ = dsm_attach(handle);
        if (!segment_) return;
        Layout* layout = layout_of(segment_);
        if (strncmp(layout->version, library_version(), sizeof layout->version) != 0)
            elog(ERROR, "headway: the session has loaded another version of the library");
        shm_mq_set_receiver(layout->questions(), MyProc);
        shm_mq_set_sender(layout->answers(), MyProc);
        in_ = shm_mq_attach(layout->questions(), segment_, nullptr);
        out_ = shm_mq_attach(layout->answers(), segment_, nullptr);
    });
}

// Unmaps memory and wakes the other side; raises no ERROR.
WorkerChannel::~WorkerChannel() {
    if (segment_) dsm_detach(segment_);
}

void WorkerChannel::watch(BackgroundWorkerHandle* worker) {
    shm_mq_set_handle(out_, worker);
    shm_mq_set_handle(in_, worker);
}

bool WorkerChannel::send(std::string_view message) {
    return server_call([&] {
        return shm_mq_send(out_, message.size(), message.data(), false, true) == SHM_MQ_SUCCESS;
    });
}

std::optional<std::string> WorkerChannel::next_message(bool at_once) {
    Size size = 0;
    void* data = nullptr;
    bool received =
        server_call([&] { return shm_mq_receive(in_, &size, &data, at_once) == SHM_MQ_SUCCESS; });
    if (!received) return std::nullopt;
    return std::string(static_cast<const char*>(data), size);
}

std::optional<std::string> WorkerChannel::receive() { return next_message(false); }

std::optional<std::string> WorkerChannel::take() { return next_message(true); }

bool WorkerChannel::is_other_side_there() const {
    return server_call([this] {
        Size size = 0;
        void* data = nullptr;
        return shm_mq_receive(in_, &size, &data, true) != SHM_MQ_DETACHED;
    });
}

}  // namespace headway::pg
