#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/base/timestamp.hpp"
#include "core/models/outlay.hpp"
#include "core/work/rate_budget.hpp"

namespace headway::pipeline {

// A task that this worker holds until it settles, fails or defers it.
struct ClaimedTask {
    std::string workspace;
    std::int64_t id;
    std::int64_t token;
    std::string kind;
    core::Json payload;
    int attempts;
};

// An answer that is kept with a task until that is settled.
struct KeptReply {
    const ClaimedTask* task;
    core::Json reply;
};

// An exchange with a model, to be logged.
struct CallRecord {
    const ClaimedTask* task;  // whose it was; null for a session's
    std::string workspace;
    core::Json call;   // as llm_calls has it
    core::Json reply;  // kept with the task until it is settled; null when nothing usable came
    std::vector<KeptReply> others = {};  // when it was for several tasks at once
};

// What reading one conversation needs; null when somebody else holds the task by now.
struct ExtractInput {
    core::Json conversation;
    core::Json reply;                          // the model's, if it has come already
    std::shared_ptr<const core::Json> common;  // the workspace's rules, themes and provider
};

// What was found in a conversation.
struct ExtractAnswer {
    const ClaimedTask* task;
    core::Json found;
    std::optional<CallRecord> call = {};  // the exchange that brought it, unless it has its record
};

// Whether a request may be sent.
struct Reservation {
    std::optional<core::Timestamp> free_at = {};  // not before; no value when it may
    bool is_stop = false;                         // since the vendor has asked to wait
    std::optional<core::RateLimit> stated = {};   // what the vendor states of the group's budget
};

// An exchange that may cost money, before it is made.
struct WantedLeave {
    std::string workspace;
    core::Outlay outlay;
};

// Whether it may be made.
struct Leave {
    std::optional<std::string> answer = {};  // a stored one: nobody need be asked
    std::string model = {};                  // that gave the stored answer
    std::string reservation = {};            // of what it may cost; "" when there is no budget
    std::optional<core::Error> refusal = {};
};

// The database as the flows see it. Every call is one short transaction of its own, begun and ended
// inside: no transaction can be open while a flow waits. A call that the database cannot do throws
// core::Failure (busy or internal) and has changed nothing. Inputs are null, and settlements do
// nothing, when somebody else holds the task by now.
class Store {
  public:
    virtual ~Store() = default;

    virtual std::vector<ClaimedTask> claim(int most) = 0;
    virtual std::optional<core::Timestamp> next_due() = 0;
    // Renews leases and reclaims what dead workers held; returns the tasks this worker still has.
    virtual std::vector<std::int64_t> keep_alive() = 0;
    // Ends the worker (by an exception that is no Failure) when its database is about to go, or the
    // extension is gone. keep_alive() and all others look as well.
    virtual void look_around() = 0;
    // Returns what this worker holds, as if it had never taken it.
    virtual void put_back() = 0;

    virtual core::Json input_source(const ClaimedTask& task) = 0;
    // Takes one request of a group out of a connector's rate budgets, or says when the next one is
    // free.
    virtual Reservation reserve_request(const std::string& workspace, const std::string& connector,
                                        const std::vector<core::RateLimit>& limits,
                                        const std::string& group, core::Timestamp now) = 0;
    // Keeps what the vendor said of its own budget; all workers obey it.
    virtual void heed_vendor(const std::string& workspace, const std::string& connector,
                             const core::RateNotice& notice) = 0;

    // A connector's access token. One of
    //   {token}               sealed: take it
    //   {lease, credentials}  it is the caller's to mint one, from these
    //   {wait}                somebody else is minting
    //   {problem}             somebody has just tried, in vain
    virtual core::Json borrow_token(const std::string& workspace, const std::string& connector,
                                    std::chrono::seconds lease) = 0;
    // What a lease has led to: {lease, minted_with, token, fresh_seconds, credentials}, sealed, the
    // last null unless they have changed. The credentials that it was minted with may be others by
    // now; then nothing is kept.
    virtual void keep_token(const std::string& workspace, const std::string& connector,
                            const core::Json& minted) = 0;
    virtual void fail_token(const std::string& workspace, const std::string& connector,
                            std::int64_t lease, const core::Error& error) = 0;
    // The vendor has refused this one. A token that was minted since stays.
    virtual void drop_token(const std::string& workspace, const std::string& connector,
                            const std::string& token) = 0;
    virtual core::Json settle_list(const ClaimedTask& task, const core::Json& answer) = 0;
    // Queues lists over {span: {n, from, to}} of the window in place of the one over the whole.
    virtual void split_list(const ClaimedTask& task, const core::Json& spans) = 0;
    virtual void restart_list(const ClaimedTask& task) = 0;
    virtual core::Json settle_detail(const ClaimedTask& task, const core::Json& answer) = 0;
    virtual void settle_finalize(const ClaimedTask& task) = 0;

