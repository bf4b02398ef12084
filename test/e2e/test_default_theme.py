"""A workspace that wants what no theme fits in a theme of its own."""

import pytest

from harness.answers import found, verdict
from harness.gong import GongDatabase

REST = "Everything else"


@pytest.fixture
def rest(llm: GongDatabase) -> GongDatabase:
    """It has a default theme, and does not use it yet."""
    llm.db.sql("SELECT headway_add_theme(%s)", [REST])
    llm.db.sql("UPDATE headway.themes SET is_default = true WHERE name = %s", [REST])
    return llm


def use_it(rest: GongDatabase) -> None:
    rest.db.sql("UPDATE headway.workspaces SET uses_default_theme = true")


def test_nothing_lands_in_a_default_theme_unless_the_workspace_says_so(rest: GongDatabase) -> None:
    rest.sandbox.script(found(theme=None, theme_confidence=0))
    rest.finish(rest.give())
    assert rest.features() == []
    assert rest.db.sql("SELECT title, reason FROM headway.unmatched_features") == [("Export reports", "no_theme")]


def test_what_fits_no_theme_is_matched_in_the_default_theme_like_all_else(rest: GongDatabase) -> None:
    use_it(rest)
    rest.sandbox.script(found(theme=None, theme_confidence=0))
    rest.finish(rest.give("none"))
    known = str(rest.db.value("SELECT id FROM headway.features"))
    for name, said in {"unknown": {"theme": "Nowhere"}, "unsure": {"theme_confidence": 0.5}}.items():
        rest.sandbox.script(found(**said), verdict(known))
        rest.finish(rest.give(name))
    assert rest.features() == [(REST, "feature_request", 3)], "the same wish is one feature"
    assert rest.db.value("SELECT count(*) FROM headway.unmatched_features") == 0

    rest.sandbox.script(found())
    rest.finish(rest.give("fits"))
    assert rest.features() == [(REST, "feature_request", 3), ("Reporting & exports", "feature_request", 1)], "a theme that fits goes before it"


def test_what_waits_goes_there_when_it_is_read_again_and_what_nobody_said_does_not(rest: GongDatabase) -> None:
    rest.sandbox.script(found(theme=None), found(theme=None, quote="We would pay double."))
    rest.finish(rest.give("said"))
    rest.finish(rest.give("unsaid"))
    use_it(rest)
    for name, quote in {"said": {}, "unsaid": {"quote": "We would pay double."}}.items():
        rest.sandbox.script(found(theme=None, **quote))
        rest.finish(str(rest.db.value("SELECT headway_reprocess(ARRAY(SELECT id FROM headway.messages WHERE external_id = %s))", [name])))
    assert rest.features() == [(REST, "feature_request", 1)]
    assert rest.db.sql("SELECT reason FROM headway.unmatched_features WHERE resolved_feature_id IS NULL") == [("unverified_quote",)]
