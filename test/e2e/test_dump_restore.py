"""pg_dump and restore give back everything but the key file, and interrupted runs resume."""

import hashlib

from harness.cluster import Cluster, Database
from harness.gong import GongDatabase
from harness.waiting import wait_until


def contents(database: Database) -> dict[str, str]:
    """A fingerprint of each table and sequence of the extension, but for the index of features, which is made anew."""
    names = database.sql("SELECT c.oid::regclass::text, c.relkind FROM pg_class c WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind IN ('r', 'S') AND c.relname !~ '^_(feature_indexes|index_)'")
    prints = {}
    for name, kind in names:
        statement = f"SELECT last_value::text FROM {name}" if kind == "S" else f"SELECT t::text FROM {name} t ORDER BY t::text COLLATE \"C\""
        prints[name] = hashlib.sha256("\n".join(row for (row,) in database.sql(statement)).encode()).hexdigest()
    return prints


def dump_and_restore(cluster: Cluster, source: Database, target: str, tmp_path) -> Database:
    dump = tmp_path / "dump.custom"
    cluster.run("pg_dump", "--format=custom", f"--file={dump}", source.name)
    cluster.sql(f'CREATE DATABASE "{target}"')
    cluster.run("pg_restore", "--exit-on-error", f"--dbname={target}", str(dump))
    return Database(cluster, target)


def add_customers(gong: GongDatabase) -> None:
    """Something in each of the tables that linking is about."""
    w = gong.workspace
    gong.db.sql("INSERT INTO headway.customers (workspace_id, name, phone, region, email, external_id) VALUES (%s, 'Ann', '415 555 0100', 'US', 'ann@stone.example', 'a')", [w])
    gong.db.sql("INSERT INTO headway.customer_phones (workspace_id, customer_id, phone, region) SELECT workspace_id, id, '415 555 0101', 'US' FROM headway.customers")
    gong.db.sql("INSERT INTO headway.bookings (workspace_id, customer_id, starts_at) SELECT workspace_id, id, now() FROM headway.customers")
    gong.db.sql("INSERT INTO headway.shared_phones (workspace_id, phone_e164) VALUES (%s, '+14155550199')", [w])
    linked, pinned = (gong.db.value("SELECT headway_add_recording(%s, '415 555 0101', '415 555 0199', now())", [name]) for name in ("r-2", "r-3"))
    gong.db.sql("SELECT headway_pin_link(%s, 'a', reason => 'her voice')", [pinned])
    gong.db.sql("SELECT headway_tick()")
    assert gong.db.sql("SELECT link_status FROM headway.recordings WHERE id IN (%s, %s) ORDER BY 1", [linked, pinned]) == [("linked",), ("pinned",)]
    gong.db.sql("CREATE TABLE public.visits (id int, customer_id text, starts_at timestamptz)")
    gong.db.sql("SELECT headway_use_bookings('public.visits', '{\"id\": \"id\", \"customer_id\": \"customer_id\", \"starts_at\": \"starts_at\"}')")
    assert gong.db.value("SELECT count(*) FROM headway._linking") == 1 and gong.db.value("SELECT count(*) FROM headway._app_tables") == 1


def test_a_restored_database_has_equal_contents(gong: GongDatabase, cluster: Cluster, tmp_path) -> None:
    gong.finish(gong.ingest())
    gong.db.sql("SELECT headway_add_recording('r-1', '+15550100', '+15550199', now(), transcript => 'Ann: Hello there.')")
    add_customers(gong)
    gong.db.await_no_workers()
    before = contents(gong.db)
    copy = dump_and_restore(cluster, gong.db, "restored_equal", tmp_path)
    try:
        assert contents(copy) == before
        assert len(before) > 20
        assert copy.workers() == [], "restoring launches nothing"
        assert copy.value("SELECT count(*) FROM headway.connector_types WHERE is_builtin") == 4
    finally:
        cluster.sql("DROP DATABASE restored_equal WITH (FORCE)")


def test_an_interrupted_run_resumes_in_the_restored_database(gong: GongDatabase, cluster: Cluster, tmp_path) -> None:
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/transcript"})
    run = gong.ingest()
    wait_until(gong.sandbox.in_flight, "the run is in the middle")
    copy = dump_and_restore(cluster, gong.db, "restored_run", tmp_path)
    try:
        assert copy.sql("SELECT kind, state FROM headway.tasks WHERE state <> 'done'") == [("detail", "running")]
        gong.db.sql("SELECT headway_stop()")
        gong.sandbox.reset()
        copy.sql("SELECT headway_tick()")
        restored = GongDatabase.__new__(GongDatabase)
        restored.db, restored.sandbox = copy, gong.sandbox
        assert restored.finish(run)["state"] == "done"
        restored.check_complete()
        assert copy.value("SELECT headway_ingest_transcript('new', 'Ann: Hello there.')") is not None, "new tasks find free ids"
    finally:
        cluster.sql("DROP DATABASE restored_run WITH (FORCE)")


def test_a_dump_holds_no_secret_in_the_clear(gong: GongDatabase, cluster: Cluster) -> None:
    dump = cluster.run("pg_dump", gong.db.name).stdout
    assert "headway._credentials" in dump
    assert "sandbox-secret" not in dump and b"sandbox-secret".hex() not in dump
    key = (cluster.dir / "data.headway-keys").read_text().split()[-1]
    assert key not in dump


def test_without_the_key_file_the_restored_connector_says_what_is_missing(gong: GongDatabase, cluster: Cluster, tmp_path) -> None:
    keys = cluster.dir / "data.headway-keys"
    away = keys.rename(tmp_path / "keys")
    try:
        status = gong.finish(gong.ingest())
        assert status["state"] == "failed" and "keyring" in status["error"]
    finally:
        away.rename(keys)
    assert gong.db.value("SELECT headway_retry(id) FROM headway.runs") == 1
    wait_until(lambda: gong.db.value("SELECT state FROM headway.runs") == "done", "with the key file it goes on")
