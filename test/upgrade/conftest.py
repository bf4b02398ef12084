"""Fixtures of the tests of updates: a server of their own, since they change the library under it."""

import pathlib
import sys
from typing import Iterator

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.cluster import Cluster, Database  # noqa: E402
from harness.gong import GongDatabase  # noqa: E402
from harness.installation import CURRENT, Installation, RELEASED  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402


@pytest.fixture(scope="session")
def server() -> Iterator[Installation]:
    server = Installation()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def cluster(server: Installation) -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PG_CONFIG", str(server.pg_config))
        cluster = Cluster(headway__allowed_private_hosts="127.0.0.1", headway__worker_idle_timeout="200ms", max_worker_processes="16")
    yield cluster
    log = cluster.log()
    cluster.remove()
    assert "was terminated by signal" not in log, "no process has crashed"


@pytest.fixture
def installation(server: Installation) -> Iterator[Installation]:
    server.load(CURRENT)
    yield server
    server.load(CURRENT)


@pytest.fixture(params=RELEASED)
def old(request: pytest.FixtureRequest) -> str:
    """Each released version."""
    return request.param


@pytest.fixture
def old_gong(database: Database, sandbox: Sandbox, installation: Installation, old: str) -> GongDatabase:
    """A database of a released version, served by a library of that version."""
    installation.load(old)
    return GongDatabase(database, sandbox, version=old)
