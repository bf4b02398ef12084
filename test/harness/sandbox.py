"""The vendor sandbox as a process of its own, and its control endpoints."""

import json
import pathlib
import subprocess
import tempfile
import urllib.request
from typing import Any, Iterable

from .waiting import wait_until

SERVER = pathlib.Path(__file__).resolve().parents[1] / "sandbox" / "server.py"
CALLS = SERVER.parent / "calls"
SPECIAL = "private-01,short-01,untranscribed-01"
# Missed, recorded without insights, not recorded, from a withheld number, and one whose recording is there after five seconds.
PHONE = "phone-01,phone-02,phone-03,phone-04,phone-05"


class Sandbox:
    def __init__(self, *arguments: str) -> None:
        self._dir = tempfile.TemporaryDirectory(prefix="headway-sandbox-")
        port_file = pathlib.Path(self._dir.name) / "port"
        self._process = subprocess.Popen(["/usr/bin/python3", "-B", SERVER, "--port-file", port_file, *arguments])
        wait_until(lambda: port_file.exists() or self._process.poll() is not None, "the sandbox listens")
        self.calls = {path.stem for path in CALLS.glob("call-*.json")}
        self.url = f"http://127.0.0.1:{port_file.read_text().strip()}"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        self._dir.cleanup()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(f"{self.url}/_control/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def faults(self, *rules: dict) -> None:
        self._ask("POST", "faults", list(rules))

    def no_faults(self) -> None:
        self._ask("DELETE", "faults")

    def random_429(self, share: float = 0.5, path: str = "") -> None:
        """Turns away that share of the requests whose path begins so; the same ones in every run."""
        self.faults({"kind": "status", "status": 429, "retry_after": 1, "share": share, "path": path})

    def applied(self) -> list[int]:
        """How often each rule has had its fault played."""
        return [rule["applied"] for rule in self._ask("GET", "faults")]

    @property
    def openai_url(self) -> str:
        return f"{self.url}/openai/v1"

    def limits(self, **vendors: dict) -> None:
        """Other limits: fathom={"heavy": {"requests": 1000, "seconds": 60}}."""
        self._ask("POST", "limits", vendors)

    def token_lifetime(self, seconds: float) -> None:
        """How long the access tokens live that any vendor issues from now on."""
        self._ask("POST", "tokens", {"lifetime_seconds": seconds})

    def revoke_tokens(self) -> None:
        self._ask("DELETE", "tokens")

    def script(self, *answers: dict) -> None:
        """What the model answers next, instead of the truth."""
        self._ask("POST", "script", list(answers))

    def speak(self, *recordings: dict) -> None:
        """What transcribers hear: {"sha256"?: of a recording, else the next one, "turns": [{speaker, start, end, text}]}."""
        self._ask("POST", "speech", list(recordings))

    def storage(self, name: str, **changes: Any) -> None:
        """Empties `s3` or `supabase` (forget), or lets the next completions or parts go wrong."""
        self._ask("POST", f"storage/{name}", changes)

    def reset(self) -> None:
        self._ask("DELETE", "faults")
        self._ask("DELETE", "script")
        self._ask("DELETE", "speech")
        self.release()
        self._ask("DELETE", "journal")

    def release(self) -> None:
        self._ask("POST", "release")

    def journal(self, path: str = "") -> list[dict]:
        return [entry for entry in self._ask("GET", "journal") if entry["path"].startswith(path)]

    def prompts(self) -> list[str]:
        """By which prompts the model that is reached like OpenAI's was asked, one after the other."""
        return [entry["body"]["response_format"]["json_schema"]["name"] for entry in self.journal("/openai")]

    def in_flight(self) -> int:
        answer = self._ask("GET", "in_flight")
        return answer["in_flight"] if isinstance(answer, dict) else answer

    def put_call(self, call: dict) -> dict:
        return self._ask("POST", "calls", call)

    def put_session(self, session: dict) -> dict:
        return self._ask("POST", "sessions", session)

    def drop_session(self, session_id: str) -> None:
        self._ask("DELETE", f"sessions/{session_id}")

    def put_ticket(self, ticket: dict) -> dict:
        return self._ask("POST", "tickets", ticket)

    def serve_only(self, calls: Iterable[str]) -> None:
        """Of the calls that it serves by itself, these alone."""
        for call in sorted(self.calls - set(calls)):
            self.drop_call(corpus(call)["id"])
        self.calls &= set(calls)

    def webhook(self, vendor: str, call_id: str) -> Any:
        """The body that gong, fathom or ringcentral would post when this call is done."""
        return self._ask("GET", f"webhooks/{vendor}/{call_id}")

    def drop_call(self, call_id: str) -> None:
        self._ask("DELETE", f"calls/{call_id}")


def corpus(name: str) -> Any:
    return json.loads((CALLS / f"{name}.json").read_text())


def wishes() -> dict[str, list[str]]:
    """What customers ask for in the calls, by feature: the quotes of each, call after call."""
    said: dict[str, list[str]] = {}
    for path in sorted(CALLS.glob("call-[0-9]*.json")):
        for mention in corpus(path.stem).get("truth", []):
            said.setdefault(mention["feature"], []).append(mention["quote"])
    return said
