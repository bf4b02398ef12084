"""Mappers are somebody's own code: what they do wrong, by accident or on purpose, costs their records and nobody else's."""

import pathlib
import time

import pytest

from harness.gong import GongDatabase
from harness.invariants import expected_features
from harness.waiting import holds_for, wait_until


def use_mapper(gong: GongDatabase, body: str, language: str = "plpgsql") -> None:
    """A connector "odd" that reads the sandbox's Gong through a mapper with this body."""
    gong.db.sql(f"CREATE FUNCTION odd(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE {language} AS $body${body}$body$")
    gong.db.sql("SELECT headway_register_connector_type('odd', (SELECT spec FROM headway.connector_types WHERE name = 'gong'), 'odd(jsonb, jsonb)')")
    gong.db.sql("""SELECT headway_add_connector('odd', '{"access_key": "sandbox-access", "secret_key": "sandbox-secret"}',
                   jsonb_build_object('base_url', %s::text))""", [gong.sandbox.url])


def finish_odd(gong: GongDatabase) -> tuple[dict, float]:
    began = time.monotonic()
    status = gong.finish(str(gong.db.value("SELECT headway_ingest('odd')")), deadline=60)
    return status, time.monotonic() - began


def reasons(gong: GongDatabase) -> set[str]:
    return {reason for (reason,) in gong.db.sql("SELECT DISTINCT reason FROM headway.run_items")}


@pytest.mark.parametrize("body", [
    "BEGIN LOOP END LOOP; END",
    "BEGIN PERFORM pg_sleep(1000); END",
    "BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END",
    "BEGIN BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN LOOP END LOOP; END; END",
], ids=["it loops", "it sleeps", "it catches the cancel", "it loops in the handler"])
def test_one_that_never_ends_is_stopped_in_time(gong: GongDatabase, body: str) -> None:
    use_mapper(gong, body)
    status, seconds = finish_odd(gong)
    assert (status["fetched"], status["failed"]) == (40, 40)
    assert reasons(gong) == {"the mapper took longer than 5 seconds"}
    assert seconds < 15, "once for all records, not once for each"


def test_one_that_is_slow_for_each_record_is_bounded_too(gong: GongDatabase) -> None:
    use_mapper(gong, "BEGIN PERFORM pg_sleep(1); RETURN; END")
    status, seconds = finish_odd(gong)
    assert status["failed"] == 40
    assert seconds < 25 and "the mapper takes too long for one record after the other" in reasons(gong)


@pytest.mark.parametrize("code", ["57014", "57P01", "P0004", "XX000"])
def test_whatever_it_raises_is_its_records_failure(gong: GongDatabase, code: str) -> None:
    use_mapper(gong, f"BEGIN RAISE EXCEPTION 'a customer''s words' USING ERRCODE = '{code}'; END")
    status, _ = finish_odd(gong)
    assert (status["fetched"], status["failed"]) == (40, 40)
    assert gong.db.value("SELECT max(token) FROM headway.tasks") == 1, "no task was tried in vain"
    assert "words" not in str(reasons(gong))


def test_it_has_no_rights_of_its_own(gong: GongDatabase) -> None:
    use_mapper(gong, """SELECT r #>> '{record,metaData,id}', (SELECT content FROM headway.messages LIMIT 1), 'x', NULL::jsonb, NULL, NULL, NULL, now(), NULL, 1, false,
                        NULL::jsonb, NULL::jsonb, NULL::jsonb FROM jsonb_array_elements(records) r""", "sql")
    status, _ = finish_odd(gong)
    assert status["failed"] == 40
    assert reasons(gong) == {"the mapper raised error 42501"}


def test_it_can_keep_nothing(gong: GongDatabase) -> None:
    gong.db.sql("CREATE TABLE public.kept (what jsonb)")
    gong.db.sql("GRANT INSERT ON public.kept TO headway_mapper")
    use_mapper(gong, "BEGIN INSERT INTO public.kept VALUES (records); RETURN; END")
    status, _ = finish_odd(gong)
    assert status["failed"] == 40
    assert reasons(gong) == {"the mapper raised error 25006"}
    assert gong.db.value("SELECT count(*) FROM public.kept") == 0


