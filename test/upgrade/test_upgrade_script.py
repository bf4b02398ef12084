"""The script that writes the updates: what it takes from sql/, in which order, and what it refuses."""

import importlib.machinery
import importlib.util
import pathlib
import re
import shutil
import subprocess

import pytest

from catalog import catalog_of, differences, rows_of
from harness.cluster import ROOT, Database
from harness.installation import CURRENT, Installation, RELEASED, TO_COME

SCRIPT = ROOT / "scripts/upgrade-script"
loader = importlib.machinery.SourceFileLoader("upgrade_script", str(SCRIPT))
upgrade_script = importlib.util.module_from_spec(importlib.util.spec_from_loader("upgrade_script", loader))
loader.exec_module(upgrade_script)


@pytest.mark.parametrize("sql, expected", [
    ("CREATE TABLE a (b text DEFAULT ';'); DO $$ BEGIN; END $$;", ["CREATE TABLE a (b text DEFAULT ';');", "DO $$ BEGIN; END $$;"]),
    ("-- a; b\nCOMMENT ON TABLE a IS 'it''s; so'; /* c; */ DROP TABLE d;", ["COMMENT ON TABLE a IS 'it''s; so';", "DROP TABLE d;"]),
    (r"COMMENT ON TABLE a IS E'\';'; SELECT 1;", [r"COMMENT ON TABLE a IS E'\';';", "SELECT 1;"]),
    ("DO $x$ a; $$ b; $$ $x$; SELECT 1;", ["DO $x$ a; $$ b; $$ $x$;", "SELECT 1;"]),
    ('COMMENT ON TABLE "a;b" IS NULL; SELECT 1;', ['COMMENT ON TABLE "a;b" IS NULL;', "SELECT 1;"]),
    ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END; SELECT 1;",
     ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;", "SELECT 1;"]),
    ("\\echo a; \\quit\nSELECT 1;", ["SELECT 1;"]),
])
def test_statements_end_where_they_end(sql: str, expected: list[str]) -> None:
    assert upgrade_script.statements(sql) == expected


@pytest.mark.parametrize("sql", ["DROP TABLE a;", "TRUNCATE a;", "CREATE OR REPLACE FUNCTION f() RETURNS int AS '';", "SELECT 1;", "CREATE MATERIALIZED VIEW a AS SELECT 1;"])
def test_what_it_does_not_know_it_refuses(sql: str) -> None:
    with pytest.raises(SystemExit, match="not known whether this can be repeated"):
        upgrade_script.repeatable(sql)


def test_a_statement_without_an_end_is_refused() -> None:
    with pytest.raises(SystemExit, match="has no end"):
        upgrade_script.statements("SELECT 1; CREATE VIEW a AS SELECT 2\n")


def test_every_release_has_its_file_and_its_update() -> None:
    assert RELEASED == sorted(path.stem for path in (ROOT / "sql/upgrade").glob("*.sql")), "what test/upgrade keeps and what sql/upgrade continues"
    assert CURRENT not in RELEASED, "a new version begins with a new default_version"


@pytest.mark.parametrize("version", RELEASED)
def test_the_library_has_what_a_released_script_calls(version: str) -> None:
    """Until ALTER EXTENSION runs, the old functions call the new library."""
    script = (ROOT / f"test/upgrade/headway--{version}.sql").read_text()
    called = set(re.findall(r"'MODULE_PATHNAME', '(\w+)'", script))
    listed = subprocess.run(["nm", "-D", "--defined-only", ROOT / "headway.so"], check=True, text=True, capture_output=True).stdout
    assert len(called) > 10
    assert called - {line.split()[-1] for line in listed.splitlines()} == set()


