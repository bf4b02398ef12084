"""Thousands of calls, served by every vendor in pages and in little time."""

from __future__ import annotations

import time
from typing import Callable
from urllib.parse import quote

from bulk import bulk_calls, bulk_id
from running import START, RunningSandbox
from server import load_calls

COUNT = 10_000
Launch = Callable[..., RunningSandbox]


def test_ten_thousand_calls_are_made_and_listed_in_a_moment(launch: Launch) -> None:
    sandbox = launch(daily_limit=10**6)
    before = time.process_time()
    sandbox.calls.add_whole(bulk_calls(COUNT, sandbox.calls.epoch, ["Please add an export."]))
    page = sandbox.extensive(filter={"fromDateTime": "2020-01-01T00:00:00Z"}).json()
    assert page["records"]["totalRecords"] == COUNT + 5 and len(page["calls"]) == 100
    assert time.process_time() - before < 5


def test_every_vendor_serves_them(launch: Launch) -> None:
    sandbox = launch()
    sandbox.calls.add_whole(bulk_calls(COUNT, sandbox.calls.epoch, []))
    fathom = sandbox.send("GET", "/external/v1/meetings", None, {"X-Api-Key": "sandbox-fathom-admin"}).json()
    assert len(fathom["items"]) == 10 and fathom["next_cursor"]
    assert sandbox.send("GET", "/generic/none/offset/none/items?limit=1", None, {}).json()["total"] == COUNT + 5
    one = quote(bulk_id(COUNT - 1))
    assert sandbox.send("GET", f"/generic/none/items/{one}/lines", None, {}).json()["lines"][1]["text"]


def test_they_are_spread_over_the_year_and_one_in_ten_asks_for_something(launch: Launch) -> None:
    sandbox = launch()
    calls = list(bulk_calls(100, sandbox.calls.epoch, ["Please add an export.", "Please add a map."]))
    ages = [START - call.started.timestamp() for call in calls]
    assert ages == sorted(ages) and 0 < ages[0] and ages[-1] < 365 * 86400
    asked = [call.turns[1].sentences[0].text for call in calls]
    assert (asked.count("Please add an export."), asked.count("Please add a map.")) == (5, 5)


def test_the_program_makes_as_many_as_it_is_told(tmp_path) -> None:
    assert len(load_calls(tmp_path, "call", "", 25).visible()) == 25
