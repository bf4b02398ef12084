"""The library of phone numbers in the server's processes: who loads it, and how they end."""

import pathlib
import random
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from harness.cluster import Cluster, Database
from harness.waiting import wait_until


def loaded(pid: int, library: str) -> bool:
    return f"/{library}" in pathlib.Path(f"/proc/{pid}/maps").read_text()


@pytest.fixture
def with_headway(database: Database) -> Database:
    database.sql("CREATE EXTENSION headway")
    return database


def test_only_a_session_that_meets_a_number_loads_the_library(with_headway: Database) -> None:
    with with_headway.connect() as session:
        session.execute("SELECT headway_version()")
        pid = session.info.backend_pid
        assert loaded(pid, "headway.so") and not loaded(pid, "headway_phone.so") and not loaded(pid, "libphonenumber")
        session.execute("SELECT headway_e164('415 555 0100')")
        assert loaded(pid, "headway_phone.so") and loaded(pid, "libphonenumber")


ENDLESS = "SELECT count(headway_e164(i::text)) FROM generate_series(4155550000, 4159990000) i"


def test_sessions_that_read_numbers_end_cleanly(with_headway: Database, cluster: Cluster) -> None:
    """By themselves, and from outside in the middle of it; the cluster's log is searched for crashes when it is removed."""
    before = cluster.log().count("was terminated by signal")
    for _ in range(5):
        with with_headway.connect() as session:
            session.execute("SELECT headway_e164('415 555 0100')")
    for _ in range(4):
        session = with_headway.connect()
        pid = session.info.backend_pid
        with ThreadPoolExecutor() as threads:
            reading = threads.submit(session.execute, ENDLESS)
            wait_until(lambda: loaded(pid, "libphonenumber"), "numbers are being read")
            assert not reading.done()
            with_headway.sql("SELECT pg_terminate_backend(%s)", [pid])
            with pytest.raises(psycopg.OperationalError):
                reading.result(timeout=60)
        wait_until(lambda: not with_headway.cluster_has(pid), "the session has ended")
    assert cluster.log().count("was terminated by signal") == before


def test_a_cancel_is_heard_between_two_numbers(with_headway: Database) -> None:
    with with_headway.connect() as session:
        session.execute("SET statement_timeout = '200ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            session.execute(ENDLESS)
        assert session.execute("SELECT headway_e164('415 555 0100')").fetchone() == ("+14155550100",)


def test_a_session_does_not_grow_with_the_numbers_that_it_reads(with_headway: Database) -> None:
    """What the library keeps is bounded by its metadata, here of every region."""
    def resident(pid: int) -> int:
        return next(int(line.split()[1]) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))

    rng = random.Random(1)
    texts = ["+" + "".join(rng.choice("0123456789") for _ in range(rng.randint(8, 15))) for _ in range(20_000)]
    with with_headway.connect() as session:
        def read() -> None:
            session.execute("SELECT count(headway._phone_is_valid(headway_e164(t))) FROM unnest(%s::text[]) t", [texts])
        read()
        once = resident(session.info.backend_pid)
        for _ in range(3):
            read()
        assert resident(session.info.backend_pid) - once < 4096, "kilobytes"


def test_a_table_that_stands_on_numbers_survives_dump_and_restore(with_headway: Database, cluster: Cluster, tmp_path: pathlib.Path) -> None:
    cluster.sql("CREATE ROLE phone_app")
    try:
        with_headway.sql("""
            CREATE TABLE customers (phone text, e164 text GENERATED ALWAYS AS (headway_e164(phone)) STORED);
            CREATE UNIQUE INDEX customers_number ON customers (headway_e164(phone));
            GRANT EXECUTE ON FUNCTION headway_e164(text, text) TO phone_app;
            INSERT INTO customers VALUES ('415-555-0100'), ('+49 30 123456')""")
        dump = tmp_path / "numbers.dump"
        cluster.run("pg_dump", "-Fc", "-f", str(dump), with_headway.name)
        with cluster.database("restored") as restored:
            cluster.run("pg_restore", "--exit-on-error", "-d", restored.name, str(dump))
            assert restored.sql("SELECT e164 FROM customers ORDER BY 1") == [("+14155550100",), ("+4930123456",)], "the column is computed again"
            assert restored.value("SELECT has_function_privilege('phone_app', 'headway_e164(text, text)', 'EXECUTE')"), "and its app may go on"
            with pytest.raises(psycopg.errors.UniqueViolation):
                restored.sql("INSERT INTO customers VALUES ('(415) 555 0100')")
            restored.sql("REVOKE ALL ON FUNCTION headway_e164(text, text) FROM phone_app")
    finally:
        with_headway.sql("REVOKE ALL ON FUNCTION headway_e164(text, text) FROM phone_app; DROP ROLE phone_app")
