"""The frame that all vendors share: starting and stopping, quotas, journal, calls at run time."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from running import AUTHORIZED, PATIENCE_SECONDS, START, Background, Client, Reply, RunningSandbox, call, eventually

Launch = Callable[..., RunningSandbox]
SERVER = Path(__file__).with_name("server.py")
Spawn = Callable[..., tuple["subprocess.Popen[str]", Client]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Call files of every sort, and files that are no calls."""
    names = ["call-01", "call-02", "private-01", "short-01", "holdout-01"]
    for number, name in enumerate(names, start=1):
        (tmp_path / f"{name}.json").write_text(json.dumps(call(number)))
    (tmp_path / "themes.json").write_text("[]")
    return tmp_path


@pytest.fixture
def spawn(folder: Path) -> Iterator[Spawn]:
    """Start the real program and wait for its port."""
    processes: list[subprocess.Popen[str]] = []

    def start_one(*options: str) -> tuple[subprocess.Popen[str], Client]:
        port_file = folder / "port"
        command = [sys.executable, "-B", str(SERVER), "--port-file", str(port_file), "--calls", str(folder), *options]
        processes.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        eventually(lambda: port_file.exists() or processes[-1].poll() is not None)
        return processes[-1], Client(int(port_file.read_text()) if port_file.exists() else 0)

    yield start_one
    for process in processes:
        process.kill()
        process.communicate()


def served(client: Client) -> set[str]:
    return {record["metaData"]["id"] for record in client.extensive().json()["calls"]}


def ids(*numbers: int) -> set[str]:
    return {call(number)["id"] for number in numbers}


def test_the_program_serves_the_set_it_is_told(spawn: Spawn) -> None:
    assert served(spawn()[1]) == ids(1, 2)


def test_the_holdout_set_and_single_files_are_chosen_by_name(spawn: Spawn) -> None:
    assert served(spawn("--set", "holdout", "--include", "private-01,short-01")[1]) == ids(3, 4, 5)


def test_the_program_ends_within_a_second_though_requests_hang(spawn: Spawn) -> None:
    process, client = spawn()
    client.fault("hang")
    waiting = [Background(lambda: _cut_off(client)) for _ in range(3)]
    eventually(lambda: client.in_flight() == 3)
    before = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert time.monotonic() - before < 1
    for thread in waiting:
        thread.join()
    assert process.stderr and process.stderr.read() == ""


def _cut_off(client: Client) -> Reply | None:
    try:
        return client.extensive()
    except OSError:
        return None


@pytest.mark.parametrize("name, text, reason", [
    ("call-03", "{", "call-03.json"),
    ("call-03", json.dumps(call(1)), "taken by another file"),
    ("call-03", json.dumps({"id": "7"}), "age_minutes"),
    ("call-03", json.dumps(call(7, turns=[{"speakerId": "1"}])), "turns"),
])
def test_the_program_names_the_call_file_it_cannot_serve(spawn: Spawn, folder: Path, name: str, text: str,
                                                         reason: str) -> None:
    (folder / f"{name}.json").write_text(text)
    process, _ = spawn()
    assert process.wait(PATIENCE_SECONDS) == 2
    assert process.stderr and reason in process.stderr.read()


def test_more_requests_than_allowed_in_a_second_are_turned_away(launch: Launch) -> None:
    sandbox = launch(per_second=3)
    assert [sandbox.extensive().status for _ in range(3)] == [200] * 3
    sandbox.clock.now += 0.9
    reply = sandbox.extensive()
    assert reply.status == 429 and reply.headers["Retry-After"] == "1" and reply.json()["errors"]
    assert sandbox.journal()[-1]["violations"] == ["rate limit exceeded"]
    sandbox.clock.now += 0.1
    assert sandbox.extensive().status == 200


def test_the_daily_quota_asks_for_hours_of_patience(launch: Launch) -> None:
    sandbox = launch(daily_limit=2)
    assert [sandbox.extensive().status for _ in range(2)] == [200] * 2
    sandbox.clock.now += 3600
    reply = sandbox.extensive()
    assert reply.status == 429 and reply.headers["Retry-After"] == str(23 * 3600)
    sandbox.clock.now += 23 * 3600
    assert sandbox.extensive().status == 200


