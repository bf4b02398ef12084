"""Secrets and customers' words never reach a log, an error or another session's eyes."""

from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.sandbox import corpus
from harness.waiting import wait_until


def spoken_words() -> list[str]:
    """Sentences of the corpus that are long enough not to stand anywhere by chance."""
    return [sentence for number in range(1, 41) for turn in corpus(f"call-{number:02}")["turns"] for sentence in turn["sentences"]
            if len(sentence) > 40]


def test_the_server_log_holds_neither_secret_nor_words(gong: GongDatabase, cluster: Cluster) -> None:
    start = len(cluster.log())
    gong.sandbox.faults({"kind": "status", "status": 500, "times": 1}, {"kind": "malformed", "variant": "truncated", "times": 1, "path": "/v2/calls/transcript"})
    gong.finish(gong.ingest())
    for attempt in ("SELECT headway_add_connector('gong', '{\"access_key\": \"TOPSECRET\"}')",
                    "SELECT headway_set_credentials('nope', '{\"access_key\": \"TOPSECRET\", \"secret_key\": \"TOPSECRET\"}')"):
        try:
            gong.db.sql(attempt)
        except Exception:  # the refusal itself is another test's business
            pass
    log = cluster.log()[start:]
    assert "unknown connector" in log, "errors are logged"
    assert "TOPSECRET" not in log, "but not the statements that carry secrets"
    assert "sandbox-secret" not in log and "Authorization" not in log
    assert [words for words in spoken_words() if words in log] == []


def test_other_sessions_do_not_see_the_statement(gong: GongDatabase) -> None:
    with gong.db.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE headway.connectors IN ACCESS EXCLUSIVE MODE")
        import threading
        other = gong.db.connect()
        thread = threading.Thread(target=lambda: other.execute(
            "SELECT headway_add_connector('gong', '{\"access_key\": \"TOPSECRET\", \"secret_key\": \"x\"}', '{\"base_url\": \"https://x.example\"}', name => 'two')"))
        thread.start()
        pid = other.info.backend_pid
        wait_until(lambda: gong.db.value("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", [pid]) == "Lock", "the verb is under way")
        shown = gong.db.value("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
        connection.execute("ROLLBACK")
        thread.join(timeout=10)
        other.close()
    assert "TOPSECRET" not in shown and "hidden" in shown


def test_tables_and_views_show_no_secret(gong: GongDatabase) -> None:
    gong.finish(gong.ingest())
    for (name,) in gong.db.sql("SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind IN ('r', 'v')"):
        text = gong.db.value(f"SELECT string_agg(t::text, ' ') FROM {name} t") or ""
        assert "sandbox-secret" not in text and b"sandbox-secret".hex() not in text, name


def test_the_log_table_holds_no_words(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "malformed", "variant": "nul"})
    gong.finish(gong.ingest())
    log = gong.db.value("SELECT string_agg(l::text, ' ') FROM headway.log l")
    assert log and [words for words in spoken_words() if words in log] == []


def test_a_worker_s_activity_says_nothing_about_its_work(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    gong.ingest()
    wait_until(gong.sandbox.in_flight, "a worker is at work")
    shown = gong.db.sql("SELECT application_name, usename, query FROM pg_stat_activity WHERE backend_type = 'headway worker' AND datname = current_database()")
    assert shown == [("headway worker", "headway_worker", "")] or shown == [("headway worker", "headway_worker", "headway: keeping the queue")]
