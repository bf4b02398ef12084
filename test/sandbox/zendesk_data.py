"""Zendesk's JSON for tickets, comments and the people who write them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from aged import Aged, AgedStore
from corpus import variety

AGENT = ("Devon Okafor", "devon.okafor@larkspur.example")

Payload = dict[str, Any]


def updated(ticket: Aged, store: AgedStore) -> datetime:
    return store.ago(ticket.document["updated_minutes"])


def ticket(kept: Aged, store: AgedStore, host: str) -> Payload:
    document = kept.document
    changed = updated(kept, store)
    return {
        "url": f"http://{host}/zendesk/api/v2/tickets/{kept.id}.json", "id": document["id"], "external_id": None, "via": {"channel": "email", "source": {}},
        "created_at": spell(kept.started), "updated_at": spell(changed), "generated_timestamp": int(changed.timestamp()), "type": None,
        "subject": document["subject"], "raw_subject": document["subject"], "description": document["comments"][0][1],
        "priority": document["priority"], "status": document["status"], "tags": document["tags"], "requester_id": person(document["requester"])["id"],
        "submitter_id": person(document["requester"])["id"], "assignee_id": person(AGENT)["id"], "organization_id": None, "custom_fields": [],
        "satisfaction_rating": None, "is_public": True,
    }


def comments(kept: Aged, store: AgedStore) -> list[Payload]:
    """Oldest first, spread evenly between the ticket's beginning and its last change."""
    said = kept.document["comments"]
    step = (updated(kept, store) - kept.started) / max(1, len(said) - 1)
    return [_comment(kept, n, who, text, kept.started + n * step) for n, (who, text) in enumerate(said)]


def people(kept: Aged) -> list[Payload]:
    return [{**person(kept.document["requester"]), "role": "end-user"}, {**person(AGENT), "role": "agent"}]


def person(named: Any) -> Payload:
    name, email = named
    return {"id": variety(email, "user") % 10**12, "name": name, "email": email}


def spell(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _comment(kept: Aged, n: int, who: str, text: str, at: datetime) -> Payload:
    """`who`: customer, agent, or internal, which is an agent's note that no customer sees."""
    author = person(kept.document["requester"] if who == "customer" else AGENT)["id"]
    return {"id": int(kept.id) * 100 + n, "type": "Comment", "author_id": author, "body": text, "html_body": f"<p>{text}</p>", "plain_body": text,
            "public": who != "internal", "attachments": [], "via": {"channel": "email"}, "created_at": spell(at)}
