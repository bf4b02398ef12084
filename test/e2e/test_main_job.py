"""Calls go in, deduplicated features come out."""

import re

from harness.gong import GongDatabase
from harness.invariants import expected_features
from harness.sandbox import SPECIAL, Sandbox, corpus
from harness.waiting import wait_until


def test_forty_calls_become_the_expected_features(gong: GongDatabase) -> None:
    status = gong.finish(gong.ingest())
    assert status["state"] == "done"
    assert (status["fetched"], status["stored"], status["processed"]) == (40, 40, 40)
    assert status["features_created"] == len(corpus("truth")["features"])
    assert status["cost_usd"] == 0
    gong.check_complete()


def test_every_quote_stands_in_its_transcript(gong: GongDatabase) -> None:
    gong.finish(gong.ingest())
    rows = gong.db.sql("SELECT fm.quote, fm.quote_status, fm.speaker, m.content FROM headway.feature_messages fm "
                       "JOIN headway.messages m ON m.workspace_id = fm.workspace_id AND m.id = fm.message_id")
    assert len(rows) == sum(n for _, _, n in expected_features())
    for quote, status, speaker, content in rows:
        assert status == "verified" and quote in content and f"{speaker}: " in content


def test_a_second_run_adds_nothing(gong: GongDatabase) -> None:
    gong.finish(gong.ingest())
    before = gong.features()
    asked = len(gong.sandbox.journal("/v2/calls/transcript"))
    status = gong.finish(gong.ingest())
    assert (status["fetched"], status["already_known"], status["stored"]) == (40, 40, 0)
    assert gong.features() == before
    assert len(gong.sandbox.journal("/v2/calls/transcript")) == asked, "known calls' transcripts are not fetched again"


def test_the_vendor_sees_correct_requests_only_and_never_too_many(database) -> None:
    sandbox = Sandbox("--page-size", "4")
    try:
        gong = GongDatabase(database, sandbox)
        gong.finish(gong.ingest())
        journal = sandbox.journal("/v2/")
        assert len(journal) == 20, "ten pages, and the transcripts of each"
        assert [entry["violations"] for entry in journal if entry["violations"]] == []
        assert {entry["status"] for entry in journal} == {200}, "the rate budgets kept the vendor from saying no"
    finally:
        sandbox.stop()


def test_private_short_and_untranscribed_calls_are_left_out_with_a_reason(database) -> None:
    sandbox = Sandbox("--include", SPECIAL)
    try:
        gong = GongDatabase(database, sandbox)
        status = gong.finish(gong.ingest(min_duration=60))
        assert (status["fetched"], status["stored"], status["skipped"]) == (43, 40, 3)
        reasons = dict(gong.db.sql("SELECT reason, count(*) FROM headway.run_items WHERE outcome = 'skipped' GROUP BY reason"))
        assert reasons == {"private": 1, "shorter than min_duration": 1, "no transcript yet": 1}
        asked = [i for entry in sandbox.journal("/v2/calls/transcript") for i in entry["body"]["filter"]["callIds"]]
        assert corpus("private-01")["id"] not in asked, "a private call's transcript is not even fetched"
        gong.check_complete()
    finally:
        sandbox.stop()


def test_a_transcript_that_comes_late_is_found_by_the_next_run(gong: GongDatabase) -> None:
    late = corpus("holdout-01") | {"turns": []}
    gong.sandbox.put_call(late)
    try:
        assert gong.finish(gong.ingest())["skipped"] == 1
        gong.sandbox.put_call(corpus("holdout-01"))
        status = gong.finish(gong.ingest())
        assert (status["already_known"], status["stored"]) == (40, 1)
    finally:
        gong.sandbox.drop_call(late["id"])


def test_max_items_is_reached_over_several_runs(gong: GongDatabase) -> None:
    stored = [gong.finish(gong.ingest(max_items=15))["stored"] for _ in range(4)]
    assert stored == [15, 15, 10, 0]
    assert gong.db.value("SELECT cursor ->> 'read_until' IS NOT NULL FROM headway.connectors"), "then the window was read to its end"
    gong.check_complete()


def test_pages_are_followed_with_the_cursor_in_the_body(database) -> None:
    sandbox = Sandbox("--page-size", "7")
    try:
        gong = GongDatabase(database, sandbox)
        gong.finish(gong.ingest())
        gong.check_complete()
        pages = sandbox.journal("/v2/calls/extensive")
        assert len(pages) == 6
        assert all("cursor" in page["body"] for page in pages[1:])
        assert [p["violations"] for p in pages if p["violations"]] == []
    finally:
        sandbox.stop()


def test_progress_is_shown_in_psql(gong: GongDatabase) -> None:
    run = gong.ingest()
    shown = gong.db.cluster.run("psql", "-X", "-d", gong.db.name, "-c", f"CALL headway_wait('{run}')").stderr
    assert re.search(r"INFO:.*40/40 calls, 16 features, 38 matched, \$0\.00", shown), shown


def test_a_run_over_all_connectors_has_one_child_for_each(gong: GongDatabase) -> None:
    gong.add_connector("again")
    run = str(gong.db.value("SELECT headway_ingest()"))
    status = gong.finish(run)
    assert status["state"] == "done"
    assert status["fetched"] == 80 and status["stored"] + status["already_known"] == 80
    assert gong.db.value("SELECT count(*) FROM headway.runs WHERE parent_id = %s AND state = 'done'", [run]) == 2
    gong.check_complete()


def test_a_transcript_of_ones_own_is_read_at_once(gong: GongDatabase) -> None:
    gong.db.sql("SELECT headway_ingest_transcript('mine', %s)", ["Ann: Hello.\nBob: It would be great if we could export reports to Excel."])
    feature = wait_until(lambda: gong.db.sql("SELECT name, type, mention_count FROM headway.features"), "the feature appears")
    assert feature[0][1:] == ("feature_request", 1)
    assert feature[0][0] == "Export reports to Excel"


def test_everything_a_model_said_is_logged_without_content(gong: GongDatabase) -> None:
    gong.finish(gong.ingest())
    calls = gong.db.sql("SELECT purpose, provider, request_model, status, count(*) FROM headway.llm_calls GROUP BY 1, 2, 3, 4 ORDER BY 1")
    assert calls[0] == ("extract", "builtin", "builtin-1", "ok", 40)
    assert calls[1][:4] == ("match", "builtin", "builtin-1", "ok")
