"""A backfill over a year: its window is read in spans side by side, and they are one run all the same."""

import itertools
from typing import Iterator

import pytest

from harness.cluster import Database
from harness.gong import GongDatabase
from harness.killing import kill
from harness.sandbox import Sandbox
from harness.waiting import wait_until

LIST = "/v2/calls/extensive"
YEAR = {"max_items": 100_000, "days_back": 400, "extract_features": False}
READ_UNTIL = "SELECT (cursor ->> 'read_until')::timestamptz FROM headway.connectors"


@pytest.fixture
def backfill(database: Database) -> Iterator[GongDatabase]:
    """A vendor with a year's calls, of whom workers may ask as often as they like."""
    sandbox = Sandbox("--bulk", "1200", "--page-size", "50", "--per-second", "1000")
    gong = GongDatabase(database, sandbox)
    gong.lift_budget()
    yield gong
    sandbox.stop()


def spans_asked(gong: GongDatabase) -> list[tuple[str, str]]:
    """(from, to) of all that the vendor was asked to list, oldest first."""
    filters = [entry["body"]["filter"] for entry in gong.sandbox.journal(LIST)]
    return sorted({(asked["fromDateTime"], asked["toDateTime"]) for asked in filters})


def check_spans(gong: GongDatabase, run: str) -> None:
    spans = spans_asked(gong)
    assert len(spans) == 8, "a year is read in as many spans as Gong's spec allows"
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(spans)), "none begins but where the one before it ends"
    assert gong.db.value("SELECT window_from = %s::timestamptz AND window_to = %s::timestamptz FROM headway.runs WHERE id = %s", [spans[0][0], spans[-1][1], run]), \
        "all of them are the run's window"


def check_whole(gong: GongDatabase, run: str) -> None:
    status = gong.finish(run)
    calls = 1200 + len(gong.sandbox.calls)
    assert [status[number] for number in ("state", "fetched", "stored", "failed", "skipped")] == ["done", calls, calls, 0, 0]
    assert gong.db.sql("SELECT count(*), count(DISTINCT external_id) FROM headway.messages") == [(calls, calls)], "every call is there once"
    assert gong.db.value("SELECT list_complete AND min_seen >= window_from AND max_seen < window_to FROM headway.runs"), "the run has noted what it saw"
    assert gong.db.value(READ_UNTIL) == gong.db.value("SELECT window_to FROM headway.runs"), "now the connector was read until the end of the window"


def test_a_backfill_survives_its_worker_in_the_middle_of_all_its_spans(backfill: GongDatabase) -> None:
    backfill.sandbox.faults({"kind": "hang", "path": LIST, "after": 12})
    run = backfill.ingest(**YEAR)
    wait_until(lambda: backfill.db.value("SELECT pages = 12 AND stored > 0 FROM headway.runs"), "pages of all spans are settled, and rows of them stored")
    open_lists = backfill.db.value("SELECT open_lists FROM headway.runs")
    assert open_lists >= 5, "most spans have more pages"
    wait_until(lambda: backfill.sandbox.in_flight() == open_lists, "all of their lists are under way at once")
    assert backfill.db.value(READ_UNTIL) is None, "nothing moves while others are outstanding"
    check_spans(backfill, run)
    spans, answered = spans_asked(backfill), [entry["body"] for entry in backfill.sandbox.journal(LIST) if entry["status"] == 200]
    assert len(answered) == 12
    [pid] = backfill.db.workers()
    kill(backfill, pid)
    backfill.sandbox.reset()
    backfill.db.sql("SELECT headway_tick()")
    check_whole(backfill, run)
    assert set(spans_asked(backfill)) <= set(spans), "it goes on with the same spans,"
    assert not any(entry["body"] in answered for entry in backfill.sandbox.journal(LIST)), "each at the page where it was"


def test_a_second_run_over_the_same_year_adds_nothing(backfill: GongDatabase) -> None:
    check_whole(backfill, backfill.ingest(**YEAR))
    again = backfill.finish(backfill.ingest(**YEAR | {"days_back": 399}))
    assert (again["state"], again["stored"], again["already_known"]) == ("done", 0, again["fetched"])


def test_a_run_that_wants_few_records_is_not_cut(backfill: GongDatabase) -> None:
    assert backfill.finish(backfill.ingest(**YEAR | {"max_items": 100}))["stored"] == 100
    assert len(spans_asked(backfill)) == 1


def test_a_filter_that_is_ignored_is_told_by_each_span_and_multiplies_nothing(backfill: GongDatabase) -> None:
    backfill.sandbox.faults({"kind": "ignored_filter", "path": LIST})
    status = backfill.finish(backfill.ingest(**YEAR), hurry=True)
    assert status["state"] == "failed" and status["error"].startswith("the vendor ignored the time window"), "the run says so"
    assert backfill.db.value(READ_UNTIL) is None
    first, second = backfill.db.sql("SELECT window_from, window_from + (window_to - window_from) * 0.278 FROM headway.runs")[0]
    assert backfill.db.value("SELECT bool_and(sent_at BETWEEN %s AND %s) FROM headway.messages", [first, second]), "only the oldest span took what is its own"
    assert backfill.db.sql("SELECT count(*), count(DISTINCT external_id) FROM headway.messages") == [(status["stored"],) * 2], "and nothing twice"
    paged = {entry["body"]["filter"]["fromDateTime"] for entry in backfill.sandbox.journal(LIST) if entry["body"].get("cursor")}
    assert paged == {spans_asked(backfill)[0][0]}, "no other span went on to a second page"
