#include "pg/inquiry_channel.hpp"

#include "pg/version.hpp"

namespace headway::pg {
namespace {

// Messages of any length pass through a queue; what does not fit waits for its reader.
constexpr Size kQueueBytes = 64 * 1024;

struct Layout {
    char version[64];  // of the library, since another one would have another layout in mind
    alignas(MAXIMUM_ALIGNOF) char questions[kQueueBytes];
    alignas(MAXIMUM_ALIGNOF) char answers[kQueueBytes];
};

Layout* layout_of(dsm_segment* segment) {
    return static_cast<Layout*>(dsm_segment_address(segment));
}

shm_mq* queue_in(char* place) { return reinterpret_cast<shm_mq*>(place); }

}  // namespace

InquiryChannel::InquiryChannel() {
    server_call([this] {
        segment_ = dsm_create(sizeof(Layout), 0);
        Layout* layout = layout_of(segment_);
        strlcpy(layout->version, library_version(), sizeof layout->version);
        shm_mq* questions = shm_mq_create(layout->questions, kQueueBytes);
        shm_mq* answers = shm_mq_create(layout->answers, kQueueBytes);
        shm_mq_set_sender(questions, MyProc);
        shm_mq_set_receiver(answers, MyProc);
        out_ = shm_mq_attach(questions, segment_, nullptr);
        in_ = shm_mq_attach(answers, segment_, nullptr);
    });
}

InquiryChannel::InquiryChannel(dsm_handle handle) {
    server_call([this, handle] {
        segment_ = dsm_attach(handle);
        if (!segment_) return;
        Layout* layout = layout_of(segment_);
        if (strncmp(layout->version, library_version(), sizeof layout->version) != 0)
            elog(ERROR, "headway: the session has loaded another version of the library");
        shm_mq_set_receiver(queue_in(layout->questions), MyProc);
        shm_mq_set_sender(queue_in(layout->answers), MyProc);
        in_ = shm_mq_attach(queue_in(layout->questions), segment_, nullptr);
        out_ = shm_mq_attach(queue_in(layout->answers), segment_, nullptr);
    });
}

// Unmaps memory and wakes the other side; raises no ERROR.
InquiryChannel::~InquiryChannel() {
    if (segment_) dsm_detach(segment_);
}

void InquiryChannel::watch(BackgroundWorkerHandle* worker) {
    shm_mq_set_handle(out_, worker);
    shm_mq_set_handle(in_, worker);
}

bool InquiryChannel::send(std::string_view message) {
    return server_call([&] {
        return shm_mq_send(out_, message.size(), message.data(), false, true) == SHM_MQ_SUCCESS;
    });
}

std::optional<std::string> InquiryChannel::receive() {
    Size size = 0;
    void* data = nullptr;
    bool received =
        server_call([&] { return shm_mq_receive(in_, &size, &data, false) == SHM_MQ_SUCCESS; });
    if (!received) return std::nullopt;
    return std::string(static_cast<const char*>(data), size);
}

bool InquiryChannel::is_other_side_there() const {
    return server_call([this] {
        Size size = 0;
        void* data = nullptr;
        return shm_mq_receive(in_, &size, &data, true) != SHM_MQ_DETACHED;
    });
}

}  // namespace headway::pg
