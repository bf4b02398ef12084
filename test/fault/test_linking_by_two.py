"""Linking many calls, half of which a worker of the session's decides: the same as alone, whatever becomes of either."""

import threading
from typing import Any, Callable, Iterator

import psycopg
import pytest

from harness.cluster import Cluster, Database
from harness.waiting import wait_until

CALLS = 25_000  # three parts
WHAT_IS_LINKED = "SELECT md5(string_agg((id, link_status, customer_id, customer_ref, booking_id, link_score, link_reason)::text, ' ' ORDER BY id)) FROM headway.recordings"
WAITING = "SELECT count(*) FROM headway.recordings WHERE link_status = 'pending' AND customer_id IS NULL"


@pytest.fixture(scope="module")
def calls(cluster: Cluster) -> Iterator[Database]:
    """Calls of 3,000 customers, a hundred of whom share their numbers, and of 200 strangers; each customer has two bookings."""
    with cluster.database("by_two") as db:
        db.sql("CREATE EXTENSION headway")
        db.sql("SELECT headway_stop()")
        db.sql("INSERT INTO headway.workspaces (name) VALUES ('acme')")
        db.sql("""INSERT INTO headway.customers (workspace_id, name, phone, region)
                  SELECT w.id, 'Customer ' || n, '415555' || to_char(CASE WHEN n < 2900 THEN n ELSE n - 100 END, 'FM0000'), 'US'
                  FROM headway.workspaces w, generate_series(0, 2999) n""")
        db.sql("""INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, booked_at)
                  SELECT c.workspace_id, c.id, timestamptz '2026-11-01 18:00+00' + n * interval '6 days', '2026-10-01 12:00+00'
                  FROM headway.customers c, generate_series(0, 1) n""")
        db.sql("""INSERT INTO headway.recordings (workspace_id, external_id, direction, from_e164, call_started_at, duration_seconds)
                  SELECT w.id, 'c-' || n, 'inbound', '+1415555' || to_char(n * 7 %% 3200, 'FM0000'), timestamptz '2026-11-01 08:00+00' + n * interval '30 seconds', 60
                  FROM headway.workspaces w, generate_series(1, %s) n""", [CALLS])
        db.sql("ANALYZE")
        yield db


@pytest.fixture(scope="module")
def alone(calls: Database) -> str:
    return linked_alone(calls)


def linked_alone(calls: Database) -> str:
    """What a session links that has no worker; then all calls wait again."""
    with calls.connect() as session:
        session.execute("SET max_parallel_workers_per_gather = 0")
        session.execute("BEGIN")
        session.execute("SELECT headway_link_recordings()")
        linked = session.execute(WHAT_IS_LINKED).fetchone()[0]
        session.execute("ROLLBACK")
    assert calls.value(WAITING) == CALLS
    return linked


class Linking(threading.Thread):
    """Links all calls, or those since then, in a session of its own."""

    def __init__(self, calls: Database, since: str = "NULL") -> None:
        super().__init__()
        self.session, self.since, self.error = calls.connect(), since, None
        self.start()

    def run(self) -> None:
        try:
            self.session.execute(f"SELECT headway_link_recordings({self.since})")
        except psycopg.Error as error:
            self.error = error

    def end(self) -> psycopg.Error | None:
        self.join(timeout=60)
        assert not self.is_alive()
        self.session.close()
        return self.error


def link_worker(calls: Database) -> int | None:
    return calls.value("SELECT min(pid) FROM pg_stat_activity WHERE backend_type = 'headway link worker' AND datname = current_database() AND query LIKE '%deciding%'")


