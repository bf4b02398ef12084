"""Whichever vendor the corpus is read from, everything that is asked for in it is there."""

from __future__ import annotations

import itertools
import json
from typing import Any, Iterator, Mapping

import pytest

from harness.vendors import CALLS, CREDENTIALS, calls_of, documents, external_id
from running import RunningSandbox
from test_generic import ask, read
from test_ringcentral import User, insights_path, relax

FEATURES = {feature["key"]: feature for feature in json.loads((CALLS / "truth.json").read_text())["features"]}
HEAVY = {"fathom": {group: {"requests": 9999, "seconds": 60} for group in ("all", "heavy")}}


@pytest.fixture
def served(launch: Any) -> RunningSandbox:
    """The whole corpus and nothing else, with all limits far away."""
    sandbox = relax(launch())
    sandbox.control("POST", "limits", HEAVY)
    for one in sandbox.calls.visible():
        sandbox.calls.remove(one.id)
    sandbox.calls.load(sorted(CALLS.glob("call-*.json")))
    return sandbox


def joined(lines: Iterator[tuple[str, str]]) -> str:
    """What one person says in one go is one text."""
    return "\n".join(" ".join(text for _, text in said) for _, said in itertools.groupby(lines, key=lambda line: line[0]))


def from_fathom(sandbox: RunningSandbox) -> Iterator[tuple[str, str]]:
    headers = {"X-Api-Key": CREDENTIALS["fathom"]["api_token"]}
    cursor = ""
    while True:
        page = sandbox.send("GET", f"/external/v1/meetings{cursor}", None, headers).json()
        for item in page["items"]:
            said = sandbox.send("GET", f"/external/v1/recordings/{item['recording_id']}/transcript", None, headers).json()["transcript"]
            yield str(item["recording_id"]), joined((line["speaker"]["display_name"], line["text"]) for line in said)
        if not page.get("next_cursor"):
            return
        cursor = f"?cursor={page['next_cursor']}"


def from_ringcentral(sandbox: RunningSandbox) -> Iterator[tuple[str, str]]:
    user = User(sandbox)
    for page in user.pages(perPage=20):
        for record in page["records"]:
            said = user.ask(insights_path(record["recording"]["id"])).json()["insights"]["Transcript"]
            yield record["id"], joined((turn["speakerId"], turn["text"]) for turn in said)


def from_gong(sandbox: RunningSandbox) -> Iterator[tuple[str, str]]:
    for one in sandbox.transcript().json()["callTranscripts"]:
        yield one["callId"], joined((turn["speakerId"], said["text"]) for turn in one["transcript"] for said in turn["sentences"])


@pytest.mark.parametrize("vendor, reading", [("gong", from_gong), ("fathom", from_fathom), ("ringcentral", from_ringcentral)])
def test_a_vendor_serves_all_its_calls_with_every_quote(served: RunningSandbox, vendor: str, reading: Any) -> None:
    texts: Mapping[str, str] = dict(reading(served))
    names = calls_of(vendor)
    assert texts.keys() == {external_id(vendor, name) for name in names}
    for name in names:
        for mention in json.loads((CALLS / f"{name}.json").read_text()).get("truth", []):
            assert mention["quote"] in texts[external_id(vendor, name)], f"{name} of {vendor} says so"
    assert not any(entry["violations"] for entry in served.journal())


def test_the_generic_vendor_serves_them_too(served: RunningSandbox) -> None:
    items = [item for page in read(served, "cursor_body", "body-iso", span={}) for item in page]
    assert len(items) == len(calls_of("generic")) and all(ask(served, f"items/{item['id']}/lines").json()["lines"] for item in items[:3])


@pytest.mark.parametrize("name, words", [
    ("sessions", lambda one: [text for _, text in one["said"]]), ("tickets", lambda one: [text for _, text in one["comments"]]),
])
def test_what_is_asked_for_elsewhere_is_a_feature_of_the_corpus_in_its_own_words(name: str, words: Any) -> None:
    truths = [(mention, one) for one in documents(name) for mention in one["truth"]]
    assert len(truths) >= 5
    for mention, one in truths:
        assert mention["feature"] in FEATURES and any(mention["quote"] in text for text in words(one)), f"{one['id']} of {name} says so"
