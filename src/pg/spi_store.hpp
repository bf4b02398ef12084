#pragma once

#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "pipeline/ports.hpp"

namespace headway::pg {

// Whose workspaces a worker serves: those that a role sees, or all.
using Scope = std::optional<std::string>;

// Store over SPI: one short transaction for every call, and the only place with the statements.
class SpiStore : public pipeline::Store {
  public:
    // `worker_id`: what tasks.worker_id holds; this process keeps an advisory lock on it.
    SpiStore(Transactions& transactions, std::int64_t worker_id, Scope scope)
        : transactions_(transactions), worker_id_(worker_id), scope_(std::move(scope)) {}

    // Takes and returns the lock that tells others that this worker lives.
    void begin_life();
    void end_life();

    std::vector<pipeline::ClaimedTask> claim(int most) override;
    std::optional<core::Timestamp> next_due() override;
    std::vector<std::int64_t> keep_alive() override;
    void look_around() override;
    void put_back() override;

    core::Json input_source(const pipeline::ClaimedTask& task) override;
    pipeline::Reservation reserve_request(const std::string& workspace,
                                          const std::string& connector,
                                          const std::vector<core::RateLimit>& limits,
                                          const std::string& group, core::Timestamp now) override;
    void heed_vendor(const std::string& workspace, const std::string& connector,
                     const core::RateNotice& notice) override;
    core::Json borrow_token(const std::string& workspace, const std::string& connector,
                            std::chrono::seconds lease) override;
    void keep_token(const std::string& workspace, const std::string& connector,
                    const core::Json& minted) override;
    void fail_token(const std::string& workspace, const std::string& connector, std::int64_t lease,
                    const core::Error& error) override;
    void drop_token(const std::string& workspace, const std::string& connector,
                    const std::string& token) override;
    core::Json settle_list(const pipeline::ClaimedTask& task, const core::Json& answer) override;
    void split_list(const pipeline::ClaimedTask& task, const core::Json& spans) override;
    void restart_list(const pipeline::ClaimedTask& task) override;
    core::Json settle_detail(const pipeline::ClaimedTask& task, const core::Json& answer) override;
    void settle_finalize(const pipeline::ClaimedTask& task) override;

    std::vector<pipeline::ExtractInput> input_extracts(
        const std::vector<const pipeline::ClaimedTask*>& tasks) override;
    std::vector<std::string> settle_extracts(
        const std::vector<const pipeline::ExtractAnswer*>& answers) override;
    core::Json input_match(const pipeline::ClaimedTask& task) override;
    core::Json fold_features(const std::string& workspace, const std::string& theme,
                             const std::string& type) override;
    core::Json feature_quotes(const std::string& workspace, const core::Json& features) override;
    core::Json input_judge_link(const pipeline::ClaimedTask& task) override;
    void settle_judge_link(const pipeline::ClaimedTask& task, const core::Json& answer) override;
    core::Json input_discover(const pipeline::ClaimedTask& task) override;
    void settle_discover(const pipeline::ClaimedTask& task, const core::Json& answer) override;
    core::Json input_transfer(const pipeline::ClaimedTask& task) override;
    core::Json note_transfer(const pipeline::ClaimedTask& task, const std::string& status,
                             const core::Json& facts) override;
    void skip_transfer(const pipeline::ClaimedTask& task, const std::string& reason) override;
    void settle_transfer(const pipeline::ClaimedTask& task, const core::Json& answer) override;
    core::Json input_transcribe(const pipeline::ClaimedTask& task) override;
    void settle_transcribe(const pipeline::ClaimedTask& task, const core::Json& heard) override;
    void postpone(const pipeline::ClaimedTask& task, const core::Json& reply,
                  std::chrono::milliseconds delay) override;
    core::Json input_analyse(const pipeline::ClaimedTask& task) override;
    void settle_analyse(const pipeline::ClaimedTask& task, const core::Json& answer) override;
    core::Json settle_match(const pipeline::ClaimedTask& task, const core::Json& answer) override;
    core::Json compare(const std::string& workspace, const std::string& model,
                       const core::Json& item, const core::Json& documents) override;
    void keep_embeddings(const std::string& workspace, const std::string& model,
                         const core::Json& made) override;
    void note_embedding_failure(const std::string& workspace, const std::string& model,
                                const core::Error& error) override;
    core::Json input_embed(const pipeline::ClaimedTask& task) override;
    void settle_embed(const pipeline::ClaimedTask& task, const core::Json& answer) override;
    std::vector<pipeline::Leave> leaves(
        const std::vector<const pipeline::WantedLeave*>& wanted) override;
    std::vector<std::string> record_calls(
        const std::vector<const pipeline::CallRecord*>& calls) override;

    void fail(const pipeline::ClaimedTask& task, const core::Error& error,
              std::optional<std::chrono::milliseconds> delay) override;
    void defer(const pipeline::ClaimedTask& task, const core::Error& error,
               std::chrono::milliseconds delay) override;

  private:
    // Runs `work` in a transaction; a server error comes out as a core::Failure.
    template <class F>
    auto run(F&& work) -> std::invoke_result_t<F> {
        try {
            return in_transaction(transactions_, [&] {
                check_surroundings(leaving_);
                return work();
            });
        } catch (const PgError& error) {
            if (error.is_interrupt()) throw;
            throw as_failure(error);
        }
    }
    static void check_surroundings(bool leaving);
    static core::Failure as_failure(const PgError& error);
    static core::Json error_json(const core::Error& error);
    core::Json ask(const char* sql, const pipeline::ClaimedTask& task);
    void act(const char* sql, const pipeline::ClaimedTask& task);
    void act(const char* sql, const pipeline::ClaimedTask& task, const core::Json& answer);
    core::Json tell(const char* sql, const pipeline::ClaimedTask& task, const core::Json& answer);
    // The same for a statement that runs a mapper.
    core::Json tell_mapping(const char* sql, const pipeline::ClaimedTask& task,
                            const core::Json& answer);
    Param scope() const { return scope_ ? Param(std::string_view(*scope_)) : Param(); }

    Transactions& transactions_;
    std::int64_t worker_id_;
    Scope scope_;
    int keep_alive_calls_ = 0;
    bool lives_ = false;
    bool leaving_ = false;
};

}  // namespace headway::pg