# Two releases that are made up: what an update has to cope with, and nothing of today's tables.
OLD_PART = """
CREATE TABLE headway.future (workspace_id uuid NOT NULL, id int NOT NULL, note text, PRIMARY KEY (workspace_id, id));
COMMENT ON TABLE headway.future IS 'One thing.';
CREATE TABLE headway._kinds (name text PRIMARY KEY);
INSERT INTO headway._kinds VALUES ('one');
CREATE FUNCTION headway._old(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a';
COMMENT ON FUNCTION headway._old(int) IS 'Goes.';
CREATE FUNCTION headway._size(a int) RETURNS int LANGUAGE sql STRICT COST 9 AS $$ SELECT a; $$;
CREATE VIEW headway.futures WITH (security_invoker = true) AS SELECT workspace_id, id FROM headway.future;
"""
NEW_PART = """
CREATE FUNCTION headway._kind() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $f$ SELECT 'two; $$ -- no comment' $f$;
CREATE TABLE headway.future (workspace_id uuid NOT NULL, id int NOT NULL, note text, kind text NOT NULL DEFAULT headway._kind(),
    PRIMARY KEY (workspace_id, id), CHECK (note <> ''));
COMMENT ON TABLE headway.future IS 'Another; it''s longer.';
COMMENT ON COLUMN headway.future.kind IS 'Which kind.';
CREATE INDEX future_kind ON headway.future (workspace_id, kind);
CREATE TABLE headway._kinds (name text PRIMARY KEY, uses int NOT NULL DEFAULT 0);
INSERT INTO headway._kinds VALUES ('one', 1), ('two', 0);
CREATE TABLE headway.later (workspace_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (workspace_id, id));
CREATE FUNCTION headway._old(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION headway._size(a int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a > 0 THEN a END; END;
ALTER FUNCTION headway._size(int) OWNER TO headway_worker;
CREATE PROCEDURE headway._work() LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;
CREATE VIEW headway.futures WITH (security_invoker = true, security_barrier = true) AS
SELECT workspace_id, id, kind FROM headway.future;  -- one more column
CREATE VIEW headway.kinds WITH (security_invoker = true) AS SELECT name, headway._size(uses) AS size FROM headway._kinds;
"""
HAND_WRITTEN = """
ALTER TABLE headway.future ADD kind text, ADD CHECK (note <> '');
CREATE INDEX future_kind ON headway.future (workspace_id, kind);
ALTER TABLE headway._kinds ADD uses int NOT NULL DEFAULT 0;
CREATE TABLE headway.later (workspace_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (workspace_id, id));
UPDATE headway._kinds SET uses = 1 WHERE name = 'one';
INSERT INTO headway._kinds VALUES ('two', 0);
DROP FUNCTION IF EXISTS headway._old(int);
DROP FUNCTION IF EXISTS headway._size(int);  -- gets another owner, of which the record of its initial rights would not learn
-- functions and views
UPDATE headway.future SET kind = headway._kind();
ALTER TABLE headway.future ALTER kind SET DEFAULT headway._kind(), ALTER kind SET NOT NULL;
"""


@pytest.fixture(scope="module")
def releases(server: Installation, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Puts the made-up releases beside the others; the versions that lead to the last one."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "sql", tree / "sql")
    shutil.copy(ROOT / "headway.control", tree)
    between = "9.0.0"

    def write_install_script(version: str, part: str) -> None:
        (tree / "sql/90_future.sql").write_text(part)
        server.add(f"headway--{version}.sql", "".join(path.read_text() for path in sorted((tree / "sql").glob("*.sql"))))

    write_install_script(between, OLD_PART)
    write_install_script(TO_COME, NEW_PART)
    # What the file of today's version would say once 9.0.0 were released, and that of 9.0.0 later.
    tables = [s for s in upgrade_script.statements(OLD_PART) if upgrade_script.repeatable(s) is None]
    (tree / f"sql/upgrade/{CURRENT}.sql").write_text("\n".join(tables))
    (tree / f"sql/upgrade/{between}.sql").write_text(HAND_WRITTEN)
    versions = [*RELEASED, CURRENT, between]
    for version in versions:
        made = subprocess.run([SCRIPT, version, TO_COME, tree], check=True, text=True, capture_output=True).stdout
        server.add(f"headway--{version}--{TO_COME}.sql", made)
    return versions


def test_each_release_can_become_one_to_come(releases: list[str], installation: Installation, cluster) -> None:
    installation.load(TO_COME)
    with cluster.database("to_come") as database, database.connect() as connection:
        connection.execute(f"CREATE EXTENSION headway VERSION '{TO_COME}'")
        fresh = catalog_of(connection) | rows_of(connection)
    assert any("kinds" in row for row in fresh["views"]) and len(fresh["rows of headway._kinds"]) == 2
    for version in releases:
        with cluster.database(f"from_{version}") as database, database.connect() as connection:
            connection.execute(f"CREATE EXTENSION headway VERSION '{version}'")
            connection.execute(f"ALTER EXTENSION headway UPDATE TO '{TO_COME}'")
            lines = differences(fresh, catalog_of(connection) | rows_of(connection))
            assert not lines, f"\nfrom {version}\n" + "\n".join(lines)


def test_the_way_is_one_step(releases: list[str], database: Database) -> None:
    paths = dict(database.sql("SELECT source, path FROM pg_extension_update_paths('headway') WHERE target = %s", [TO_COME]))
    assert {version: paths[version] for version in releases} == {version: f"{version}--{TO_COME}" for version in releases}


def test_a_missing_file_is_told() -> None:
    done = subprocess.run([SCRIPT, "0.0.9", CURRENT, ROOT], text=True, capture_output=True)
    assert done.returncode != 0 and "0.0.9.sql" in done.stderr
