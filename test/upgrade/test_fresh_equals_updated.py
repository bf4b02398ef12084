"""A database that was updated from a released version is as if it had been installed today."""

from typing import Iterator

import psycopg
import pytest

from catalog import Catalog, catalog_of, differences, rows_of
from harness.cluster import Cluster, Database
from harness.gong import GongDatabase
from harness.installation import CURRENT, Installation

UPDATE = "ALTER EXTENSION headway UPDATE"


@pytest.fixture(scope="module")
def fresh(cluster: Cluster) -> Iterator[tuple[Catalog, Catalog]]:
    with cluster.database("fresh") as database, database.connect() as connection:
        connection.execute("CREATE EXTENSION headway")
        yield catalog_of(connection), rows_of(connection)


def check_equal(expected: Catalog, found: Catalog) -> None:
    assert not (lines := differences(expected, found)), "\n" + "\n".join(lines)


def test_an_extension_that_nobody_used(fresh: tuple[Catalog, Catalog], database: Database, installation: Installation, old: str) -> None:
    with database.connect() as connection:
        connection.execute(f"CREATE EXTENSION headway VERSION '{old}'")
        connection.execute(UPDATE)
        check_equal(fresh[0], catalog_of(connection))
        check_equal(fresh[1], rows_of(connection))


def test_one_that_has_worked(fresh: tuple[Catalog, Catalog], old_gong: GongDatabase, installation: Installation) -> None:
    assert old_gong.finish(old_gong.ingest())["state"] == "done"
    old_gong.db.await_no_workers()
    installation.load(CURRENT)
    old_gong.db.sql(UPDATE)
    with old_gong.db.connect() as connection:
        check_equal(fresh[0], catalog_of(connection))
    old_gong.check_complete()
    again = old_gong.finish(old_gong.ingest())
    assert (again["state"], again["already_known"], again["stored"]) == ("done", again["fetched"], 0), "it knows what it knew"
    old_gong.check_complete()


def test_what_was_granted_by_hand_stays_so_and_is_dumped(database: Database, installation: Installation, old: str) -> None:
    database.sql("DROP ROLE IF EXISTS analyst; CREATE ROLE analyst")
    database.sql(f"CREATE SCHEMA tools; CREATE EXTENSION headway SCHEMA tools VERSION '{old}'")
    grants = ["USAGE ON SCHEMA tools", "USAGE ON SCHEMA headway", "SELECT ON TABLE headway.features", "DELETE ON TABLE headway.prompts",
              "SELECT ON TABLE headway.run_progress", "ALL ON FUNCTION tools.headway_run_status(run uuid)"]
    for grant in grants:
        database.sql(f"GRANT {grant} TO analyst")
    database.sql(UPDATE)
    assert database.value("SELECT tools.headway_version()").startswith(f"headway {CURRENT},")
    dump = database.cluster.run("pg_dump", "--schema-only", database.name).stdout
    assert [grant for grant in grants if f"GRANT {grant} TO analyst;" not in dump] == []
    database.sql("DROP OWNED BY analyst; DROP ROLE analyst")


