"""The parts of an extensive call that a selector must ask for by name, beside its parties.

Insights that only Gong's models could produce stay empty; what can be counted from the turns is counted.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping

from corpus import Call, variety
from gong_checks import Selector
from gong_data import COMPANY_URL, is_internal, user_id


def extras(call: Call, selector: Selector) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if selector.context:
        shown["context"] = _context(call)
    if selector.content:
        shown["content"] = _chosen(_content(call, "trackerOccurrences" in selector.content), selector.content)
    if selector.interaction:
        shown["interaction"] = _chosen(_interaction(call), selector.interaction)
    if selector.collaboration:
        shown["collaboration"] = {"publicComments": []}
    if selector.media:
        shown["media"] = _media(call)
    return shown


def _chosen(parts: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Gong names one part differently in the answer than in the selector."""
    wanted = {"interactionStats" if name == "personInteractionStats" else name for name in names}
    return {name: value for name, value in parts.items() if name in wanted}


def _context(call: Call) -> list[dict[str, Any]]:
    """Linked CRM objects, for some calls; a field's value may be JSON of any type."""
    if variety(call.id, "crm") % 3:
        return []
    values = {"Name": call.title, "Amount": 1250.5, "IsWon": False, "NextStep": None, "Tags": ["renewal"]}
    deal = {
        "objectType": "Opportunity",
        "objectId": f"006{variety(call.id, 'deal') % 10**12:012d}",
        "fields": [{"name": name, "value": value} for name, value in values.items()],
        "timing": "Now",
    }
    return [{"system": "Salesforce", "objects": [deal]}]


def _content(call: Call, occurrences: bool) -> dict[str, Any]:
    seconds: Counter[str] = Counter()
    for turn in call.turns:
        if turn.topic and turn.sentences:
            seconds[turn.topic] += (turn.sentences[-1].end - turn.sentences[0].start) // 1000
    tracker: dict[str, Any] = {"id": "4402199731266015588", "name": "Pricing", "count": 0, "type": "KEYWORD",
                               "phrases": []}
    if occurrences:
        tracker["occurrences"] = []
    return {
        "structure": [],
        "topics": [{"name": name, "duration": duration} for name, duration in seconds.items()],
        "trackers": [tracker],
        "pointsOfInterest": {"actionItems": []},
        "brief": None,
        "outline": [],
        "highlights": [],
        "callOutcome": None,
        "keyPoints": [],
    }


def _interaction(call: Call) -> dict[str, Any]:
    internal = {party.get("speakerId") for party in call.parties if is_internal(party)}
    talk: Counter[str] = Counter()
    questions = {"companyCount": 0, "nonCompanyCount": 0}
    for turn in call.turns:
        talk[turn.speaker_id] += sum(said.end - said.start for said in turn.sentences)
        asked = sum(said.text.rstrip().endswith("?") for said in turn.sentences)
        questions["companyCount" if turn.speaker_id in internal else "nonCompanyCount"] += asked
    own = sum(time for speaker, time in talk.items() if speaker in internal)
    ratio = round(own / max(1, sum(talk.values())), 4)
    return {
        "speakers": [_speaker(call, speaker, time) for speaker, time in talk.items()],
        "interactionStats": [{"name": "Talk Ratio", "value": ratio}],
        "video": [],
        "questions": questions,
    }


def _speaker(call: Call, speaker: str, milliseconds: int) -> dict[str, Any]:
    party: Mapping[str, Any] = next((party for party in call.parties if party.get("speakerId") == speaker), {})
    return {"id": speaker, "userId": user_id(party) if is_internal(party) else None,
            "talkTime": round(milliseconds / 1000, 2)}


def _media(call: Call) -> dict[str, Any]:
    link = f"{COMPANY_URL}/media/{call.id}"
    return {"audioUrl": f"{link}.mp3", "videoUrl": f"{link}.mp4" if call.direction == "Conference" else None}
