"""Fixtures of the end-to-end and fault tests."""

import itertools
import pathlib
import sys
from typing import Iterator

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.cluster import Cluster, Database  # noqa: E402
from harness.gong import GongDatabase  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402
from harness.source import SourceDatabase  # noqa: E402

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster(headway__allowed_private_hosts="127.0.0.1", headway__worker_idle_timeout="200ms", max_worker_processes="16",
                      shared_preload_libraries="pg_cron", cron__database_name="postgres", cron__use_background_workers="on", log_min_messages="debug1",
                      log_error_verbosity="verbose")
    yield cluster
    cluster.remove()


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    with cluster.database(f"test{next(_numbers)}") as database:
        yield database


@pytest.fixture(scope="session")
def session_sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(session_sandbox: Sandbox) -> Iterator[Sandbox]:
    session_sandbox.reset()
    yield session_sandbox
    session_sandbox.reset()


@pytest.fixture
def source(database: Database, sandbox: Sandbox) -> SourceDatabase:
    return SourceDatabase(database, sandbox)


@pytest.fixture
def gong(database: Database, sandbox: Sandbox) -> GongDatabase:
    return GongDatabase(database, sandbox)


@pytest.fixture
def llm(gong: GongDatabase) -> GongDatabase:
    """A workspace that is read by the sandbox's language model."""
    gong.read_by_model()
    return gong