@pytest.mark.parametrize("body", [
    "DECLARE t text := 'x'; BEGIN LOOP t := t || t; END LOOP; END",
    "DECLARE a text[]; BEGIN FOR i IN 1 .. 100000 LOOP a := a || repeat('x', 1000000); END LOOP; RETURN; END",
    "BEGIN PERFORM jsonb_agg(repeat('x', 1000)) FROM generate_series(1, 10000000); RETURN; END",
], ids=["one text", "many texts", "an aggregate"])
def test_one_that_takes_memory_without_end_gets_no_more(gong: GongDatabase, body: str) -> None:
    use_mapper(gong, body)
    gong.limit_workers(1, 8)
    odd = str(gong.db.value("SELECT headway_ingest('odd')"))
    pid = wait_until(gong.db.workers, "a worker has come")[0]
    largest = 0
    def ended() -> bool:
        nonlocal largest
        largest = max(largest, memory_of(pid))
        return gong.status(odd)["state"] == "done"
    wait_until(ended, "the run ends", 60)
    assert gong.finish(odd)["failed"] == 40
    assert reasons(gong) <= {f"the mapper raised error {code}" for code in ("53200", "54000")} | {
        "the mapper took longer than 5 seconds", "the mapper takes too long for one record after the other"}
    assert largest < 900 << 20, "what it may take is bounded"
    assert gong.db.workers() in ([pid], []), "and its worker has lived"


def memory_of(pid: int) -> int:
    """Resident bytes of its own."""
    try:
        resident, shared = pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    except OSError:
        return 0
    return (int(resident) - int(shared)) * 4096


@pytest.mark.parametrize("body", [
    "BEGIN SET ROLE headway_worker; RETURN; END",
    "BEGIN RESET ROLE; RETURN; END",
    "BEGIN SET SESSION AUTHORIZATION headway_worker; RETURN; END",
    "BEGIN PERFORM set_config('role', 'headway_worker', false); RETURN; END",
], ids=["SET ROLE", "RESET ROLE", "SET SESSION AUTHORIZATION", "set_config"])
def test_it_cannot_become_somebody_else(gong: GongDatabase, body: str) -> None:
    use_mapper(gong, body)
    status, _ = finish_odd(gong)
    assert status["failed"] == 40
    assert reasons(gong) == {"the mapper raised error 42501"}
    assert gong.finish(gong.ingest())["stored"] == 40


@pytest.mark.parametrize("unlock", [
    "PERFORM set_config('transaction_read_only', 'off', true)",
    "SET TRANSACTION READ WRITE",
    "PERFORM set_config('default_transaction_read_only', 'off', false)",
], ids=["set_config", "SET TRANSACTION", "the default"])
def test_it_cannot_unlock_what_is_read_only(gong: GongDatabase, unlock: str) -> None:
    gong.db.sql("CREATE TABLE public.kept (what jsonb)")
    gong.db.sql("GRANT INSERT ON public.kept TO headway_mapper")
    use_mapper(gong, f"BEGIN {unlock}; INSERT INTO public.kept VALUES (records); RETURN; END")
    assert finish_odd(gong)[0]["failed"] == 40
    assert gong.db.value("SELECT count(*) FROM public.kept") == 0


def test_it_cannot_speak_for_another_record(gong: GongDatabase) -> None:
    use_mapper(gong, draft_rows("'1' || (r #>> '{record,metaData,id}')"), "sql")
    assert finish_odd(gong)[0]["failed"] == 40
    assert reasons(gong) == {"the mapper gave it another external_id"}


def test_it_cannot_take_another_records_place(gong: GongDatabase) -> None:
    """All records under the id of the first one: that one is taken once, and nothing of the others."""
    use_mapper(gong, draft_rows("records #>> '{0,record,metaData,id}'"), "sql")
    status, _ = finish_odd(gong)
    assert status["failed"] + status["stored"] == 40
    assert gong.db.value("SELECT count(*) FROM headway.messages WHERE source = 'odd'") == status["stored"]


