"""What vendors send when a call is done, and how they sign it."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest

from harness.webhooks import GongRule, fathom, ringcentral, ringcentral_handshake
from running import RunningSandbox, call

URL = "https://hooks.example.com/gong/acme"


@pytest.fixture(scope="module")
def rule() -> Iterator[GongRule]:
    rule = GongRule()
    yield rule
    rule.close()


def decoded(part: str) -> Any:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_gongs_token_speaks_for_the_body_and_the_address(rule: GongRule) -> None:
    headers, body = rule.deliver(URL, {"callData": {}, "isTest": True})
    token = headers["Authorization"].removeprefix("Bearer ")
    head, claims, _ = token.split(".")
    assert json.loads(decoded(head))["alg"] == "RS256"
    assert json.loads(decoded(claims)).items() >= {"webhook_url": URL, "body_sha256": hashlib.sha256(body).hexdigest()}.items()
    assert json.loads(body) == {"callData": {}, "isTest": True}


def test_gongs_token_is_signed_with_the_key_that_the_rule_shows(rule: GongRule, tmp_path: Path) -> None:
    signed, _, signature = rule.deliver(URL, b"{}", scheme="")[0]["Authorization"].rpartition(".")
    (tmp_path / "key.der").write_bytes(base64.b64decode(rule.public_key))
    (tmp_path / "signature").write_bytes(decoded(signature))
    verify = ["openssl", "dgst", "-sha256", "-verify", tmp_path / "key.der", "-keyform", "DER", "-signature", tmp_path / "signature"]
    assert subprocess.run(verify, input=signed.encode(), capture_output=True).returncode == 0
    assert subprocess.run(verify, input=signed.encode() + b"x", capture_output=True).returncode != 0


def test_a_test_may_have_gong_say_something_false(rule: GongRule) -> None:
    token = rule.deliver(URL, b"{}", lives=-1, header={"alg": "none"}, webhook_url="https://elsewhere.example.com")[0]["Authorization"]
    head, claims, _ = token.split(".")
    assert json.loads(decoded(head.removeprefix("Bearer "))) == {"alg": "none"}
    assert json.loads(decoded(claims))["webhook_url"] == "https://elsewhere.example.com"


def test_fathom_signs_as_the_public_example_does() -> None:
    headers, body = fathom("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (headers["webhook-id"], headers["webhook-timestamp"], body) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')


def test_while_a_secret_changes_fathom_sends_two_signatures() -> None:
    old, new = "whsec_b2xkIHNlY3JldCBvZiBmYXRob20=", "whsec_bmV3IHNlY3JldCBvZiBmYXRob20="
    both = fathom(new, {"a": 1}, "msg_1", 1790000000, old)[0]["webhook-signature"].split(" ")
    assert both == [fathom(one, {"a": 1}, "msg_1", 1790000000)[0]["webhook-signature"] for one in (old, new)]


def test_ringcentral_repeats_the_token_and_asks_for_an_echo() -> None:
    assert ringcentral("a secret", {"uuid": "1"})[0]["Verification-Token"] == "a secret"
    headers, body = ringcentral_handshake("echo me")
    assert (headers["Validation-Token"], headers["Content-Length"], body) == ("echo me", "0", b"")


@pytest.mark.parametrize("vendor, words", [("gong", False), ("fathom", True), ("ringcentral", True)])
def test_bodies_are_those_of_the_vendors(sandbox: RunningSandbox, vendor: str, words: bool) -> None:
    sandbox.calls.put(call(7, direction="Inbound"))
    reply = sandbox.control("GET", f"webhooks/{vendor}/{call(7)['id']}")
    body = reply.json()
    assert (b"It loses the last row" in reply.body) == words
    assert {"gong": lambda: body["callData"]["metaData"]["id"] == call(7)["id"] and body["callData"]["parties"],
            "fathom": lambda: body["recording_id"] == int(call(7)["id"][-9:]) and body["transcript"],
            "ringcentral": lambda: body["body"]["eventType"] == "Create" and body["body"]["insights"]["Transcript"]}[vendor]()


def test_who_calls_nobody_has_no_body(sandbox: RunningSandbox) -> None:
    assert {sandbox.control("GET", f"webhooks/{path}").status for path in ("openai/1", "gong/1", "nobody/1")} == {404}
    assert sandbox.journal() == []
