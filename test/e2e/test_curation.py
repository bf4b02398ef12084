"""People who merge, part, review and promote at the same time, while mentions come in: one of them wins, and every number stays right."""

import random
import threading
from typing import Callable, Iterator

import psycopg
import pytest

from harness.answers import found
from harness.cluster import Database
from harness.gong import GongDatabase
from harness.waiting import holds_for, wait_until

# Features whose numbers are not what a query over distinct messages gives, of themselves and of all that is merged into them.
WRONG = """
WITH RECURSIVE family AS (
    SELECT id AS head, id AS member FROM headway.features
    UNION ALL SELECT y.head, f.id FROM family y JOIN headway.features f ON f.merged_into = y.member)
SELECT f.name, f.mention_count, n.own, n.rows FROM headway.features f CROSS JOIN LATERAL (
    SELECT (SELECT count(DISTINCT m.message_id) FROM family y JOIN headway.feature_messages m ON m.feature_id = y.member AND m.via IS NULL WHERE y.head = f.id) AS own,
           (SELECT count(DISTINCT m.message_id) FROM headway.feature_messages m WHERE m.feature_id = f.id) AS rows) n
WHERE f.mention_count <> n.own OR f.mention_count <> n.rows"""
LINK = """SELECT headway._apply_decision(f.workspace_id, m.id,
    jsonb_build_object('title', 'x', 'type', f.type, 'urgency', 'medium', 'theme_id', f.theme_id),
    jsonb_build_object('outcome', 'linked', 'is_duplicate', true, 'matching_feature_id', f.id, 'confidence', 0.9, 'threshold', 0.7, 'reasoning', '',
                       'decided_by', 'builtin', 'shortlist', '[]'::jsonb, 'seen', 0), NULL)
    FROM headway.features f, headway.messages m WHERE f.name = %s AND m.external_id = %s"""
MERGE = "SELECT headway_merge_features((SELECT id FROM headway.features WHERE name = %s), ARRAY(SELECT id FROM headway.features WHERE name = %s))"
UNMERGE = "SELECT headway_unmerge_feature((SELECT id FROM headway.features WHERE name = %s))"
# What a second reading and a reviewer's no take away: a feature's mention by the message that mentions all.
TAKE_BACK = """SELECT headway._take_back(f.workspace_id, m.id,
    jsonb_build_array(jsonb_build_object('feature_id', f.id, 'standing', 'counted', 'type', f.type, 'title', f.name)), '{"items": [], "unmatched": []}')
    FROM headway.features f, headway.messages m WHERE f.name = %s AND m.external_id = 'all'"""
DETACH = """SELECT headway._detach(d.workspace_id, d) FROM headway.match_decisions d
    JOIN headway.features f ON f.id = d.feature_id JOIN headway.messages m ON m.id = d.message_id WHERE f.name = %s AND m.external_id = 'all'"""


REVIEW = "SELECT headway_review(d.id, 'accept') FROM headway.match_decisions d WHERE d.title = 'B, or perhaps A'"


@pytest.fixture
def features(database: Database) -> Database:
    """Four features, A to D, in two themes, each mentioned by a message of its own and by one that mentions all."""
    database.sql("CREATE EXTENSION headway")
    database.sql("SELECT headway_add_workspace('acme')")
    database.sql("SELECT headway_add_theme('One'), headway_add_theme('Two')")
    database.sql("""INSERT INTO headway.messages (workspace_id, source, external_id, sent_at)
                    SELECT headway_workspace(), 'test', name, now() FROM unnest('{all,a,b,c,d}'::text[] || ARRAY(SELECT 'm' || n FROM generate_series(1, 20) n)) name""")
    for name, theme in {"A": "One", "B": "One", "C": "Two", "D": "Two"}.items():
        database.sql("""SELECT headway._create_feature(t.workspace_id, t.id, jsonb_build_object('title', %s::text, 'type', 'feature_request', 'urgency', 'medium'))
                        FROM headway.themes t WHERE name = %s""", [name, theme])
        for message in (name.lower(), "all"):
            database.sql(LINK, [name, message])
    return database


