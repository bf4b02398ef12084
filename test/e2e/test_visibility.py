"""What a session sees while others let its role in or out: a backend keeps the answer for as long as it is one, and no longer."""

from typing import Iterator

import psycopg
import pytest

from harness.cluster import Database

SEEN = "SELECT (SELECT count(*) FROM headway.themes), cardinality(headway.visible_workspaces(current_user))"


@pytest.fixture
def shared(database: Database) -> Iterator[Database]:
    """A database with one workspace, which rita does not see, who is in a team."""
    database.sql("CREATE EXTENSION headway")
    database.sql("CREATE ROLE team; CREATE ROLE rita LOGIN IN ROLE headway_reader, team")
    database.sql("SELECT headway_add_workspace('acme')")
    database.sql("SELECT headway_add_theme('Reporting')")
    yield database
    database.sql("DROP OWNED BY rita, team; DROP ROLE rita, team")


@pytest.fixture
def rita(shared: Database) -> Iterator[psycopg.Connection]:
    with shared.cluster.connect(shared.name, "rita") as session:
        yield session


def sees(session: psycopg.Connection) -> int:
    themes, workspaces = session.execute(SEEN).fetchone()
    assert themes == workspaces, "rows and answer tell the same"
    return themes


@pytest.mark.parametrize("member", ["rita", "team"])
def test_who_is_let_in_sees_it_with_the_next_statement(shared: Database, rita: psycopg.Connection, member: str) -> None:
    with rita.transaction():
        assert sees(rita) == 0
        shared.sql("SELECT headway_add_member(%s)", [member])
        assert sees(rita) == 1, "the next statement of the same transaction sees it"
        shared.sql("SELECT headway_remove_member(%s)", [member])
        assert sees(rita) == 0, "and the one after the end of it"


def test_a_snapshot_that_is_kept_keeps_the_members(shared: Database, rita: psycopg.Connection) -> None:
    rita.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with rita.transaction():
        assert sees(rita) == 0
        shared.sql("SELECT headway_add_member('rita')")
        assert sees(rita) == 0
    assert sees(rita) == 1


def test_a_right_that_a_role_loses_ends_at_once(shared: Database, rita: psycopg.Connection) -> None:
    shared.sql("SELECT headway_add_member('team')")
    rita.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with rita.transaction():
        assert sees(rita) == 1
        shared.sql("REVOKE team FROM rita")
        assert sees(rita) == 0, "who has whose rights is no matter of snapshots"


def test_two_who_let_each_other_in_at_the_same_time(shared: Database, rita: psycopg.Connection) -> None:
    with shared.connect() as one, one.transaction():
        one.execute("SELECT headway_add_member('rita')")
        with shared.connect() as other:
            other.execute("SELECT headway_add_workspace('globex')")
            assert sees(rita) == 0, "nothing is certain before it is committed"
            other.execute("SELECT headway_add_theme('Billing', workspace => 'globex')")
            other.execute("SELECT headway_add_member('rita', 'globex')")
            assert sees(rita) == 1, "though another runs on"
    assert sees(rita) == 2


def test_an_extension_that_is_dropped_and_created_anew(shared: Database, rita: psycopg.Connection) -> None:
    shared.sql("SELECT headway_add_member('rita')")
    assert sees(rita) == 1
    with shared.connect() as session:
        session.execute("SELECT headway_stop()")
        with session.transaction():
            assert session.execute("SELECT cardinality(headway.visible_workspaces('rita'))").fetchone() == (1,)
            session.execute("DROP EXTENSION headway CASCADE")
            session.execute("CREATE EXTENSION headway")
            assert session.execute("SELECT headway.visible_workspaces('rita')").fetchone() == ([],), "the new one has no members"
    assert sees(rita) == 0, "nor for a session that was there before"
    shared.sql("SELECT headway_add_workspace('anew')")
    shared.sql("SELECT headway_add_theme('Reporting')")
    shared.sql("SELECT headway_add_member('rita')")
    assert sees(rita) == 1
