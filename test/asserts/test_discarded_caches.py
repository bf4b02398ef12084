"""With debug_discard_caches on, the server forgets what it has cached about its catalogs whenever it may: whoever keeps a
pointer into a cache over a call reads garbage. Needs a server with assertions, and patience: scripts/check-assert.
"""

from typing import Iterator

import pytest

from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.waiting import wait_until

WORDS = "Ann: Hello.\nBob: I wish we could export the reports to Excel, really."
PATIENCE = 600  # seconds
VERBS = ("SELECT headway_test_connector('gong')", f"SELECT headway_extract_insights('{WORDS}')",
         "SELECT * FROM headway_match_feature('Export reports', existing_features => '[{\"id\": \"00000000-0000-4000-8000-000000000001\", \"title\": \"Exports\"}]')",
         "SELECT * FROM headway_match_feature('Export reports')", f"SELECT headway_ingest_transcript('forgetful', '{WORDS}')", "SELECT headway_tick()",
         "SELECT headway_set_credentials('gong', '{\"access_key\": \"sandbox-access\", \"secret_key\": \"sandbox-secret\"}')", "CALL headway_work(2)")


@pytest.fixture
def forgetful(gong: GongDatabase, cluster: Cluster) -> Iterator[GongDatabase]:
    """Workers forget; sessions do when they are told to."""
    if cluster.value("SELECT max_val FROM pg_settings WHERE name = 'debug_discard_caches'") == "0":
        pytest.skip("this server cannot discard its caches")
    cluster.sql("ALTER ROLE headway_worker SET debug_discard_caches = 1")
    yield gong
    cluster.sql("ALTER ROLE headway_worker RESET debug_discard_caches")


def test_a_worker_that_forgets_does_the_main_job(forgetful: GongDatabase) -> None:
    status = forgetful.finish(forgetful.ingest(max_items=1), deadline=PATIENCE)
    assert status["state"] == "done"
    if status["stored"] == 0:  # a mapper has five seconds, also when it is as slow as here
        reasons = {reason for (reason,) in forgetful.db.sql("SELECT reason FROM headway.run_items")}
        assert reasons == {"the mapper took longer than 5 seconds"}


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.split("headway_")[1].split("(")[0])
def test_a_session_that_forgets_is_served(forgetful: GongDatabase, verb: str) -> None:
    with forgetful.db.connect() as session:
        session.execute("SET debug_discard_caches = 1")
        session.execute(verb)
    wait_until(lambda: forgetful.db.value("SELECT count(*) FROM headway.tasks WHERE state IN ('queued', 'running')") == 0, "nothing is left to do", PATIENCE)
    assert forgetful.db.value("SELECT count(*) FROM headway.tasks WHERE state = 'failed'") == 0
