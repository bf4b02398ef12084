"""The web server with recordings: listings in many styles, ranges, and links that lead nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable
from urllib.parse import quote

import pytest

from audio import KEY, STYLES
from running import Reply, RunningSandbox

NAMES = ["a b&c.mp3", "five.ogg", "four.webm", "one.wav", "three.m4a"]


@pytest.fixture
def web(launch: Callable[..., RunningSandbox], tmp_path: Path) -> RunningSandbox:
    for name in NAMES:
        (tmp_path / name).write_bytes(f"sound of {name}".encode())
    (tmp_path / "page.html").write_text("<html></html>")
    return launch(audio=tmp_path)


def ask(web: RunningSandbox, path: str, headers: dict[str, Any] | None = None) -> Reply:
    return web.send("GET", path, None, headers or {})


@pytest.mark.parametrize("style", [style for style in STYLES if style not in ("bucket", "api")])
def test_a_listing_names_every_recording_and_no_page(web: RunningSandbox, style: str) -> None:
    body = ask(web, f"/audio/{style}/").body.decode()
    assert all(quote(name) in body for name in NAMES)
    assert "page.html" not in body


def test_listings_of_buckets_and_apis_have_pages(web: RunningSandbox) -> None:
    assert "<IsTruncated>true" in ask(web, "/audio/bucket/").body.decode()
    assert "<IsTruncated>false" in ask(web, "/audio/bucket/?continuation-token=3").body.decode()
    first = ask(web, "/audio/api/").json()
    assert len(first["data"]["items"]) == 3 and first["links"]["next"].endswith("/audio/api/?offset=3")
    assert ask(web, "/audio/api/?offset=3").json()["links"]["next"] is None


def test_a_file_is_sent_whole_or_in_part(web: RunningSandbox) -> None:
    assert ask(web, "/audio/files/one.wav").body == b"sound of one.wav"
    part = ask(web, "/audio/files/one.wav", {"Range": "bytes=9-"})
    assert (part.status, part.body) == (206, b"one.wav")


@pytest.mark.parametrize("path, status", [("/audio/files/none.wav", 404), ("/audio/dead/x", 404), ("/audio/expired/x", 403), ("/audio/files/one.wav?expires=1", 403),
                                          ("/audio/guarded/apache/", 401), ("/audio/inwards/x", 302), ("/audio/moved/one.wav", 302)])
def test_a_link_may_lead_nowhere_or_on(web: RunningSandbox, path: str, status: int) -> None:
    assert ask(web, path).status == status


def test_what_is_guarded_opens_with_the_key(web: RunningSandbox) -> None:
    assert ask(web, "/audio/guarded/apache/", {"Authorization": f"Bearer {KEY}"}).status == 200
