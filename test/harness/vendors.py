"""The sandbox's vendors: what to log in with, and what each makes of the calls of the corpus."""

from typing import Any, Callable, Mapping

from .sandbox import CALLS, corpus

CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "gong": {"access_key": "sandbox-access", "secret_key": "sandbox-secret"},
    "fathom": {"api_token": "sandbox-fathom-admin"},
    "fathom_sessions": {"api_token": "sandbox-sessions"},
    "ringcentral": {"client_id": "sandbox-client", "client_secret": "sandbox-client-secret", "jwt": "sandbox-jwt"},
}
"""By the name of the connector's type. Fathom's `sandbox-fathom` and `sandbox-fathom-2` see three quarters of the meetings each."""

SESSIONS_PROJECT = "sandbox-project"
EXTERNAL_IDS: Mapping[str, Callable[[str], str]] = {
    "gong": lambda call: call,
    "fathom": lambda call: str(int(call[-9:])),
    "ringcentral": lambda call: f"A{call}U",
}
"""What a vendor calls the call with an id of the corpus."""


def external_id(vendor: str, call: str) -> str:
    """`call`: the name of a file of the corpus."""
    return EXTERNAL_IDS[vendor](corpus(call)["id"])


def calls_of(vendor: str) -> set[str]:
    """The calls of the corpus that a vendor serves: a conference is no phone call."""
    names = {path.stem for path in CALLS.glob("call-*.json")}
    return {name for name in names if corpus(name)["direction"] != "Conference"} if vendor == "ringcentral" else names


def documents(name: str) -> list[dict[str, Any]]:
    """The `sessions` or the `tickets`, each with its `truth`."""
    documents: list[dict[str, Any]] = corpus(f"../{name}")
    return documents