def test_requests_without_a_key_and_control_do_not_use_up_the_quota(launch: Launch) -> None:
    sandbox = launch(daily_limit=1)
    assert sandbox.send("GET", "/v2/users", None, {}).status == 401
    assert sandbox.control("GET", "journal").status == 200
    assert sandbox.get("/v2/users").status == 200
    assert sandbox.get("/v2/users").status == 429


def test_the_journal_holds_what_was_received(sandbox: RunningSandbox) -> None:
    body = {"filter": {"callIds": ["5"]}}
    sandbox.post("/v2/calls/transcript?trace=1&trace=2&deep=3", body, **{"User-Agent": "headway/1"})
    entry = sandbox.journal()[0]
    assert (entry["n"], entry["at"], entry["method"]) == (1, START, "POST")
    assert entry["path"] == "/v2/calls/transcript" and entry["query"] == {"trace": ["1", "2"], "deep": "3"}
    assert entry["body"] == body
    assert entry["headers"]["user-agent"] == "headway/1" and entry["headers"]["authorization"] == "ok"


def test_the_journal_can_be_cleared(sandbox: RunningSandbox) -> None:
    sandbox.get("/v2/users")
    sandbox.control("DELETE", "journal")
    assert sandbox.journal() == []
    sandbox.get("/v2/users")
    assert [entry["n"] for entry in sandbox.journal()] == [1]


def test_the_journal_tells_connections_apart(sandbox: RunningSandbox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port)
    for _ in range(2):
        connection.request("GET", "/v2/users", headers=AUTHORIZED)
        connection.getresponse().read()
    sandbox.get("/v2/users")
    one, two, other = [entry["connection"] for entry in sandbox.journal()]
    assert one == two != other
    connection.close()


def test_a_wrong_base_path_finds_a_web_page_not_a_vendor(sandbox: RunningSandbox) -> None:
    reply = sandbox.get("/v1/calls/extensive")
    assert reply.status == 404 and reply.headers["Content-Type"].startswith("text/html")
    entry = sandbox.journal()[0]
    assert entry["headers"]["authorization"] == "bad" and entry["violations"]


def test_a_call_added_at_run_time_is_served_and_replaced(sandbox: RunningSandbox) -> None:
    late = call(50, title="Late arrival")
    put = sandbox.control("POST", "calls", late).json()
    assert put["id"] == late["id"]
    assert sandbox.extensive().json()["calls"][0]["metaData"]["title"] == "Late arrival"
    sandbox.clock.now += 3600
    assert sandbox.control("POST", "calls", {**late, "title": "Renamed"}).json() == put
    assert sandbox.extensive().json()["calls"][0]["metaData"]["title"] == "Renamed"


def test_a_hidden_call_appears_once_it_is_made_visible(sandbox: RunningSandbox) -> None:
    hidden = call(50)
    sandbox.control("POST", "calls", {**hidden, "visible": False})
    wanted = {"filter": {"callIds": [hidden["id"]]}}
    assert sandbox.extensive(**wanted).status == sandbox.transcript(**wanted).status == 404
    assert sandbox.get(f"/v2/calls/{hidden['id']}").status == 404
    sandbox.control("POST", "calls", hidden)
    assert sandbox.extensive(**wanted).status == sandbox.transcript(**wanted).status == 200


def test_a_call_can_be_removed(sandbox: RunningSandbox) -> None:
    path = f"calls/{call(1)['id']}"
    assert sandbox.control("DELETE", path).status == 204
    assert sandbox.get(f"/v2/{path}").status == 404
    assert sandbox.control("DELETE", path).status == 404


@pytest.mark.parametrize("wrong", [[], {"id": 7, "age_minutes": 1}, {"id": "7"}, {"id": "7", "age_minutes": "1"},
                                   call(7, parties="all"), call(7, turns=["hello"])])
def test_a_wrong_call_is_refused(sandbox: RunningSandbox, wrong: Any) -> None:
    assert sandbox.control("POST", "calls", wrong).status == 400


def test_a_call_with_a_broken_text_is_still_served(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "calls", call(50, title="half \ud83d an emoji"))
    assert sandbox.extensive().json()["calls"][0]["metaData"]["title"] == "half \ud83d an emoji"


def test_unknown_control_paths_are_not_taken_for_vendor_requests(sandbox: RunningSandbox) -> None:
    assert sandbox.control("GET", "jurnal").status == 404
    assert sandbox.send("GET", "/v2/users", None, AUTHORIZED).status == 200
    assert len(sandbox.journal()) == 1
