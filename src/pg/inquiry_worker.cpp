// The background worker that answers one inquiry of one session, and leaves.

#include <string>

#include "pg/engine.hpp"
#include "pg/worker_channel.hpp"
#include "pg/worker_life.hpp"
#include "pg/worker_slots.hpp"
#include "pipeline/inquiry.hpp"

namespace headway::pg {
namespace {

class Session : public pipeline::Inquirer {
  public:
    explicit Session(const WorkerChannel& channel) : channel_(channel) {}
    bool is_waiting() const override { return channel_.is_other_side_there(); }

  private:
    const WorkerChannel& channel_;
};

// A session may leave its question to a worker and ask the next one: only here they are counted.
core::Json refusal() {
    return core::Json::Object{
        {"error", core::Json::Object{
                      {"sqlstate", "8W015"},
                      {"message", "too many questions are being answered"},
                      {"detail", "The server answers " + std::to_string(most_inquiries()) +
                                     " at once, with a max_worker_processes of " +
                                     std::to_string(max_worker_processes) + "."},
                      {"hint", "Try again, or raise max_worker_processes (needs a restart)."}}}};
}

void answer(const WorkerOrigin& origin) {
    WorkerSlot slot(Duty::inquiry, most_inquiries());  // where headway_stop() finds it
    WorkerChannel channel = WorkerChannel::join(origin.channel);
    if (!channel.is_open()) return;
    std::optional<std::string> question = channel.receive();
    if (!question) return;
    if (!slot.occupied()) {
        channel.send(refusal().dump());
        return;
    }
    core::Json inquiry = core::Json::parse(*question, 1000);

    WorkerTransactions transactions;
    Engine engine(transactions, std::nullopt, [] {});
    Session session(channel);
    core::Json answer;
    engine.loop.run(pipeline::answer_inquiry(engine.ctx, session, inquiry, answer));
    channel.send(answer.dump());
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PGDLLEXPORT void headway_inquiry_main(Datum) { headway::pg::live_as_worker(&headway::pg::answer); }
}
