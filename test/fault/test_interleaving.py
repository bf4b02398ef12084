"""Two workers at once."""

from harness.gong import GongDatabase
from harness.waiting import wait_until


def test_the_same_wish_decided_at_the_same_instant_is_one_feature(gong: GongDatabase) -> None:
    gong.limit_workers(2, concurrency=1)
    holder = gong.db.connect()
    holder.execute("BEGIN")
    holder.execute("SELECT FROM headway.themes FOR UPDATE")
    for name in ("one", "two"):
        gong.db.sql("SELECT headway_ingest_transcript(%s, 'Bob: It would be great if we could export reports to Excel.')", [name])
    gong.await_blocked_worker(workers=2)
    assert gong.db.value("SELECT count(*) FROM headway.features") == 0, "both have judged without knowing of the other"
    assert gong.db.value("SELECT count(*) FROM headway.tasks WHERE kind = 'match' AND state = 'running'") == 2
    holder.execute("COMMIT")
    wait_until(lambda: gong.db.value("SELECT count(*) FROM headway.messages WHERE is_processed") == 2, "both are processed")
    assert gong.db.sql("SELECT mention_count FROM headway.features") == [(2,)]
    decisions = gong.db.sql("SELECT outcome FROM headway.match_decisions ORDER BY created_at")
    assert decisions == [("created",), ("linked",)]
    holder.close()


def test_two_workers_share_a_run_and_nothing_is_done_twice(gong: GongDatabase) -> None:
    gong.limit_workers(2, concurrency=4)
    status = gong.finish(gong.ingest())
    assert (status["state"], status["stored"]) == ("done", 40)
    assert gong.db.value("SELECT count(*) FROM headway.messages") == 40
    assert gong.db.value("SELECT count(DISTINCT (message_id, title)) = count(*) FROM headway.match_decisions")
    assert gong.db.value("SELECT max(attempts) FROM headway.tasks") == 1, "no task was taken twice"
    # The order of decisions is not fixed between two workers, so borderline items may go either way;
    # what must hold is that each wish's mentions add up.
    assert gong.db.value("SELECT sum(mention_count) FROM headway.features") == gong.db.value("SELECT count(*) FROM headway.feature_messages")
