"""Clusters and databases that are not as usual: no free slot, pg_cron, other encodings, standby."""

import psycopg
import pytest

from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.waiting import wait_until


def test_without_a_free_slot_the_verb_warns_and_the_foreground_does_the_work(sandbox) -> None:
    # The server's own replication launcher takes the only slot.
    small = Cluster(headway__allowed_private_hosts="127.0.0.1", max_worker_processes="1")
    try:
        with small.database("crowded") as database:
            gong = GongDatabase(database, sandbox)
            with database.connect() as connection:
                warnings: list[tuple] = []
                connection.add_notice_handler(lambda n: warnings.append((n.severity_nonlocalized, n.message_primary, n.message_hint)))
                run = connection.execute("SELECT headway_ingest('gong')").fetchone()[0]
            [(message, hint)] = [(m, h) for severity, m, h in warnings if severity == "WARNING"]
            assert "no slot for a background worker is free" in message and "CALL headway_work()" in hint
            assert gong.status(run)["state"] == "queued"
            with database.connect() as connection:
                connection.execute("CALL headway_work(3)")
                assert gong.status(run)["state"] == "running"
                connection.execute("CALL headway_work()")
            assert gong.status(run)["state"] == "done"
            gong.check_complete()
    finally:
        small.remove()


def test_pg_cron_ticks(gong: GongDatabase, cluster: Cluster) -> None:
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    wait_until(gong.sandbox.in_flight, "the request hangs")
    [pid] = gong.db.workers()
    cluster.kill(pid)
    wait_until(lambda: not gong.db.cluster_has(pid), "the worker is dead")
    cluster.await_restart()
    gong.sandbox.reset()
    cluster.sql("CREATE EXTENSION IF NOT EXISTS pg_cron")
    cluster.sql("SELECT cron.schedule_in_database('headway', '* * * * *', 'SELECT headway_tick()', %s)", [gong.db.name])
    try:
        assert gong.finish(run, deadline=100)["state"] == "done", "pg_cron's next tick resumed the run"
        gong.check_complete()
    finally:
        cluster.sql("SELECT cron.unschedule('headway')")


def test_a_database_that_is_not_utf8_is_refused(cluster: Cluster) -> None:
    cluster.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        with pytest.raises(psycopg.Error) as refused:
            cluster.sql("CREATE EXTENSION headway", database="latin")
        assert refused.value.sqlstate == "8W000"
        assert "UTF8" in refused.value.diag.message_primary and "LATIN1" in refused.value.diag.message_detail
        assert cluster.value("SELECT to_regnamespace('headway')", database="latin") is None, "nothing is left behind"
    finally:
        cluster.sql("DROP DATABASE latin")


def test_the_extension_lives_in_any_schema_but_its_own(database) -> None:
    with pytest.raises(psycopg.Error) as refused:
        database.sql("CREATE SCHEMA headway; CREATE EXTENSION headway SCHEMA headway")
    assert refused.value.sqlstate in ("8W000", "42P06")
    database.sql("DROP SCHEMA IF EXISTS headway")
    database.sql("CREATE SCHEMA tools; CREATE EXTENSION headway SCHEMA tools")
    assert database.value("SELECT tools.headway_version()").startswith("headway ")
    database.sql("SELECT tools.headway_add_workspace('acme')")
    database.sql("SELECT tools.headway_ingest_transcript('x', 'Ann: Hello there.')")
    wait_until(lambda: database.value("SELECT count(*) FROM headway.messages WHERE is_processed"), "a worker has read it")


def test_a_database_wide_setting_does_not_break_a_worker(gong: GongDatabase) -> None:
    for setting in ("default_transaction_read_only = on", "default_transaction_isolation = 'serializable'", "search_path = nowhere", "DateStyle = 'German'",
                    "TimeZone = 'Asia/Kathmandu'", "IntervalStyle = 'iso_8601'", "bytea_output = 'escape'", "statement_timeout = '1ms'"):
        gong.db.cluster.sql(f'ALTER DATABASE "{gong.db.name}" SET {setting}')
    with gong.db.connect(options="-c default_transaction_read_only=off -c statement_timeout=0 -c search_path=public") as connection:
        run = connection.execute("SELECT headway_ingest('gong')").fetchone()[0]
    gong.db.cluster.sql(f'ALTER DATABASE "{gong.db.name}" RESET ALL')
    assert gong.finish(run)["state"] == "done"
    gong.check_complete()


def test_five_hundred_at_once_are_within_its_means(gong: GongDatabase) -> None:
    """More descriptors than the server grants by itself: they are reserved in the right order."""
    gong.db.set(headway__max_concurrency=500)
    assert gong.finish(gong.ingest())["state"] == "done"
    gong.check_complete()
