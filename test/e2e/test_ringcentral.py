"""RingCentral: every call is a recording, and a message once there is a transcript."""

from typing import Any, Iterator

import pytest

from harness.invariants import expected_mentions, mentions
from harness.sandbox import CALLS, Sandbox, corpus
from harness.source import SourceDatabase
from harness.waiting import wait_until

# Missed, recorded without insights, not recorded, and from a withheld number.
PHONE = "phone-01,phone-02,phone-03,phone-04"
KEYS = {"client_id": "sandbox-client", "client_secret": "sandbox-client-secret", "jwt": "sandbox-jwt"}
BY_PHONE = sorted(path.stem for path in CALLS.glob("call-*.json") if corpus(path.stem)["direction"] in ("Inbound", "Outbound"))
LATE = next(name for name in sorted(path.stem for path in CALLS.glob("holdout-*.json")) if corpus(name)["direction"] in ("Inbound", "Outbound"))


def late(**more: Any) -> dict:
    """A call of the last hour."""
    return corpus(LATE) | {"age_minutes": 60} | more


def connect(database, sandbox: Sandbox) -> SourceDatabase:
    """Its limits hold a minute, and tests shall not: both sides are told of higher ones."""
    source = SourceDatabase(database, sandbox)
    sandbox.limits(ringcentral={"heavy": {"requests": 1000, "seconds": 60}, "light": {"requests": 1000, "seconds": 60}, "auth": {"requests": 1000, "seconds": 60}})
    source.change_spec("ringcentral", "budgets", [{"requests": 1000, "seconds": 60}])
    source.connect("ringcentral", KEYS)
    return source


@pytest.fixture
def ringcentral(database) -> Iterator[SourceDatabase]:
    sandbox = Sandbox()
    yield connect(database, sandbox)
    sandbox.stop()


def test_every_call_is_read(ringcentral: SourceDatabase) -> None:
    status = ringcentral.read("ringcentral")
    assert status["state"] == "done", status["error"]
    assert status["fetched"] == status["stored"] == status["processed"] == len(BY_PHONE)
    assert ringcentral.db.sql("SELECT count(*), count(message_id), count(call_started_at), count(direction) FROM headway.recordings") == [(len(BY_PHONE),) * 4]
    assert mentions(ringcentral.db) == expected_mentions(BY_PHONE)
    journal = ringcentral.sandbox.journal()
    assert [entry for entry in journal if entry["violations"]] == []
    assert len([entry for entry in journal if entry["path"].endswith("/token")]) == 1, "one token serves the whole run"


def test_calls_without_a_transcript_are_recordings(database) -> None:
    sandbox = Sandbox("--include", PHONE)
    try:
        source = connect(database, sandbox)
        status = source.read("ringcentral")
        assert status["fetched"] == status["stored"] == status["processed"] == len(BY_PHONE) + len(PHONE.split(","))
        assert source.db.value("SELECT count(*) FROM headway.recordings WHERE message_id IS NULL AND duration_seconds = 0 AND metadata ->> 'result' = 'Missed'") == 1
        assert source.db.value("SELECT count(*) FROM headway.recordings WHERE message_id IS NULL AND media IS NOT NULL") >= 1, "recorded, but without insights"
        again = source.read("ringcentral")
        assert (again["stored"], again["already_known"]) == (0, status["fetched"]), again
        assert source.db.value("SELECT count(*) FROM headway.recordings") == status["fetched"]
    finally:
        sandbox.stop()


def test_a_transcript_that_comes_late_completes_its_recording(ringcentral: SourceDatabase) -> None:
    ringcentral.sandbox.put_call(late(turns=[]))
    ringcentral.read("ringcentral")
    assert ringcentral.db.value("SELECT count(*) FROM headway.recordings WHERE message_id IS NULL") == 1
    ringcentral.sandbox.put_call(late())
    status = ringcentral.read("ringcentral")
    assert (status["already_known"], status["stored"]) == (len(BY_PHONE), 1)
    assert ringcentral.db.sql("SELECT count(*), count(message_id) FROM headway.recordings") == [(len(BY_PHONE) + 1,) * 2]


def test_a_recording_that_is_attached_late_is_not_lost(ringcentral: SourceDatabase) -> None:
    ringcentral.sandbox.put_call(late(recorded=False))
    ringcentral.read("ringcentral")
    assert ringcentral.db.value("SELECT count(*) FROM headway.recordings WHERE media IS NULL AND message_id IS NULL") == 1
    ringcentral.sandbox.put_call(late())
    assert ringcentral.read("ringcentral")["stored"] == 1
    assert ringcentral.db.value("SELECT count(*) FROM headway.recordings WHERE media IS NULL OR message_id IS NULL") == 0


def test_the_log_alone_is_read_without_asking_for_insights(ringcentral: SourceDatabase) -> None:
    status = ringcentral.read("ringcentral", transcripts=False)
    assert status["stored"] == status["processed"] == len(BY_PHONE)
    assert ringcentral.sandbox.journal("/ai/ringsense") == []
    assert ringcentral.read("ringcentral", transcripts=False)["already_known"] == len(BY_PHONE)
    assert ringcentral.read("ringcentral")["stored"] == len(BY_PHONE), "what was left open is completed by a run that wants transcripts"


def test_a_run_outlives_its_token(ringcentral: SourceDatabase) -> None:
    ringcentral.sandbox.put_call(late(turns=[]))
    ringcentral.read("ringcentral")
    ringcentral.sandbox.revoke_tokens()
    ringcentral.sandbox.put_call(late())
    status = ringcentral.read("ringcentral")
    assert (status["state"], status["stored"]) == ("done", 1)


def test_calls_are_linked_with_who_called(ringcentral: SourceDatabase) -> None:
    ringcentral.db.sql("INSERT INTO headway.customers (workspace_id, name, phone) SELECT DISTINCT headway_workspace(), 'Customer ' || p, p FROM unnest(%s::text[]) p", [_their_phones()])
    ringcentral.read("ringcentral")
    known = ringcentral.db.value("SELECT count(*) FROM headway.recordings WHERE their_e164 IS NOT NULL")
    linked = wait_until(lambda: ringcentral.db.value("SELECT count(*) FROM headway.recordings WHERE customer_id IS NOT NULL"), "calls are linked")
    assert 0 < linked == known


def _their_phones() -> list[str]:
    return [party["phoneNumber"] for call in BY_PHONE for party in corpus(call)["parties"] if party.get("phoneNumber") and party.get("affiliation") != "Internal"]
