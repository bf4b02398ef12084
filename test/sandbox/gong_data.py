"""Gong's JSON for calls, transcripts, users and the workspace."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Iterable, Mapping

from corpus import Call, variety

COMPANY_URL = "https://us-40417.app.gong.io"
WORKSPACE_ID = "7410258963014785236"
ZONES = (timezone.utc, timezone(timedelta(hours=-7)), timezone(timedelta(hours=2)))


def meta_data(call: Call) -> dict[str, Any]:
    """The flat record of GET /v2/calls, and `metaData` of the extensive one."""
    conference = call.direction == "Conference"
    scheduled = scheduled_time(call)
    data: dict[str, Any] = {
        "id": call.id,
        "url": f"{COMPANY_URL}/call?id={call.id}",
        "title": call.title,
        "scheduled": spell_time(scheduled, call.id) if scheduled else None,
        "started": spell_time(call.started, call.id),
        "duration": call.duration,
        "primaryUserId": primary_user_id(call),
        "direction": call.direction,
        "system": ("Zoom", "Google Meet")[variety(call.id, "system") % 2] if conference else "Telephony",
        "scope": call.scope,
        "media": "Video" if conference else "Audio",
        "language": call.language,
        "workspaceId": WORKSPACE_ID,
        "sdrDisposition": None,
        "clientUniqueId": f"rec-{variety(call.id, 'client'):016x}" if not conference else None,
        "customData": None,
        "purpose": None,
        "meetingUrl": f"https://meet.example.com/{variety(call.id, 'room') % 10**9:09d}" if conference else None,
        "isPrivate": call.is_private,
        "calendarEventId": f"{variety(call.id, 'event'):x}@calendar.example.com" if conference else None,
    }
    if is_newer(call):
        data["captureQuality"] = {"score": 0.97, "warnings": []}
    return data


def parties(call: Call) -> list[dict[str, Any]]:
    return [_party(call, party) for party in call.parties]


def transcript(call: Call) -> dict[str, Any]:
    """One element of `callTranscripts`."""
    turns: list[dict[str, Any]] = [{
        "speakerId": turn.speaker_id,
        "topic": turn.topic,
        "sentences": [{"start": said.start, "end": said.end, "text": said.text} for said in turn.sentences],
    } for turn in call.turns]
    if is_newer(call):
        for turn in turns:
            turn["channel"] = 0
    return {"callId": call.id, "transcript": turns}


def users(calls: Iterable[Call]) -> list[dict[str, Any]]:
    """The company's own people in all calls, each once."""
    found = {user_id(party): party for call in calls for party in call.parties if is_internal(party)}
    return [_user(number, party) for number, party in sorted(found.items())]


def workspaces() -> list[dict[str, Any]]:
    return [{"id": WORKSPACE_ID, "name": "Main workspace", "description": None}]


def primary_user_id(call: Call) -> str | None:
    return next((user_id(party) for party in call.parties if is_internal(party)), None)


def scheduled_time(call: Call) -> datetime | None:
    """Only meetings are scheduled; they start a few minutes late, so the two times give different windows."""
    if call.direction != "Conference":
        return None
    planned = call.started - timedelta(minutes=variety(call.id, "late") % 6)
    return planned.replace(second=0, microsecond=0)


def spell_time(moment: datetime, call_id: str) -> str:
    """One of the spellings seen in the wild, always the same for a call and never less precise than the time."""
    zone = ZONES[variety(call_id, "zone") % len(ZONES)]
    precision = "seconds" if moment.microsecond == 0 else "milliseconds"
    if moment.microsecond % 1000:
        precision = "microseconds"
    return moment.astimezone(zone).isoformat(timespec=precision).replace("+00:00", "Z")


def is_newer(call: Call) -> bool:
    """Whether the call shows fields that no document names: they may appear without notice."""
    return variety(call.id, "newer") % 3 == 0


def is_internal(party: Mapping[str, Any]) -> bool:
    return party.get("affiliation") == "Internal"


def user_id(party: Mapping[str, Any]) -> str:
    """Nineteen digits, for about one user in ten more than a signed 64-bit integer holds."""
    number = variety("user", party.get("emailAddress") or party.get("name") or "")
    return str(10**18 + number % (9 * 10**18))


def _party(call: Call, party: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        "id": party.get("id"),
        "emailAddress": party.get("emailAddress"),
        "name": party.get("name"),
        "title": party.get("title"),
        "userId": user_id(party) if is_internal(party) else None,
        "speakerId": party.get("speakerId"),
        "context": [],
        "affiliation": party.get("affiliation", "Unknown"),
        "phoneNumber": party.get("phoneNumber"),
        "methods": ["Invitee", "Attendee"] if party.get("speakerId") else ["Invitee"],
    }
    if is_newer(call):
        shown["joinedFrom"] = None
    if not shown["speakerId"] and variety(call.id, "silent") % 2:
        # Gong says "did not speak" both with null and by leaving the field out.
        del shown["speakerId"]
    return shown


def _user(number: str, party: Mapping[str, Any]) -> dict[str, Any]:
    first, _, last = (party.get("name") or "").partition(" ")
    settings = ("webConferencesRecorded", "preventWebConferenceRecording", "telephonyCallsImported", "emailsImported",
                "nonRecordedMeetingsImported", "gongConnectEnabled", "preventEmailImport")
    return {
        "id": number,
        "emailAddress": party.get("emailAddress"),
        "created": "2023-02-14T09:26:53.589+02:00",
        "active": True,
        "emailAliases": [],
        "trustedEmailAddress": None,
        "firstName": first or None,
        "lastName": last or None,
        "title": party.get("title"),
        "phoneNumber": party.get("phoneNumber"),
        "extension": None,
        "personalMeetingUrls": [],
        "settings": {name: not name.startswith("prevent") for name in settings},
        "managerId": None,
        "meetingConsentPageUrl": None,
        "spokenLanguages": [{"language": "en-US", "primary": True}],
        "conferencingProviders": None,
    }
