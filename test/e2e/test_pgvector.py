"""pgvector, where it is installed: candidates that share no word with an item, and what becomes of them without it."""


import pytest

from harness.answers import found
from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.waiting import wait_until

SAME = ("Save as xlsx", "Export worksheet")  # no word, and no three letters in a row
ASK = "SELECT is_duplicate, shortlist -> 0 ->> 'name' FROM headway_match_feature(%s, theme => (SELECT name FROM headway.themes ORDER BY name LIMIT 1))"
INDEXES = "SELECT count(*) FROM pg_class WHERE relnamespace = 'headway'::regnamespace AND starts_with(relname, '_near_')"


@pytest.fixture(autouse=True)
def installed(gong: GongDatabase) -> None:
    if not gong.db.value("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'"):
        pytest.skip("pgvector is not installed")


def add(gong: GongDatabase, title: str) -> None:
    gong.db.sql("""SELECT headway._create_feature(t.workspace_id, t.id, jsonb_build_object('title', %s::text, 'description', '', 'type', 'feature_request', 'urgency', 'low'))
                   FROM (SELECT * FROM headway.themes ORDER BY name LIMIT 1) t""", [title])


def prepare(gong: GongDatabase) -> None:
    """A feature that only vectors find, in a database whose pgvector is in a schema of an odd name."""
    for title in (SAME[0], "Dark look", "Invoice by mail"):
        add(gong, title)
    gong.db.sql('CREATE SCHEMA "Odd \'one"')
    gong.db.sql('CREATE EXTENSION vector SCHEMA "Odd \'one"')
    gong.embed_by_model()
    gong.finish(str(gong.db.value("SELECT id FROM headway.runs WHERE kind = 'embed'")))
    gong.set_bands(0.7, 0.2)


def test_what_shares_no_word_is_found_by_its_vector(gong: GongDatabase) -> None:
    prepare(gong)
    assert gong.db.sql(ASK, [SAME[1]]) == [(False, None)], "words do not lead there"
    assert "headway_use_pgvector" in gong.health("embeddings")[1]
    assert gong.db.value("SELECT headway_use_pgvector()") == 1
    assert gong.db.sql(ASK, [SAME[1]]) == [(True, SAME[0])]
    assert gong.health("embeddings")[1].endswith("with pgvector")
    gong.db.sql("SELECT headway_merge_features(t.id, ARRAY[s.id]) FROM headway.features t, headway.features s WHERE t.name = 'Dark look' AND s.name = %s", [SAME[0]])
    named = gong.db.sql("""SELECT f.name FROM headway_match_feature(%s, theme => (SELECT name FROM headway.themes ORDER BY name LIMIT 1)) m
                           JOIN headway.features f ON f.id = m.matching_feature_id""", [SAME[1]])
    assert named == [("Dark look",)], "and counts where it was merged"


def test_an_item_of_a_call_is_matched_by_it(gong: GongDatabase) -> None:
    prepare(gong)
    gong.db.sql("SELECT headway_use_pgvector()")
    gong.read_by_model()
    gong.sandbox.script(found(title=SAME[1], quote="I want to export worksheet files", theme=gong.db.value("SELECT name FROM headway.themes ORDER BY name LIMIT 1")))
    gong.finish(gong.give(words="Bob: I want to export worksheet files, really."))
    decided = gong.db.sql("SELECT f.name, d.outcome, d.decided_by FROM headway.match_decisions d JOIN headway.features f ON f.id = d.feature_id")
    assert decided == [(SAME[0], "linked", "similarity")]
    gong.db.sql("SELECT headway_review(d.id, 'reject') FROM headway.match_decisions d")
    near = """SELECT jsonb_path_query_array(headway._nearest(w.id, 'openai sandbox-embedding', e.vector, jsonb_build_object('type', 'feature_request', 'message_id', %s::uuid)), '$[*].title')
              FROM headway.workspaces w, headway.embeddings e WHERE e.key = headway._embedding_key(%s, '')"""
    message = gong.db.value("SELECT id FROM headway.messages")
    assert SAME[0] in gong.db.value(near, [None, SAME[1]]), "it is the nearest"
    assert SAME[0] not in gong.db.value(near, [message, SAME[1]]), "what a person has said it is not is not proposed again"


def test_it_is_found_within_its_theme_and_type_alone(gong: GongDatabase) -> None:
    prepare(gong)
    assert gong.db.value("SELECT headway_use_pgvector()") == 1
    assert gong.db.sql(ASK, [SAME[1]]) == [(True, SAME[0])], "where it is"
    asked = gong.db.sql("SELECT is_duplicate FROM headway_match_feature(%s, type => 'bug_report')", [SAME[1]])
    assert asked == [(False,)], "of another type"
    rejected = gong.db.sql("SELECT is_duplicate FROM headway_match_feature(%s, theme => (SELECT name FROM headway.themes ORDER BY name OFFSET 2 LIMIT 1))", [SAME[1]])
    assert rejected == [(False,)], "of another theme"


def test_another_model_has_another_index(gong: GongDatabase) -> None:
    prepare(gong)
    assert gong.db.value("SELECT headway_use_pgvector()") == 1
    gong.embed_by_model(dimensions=32)
    wait_until(lambda: gong.db.value("SELECT count(*) FROM headway.feature_embeddings WHERE dimensions = 32") == 3, "the other model's vectors are there")
    assert gong.db.sql(ASK, [SAME[1]]) == [(False, None)], "an index of the old model is of no use"
    assert gong.db.value("SELECT headway_use_pgvector()") == 1
    assert gong.db.value(INDEXES) == 1, "and goes"
    assert gong.db.sql(ASK, [SAME[1]]) == [(True, SAME[0])]


def test_pgvector_can_go_at_any_time(gong: GongDatabase) -> None:
    prepare(gong)
    gong.db.sql("SELECT headway_use_pgvector()")
    gong.db.sql("DROP EXTENSION vector")
    assert gong.db.value(INDEXES) == 0, "the index goes with it, and nothing asks for CASCADE"
    assert gong.db.sql(ASK, [SAME[1]]) == [(False, None)]
    assert gong.db.value("SELECT headway_use_pgvector()") == 0


def test_a_dump_leaves_the_index_out(gong: GongDatabase, cluster: Cluster) -> None:
    prepare(gong)
    gong.db.sql("SELECT headway_use_pgvector()")
    script = cluster.run("pg_dump", gong.db.name).stdout
    assert "_near_" not in script and "Save as xlsx" in script


def test_only_who_owns_the_extension_makes_indexes(gong: GongDatabase) -> None:
    prepare(gong)
    gong.db.sql("CREATE ROLE olga; GRANT headway_operator TO olga")
    with pytest.raises(Exception, match="permission denied to make indexes"):
        gong.db.sql("SET ROLE olga; SELECT headway_use_pgvector()")
