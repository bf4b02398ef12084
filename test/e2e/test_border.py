"""The border between C++ and the server, driven by a module of test functions in a real backend."""

import shutil
import subprocess

import psycopg
import pytest

from harness.cluster import ROOT, Database

THROWN = {
    0: ("8W000", "a failure", "its detail", "its hint"),
    1: ("8W999", "a failure with a code", "its detail", "its hint"),
    2: ("53200", "out of memory", None, None),
    3: ("XX000", "a runtime error", None, None),
    4: ("XX000", "an unknown exception was thrown", None, None),
    5: ("XX000", "an unknown exception was thrown", None, None),
    6: ("8W000", "x" * 511, None, None),
    7: ("23505", "a server error", "Its detail.", "Its hint."),
    8: ("XX000", "an inner error", None, None),
    9: ("XX000", "second", None, None),
}
RAISED = {
    0: "XX000|plain",
    1: "22012|division by zero",
    2: "XX000|invalid memory alloc request size 1073741824",
    3: '22P02|invalid input syntax for type uuid: "no uuid"',
    4: '22021|invalid byte sequence for encoding "UTF8": 0xc3 0x28',
    5: '42704|role "no such role" does not exist',
    6: "8W001|own|D|H",
    7: "57014|canceling statement due to user request|interrupt",
}


@pytest.fixture(scope="module")
def library() -> str:
    subprocess.run(["make", "-s", "build/border/probe.so"], cwd=ROOT, check=True)
    return str(ROOT / "build/border/probe.so")


@pytest.fixture
def probe(database: Database, library: str) -> psycopg.Connection:
    # The server's user may not be able to read the project's folder.
    copy = shutil.copy(library, database.cluster.dir / "probe.so")
    connection = database.connect()
    for declaration in ("probe_throw(int, bool) RETURNS int", "probe_catch(int) RETURNS text", "probe_storm(int) RETURNS int",
                        "probe_live() RETURNS int", "probe_memory() RETURNS bigint"):
        connection.execute(f"CREATE FUNCTION {declaration} LANGUAGE c AS '{copy}'")
    yield connection
    connection.close()


def value(connection: psycopg.Connection, statement: str):
    return connection.execute(statement).fetchone()[0]


@pytest.mark.parametrize("kind", THROWN)
def test_an_exception_becomes_an_error_with_its_code_detail_and_hint(probe: psycopg.Connection, kind: int) -> None:
    with pytest.raises(psycopg.Error) as error:
        probe.execute(f"SELECT probe_throw({kind}, false)")
    diag = error.value.diag
    assert (diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint) == THROWN[kind]
    assert value(probe, "SELECT probe_live()") == 0
    assert value(probe, "SELECT 1") == 1, "the session goes on"


@pytest.mark.parametrize("kind", RAISED)
def test_an_error_becomes_an_exception_with_its_code_detail_and_hint(probe: psycopg.Connection, kind: int) -> None:
    assert value(probe, f"SELECT probe_catch({kind})") == RAISED[kind]
    assert value(probe, "SELECT probe_live()") == 0


def test_a_server_error_keeps_its_context_on_its_way_through(probe: psycopg.Connection) -> None:
    probe.execute("CREATE FUNCTION outer_function() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN probe_throw(7, false); END'")
    with pytest.raises(psycopg.errors.UniqueViolation) as error:
        probe.execute("SELECT outer_function()")
    context = error.value.diag.context
    assert "its context" in context and context.count("PL/pgSQL function outer_function()") == 1, context


def test_thousands_of_exceptions_leave_no_object_and_no_memory(probe: psycopg.Connection) -> None:
    probe.execute("""CREATE FUNCTION storm(n int) RETURNS int LANGUAGE plpgsql AS $$
        DECLARE caught int := 0;
        BEGIN
            FOR i IN 1 .. n LOOP
                BEGIN PERFORM probe_throw(i % 10, false); EXCEPTION WHEN OTHERS THEN caught := caught + 1; END;
            END LOOP;
            RETURN caught;
        END $$""")
    value(probe, "SELECT storm(1000)")
    before = value(probe, "SELECT probe_memory()")
    assert value(probe, "SELECT storm(5000)") == 5000
    assert value(probe, "SELECT probe_live()") == 0
    assert value(probe, "SELECT probe_memory()") - before < 64 * 1024


def test_thousands_of_errors_leave_no_object_and_no_memory(probe: psycopg.Connection) -> None:
    value(probe, "SELECT probe_storm(1000)")
    before = value(probe, "SELECT probe_memory()")
    assert value(probe, "SELECT probe_storm(5000)") == 5000
    assert value(probe, "SELECT probe_live()") == 0
    assert value(probe, "SELECT probe_memory()") - before < 64 * 1024


def test_a_statement_with_a_secret_is_kept_out_of_the_log(probe: psycopg.Connection, database: Database) -> None:
    for hidden, marker in ((True, "SECRETMARK"), (False, "PUBLICMARK")):
        for kind in (1, 7):
            with pytest.raises(psycopg.Error):
                probe.execute(f"SELECT probe_throw({kind}, {hidden}) /* {marker} */")
    log = database.cluster.log()
    assert "PUBLICMARK" in log and "SECRETMARK" not in log