    // Of many at once, in their order; all or nothing.
    virtual std::vector<ExtractInput> input_extracts(
        const std::vector<const ClaimedTask*>& tasks) = 0;
    // Records the exchanges that have no record yet; returns their ids, "" for the others.
    virtual std::vector<std::string> settle_extracts(
        const std::vector<const ExtractAnswer*>& answers) = 0;
    virtual core::Json input_match(const ClaimedTask& task) = 0;
    // Takes the features of a theme and type that are not in the index into it; true while there
    // are more.
    virtual core::Json fold_features(const std::string& workspace, const std::string& theme,
                                     const std::string& type) = 0;
    // {feature id: [quotes]}, the latest few of each.
    virtual core::Json feature_quotes(const std::string& workspace, const core::Json& features) = 0;
    virtual core::Json settle_match(const ClaimedTask& task, const core::Json& answer) = 0;
    // How alike an item is to documents, by the vectors of a model: {cosines}, or {missing: [{key,
    // text, is_kept}]}, the texts that must have vectors first.
    virtual core::Json compare(const std::string& workspace, const std::string& model,
                               const core::Json& item, const core::Json& documents) = 0;
    // [{key, is_kept, vector}]
    virtual void keep_embeddings(const std::string& workspace, const std::string& model,
                                 const core::Json& made) = 0;
    // The model's provider has failed for good; keeping vectors says that it works again.
    virtual void note_embedding_failure(const std::string& workspace, const std::string& model,
                                        const core::Error& error) = 0;
    // {provider, model, missing, ...}: the next features that need vectors; and that all have one.
    virtual core::Json input_embed(const ClaimedTask& task) = 0;
    virtual void settle_embed(const ClaimedTask& task, const core::Json& answer) = 0;
    // {question, provider, reply} about a recording whose link text cannot decide.
    virtual core::Json input_judge_link(const ClaimedTask& task) = 0;
    virtual void settle_judge_link(const ClaimedTask& task, const core::Json& answer) = 0;
    // What looking at a page of an import's source needs, and what it has led to.
    virtual core::Json input_discover(const ClaimedTask& task) = 0;
    virtual void settle_discover(const ClaimedTask& task, const core::Json& answer) = 0;
    // What fetching an imported file needs; what is known of it by now, null when nothing more is
    // to be done; and one of its ends: left out, or stored.
    virtual core::Json input_transfer(const ClaimedTask& task) = 0;
    virtual core::Json note_transfer(const ClaimedTask& task, const std::string& status,
                                     const core::Json& facts) = 0;
    virtual void skip_transfer(const ClaimedTask& task, const std::string& reason) = 0;
    virtual void settle_transfer(const ClaimedTask& task, const core::Json& answer) = 0;
    // {conversation, provider, reply} of a recording with a transcript.
    virtual core::Json input_analyse(const ClaimedTask& task) = 0;
    virtual void settle_analyse(const ClaimedTask& task, const core::Json& answer) = 0;
    // Stored answers, or reservations in the workspaces' budgets.
    virtual std::vector<Leave> leaves(const std::vector<const WantedLeave*>& wanted) = 0;
    // {provider, reply, audio} of a recording that has no transcript yet.
    virtual core::Json input_transcribe(const ClaimedTask& task) = 0;
    virtual void settle_transcribe(const ClaimedTask& task, const core::Json& heard) = 0;
    // Until a vendor may be done with what it was given; `reply` is what the next look needs.
    virtual void postpone(const ClaimedTask& task, const core::Json& reply,
                          std::chrono::milliseconds delay) = 0;
    // Logs exchanges with models and keeps the replies; returns the calls' ids.
    virtual std::vector<std::string> record_calls(const std::vector<const CallRecord*>& calls) = 0;

    // The attempt failed: again after `delay`, or for good when there is none.
    virtual void fail(const ClaimedTask& task, const core::Error& error,
                      std::optional<std::chrono::milliseconds> delay) = 0;
    // Back to the queue without using up the attempt.
    virtual void defer(const ClaimedTask& task, const core::Error& error,
                       std::chrono::milliseconds delay) = 0;
};

// Opens and seals secrets. Throws core::Failure when they cannot be opened or a reference in them
// (environment variable, file) cannot be read. Sealed ones are {id, key_id, origin, sealed};
// `origin`: where they will go.
class Secrets {
  public:
    virtual ~Secrets() = default;
    virtual core::Json open(const std::string& workspace, const core::Json& sealed,
                            const std::string& origin) = 0;
    // Under a new id.
    virtual core::Json seal(const std::string& workspace, const std::string& origin,
                            const core::Json& secrets) = 0;
    // The same secrets but for one, under a new id; references in them stay references.
    virtual core::Json replace(const std::string& workspace, const core::Json& sealed,
                               const std::string& origin, const std::string& name,
                               const std::string& secret) = 0;
};

}  // namespace headway::pipeline