def await_no_link_worker(calls: Database) -> None:
    wait_until(lambda: calls.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'headway link worker'") == 0, "the worker has left")


@pytest.fixture
def seen(calls: Database, alone: str) -> Iterator[tuple[Linking, int]]:
    """A session that is linking, and its worker that is deciding."""
    linking = Linking(calls)
    yield linking, wait_until(lambda: link_worker(calls), "a worker decides")
    linking.end()
    await_no_link_worker(calls)
    forget_links(calls)


def forget_links(calls: Database) -> None:
    calls.sql("UPDATE headway.recordings SET link_status = 'pending', customer_id = NULL, customer_ref = NULL, booking_id = NULL, link_score = NULL, link_reason = NULL, linked_at = NULL")


def test_two_link_what_one_links(calls: Database, alone: str, seen: tuple[Linking, int]) -> None:
    assert seen[0].end() is None
    assert calls.value(WHAT_IS_LINKED) == alone
    assert calls.value("SELECT count(DISTINCT link_status) FROM headway.recordings") == 4, "linked, customer_only, ambiguous and unmatched"


def test_the_worker_reads_tables_of_the_apps_as_the_session_does(calls: Database) -> None:
    calls.sql("CREATE TABLE shop_customers AS SELECT row_number() OVER (ORDER BY name) AS id, name, phone FROM headway.customers")
    calls.sql("CREATE INDEX ON shop_customers (headway_e164(phone, 'US'))")
    calls.sql("""SELECT headway_use_customers('shop_customers', '{"id": "id", "name": "name", "phone": "phone"}')""")
    try:
        alone = linked_alone(calls)
        linking = Linking(calls)
        wait_until(lambda: link_worker(calls), "a worker decides")
        assert linking.end() is None
        assert calls.value(WHAT_IS_LINKED) == alone
        assert calls.value("SELECT count(*) FROM headway.recordings WHERE customer_ref IS NOT NULL") > CALLS // 2
    finally:
        calls.sql("SELECT headway_use_customers(NULL)")
        forget_links(calls)


def test_a_session_whose_worker_is_stopped_goes_on_alone(calls: Database, alone: str, seen: tuple[Linking, int]) -> None:
    assert calls.value("SELECT pg_terminate_backend(%s)", [seen[1]])
    assert seen[0].end() is None
    assert calls.value(WHAT_IS_LINKED) == alone


def test_a_session_that_is_cancelled_takes_its_worker_along(calls: Database, seen: tuple[Linking, int]) -> None:
    assert calls.value("SELECT pg_cancel_backend(%s)", [seen[0].session.info.backend_pid])
    assert isinstance(seen[0].end(), psycopg.errors.QueryCanceled)
    await_no_link_worker(calls)
    assert calls.value(WAITING) == CALLS, "nothing is half done"


def test_a_session_that_is_terminated_takes_its_worker_along(calls: Database, seen: tuple[Linking, int]) -> None:
    assert calls.value("SELECT pg_terminate_backend(%s)", [seen[0].session.info.backend_pid])
    assert isinstance(seen[0].end(), psycopg.OperationalError)
    await_no_link_worker(calls)
    assert calls.value(WAITING) == CALLS, "nothing is half done"


def test_after_a_crash_of_the_worker_nothing_is_half_done(calls: Database, alone: str, seen: tuple[Linking, int]) -> None:
    calls.cluster.kill(seen[1])
    assert isinstance(seen[0].end(), psycopg.OperationalError)
    calls.cluster.await_restart()
    assert calls.value(WAITING) == CALLS
    calls.sql("SELECT headway_link_recordings()")
    assert calls.value(WHAT_IS_LINKED) == alone


@pytest.mark.parametrize("since", ["NULL", "'2026-11-02'"])
def test_two_sessions_that_link_the_same_calls_do_not_wait_for_each_other_in_a_circle(calls: Database, alone: str, seen: tuple[Linking, int], since: str) -> None:
    other = Linking(calls, since)
    assert (seen[0].end(), other.end()) == (None, None)
    assert calls.value(WHAT_IS_LINKED) == alone


def test_a_tick_does_not_wait_for_who_links_all_calls(calls: Database) -> None:
    with calls.connect() as holder:
        holder.execute("BEGIN")
        holder.execute("SELECT FROM headway.recordings WHERE external_id = 'c-25000' FOR UPDATE")
        linking = Linking(calls)
        waits = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
        wait_until(lambda: calls.value(waits, [linking.session.info.backend_pid]), "it cannot write the last call")
        with calls.connect(options="-c statement_timeout=20s") as ticking:
            assert ticking.execute("SELECT headway_tick() ->> 'linked'").fetchone() == ("0",)
        assert linking.is_alive(), "it is still linking"
        holder.execute("COMMIT")
    assert linking.end() is None
    await_no_link_worker(calls)
    forget_links(calls)


@pytest.mark.parametrize("begin", ["BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN; SAVEPOINT inner_one"])
def test_it_is_the_same_in_every_kind_of_transaction(calls: Database, alone: str, begin: str) -> None:
    with calls.connect() as session:
        session.execute(begin)
        session.execute("SELECT headway_link_recordings()")
        assert session.execute(WHAT_IS_LINKED).fetchone()[0] == alone
        session.execute("ROLLBACK")
    await_no_link_worker(calls)


def stranger_becomes_customer(session: psycopg.Connection) -> Any:
    session.execute("""INSERT INTO headway.customers (workspace_id, name, phone, region) SELECT id, 'New', '4155553001', 'US' FROM headway.workspaces""")


def customer_is_renumbered(session: psycopg.Connection) -> Any:
    session.execute("UPDATE headway.customers SET name = 'New', phone = '4155553001' WHERE name = 'Customer 7'")


@pytest.mark.parametrize("change", [stranger_becomes_customer, customer_is_renumbered])
def test_what_a_transaction_has_changed_counts(calls: Database, alone: str, change: Callable[[psycopg.Connection], Any]) -> None:
    with calls.connect() as session:
        session.execute("BEGIN")
        change(session)
        session.execute("SELECT headway_link_recordings()")
        missed = session.execute("""SELECT count(*) FROM headway.recordings r LEFT JOIN headway.customers c ON c.workspace_id = r.workspace_id AND c.id = r.customer_id
                                    WHERE r.their_e164 = '+14155553001' AND c.name IS DISTINCT FROM 'New'""").fetchone()[0]
        session.execute("ROLLBACK")
    assert missed == 0
