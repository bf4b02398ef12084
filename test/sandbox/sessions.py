"""Recorded sessions of people who use an app: videos, what was said in them, and the clicks that went wrong.

No public product serves this; the convention is headway's own:

    GET /rest/v1/projects/{project}/videos   ?from, to (on started_at: the start included, the end not), page (1), per_page (20, at most 100)
                                             -> {"data": [...], "page", "per_page", "has_more"}, the newest first
    GET /rest/v1/videos/{id}/transcript      `transcript`, `text` or `data.transcript`, each a text, {"text"} or {"parts": [...]}; 404 without one
    GET /rest/v1/videos/{id}/events          {"data": [...]} or the bare array

with `Authorization: Bearer` or `X-Api-Key`.
"""

from __future__ import annotations

from datetime import timezone
from typing import Any, Mapping

from aged import Aged, AgedStore
from exchange import Answer, Received, Refusal, reply
from limits import Clock, Quota, Rate
from pages import stretch
from strict import no_body, read_number, read_query, read_time, refuse
from vendor import Vendor, drop_fields, route, tokens_sent

TOKEN = "sandbox-sessions"
PROJECT = "sandbox-project"
APP = "https://app.larkspur.example"
CLICKS = {"rage_clicks": "rage_click", "error_clicks": "error_click", "dead_clicks": "dead_click"}

Payload = dict[str, Any]


class Sessions(Vendor):
    """The sessions of a store."""

    prefixes = ("/rest/v1",)
    text_fields = ("text", "transcript", "message", "page_url")

    def __init__(self, sessions: AgedStore, clock: Clock) -> None:
        super().__init__(Quota({"second": Rate(20, 1.0)}, clock))
        self._sessions = sessions
        self.routes = (
            route("GET", "/rest/v1/projects/([^/]+)/videos", self._videos),
            route("GET", "/rest/v1/videos/([^/]+)/transcript", self._transcript),
            route("GET", "/rest/v1/videos/([^/]+)/events", self._events),
        )

    def authorization(self, received: Received) -> str:
        sent = tokens_sent(received)
        return "missing" if not sent else "ok" if sent == [TOKEN] else "bad"

    def error(self, status: int, text: str) -> Answer:
        return reply({"error": text}, status)

    def _videos(self, received: Received, project: str) -> Answer:
        no_body(received)
        query = read_query(received, {"from", "to", "page", "per_page"})
        since, until = read_time(query, "from"), read_time(query, "to")
        page, size = read_number(query, "page", 1, 1, 10**6), read_number(query, "per_page", 20, 1, 100)
        if project != PROJECT:
            raise Refusal(404, f"no project {project}")
        if since and until and since > until:
            raise refuse("from: must not be after to")
        videos = [one for one in self._sessions.visible() if received.data_fault == "ignored_filter"
                  or (since is None or since <= one.started) and (until is None or one.started < until)]
        videos.sort(key=lambda one: (one.started, one.id), reverse=True)
        shown, more = stretch(videos, (page - 1) * size, size, received.data_fault)
        records = [_video(one) for one in shown]
        if received.data_fault == "missing_record_fields":
            drop_fields(records, "id", "started_at")
        return reply({"data": records, "page": page, "per_page": size, "has_more": more})

    def _transcript(self, received: Received, video: str) -> Answer:
        document = self._found(received, video)
        if not document["said"]:
            raise Refusal(404, f"video {video} has no transcript", violation=False)
        return reply(_shaped(document["said"], document["shape"]))

    def _events(self, received: Received, video: str) -> Answer:
        document = self._found(received, video)
        events = [_event(event, document["page"]) for event in document["events"]]
        return reply(events if document["bare_events"] else {"data": events})

    def _found(self, received: Received, video: str) -> Mapping[str, Any]:
        no_body(received)
        read_query(received, ())
        found = self._sessions.find(video)
        if found is None:
            raise Refusal(404, f"no video {video}", violation=False)
        return found.document


def _video(one: Aged) -> Payload:
    document = one.document
    clicks = {name: sum(event["type"] == kind for event in document["events"]) for name, kind in CLICKS.items()}
    return {
        "id": document["id"], "page_url": APP + document["page"], "device": document["device"], "browser": document["browser"], "os": document["os"],
        **clicks, "frustrated_gestures": clicks["rage_clicks"] + clicks["dead_clicks"], "events_count": len(document["events"]),
        "has_transcript": bool(document["said"]), "tags": document["tags"], "recording_url": f"{APP}/replay/{document['id']}",
        "attributes": document["attributes"], "duration": document["duration"], "user": document["user"],
        "started_at": one.started.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def _shaped(said: list[list[str]], shape: str) -> Payload:
    """`shape`: where the words are and what they are, such as "data.transcript/parts"."""
    where, _, form = shape.partition("/")
    lines = "\n".join(f"{speaker}: {text}" for speaker, text in said)
    parts = [{"speaker": speaker, "text": text, "start": 5 * n, "end": 5 * n + 4} for n, (speaker, text) in enumerate(said)]
    value: Any = {"string": lines, "text": {"text": lines}, "parts": {"parts": parts}}[form]
    return {"data": {"transcript": value}} if where == "data.transcript" else {where: value}


def _event(event: Mapping[str, Any], page: str) -> Payload:
    shown = {"type": event["type"], "timestamp": event["at"], "page_url": APP + event.get("page", page)}
    return shown | {name: event[name] for name in ("target", "message", "count") if name in event}
