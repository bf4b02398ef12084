"""Fathom's JSON for meetings, transcripts and summaries, with the peculiarities that users report spread over them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Mapping

from corpus import Call, Turn, variety

Payload = dict[str, Any]


def recording_id(call: Call) -> int:
    """The last nine digits of the call's id; another number than the one in the meeting's url."""
    return int(call.id[-9:]) if call.id.isdigit() else variety(call.id, "recording") % 10**9


def created(call: Call) -> datetime:
    """When Fathom made the meeting's record: the bot joins some seconds into the conversation."""
    return (call.started + timedelta(seconds=variety(call.id, "created") % 20)).replace(microsecond=0)


def host(call: Call) -> Mapping[str, Any]:
    """Who recorded the meeting."""
    return next((party for party in call.parties if party.get("affiliation") == "Internal"), {})


def team(call: Call) -> str:
    return ("Customer Success", "Sales")[variety(host(call).get("emailAddress") or "", "team") % 2]


def meeting(call: Call) -> Payload:
    """A meeting without the parts that a flag must ask for."""
    ended = call.started + timedelta(seconds=call.duration)
    planned = _planned(call)
    number = variety(call.id, "url") % 10**9
    shown: Payload = {
        "title": call.title,
        "meeting_title": call.title if variety(call.id, "title") % 3 else None,
        "meeting_type": (None, "Customer call", "external")[variety(call.id, "type") % 3],
        "recording_id": recording_id(call),
        "url": f"https://fathom.video/calls/{number}",
        "share_url": f"https://fathom.video/share/{variety(call.id, 'share'):x}",
        "created_at": spell(created(call)),
        "scheduled_start_time": spell(planned) if planned else None,
        "scheduled_end_time": spell(planned + timedelta(minutes=30)) if planned else None,
        "recording_start_time": spell(call.started),
        "recording_end_time": spell(ended),
        "calendar_invitees_domains_type": domains_type(call),
        "transcript_language": "unknown" if variety(call.id, "language") % 5 == 0 else call.language[:2],
        "calendar_invitees": [_invitee(call, party) for party in call.parties],
        "recorded_by": _recorder(call),
    }
    if planned is None and variety(call.id, "unplanned") % 2:
        del shown["scheduled_start_time"], shown["scheduled_end_time"]
    if variety(call.id, "newer") % 2:
        shown |= {"shared_with": "no_teams" if call.is_private else "all_teams", "meeting_url": None}
    return shown


def transcript(call: Call) -> list[Payload]:
    """A line for each sentence, stamped with its second: lines of one person follow each other, some with the same stamp."""
    names = {party.get("speakerId"): party for party in call.parties}
    return [_line(call, names.get(turn.speaker_id, {}), turn, said.start, said.text) for turn in call.turns for said in turn.sentences]


def summary(call: Call) -> Payload:
    name = ("General", "general", None)[variety(call.id, "template") % 3]
    return {"template_name": name, "markdown_formatted": f"## Meeting purpose\n\n{call.title}\n" if name else None}


def crm_matches(call: Call) -> Payload:
    if variety(call.id, "crm") % 3 == 0:
        return {"error": "No CRM connected"}
    contacts = [{"name": party.get("name"), "email": party.get("emailAddress"), "record_url": "https://crm.example.com/contact"}
                for party in call.parties if party.get("affiliation") == "External"]
    return {"contacts": contacts, "companies": [], "deals": []}


def action_items(call: Call) -> list[Payload]:
    if not call.turns:
        return []
    return [{"description": "Send the notes", "user_generated": False, "completed": False, "recording_timestamp": "00:00:07",
             "recording_playback_url": "https://fathom.video/calls/1?timestamp=7", "assignee": {"name": host(call).get("name"), "email": None}}]


def domains(call: Call) -> set[str]:
    return {_domain(party) for party in call.parties if _domain(party)}


def domains_type(call: Call) -> str:
    return "only_internal" if call.scope == "Internal" else "one_or_more_external"


def spell(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _planned(call: Call) -> datetime | None:
    """Impromptu calls were never scheduled."""
    if call.direction != "Conference" and variety(call.id, "planned") % 2:
        return None
    return call.started.replace(second=0, microsecond=0)


def _domain(party: Mapping[str, Any]) -> str:
    return (party.get("emailAddress") or "").partition("@")[2]


def _invitee(call: Call, party: Mapping[str, Any]) -> Payload:
    """Some invitees have no name, some no e-mail; who spoke is then known by the name on the screen alone."""
    name = None if variety(call.id, party.get("id") or "", "nameless") % 7 == 0 else party.get("name")
    shown = {"name": name, "email": party.get("emailAddress"), "email_domain": _domain(party) or None,
             "is_external": party.get("affiliation") != "Internal",
             "matched_speaker_display_name": party.get("name") if party.get("speakerId") else None}
    if shown["email_domain"] is None and variety(call.id, "domainless") % 2:
        del shown["email_domain"]
    return shown


def _recorder(call: Call) -> Payload:
    person = host(call)
    shown = {"name": person.get("name"), "email": person.get("emailAddress"), "email_domain": _domain(person)}
    return {**shown, "team": team(call)} if variety(call.id, "team") % 2 else shown


def _line(call: Call, party: Mapping[str, Any], turn: Turn, start: int, text: str) -> Payload:
    seconds = start // 1000
    speaker: Payload = {"display_name": party.get("name") or f"Speaker {turn.speaker_id}"}
    if variety(call.id, turn.speaker_id, "matched") % 2:
        speaker["matched_calendar_invitee_email"] = party.get("emailAddress")
    return {"speaker": speaker, "text": text, "timestamp": f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"}