# Whether the comparison sees anything: each change must be told under its heading.
CHANGES = [
    ("columns", "ALTER TABLE headway.features ALTER description SET DEFAULT 'none'"),
    ("columns", "ALTER TABLE headway.features ALTER name DROP NOT NULL"),
    ("columns", "ALTER TABLE headway.messages ALTER content SET STORAGE EXTERNAL"),
    ("columns", "ALTER TABLE headway.messages ALTER relevance TYPE float8"),
    ("columns", "ALTER TABLE headway.tasks ALTER id SET GENERATED ALWAYS"),
    ("columns", "ALTER TABLE headway.runs ADD COLUMN more int"),
    ("columns", "ALTER TYPE headway.draft ADD ATTRIBUTE more int"),
    ("columns", "GRANT UPDATE (name) ON headway.features TO headway_reader"),
    ("columns", "ALTER TABLE headway._state DROP ticked_at, ADD ticked_at timestamptz, ADD more int, DROP is_stopped, ADD is_stopped boolean NOT NULL DEFAULT false"),
    ("constraints", "ALTER TABLE headway.workspaces DROP CONSTRAINT workspaces_name_check"),
    ("indexes", "DROP INDEX headway.messages_sent_at"),
    ("sequences", "ALTER SEQUENCE headway.tasks_id_seq INCREMENT 2"),
    ("policies", "ALTER POLICY members ON headway.features TO headway_reader"),
    ("policies", "DROP POLICY workers ON headway.features"),
    ("relations", "ALTER TABLE headway.features DISABLE ROW LEVEL SECURITY"),
    ("relations", "GRANT SELECT ON headway.features TO PUBLIC"),
    ("relations", "ALTER TABLE headway.features OWNER TO headway_worker"),
    ("relations", "ALTER TABLE headway.features SET (fillfactor = 50)"),
    ("triggers", "CREATE TRIGGER more BEFORE UPDATE ON headway.features FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"),
    ("rules", "CREATE RULE more AS ON DELETE TO headway.features DO INSTEAD NOTHING"),
    ("views", "ALTER VIEW headway.run_progress RESET (security_invoker)"),
    ("views", "CREATE OR REPLACE VIEW headway.queue_depth WITH (security_invoker = true) AS SELECT *, 1 AS more FROM headway.queue_depth"),
    ("functions", "ALTER FUNCTION headway_ingest_transcript COST 7"),
    ("functions", "ALTER FUNCTION headway._renew SECURITY DEFINER"),
    ("functions", "ALTER FUNCTION headway._renew RESET search_path"),
    ("functions", "ALTER FUNCTION headway._renew OWNER TO headway_worker"),
    ("functions", "GRANT EXECUTE ON FUNCTION headway_ingest TO PUBLIC"),
    ("functions", "CREATE OR REPLACE FUNCTION headway._is_stopped() RETURNS boolean LANGUAGE sql AS 'SELECT true'"),
    ("functions", "CREATE FUNCTION headway._more() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    ("types", "CREATE DOMAIN headway.more AS int"),
    ("types", "GRANT USAGE ON TYPE headway.draft TO headway_reader"),
    ("schemas", "GRANT USAGE ON SCHEMA headway TO PUBLIC"),
    ("comments", "COMMENT ON COLUMN headway.features.name IS 'another'"),
    ("comments", "COMMENT ON POLICY members ON headway.features IS NULL"),
    ("comments", "COMMENT ON EXTENSION headway IS 'another'"),
    ("members", "ALTER EXTENSION headway DROP FUNCTION headway._renew(bigint)"),
    ("extension", "UPDATE pg_extension SET extversion = '0.0.0' WHERE extname = 'headway'"),
    ("dumped", "UPDATE pg_extension SET extcondition[1] = 'WHERE false' WHERE extname = 'headway'"),
    ("initial rights", "DELETE FROM pg_init_privs WHERE objoid = 'headway.features'::regclass"),
    ("default rights", "ALTER DEFAULT PRIVILEGES IN SCHEMA headway GRANT SELECT ON TABLES TO PUBLIC"),
    ("rows of headway.prompts", "UPDATE headway.prompts SET template = template || '.'"),
    ("rows of headway.connector_types", "DELETE FROM headway.connector_types"),
]


@pytest.mark.parametrize("heading, change", CHANGES, ids=[change[:60] for _, change in CHANGES])
def test_the_comparison_sees(fresh: tuple[Catalog, Catalog], updated: psycopg.Connection, heading: str, change: str) -> None:
    try:
        with updated.transaction():
            updated.execute(change)
            seen = differences(fresh[0] | fresh[1], catalog_of(updated) | rows_of(updated))
            raise psycopg.Rollback
    except psycopg.Rollback:
        pass
    assert heading in {line.split(":")[0] for line in seen}


@pytest.fixture(scope="module")
def updated(cluster: Cluster, fresh: tuple[Catalog, Catalog]) -> Iterator[psycopg.Connection]:
    with cluster.database("updated") as database, database.connect() as connection:
        connection.execute("CREATE EXTENSION headway")
        assert differences(fresh[0], catalog_of(connection)) == []
        connection.execute("SET search_path = public")
        yield connection
