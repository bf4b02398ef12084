"""Fixtures of the sandbox's self-tests."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

from running import RunningSandbox, call

CALLS = 5


@pytest.fixture
def launch() -> Iterator[Callable[..., RunningSandbox]]:
    """Start sandboxes with given settings, each with five calls; all are stopped afterwards."""
    running: list[RunningSandbox] = []

    def start_one(**settings: Any) -> RunningSandbox:
        sandbox = RunningSandbox(**settings)
        running.append(sandbox)
        for number in range(1, CALLS + 1):
            sandbox.calls.put(call(number))
        return sandbox

    yield start_one
    for sandbox in running:
        sandbox.stop()


@pytest.fixture
def sandbox(launch: Callable[..., RunningSandbox]) -> RunningSandbox:
    """Two calls to a page."""
    return launch(page_size=2)
