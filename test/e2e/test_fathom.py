"""Fathom: meetings come with their transcripts, once, however many users see them."""

import pytest

from harness.invariants import expected_mentions, mentions
from harness.sandbox import Sandbox, corpus
from harness.source import SourceDatabase

LATE = "holdout-01"


@pytest.fixture
def fathom(source: SourceDatabase) -> SourceDatabase:
    source.connect("fathom", {"api_token": "sandbox-fathom-admin"})
    return source


def test_every_meeting_is_read(fathom: SourceDatabase) -> None:
    status = fathom.read("fathom")
    assert status["state"] == "done", status["error"]
    assert (status["fetched"], status["stored"], status["processed"]) == (40, 40, 40)
    assert mentions(fathom.db) == expected_mentions()
    journal = fathom.sandbox.journal("/external")
    assert [entry for entry in journal if entry["violations"]] == []
    assert len(journal) == 4, "transcripts came with the list, ten meetings a page"


def test_what_else_fathom_says_is_kept(fathom: SourceDatabase) -> None:
    fathom.read("fathom")
    assert fathom.db.value("SELECT count(*) FROM headway.messages WHERE metadata ->> 'url' LIKE 'https://fathom.video/calls/%'") == 40
    assert fathom.db.value("SELECT count(*) FROM headway.messages WHERE metadata ? 'summary'") > 0
    assert fathom.db.value("SELECT count(*) FROM headway.messages WHERE metadata #>> '{crm,error}' = 'No CRM connected'") > 0
    assert fathom.db.value("SELECT count(*) FROM headway.messages WHERE metadata -> 'parties' @> '[{\"affiliation\": \"external\"}]'") > 0
    assert fathom.db.value("SELECT count(*) FROM headway.recordings") == 0, "a meeting is no telephone call"


def test_a_second_run_adds_nothing(fathom: SourceDatabase) -> None:
    fathom.read("fathom")
    before = fathom.features()
    status = fathom.read("fathom")
    assert (status["fetched"], status["already_known"], status["stored"]) == (40, 40, 0)
    assert fathom.features() == before


def test_two_users_who_see_the_same_meeting_do_not_double_it(source: SourceDatabase) -> None:
    source.connect("fathom", {"api_token": "sandbox-fathom"})
    source.connect("fathom", {"api_token": "sandbox-fathom-2"}, "paula")
    first, second = source.read("fathom"), source.read("paula")
    assert second["already_known"] > 0 and first["stored"] + second["stored"] == 40
    assert source.db.value("SELECT count(*) FROM headway.messages") == 40
    assert mentions(source.db) == expected_mentions()


def test_a_transcript_that_comes_late_is_not_lost(fathom: SourceDatabase) -> None:
    fathom.sandbox.put_call(corpus(LATE) | {"turns": []})
    try:
        assert fathom.read("fathom")["skipped"] == 1
        assert fathom.db.sql("SELECT reason FROM headway.run_items WHERE outcome = 'skipped'") == [("no transcript yet",)]
        fathom.sandbox.put_call(corpus(LATE))
        status = fathom.read("fathom")
        assert (status["already_known"], status["stored"]) == (40, 1)
    finally:
        fathom.sandbox.drop_call(corpus(LATE)["id"])


def test_a_lower_limit_than_ours_is_kept(database) -> None:
    sandbox = Sandbox()
    try:
        source = SourceDatabase(database, sandbox)
        source.change_spec("fathom", "budgets/1/seconds", 2)  # a minute is long for a test
        sandbox.limits(fathom={"heavy": {"requests": 2, "seconds": 2}})
        source.connect("fathom", {"api_token": "sandbox-fathom-admin"})
        assert source.read("fathom")["stored"] == 40
        assert {entry["status"] for entry in sandbox.journal("/external")} == {200}, "the vendor states its limit and need not say no"
    finally:
        sandbox.stop()
