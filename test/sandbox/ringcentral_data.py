"""RingCentral's JSON for call log records, recordings and insights."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Mapping

from corpus import Call, variety

ACCOUNT = "37439510"
MAIN_NUMBER = "+15550100"
SHORTEST_RECORDING = 30

Payload = dict[str, Any]


def is_phone_call(call: Call) -> bool:
    return call.direction in ("Inbound", "Outbound")


def record_id(call: Call) -> str:
    return f"A{call.id}U"


def session_id(call: Call) -> str:
    return str(variety(call.id, "session") % 10**12)


def telephony_session_id(call: Call) -> str:
    return f"s-a{variety(call.id, 'telephony'):x}"


def recording_id(call: Call) -> str | None:
    """None as long as there is no recording; short ones are not kept."""
    return str(variety(call.id, "recording") % 10**13) if call.recorded and call.duration >= SHORTEST_RECORDING else None


def record(call: Call, detailed: bool, host: str) -> Payload:
    """A record of the call log; values of enumerations beyond the documented ones occur."""
    uri = f"http://{host}/restapi/v1.0/account/{ACCOUNT}"
    shown: Payload = {
        "id": record_id(call),
        "uri": f"{uri}/call-log/{record_id(call)}?view={'Detailed' if detailed else 'Simple'}",
        "sessionId": session_id(call),
        "telephonySessionId": telephony_session_id(call),
        "startTime": spell(call.started),
        "type": "Voice",
        "extension": {"id": 62264425008, "uri": f"{uri}/extension/62264425008"},
        **_course(call),
        **_recording(call, uri, host),
    }
    if detailed:
        leg = {"legType": "Accept", "master": True, **{name: shown[name] for name in ("startTime", "type", *_course(call))}}
        shown |= {"legs": [leg], "billing": {"costIncluded": 0.0, "costPurchased": 0.0},
                  "lastModifiedTime": spell(call.started + timedelta(seconds=call.duration + 20))}
    return shown


def recording(call: Call, host: str) -> Payload:
    number = recording_id(call)
    return {"id": number, "uri": f"http://{host}/restapi/v1.0/account/{ACCOUNT}/recording/{number}", "contentUri": _content_uri(call, host),
            "contentType": "audio/wav", "duration": call.duration}


def insights(call: Call, types: frozenset[str]) -> Payload:
    """RingSense's document; `types`: which insights, none for all."""
    found: Payload = {
        "Transcript": [{"speakerId": turn.speaker_id, "text": " ".join(said.text for said in turn.sentences),
                        "start": turn.sentences[0].start / 1000, "end": turn.sentences[-1].end / 1000} for turn in call.turns if turn.sentences],
        "Summary": [{"value": f"A call about {call.title}.", "start": 0.8, "end": float(call.duration)}],
        "Highlights": [],
        "NextSteps": [],
        "BulletedSummary": [{"value": str(call.title)}],
        "AIScore": [{"value": "0.55"}],
        "Sentiment": [{"value": "Neutral"}],
    }
    if variety(call.id, "poorer") % 3 == 0:
        del found["NextSteps"], found["AIScore"]
    end = call.started + timedelta(seconds=call.duration)
    return {
        "title": call.title, "domain": "pbx", "sourceRecordId": recording_id(call), "sourceSessionId": telephony_session_id(call),
        "callDirection": call.direction, "ownerExtensionId": "62264425008", "recordingDurationMs": call.duration * 1000,
        "recordingStartTime": spell(call.started), "creationTime": spell(end + timedelta(minutes=3)),
        "lastModifiedTime": spell(end + timedelta(minutes=4)), "speakerInfo": [_speaker(party) for party in call.parties if party.get("speakerId")],
        "insights": {name: value for name, value in found.items() if not types or name in types},
    }


def spell(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _course(call: Call) -> Payload:
    """What happened on the line: who called whom, for how long, to what end."""
    customer = _customer(call)
    own = {"phoneNumber": MAIN_NUMBER, "name": "Larkspur", "extensionId": "62264425008"}
    inbound = call.direction == "Inbound"
    shown: Payload = {"direction": call.direction, "from": customer if inbound else own, "to": own if inbound else customer,
                      "duration": call.duration, "durationMs": call.duration * 1000, "transport": "PSTN"}
    if call.duration == 0:
        return shown | {"action": "Phone Call", "result": "Missed", "reason": "No Answer"}
    unheard_of = variety(call.id, "enumerations") % 4 == 0
    return shown | {"action": "AI Receptionist Handoff" if unheard_of else "Phone Call",
                    "result": "Resolved By Assistant" if unheard_of else "Accepted" if inbound else "Call connected"}


def _customer(call: Call) -> Payload:
    """The other side, its number as the line had it: in several spellings, or withheld."""
    party: Mapping[str, Any] = next((party for party in call.parties if party.get("phoneNumber") and party.get("affiliation") != "Internal"), {})
    digits = (party.get("phoneNumber") or "").removeprefix("+1")
    spellings = (f"+1{digits}", f"1{digits}", f"+1 {digits[:3]}-{digits[3:]}", f"({digits[:3]}) {digits[3:]}", None)
    number = spellings[variety(call.id, "spelling") % len(spellings)] if digits else None
    shown = {"name": party.get("name"), "location": "Springfield, IL"} if variety(call.id, "caller id") % 3 else {}
    return shown | ({"phoneNumber": number} if number else {})


def _recording(call: Call, uri: str, host: str) -> Payload:
    number = recording_id(call)
    if number is None:
        return {"shortRecording": True} if call.recorded and 0 < call.duration < SHORTEST_RECORDING else {}
    kind = ("Automatic", "OnDemand")[variety(call.id, "kind") % 2]
    return {"recording": {"id": number, "uri": f"{uri}/recording/{number}", "type": kind, "contentUri": _content_uri(call, host)}}


def _content_uri(call: Call, host: str) -> str:
    return f"http://{host}/media/restapi/v1.0/account/{ACCOUNT}/recording/{recording_id(call)}/content"


def _speaker(party: Mapping[str, Any]) -> Payload:
    own = party.get("affiliation") == "Internal"
    shown = {"speakerId": party["speakerId"], "name": party.get("name"), "accountId": ACCOUNT if own else None, "extensionId": "62264425008" if own else None}
    return {**shown, "phoneNumber": party["phoneNumber"]} if party.get("phoneNumber") else shown