def mentions(database: Database) -> dict[str, int]:
    return dict(database.sql("SELECT name, mention_count FROM headway.features WHERE merged_into IS NULL"))


class Session:
    """Something that a session does in the background, within a transaction that it leaves open."""

    def __init__(self, database: Database, statement: str, parameters: list) -> None:
        self.error: psycopg.Error | None = None
        self._thread = threading.Thread(target=self._run, args=[database, statement, parameters])
        self._thread.start()

    def _run(self, database: Database, statement: str, parameters: list) -> None:
        try:
            database.sql(statement, parameters)
        except psycopg.Error as error:
            self.error = error

    def waits(self) -> None:
        holds_for(self._thread.is_alive, "the second one waits for the first", 0.3)

    def ends(self) -> psycopg.Error | None:
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), "the second one goes on when the first has ended"
        return self.error


@pytest.fixture
def first(features: Database) -> Iterator[psycopg.Connection]:
    """A session in a transaction."""
    with features.connect() as connection:
        connection.execute("BEGIN")
        yield connection


def test_two_who_merge_one_feature_into_two_others(features: Database, first: psycopg.Connection) -> None:
    first.execute(MERGE, ["B", "A"])
    second = Session(features, MERGE, ["C", "A"])
    second.waits()
    first.execute("COMMIT")
    error = second.ends()
    assert error is not None and error.sqlstate == "8W023" and "was merged into" in str(error.diag.message_detail), "one wins, one gets a clear error"
    assert mentions(features) == {"B": 3, "C": 2, "D": 2} and features.sql(WRONG) == []


def test_who_waits_merges_after_all_when_the_first_gives_up(features: Database, first: psycopg.Connection) -> None:
    first.execute(MERGE, ["B", "A"])
    second = Session(features, MERGE, ["C", "A"])
    second.waits()
    first.execute("ROLLBACK")
    assert second.ends() is None
    assert mentions(features) == {"B": 2, "C": 3, "D": 2} and features.sql(WRONG) == []


def test_two_who_merge_each_others_way(features: Database, first: psycopg.Connection) -> None:
    first.execute(MERGE, ["B", "A"])
    second = Session(features, MERGE, ["A", "B"])
    second.waits()
    first.execute("COMMIT")
    error = second.ends()
    assert error is not None and error.sqlstate == "8W023", "no ring of merges, and no deadlock"
    assert mentions(features) == {"B": 3, "C": 2, "D": 2} and features.sql(WRONG) == []


def test_what_is_linked_to_a_feature_that_is_being_merged(features: Database, first: psycopg.Connection) -> None:
    first.execute(MERGE, ["C", "A"])
    link = Session(features, LINK, ["A", "m1"])
    link.waits()
    first.execute("COMMIT")
    assert link.ends() is None
    assert mentions(features) == {"B": 2, "C": 4, "D": 2} and features.sql(WRONG) == [], "the mention counts where the feature went"


def test_what_is_merged_while_a_mention_comes_in(features: Database, first: psycopg.Connection) -> None:
    first.execute(LINK, ["A", "m1"])
    merge = Session(features, MERGE, ["C", "A"])
    merge.waits()
    first.execute("COMMIT")
    assert merge.ends() is None
    assert mentions(features) == {"B": 2, "C": 4, "D": 2} and features.sql(WRONG) == [], "the mention is merged as well"


def test_two_who_take_apart_the_ends_of_a_chain(features: Database, first: psycopg.Connection) -> None:
    for target, source in ("BA", "CB", "DC"):
        features.sql(MERGE, [target, source])
    first.execute(UNMERGE, ["A"])
    second = Session(features, UNMERGE, ["C"])
    second.waits()
    first.execute("COMMIT")
    assert second.ends() is None
    assert mentions(features) == {"A": 2, "C": 3, "D": 2} and features.sql(WRONG) == []


