"""RingCentral: tokens, the call log, recordings, insights, and limits that punish."""

from __future__ import annotations

import base64
import io
import wave
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Iterator
from urllib.parse import quote, urlencode

import pytest

from ringcentral import JWT_GRANT, TOKEN_PATH
from running import START, Reply, RunningSandbox, call

Launch = Callable[..., RunningSandbox]
LOG = "/restapi/v1.0/account/~/call-log"
BASIC = "Basic " + base64.b64encode(b"sandbox-client:sandbox-client-secret").decode()
GRANT = {"grant_type": JWT_GRANT, "assertion": "sandbox-jwt"}
FORM = "application/x-www-form-urlencoded"


def mint(sandbox: RunningSandbox, form: Any = GRANT, authorization: str = BASIC, content_type: str = FORM) -> Reply:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    return sandbox.send("POST", TOKEN_PATH, body, {"Authorization": authorization, "Content-Type": content_type})


class User:
    """Someone with a token."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.token = mint(sandbox).json()["access_token"]

    def ask(self, path: str, **headers: str) -> Reply:
        return self.sandbox.send("GET", path, None, {"Authorization": f"Bearer {self.token}", **headers})

    def log(self, **query: Any) -> Any:
        window = {"view": "Detailed", "type": "Voice", "dateFrom": ago(days=30), "dateTo": ago()}
        return self.ask(f"{LOG}?{urlencode(window | query, doseq=True)}").json()

    def pages(self, **query: Any) -> Iterator[Any]:
        page = self.log(**query)
        yield page
        while "nextPage" in page["navigation"]:
            page = self.ask(relative(page["navigation"]["nextPage"]["uri"])).json()
            yield page


def ago(**age: float) -> str:
    return (datetime.fromtimestamp(START, timezone.utc) - timedelta(**age)).isoformat().replace("+00:00", "Z")


def relative(address: str) -> str:
    assert address.startswith("http://127.0.0.1:")
    return "/" + address.split("/", 3)[3]


def relax(sandbox: RunningSandbox) -> RunningSandbox:
    far = {group: {"requests": 9999, "seconds": 60} for group in ("light", "medium", "heavy", "auth")}
    sandbox.control("POST", "limits", {"ringcentral": far})
    return sandbox


@pytest.fixture
def user(launch: Launch) -> User:
    """Thirty phone calls and five meetings, with all limits far away."""
    sandbox = relax(launch())
    for number in range(10, 40):
        guest = {"id": "12", "name": "Bo Guest", "affiliation": "External", "phoneNumber": f"+1555{number:04}", "speakerId": "702"}
        direction = ("Inbound", "Outbound")[number % 2]
        sandbox.calls.put(call(number, direction=direction, parties=[call(1)["parties"][0], guest]))
    return User(sandbox)


def recording_of(user: User) -> Any:
    return user.log()["records"][0]["recording"]


def insights_path(number: str) -> str:
    return f"/ai/ringsense/v1/public/accounts/~/domains/pbx/records/{number}/insights"


def test_a_token_is_what_the_assertion_is_exchanged_for(launch: Launch) -> None:
    answer = mint(launch()).json()
    assert answer["token_type"] == "bearer" and answer["expires_in"] == 3600 and "refresh_token" not in answer


@pytest.mark.parametrize("form, authorization, content_type, error", [
    (GRANT, "Basic c2FuZGJveA==", FORM, "invalid_client"), (GRANT, "Bearer x", FORM, "invalid_client"),
    (GRANT | {"assertion": "x"}, BASIC, FORM, "invalid_grant"), (GRANT | {"grant_type": "client_credentials"}, BASIC, FORM, "unsupported_grant_type"),
])
def test_a_wrong_grant_is_refused_in_the_words_of_oauth(launch: Launch, form: Any, authorization: str, content_type: str, error: str) -> None:
    sandbox = launch()
    reply = mint(sandbox, form, authorization, content_type)
    assert reply.status == 400 and reply.json()["error"] == error and reply.json()["errors"][0]["errorCode"].startswith("OAU-")
    assert sandbox.journal()[0]["violations"]


@pytest.mark.parametrize("form, content_type", [
    (GRANT | {"client_id": "sandbox-client"}, FORM), (b'{"grant_type":"x"}', "application/json"), (b"grant_type", FORM),
    (b"assertion=a&assertion=b", FORM), (GRANT, "text/plain"),
])
def test_a_token_request_must_be_a_clean_form(launch: Launch, form: Any, content_type: str) -> None:
    sandbox = launch()
    assert mint(sandbox, form, content_type=content_type).status == 400
    assert sandbox.journal()[0]["violations"]


def test_the_journal_hides_the_assertion_and_the_token(user: User) -> None:
    user.ask(LOG)
    token, log = user.sandbox.journal()[-2:]
    assert token["body"] == {"grant_type": JWT_GRANT, "assertion": "***"}
    assert user.token not in str(log)


def test_a_token_lives_as_long_as_it_says(launch: Launch) -> None:
    sandbox = launch()
    assert sandbox.control("POST", "tokens", {"lifetime_seconds": 5}).status == 204
    user = User(sandbox)
    assert user.ask(LOG).status == 200
    sandbox.clock.now += 5
    reply = user.ask(LOG)
    assert (reply.status, reply.json()["errorCode"], reply.json()["errors"][0]["errorCode"]) == (401, "TokenInvalid", "OAU-149")
    assert sandbox.journal()[-1]["violations"] == []


def test_all_tokens_can_be_revoked(user: User) -> None:
    user.sandbox.control("DELETE", "tokens")
    assert user.ask(LOG).status == 401
    assert User(user.sandbox).ask(LOG).status == 200


def test_a_sixth_session_ends_the_oldest(user: User) -> None:
    others = [User(user.sandbox) for _ in range(4)]
    assert user.ask(LOG).status == 200
    sixth = User(user.sandbox)
    assert [one.ask(LOG).status for one in (user, *others, sixth)] == [401, 200, 200, 200, 200, 200]


def test_an_invented_token_and_none_are_told_apart(user: User) -> None:
    user.token = "invented"
    assert user.ask(LOG).json()["errors"][0]["errorCode"] == "OAU-149" and user.sandbox.journal()[-1]["violations"]
    reply = user.sandbox.send("GET", LOG, None, {})
    assert (reply.status, reply.json()["errorCode"]) == (401, "AGW-401")


def test_only_phone_calls_are_in_the_log_and_the_newest_comes_first(user: User) -> None:
    records = user.log()["records"]
    times = [record["startTime"] for record in records]
    assert len(records) == 30 and times == sorted(times, reverse=True)
    assert {record["direction"] for record in records} == {"Inbound", "Outbound"}


def test_pages_are_chained_by_absolute_addresses_and_have_no_totals(user: User) -> None:
    pages = list(user.pages(perPage=12))
    assert [len(page["records"]) for page in pages] == [12, 12, 6]
    assert len({record["id"] for page in pages for record in page["records"]}) == 30
    assert "nextPage" not in pages[-1]["navigation"] and not {"totalPages", "totalElements"} & pages[0]["paging"].keys()
    assert pages[0]["navigation"]["nextPage"]["uri"].startswith(f"http://127.0.0.1:{user.sandbox.port}{LOG}?")
    assert not any(entry["violations"] for entry in user.sandbox.journal())


def test_details_come_only_in_the_detailed_view(user: User) -> None:
    detailed, simple = user.log()["records"][0], user.log(view="Simple")["records"][0]
    assert detailed.keys() - simple.keys() == {"legs", "billing", "lastModifiedTime"}
    assert user.log(perPage=1000)["paging"]["perPage"] == 250 and user.log(perPage=1000, view="Simple")["paging"]["perPage"] == 1000


def test_the_window_is_the_last_day_when_none_is_given(user: User) -> None:
    assert len(user.ask(LOG).json()["records"]) == 14
    assert len(user.log(dateFrom=ago(hours=20), dateTo=ago(hours=11))["records"]) == 9


def test_one_session_is_found_whenever_it_was(user: User) -> None:
    record = user.log()["records"][-1]
    for name in ("sessionId", "telephonySessionId"):
        found = user.ask(f"{LOG}?{name}={record[name]}").json()["records"]
        assert [one["id"] for one in found] == [record["id"]]


def test_numbers_come_in_many_spellings_and_values_nobody_documented(user: User) -> None:
    records = user.log()["records"]
    numbers = [record["from" if record["direction"] == "Inbound" else "to"].get("phoneNumber") for record in records]
    assert {number and "".join(c for c in number if not c.isdigit()) for number in numbers} == {None, "+", "", "+ -", "() "}
    assert "AI Receptionist Handoff" in {record["action"] for record in records}
    assert {record["recording"]["type"] for record in records} == {"Automatic", "OnDemand"}


def test_a_recording_may_be_attached_late_or_never(user: User) -> None:
    phone = {"direction": "Inbound", "parties": [], "turns": []}
    for number, more in enumerate(({"recorded": False}, {"recorded": 90}, {"duration": 29}, {"duration": 0})):
        user.sandbox.calls.put(call(50 + number, **phone, **more))

    def recorded() -> list[bool]:
        return ["recording" in record for record in reversed(user.log()["records"][-4:])]
    assert recorded() == [False, False, False, False]
    assert [record.get("shortRecording") for record in reversed(user.log()["records"][-4:])] == [None, True, None, None]
    user.sandbox.clock.now += 90
    assert sorted(recorded()) == [False, False, False, True]


def test_a_recording_is_described_and_its_sound_is_on_the_media_path(user: User) -> None:
    recording = recording_of(user)
    described = user.ask(f"/restapi/v1.0/account/~/recording/{recording['id']}").json()
    assert described["contentUri"] == recording["contentUri"] and described["contentType"] == "audio/wav"
    path = relative(recording["contentUri"])
    assert path.startswith("/media/")
    reply = user.ask(path)
    assert reply.headers["Content-Type"] == "audio/wav"
    with wave.open(io.BytesIO(reply.body)) as sound:
        assert sound.getframerate() == 8000 and sound.getnframes() == 2000
    assert user.sandbox.send("GET", f"{path}?access_token={user.token}", None, {}).body == reply.body
    assert user.sandbox.send("GET", f"{LOG}?access_token={user.token}", None, {}).status == 401


@pytest.mark.parametrize("asked, status, first, last", [
    ("bytes=0-43", 206, 0, 43), ("bytes=2000-", 206, 2000, 2043), ("bytes=-10", 206, 2034, 2043), ("bytes=2040-9999", 206, 2040, 2043),
    ("bytes=2044-", 416, 0, 0), ("bytes=9-3", 416, 0, 0), ("items=0-1", 400, 0, 0), ("bytes=-", 400, 0, 0),
])
def test_a_part_of_a_recording_can_be_asked_for(user: User, asked: str, status: int, first: int, last: int) -> None:
    path = relative(recording_of(user)["contentUri"])
    whole, part = user.ask(path).body, user.ask(path, Range=asked)
    assert part.status == status
    if status == 206:
        assert part.body == whole[first : last + 1] and part.headers["Content-Range"] == f"bytes {first}-{last}/2044"


def test_insights_hold_the_words_in_seconds(user: User) -> None:
    found = user.ask(insights_path(recording_of(user)["id"])).json()
    said = found["insights"]["Transcript"]
    assert [turn["text"] for turn in said] == ["Hello there. How does the export work for you?", "It loses the last row every single time."]
    assert said[0]["start"] == 0.8 and {turn["speakerId"] for turn in said} == {who["speakerId"] for who in found["speakerInfo"]}
    only = user.ask(insights_path(recording_of(user)["id"]) + "?insightTypes=Transcript&insightTypes=Sentiment").json()
    assert only["insights"].keys() == {"Transcript", "Sentiment"}


def test_a_recording_without_insights_is_not_found(user: User) -> None:
    user.sandbox.calls.put(call(9, direction="Inbound", transcribed=False))
    reply = user.ask(insights_path(recording_of(user)["id"]))
    assert reply.status == 404 and user.sandbox.journal()[-1]["violations"] == []


@pytest.mark.parametrize("path", [
    f"{LOG}?perpage=5", f"{LOG}?perPage=1001", f"{LOG}?perPage=0", f"{LOG}?page=0", f"{LOG}?page=2", f"{LOG}?view=Full", f"{LOG}?type=Phone",
    f"{LOG}?dateFrom=2026-09-01", f"{LOG}?dateFrom={quote('2026-09-01 00:00:00Z')}", f"{LOG}?view=Simple&view=Detailed",
    f"{LOG}?dateTo=2020-01-01T00:00:00Z&dateFrom=2021-01-01T00:00:00Z",
    f"{LOG}?recordingType=Any", insights_path("1") + "?insightTypes=All",
])
def test_a_wrong_query_is_refused(user: User, path: str) -> None:
    reply = user.ask(path)
    assert reply.status == 400 and reply.json()["errors"] and user.sandbox.journal()[-1]["violations"]


def test_unknown_paths_and_methods_are_refused(user: User) -> None:
    assert user.ask("/restapi/v1.0/account/1/call-log").status == 404 and user.sandbox.journal()[-1]["violations"]
    assert user.ask(TOKEN_PATH).status == 400
    assert user.ask("/restapi/v1.0/account/~/recording/1").json()["errorCode"] == "CMN-102"


def test_each_group_has_its_own_limit(launch: Launch) -> None:
    user = User(launch())
    replies = [user.ask(LOG) for _ in range(10)]
    assert [reply.headers["X-Rate-Limit-Remaining"] for reply in replies] == [str(left) for left in range(9, -1, -1)]
    assert (replies[0].headers["X-Rate-Limit-Group"], replies[0].headers["X-Rate-Limit-Limit"], replies[0].headers["X-Rate-Limit-Window"]) == ("heavy", "10", "60")
    reply = user.ask(LOG)
    assert (reply.status, reply.headers["Retry-After"], reply.json()["errorCode"]) == (429, "60", "CMN-301")
    light = user.ask(insights_path("1"))
    assert (light.status, light.headers["X-Rate-Limit-Group"]) == (404, "light")


def test_each_request_during_a_penalty_restarts_it(launch: Launch) -> None:
    sandbox = launch()
    user = User(sandbox)
    for _ in range(11):
        user.ask(LOG)
    sandbox.clock.now += 59
    assert user.ask(LOG).headers["Retry-After"] == "60"
    assert sandbox.journal()[-1]["violations"] == ["request during a penalty"]
    sandbox.clock.now += 59
    assert user.ask(LOG).status == 429
    sandbox.clock.now += 60
    assert user.ask(LOG).status == 200


def test_the_fifth_token_in_a_minute_is_the_last(launch: Launch) -> None:
    sandbox = launch()
    assert [mint(sandbox).status for _ in range(6)] == [200] * 5 + [429]


def test_the_shared_faults_work_here_too(user: User) -> None:
    user.sandbox.fault("repeated_page", times=2)
    first = user.log(perPage=12)
    second = user.ask(relative(first["navigation"]["nextPage"]["uri"])).json()
    assert [one["id"] for one in first["records"]] == [one["id"] for one in second["records"]] and "nextPage" in second["navigation"]
    user.sandbox.fault("repeated_cursor", times=2)
    next_page = user.log(perPage=12)["navigation"]["nextPage"]["uri"]
    assert user.ask(relative(next_page)).json()["navigation"]["nextPage"]["uri"] == next_page
