"""Two workers at once."""

from harness.gong import GongDatabase
from harness.sandbox import corpus, wishes
from harness.waiting import wait_until


def neighbours() -> tuple[list[str], str]:
    """What two customers said of one feature, and one of another of the same theme and type."""
    said = wishes()
    features = corpus("truth")["features"]
    for one in features:
        for other in features:
            if one is not other and (one["theme"], one["type"]) == (other["theme"], other["type"]) and len(said[one["key"]]) > 1:
                return said[one["key"]][:2], said[other["key"]][0]
    raise AssertionError("the corpus has no such features")


def test_the_same_wish_judged_at_the_same_instant_is_one_feature(gong: GongDatabase) -> None:
    same, another = neighbours()
    gong.limit_workers(2, concurrency=1)
    gong.read_by_model()
    def processed(count: int) -> None:
        wait_until(lambda: gong.db.value("SELECT count(*) FROM headway.messages WHERE is_processed") == count, f"{count} are processed")
    gong.give(another, f"Bob: {another}")
    processed(1)
    gong.sandbox.faults({"kind": "hang", "path": "/openai", "containing": "candidates"})
    for quote in same:
        gong.give(quote, f"Bob: {quote}")
    wait_until(lambda: gong.sandbox.in_flight() == 2, "both are being judged")
    assert gong.db.value("SELECT count(*) FROM headway.features") == 1, "neither is known to the other as a feature"
    gong.sandbox.release()
    processed(3)
    assert gong.db.sql("SELECT mention_count FROM headway.features ORDER BY 1") == [(1,), (2,)]
    assert gong.db.sql("SELECT outcome FROM headway.match_decisions ORDER BY outcome") == [("created",), ("created",), ("linked",)]
    assert gong.db.value("SELECT count(*) FROM headway.llm_calls WHERE purpose = 'match'") == 2, "each was asked about once"


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