@pytest.mark.parametrize("statement", [TAKE_BACK, DETACH])
def test_what_is_taken_away_while_what_it_was_merged_into_is_merged(features: Database, first: psycopg.Connection, statement: str) -> None:
    low, high = [name for (name,) in features.sql("SELECT name FROM headway.features WHERE name IN ('A', 'B') ORDER BY id")]
    features.sql(MERGE, [high, low])
    first.execute("SELECT FROM headway.features WHERE name = %s FOR NO KEY UPDATE", [low])
    taking = Session(features, statement, [low])
    taking.waits()
    features.sql(MERGE, ["C", high])
    with features.connect() as other:
        other.execute("BEGIN")
        other.execute(LINK, ["C", "m1"])
        first.execute("COMMIT")
        taking.waits()
        other.execute("COMMIT")
    assert taking.ends() is None
    assert mentions(features)["C"] == 5, "a, b, c, all and m1"
    assert features.sql(WRONG) == [], "the end of the line is locked as well, before anything is counted"


def test_what_is_merged_while_a_person_decides_where_it_belongs(features: Database, first: psycopg.Connection) -> None:
    features.sql("""INSERT INTO headway.match_decisions (workspace_id, message_id, title, theme_id, shortlist, is_duplicate, matching_feature_id, confidence, threshold, outcome, decided_by, feature_id)
                    SELECT f.workspace_id, m.id, 'B, or perhaps A', f.theme_id, '[]', true, a.id, 0.6, 0.7, 'review', 'builtin', f.id
                    FROM headway.features f, headway.features a, headway.messages m WHERE f.name = 'B' AND a.name = 'A' AND m.external_id = 'b'""")
    features.sql("""UPDATE headway.feature_messages m SET decision_id = d.id FROM headway.match_decisions d
                    WHERE d.title = 'B, or perhaps A' AND m.feature_id = d.feature_id AND m.message_id = d.message_id""")
    first.execute("SELECT FROM headway.features WHERE name = 'B' FOR NO KEY UPDATE")
    review = Session(features, REVIEW, [])
    review.waits()
    first.execute(MERGE, ["C", "B"])
    first.execute("COMMIT")
    error = review.ends()
    assert error is not None and error.sqlstate == "8W023", "the merge copies the mention that the decision led to, and the review learns of it"
    assert mentions(features) == {"A": 2, "C": 3, "D": 2} and features.sql(WRONG) == []


def test_two_who_promote_one_default_prompt(features: Database, first: psycopg.Connection) -> None:
    promote = "SELECT headway_promote_prompt('extract', 3)"
    first.execute(promote)
    second = Session(features, promote, [])
    second.waits()
    first.execute("COMMIT")
    assert second.ends() is None, "the second finds the first one's copy"
    assert features.sql("SELECT version, is_active FROM headway.prompts WHERE workspace_id IS NOT NULL") == [(3, True)]


def act(connection: psycopg.Connection, dice: random.Random) -> None:
    one, other = dice.sample("ABCD", 2)
    statement, parameters = dice.choice([(MERGE, [one, other]), (UNMERGE, [one]), (LINK, [one, f"m{dice.randint(1, 20)}"])])
    try:
        connection.execute(statement, parameters)
    except psycopg.Error as error:
        assert error.sqlstate == "8W023", f"people who work side by side get clear errors and no others: {error}"


