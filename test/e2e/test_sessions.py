"""Recorded sessions: what was said is read, and where nothing was said, the trail of clicks."""

import json

import pytest

from harness.sandbox import SERVER
from harness.source import SourceDatabase

SESSIONS = {session["id"]: session for session in json.loads((SERVER.parent / "sessions.json").read_text())}
SILENT = sorted(name for name, session in SESSIONS.items() if not session["said"])


@pytest.fixture
def sessions(source: SourceDatabase) -> SourceDatabase:
    source.connect("fathom_sessions", {"api_token": "sandbox-sessions"}, project_id="sandbox-project")
    return source


def evidence(source: SourceDatabase) -> set[tuple[str, str, str]]:
    """(session, type, title) of all that trails gave, with or without a theme."""
    return set(source.db.sql("""
        SELECT m.external_id, x.type, x.title FROM headway.messages m JOIN (
            SELECT d.message_id, f.type, d.title FROM headway.match_decisions d JOIN headway.features f ON f.id = d.feature_id
            UNION SELECT message_id, type, title FROM headway.unmatched_features) x ON x.message_id = m.id
        WHERE m.metadata ->> 'medium' = 'events'"""))


def test_every_session_is_read(sessions: SourceDatabase) -> None:
    status = sessions.read("fathom_sessions")
    assert status["state"] == "done", status["error"]
    assert status["fetched"] == status["stored"] == status["processed"] == len(SESSIONS)
    assert [entry for entry in sessions.sandbox.journal("/rest/v1") if entry["violations"]] == []
    assert sessions.db.sql("SELECT external_id FROM headway.messages WHERE metadata ->> 'medium' = 'events' ORDER BY 1") == [(name,) for name in SILENT]


def test_a_transcript_is_read_in_each_of_its_shapes(sessions: SourceDatabase) -> None:
    sessions.read("fathom_sessions")
    for name, session in SESSIONS.items():
        if session["said"]:
            content = sessions.db.value("SELECT content FROM headway.messages WHERE external_id = %s", [name])
            assert all(text in content for _, text in session["said"]), session["shape"]


def test_trouble_in_a_silent_session_is_reported_with_its_line(sessions: SourceDatabase) -> None:
    sessions.read("fathom_sessions")
    found = evidence(sessions)
    assert ("vid_05", "pain_point", 'Rage click on "Upload photos" on /work-orders/5521/photos') in found
    assert ("vid_05", "bug_report", 'Error click on "Upload photos" on /work-orders/5521/photos') in found
    assert ("vid_06", "pain_point", 'Dead click on "Only urgent" on /settings/notifications') in found
    assert {kind for _, kind, _ in found} == {"pain_point", "bug_report"}, "no wish is made up"
    assert not {name for name, _, _ in found} & {"vid_08", "vid_10"}, "a calm session asks for nothing"
    quotes = sessions.db.sql("""SELECT m.content, i ->> 'quote', i ->> 'quote_status' FROM headway.messages m, jsonb_path_query(m.ai_insights, '$.*[*]') i
                                WHERE m.metadata ->> 'medium' = 'events' AND i ? 'quote'""")
    assert quotes and all(quote in content.split("\n") and status == "verified" for content, quote, status in quotes)


def test_sentiment_comes_from_the_signs_of_frustration(sessions: SourceDatabase) -> None:
    sessions.read("fathom_sessions")
    mood = dict(sessions.db.sql("SELECT external_id, ai_insights #>> '{sentiment,overall}' FROM headway.messages WHERE metadata ->> 'medium' = 'events'"))
    assert mood["vid_05"] == "negative" and mood["vid_08"] == mood["vid_10"] == "neutral"


def test_short_sessions_are_left_out_when_asked(sessions: SourceDatabase) -> None:
    status = sessions.read("fathom_sessions", min_duration=20)
    short = sum(session["duration"] < 20 for session in SESSIONS.values())
    assert short and (status["stored"], status["skipped"]) == (len(SESSIONS) - short, short)


def test_a_second_run_adds_nothing(sessions: SourceDatabase) -> None:
    sessions.read("fathom_sessions")
    before = sessions.features()
    status = sessions.read("fathom_sessions")
    assert (status["already_known"], status["stored"]) == (len(SESSIONS), 0)
    assert sessions.features() == before


def test_a_session_that_comes_late_is_not_lost(sessions: SourceDatabase) -> None:
    sessions.read("fathom_sessions")
    late = SESSIONS["vid_05"] | {"id": "vid_late", "age_minutes": 300}
    sessions.sandbox.put_session(late)
    try:
        assert sessions.read("fathom_sessions")["stored"] == 1
    finally:
        sessions.sandbox.drop_session(late["id"])


def test_a_service_that_filters_nothing_is_filtered_here(sessions: SourceDatabase) -> None:
    sessions.sandbox.faults({"kind": "ignored_filter", "path": "/rest/v1/projects"})
    status = sessions.read("fathom_sessions", days_back=1)
    young = sum(session["age_minutes"] < 24 * 60 for session in SESSIONS.values())
    assert (status["state"], status["stored"]) == ("done", young)


def test_a_language_model_is_told_that_it_reads_a_trail(sessions: SourceDatabase) -> None:
    sessions.read_by_model()
    sessions.read("fathom_sessions")
    asked = [entry["body"]["messages"][-1]["content"] for entry in sessions.sandbox.journal("/openai") if "<transcript>" in entry["body"]["messages"][-1]["content"]]
    trails = [text for text in asked if "\nMedium: events\n" in text]
    unread = sessions.db.value("SELECT count(*) FROM headway.messages WHERE relevance = 0 AND is_processed AND ai_insights IS NULL")
    assert unread == 2, "nobody pays for a session in which nothing went wrong"
    assert len(trails) == len(SILENT) - unread
    assert any("[00:30] rage click on \"Upload photos\" (9 clicks) on /work-orders/5521/photos\n" in text for text in trails)
