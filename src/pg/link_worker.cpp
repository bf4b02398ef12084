// The background worker that decides links for one session, and leaves with it.

#include <cstring>
#include <optional>
#include <string>

#include "pg/link_decision.hpp"
#include "pg/transaction.hpp"
#include "pg/worker_channel.hpp"
#include "pg/worker_life.hpp"

namespace headway::pg {
namespace {

// Sees what the session saw when it asked.
class SessionsView : public WorkerTransactions {
  public:
    SessionsView() : WorkerTransactions("headway: deciding links for a session") {}
    void look_through(const std::string& snapshot) { snapshot_ = snapshot; }

  private:
    void choose_snapshot() override {
        XactIsoLevel = XACT_REPEATABLE_READ;
        ImportSnapshot(snapshot_.c_str());
    }

    std::string snapshot_;
};

void decide(const WorkerOrigin& origin) {
    WorkerChannel channel = WorkerChannel::join(origin.channel);
    if (!channel.is_open()) return;
    SessionsView view;
    std::optional<std::string> workspace = channel.receive();
    if (!workspace) return;
    pg_uuid_t id;
    std::memcpy(&id, workspace->data(), sizeof id);
    while (std::optional<std::string> snapshot = channel.receive()) {
        std::optional<std::string> recordings = channel.receive();
        if (!recordings) return;
        view.look_through(*snapshot);
        std::string links = in_transaction(view, [&] { return decide_links(id, *recordings); });
        if (!channel.send(links)) return;
    }
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PGDLLEXPORT void headway_link_worker_main(Datum) {
    headway::pg::live_as_worker(&headway::pg::decide);
}
}