@pytest.mark.parametrize("language", ["sql", "plpgsql"])
def test_millions_of_rows_are_not_read(gong: GongDatabase, language: str) -> None:
    rows = draft_rows("r #>> '{record,metaData,id}'") + ", generate_series(1, 5000000)"
    use_mapper(gong, rows if language == "sql" else f"BEGIN RETURN QUERY {rows}; END", language)
    status, seconds = finish_odd(gong)
    assert status["failed"] == 40
    assert reasons(gong) <= {"the mapper returned more than one row", "the mapper took longer than 5 seconds",
                             "the mapper takes too long for one record after the other"}
    assert seconds < 40


@pytest.mark.parametrize("change, reason", [
    ("DROP FUNCTION odd(jsonb, jsonb)", "42883"),
    ("REVOKE EXECUTE ON FUNCTION odd(jsonb, jsonb) FROM PUBLIC", "42501"),
    ("DROP FUNCTION odd(jsonb, jsonb); CREATE FUNCTION odd(a jsonb, b jsonb) RETURNS int LANGUAGE sql AS 'SELECT 1'", None),
    ("CREATE OR REPLACE FUNCTION odd(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE plpgsql AS 'BEGIN RAISE division_by_zero; END'", "22012"),
], ids=["it is gone", "it may not be executed", "it returns something else", "it raises"])
def test_one_that_changes_after_it_was_registered_is_called_with_the_same_care(gong: GongDatabase, change: str, reason: str | None) -> None:
    use_mapper(gong, draft_rows("r #>> '{record,metaData,id}'"), "sql")
    gong.db.sql(change)
    status, _ = finish_odd(gong)
    assert (status["fetched"], status["failed"]) == (40, 40)
    assert reasons(gong) == {f"the mapper raised error {reason}" if reason else "the mapper gave it another external_id"}


def draft_rows(external_id: str) -> str:
    """A query for a draft of each record."""
    return f"""SELECT {external_id}, 'x', 'x', NULL::jsonb, NULL::text, NULL::text, NULL::text, now(), NULL::text, 600, false, NULL::jsonb, NULL::jsonb, NULL::jsonb
               FROM jsonb_array_elements(records) r"""


def test_it_cannot_make_its_worker_look_dead(gong: GongDatabase) -> None:
    use_mapper(gong, "BEGIN PERFORM pg_advisory_unlock_all(); PERFORM pg_sleep(1); RETURN; END")
    gong.db.sql("SELECT headway_ingest('odd')")
    pid = wait_until(gong.db.workers, "a worker has come")[0]
    wait_until(lambda: gong.db.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"), "the mapper runs")
    holds_for(lambda: gong.db.value("SELECT headway_tick() ->> 'reclaimed'") == "0", "its tasks stay its own", 3)
    assert gong.db.workers() in ([pid], []), "and it has lived"


def test_another_roles_type_is_not_trusted(gong: GongDatabase) -> None:
    for role in ("mallory", "victim"):
        gong.db.sql(f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT headway_operator TO {role}")
    gong.db.sql("CREATE SCHEMA mallory AUTHORIZATION mallory; GRANT USAGE ON SCHEMA mallory TO headway_mapper")
    gong.db.sql("""SET ROLE mallory;
        CREATE FUNCTION mallory.spy(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE plpgsql AS 'BEGIN RETURN; END';
        SELECT headway_register_connector_type('gong_better', (SELECT spec FROM headway.connector_types WHERE name = 'gong'), 'mallory.spy(jsonb, jsonb)')""")
    with pytest.raises(Exception, match="somebody else's"):
        gong.db.sql("""SET ROLE victim; SELECT headway_add_workspace('victims');
            SELECT headway_add_connector('gong_better', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}', workspace => 'victims')""")


def test_others_are_served_meanwhile(gong: GongDatabase) -> None:
    use_mapper(gong, "BEGIN RAISE EXCEPTION 'no'; END")
    odd = str(gong.db.value("SELECT headway_ingest('odd')"))
    assert gong.finish(gong.ingest())["stored"] == 40
    assert gong.finish(odd)["failed"] == 40
    assert gong.features() == expected_features()