def at_once(database: Database, doing: Callable[[psycopg.Connection, random.Random], None], people: int, times: int) -> list[BaseException]:
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            with database.connect() as connection:
                for _ in range(times):
                    doing(connection, dice[seed])
        except BaseException as failure:  # noqa: BLE001 - handed to the test
            failures.append(failure)

    dice = [random.Random(seed) for seed in range(people)]
    threads = [threading.Thread(target=work, args=[n]) for n in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_four_who_merge_part_and_mention_at_once(features: Database) -> None:
    assert at_once(features, act, people=4, times=60) == []
    assert features.sql(WRONG) == [], "whatever happened in whatever order, every number is what a query over distinct messages gives"
    assert features.value("SELECT count(*) FROM headway.feature_merges") > 5 and features.value("SELECT count(*) FROM headway.feature_merges WHERE undone_at IS NOT NULL") > 5
    for (name,) in features.sql("SELECT name FROM headway.features WHERE merged_into IS NOT NULL"):
        features.sql(UNMERGE, [name])
    assert features.sql(WRONG) == [] and features.value("SELECT count(*) FROM headway.feature_messages WHERE via IS NOT NULL") == 0


def test_an_undone_merge_is_not_suggested_again_when_all_is_read_anew(gong: GongDatabase) -> None:
    gong.finish(gong.ingest())
    suggestions = gong.db.sql("SELECT target_id, source_id FROM headway_suggest_merges(max_items => 1)") or \
        gong.db.sql("""SELECT min(id::text)::uuid, max(id::text)::uuid FROM headway.features GROUP BY theme_id, type HAVING count(*) > 1 LIMIT 1""")
    before = gong.db.sql("SELECT to_jsonb(f) - 'theme_seq' FROM headway.features f ORDER BY id")
    (target, source), = suggestions
    gong.db.sql("SELECT headway_merge_features(%s, ARRAY[%s])", [target, source])
    gong.db.sql("SELECT headway_unmerge_feature(%s)", [source])
    assert gong.db.sql("SELECT to_jsonb(f) - 'theme_seq' FROM headway.features f ORDER BY id") == before, "all is what it was, to the last digit"
    # As if the judge had found them close once more.
    gong.db.sql("""INSERT INTO headway.match_decisions (workspace_id, message_id, title, theme_id, shortlist, is_duplicate, matching_feature_id, confidence, threshold, outcome, decided_by, feature_id)
                   SELECT d.workspace_id, d.message_id, d.title, d.theme_id, '[]', true, %s, 0.69, 0.7, 'review', 'builtin', %s FROM headway.match_decisions d LIMIT 1""", [target, source])
    pairs = gong.db.sql("SELECT target_id, source_id FROM headway_suggest_merges(max_items => 1000)")
    assert {target, source} not in [set(pair) for pair in pairs]


def test_features_are_merged_while_a_run_goes_on(gong: GongDatabase) -> None:
    gong.lift_budget()
    run = gong.ingest()
    pairs = "SELECT min(id::text)::uuid, max(id::text)::uuid FROM headway.features WHERE merged_into IS NULL GROUP BY workspace_id HAVING count(*) > 1"
    wait_until(lambda: gong.db.sql(pairs), "two features are there")
    for _ in range(3):
        for target, source in gong.db.sql(pairs):
            gong.db.sql("SELECT headway_merge_features(%s, ARRAY[%s])", [target, source])
    gong.finish(run)
    assert gong.db.sql(WRONG) == []
    assert gong.db.value("SELECT count(*) FROM headway.feature_merges") == 3


# Reviews.

def test_a_fabricated_quote_counts_when_a_person_accepts_it(llm: GongDatabase) -> None:
    llm.sandbox.script(found(title="Pay double", quote="We would pay double.", urgency="critical"))
    llm.give()
    wait_until(lambda: llm.db.value("SELECT bool_and(is_processed) FROM headway.messages"), "it is read")
    assert llm.db.value("SELECT count(*) FROM headway.features") == 0, "nothing is counted"
    (shown,) = llm.db.sql("SELECT item_id, kind, evidence #>> '{item,quote}' FROM headway.review_queue")
    assert shown[1:] == ("unverified_quote", "We would pay double."), "and a person is shown what the model claims"
    llm.db.sql("SELECT headway_review(%s, 'accept')", [shown[0]])
    assert llm.db.sql("SELECT f.name, f.mention_count, m.quote FROM headway.features f JOIN headway.feature_messages m ON m.feature_id = f.id") == [("Pay double", 1, None)]
    assert llm.db.sql("SELECT * FROM headway.review_queue") == []
