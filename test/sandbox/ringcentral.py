"""RingCentral: the call log, recordings, and the insights of RingSense."""

from __future__ import annotations

import uuid
from typing import Any, Mapping

import media
import ringcentral_data as data
from corpus import Call, CallStore, variety
from exchange import Answer, Received, Refusal, reply
from limits import Charge, Clock, Quota, Rate, SlidingWindow
from ringcentral_log import LogQuery
from strict import no_body, read_form, read_lists, read_query, refuse
from tokens import Tokens
from vendor import Vendor, basic, route, the_call

RATES = {"light": Rate(50, 60.0, 60.0), "medium": Rate(40, 60.0, 60.0), "heavy": Rate(10, 60.0, 60.0), "auth": Rate(5, 60.0, 60.0)}
TOKEN_PATH = "/restapi/oauth/token"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT = basic("sandbox-client", "sandbox-client-secret")
ASSERTION = "sandbox-jwt"
TOKEN_SECONDS = 3600
MOST_SESSIONS = 5
INSIGHTS = frozenset({"NextSteps", "Transcript", "Summary", "Highlights", "BulletedSummary", "AIScore", "CallNotes", "Sentiment"})
ACCOUNT = f"(?:~|{data.ACCOUNT})"
RECORDING = rf"restapi/v1.0/account/{ACCOUNT}/recording/(\d+)"


class TokenRefusal(Refusal):
    """A refusal in the form of the token endpoint; `error` is OAuth's name of it."""

    def __init__(self, error: str, code: str, text: str) -> None:
        super().__init__(400, text, code=code)
        self.error = error


class RingCentral(Vendor):
    """The phone calls among the calls of a store."""

    prefixes = ("/restapi", "/media/restapi", "/ai/ringsense")
    text_fields = ("text", "value", "name")

    def __init__(self, calls: CallStore, clock: Clock) -> None:
        super().__init__(Quota(RATES, clock))
        self.tokens = Tokens(clock, TOKEN_SECONDS, MOST_SESSIONS)
        self._calls = calls
        self._clock = clock
        self.routes = (
            route("POST", TOKEN_PATH, self._token),
            route("GET", f"/restapi/v1.0/account/{ACCOUNT}/call-log", self._call_log),
            route("GET", f"/{RECORDING}", self._recording),
            route("GET", f"/media/{RECORDING}/content", self._content),
            route("GET", r"/ai/ringsense/v1/public/accounts/~/domains/pbx/records/(\d+)/insights", self._insights),
        )

    def authorization(self, received: Received) -> str:
        if received.path == TOKEN_PATH:
            sent = received.headers.get("Authorization")
            return "missing" if sent is None else "ok" if sent == CLIENT else "bad"
        token = _token_of(received)
        return "missing" if token is None else "ok" if self.tokens.is_live(token) else "bad"

    def unauthorized(self, received: Received, verdict: str) -> Refusal:
        if received.path == TOKEN_PATH:
            return TokenRefusal("invalid_client", "OAU-153", f"the client's credentials are {verdict}")
        if verdict == "missing":
            return Refusal(401, "Authorization header is not specified", code="AGW-401")
        return Refusal(401, "Token not found", violation=not self.tokens.is_ours(_token_of(received) or ""), code="OAU-149")

    def charge(self, received: Received) -> Charge:
        groups = {TOKEN_PATH: "auth"} | ({received.path: "light"} if received.path.startswith("/ai/") else {})
        return Charge(data.ACCOUNT, (groups.get(received.path, "heavy"),))

    def limit_headers(self, windows: Mapping[str, SlidingWindow]) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        for group, window in windows.items():
            values = {"Group": group, "Limit": window.rate.requests, "Remaining": window.remaining(), "Window": round(window.rate.seconds)}
            headers |= {f"X-Rate-Limit-{name}": str(value) for name, value in values.items()}
        return headers

    def webhook(self, call_id: str) -> dict[str, Any]:
        """The event that a call's insights are there."""
        call = the_call(self._phone_calls(), call_id)
        return {"uuid": str(uuid.uuid4()), "event": f"/ai/ringsense/v1/public/accounts/{data.ACCOUNT}/domains/pbx/insights",
                "timestamp": data.spell(call.started), "subscriptionId": "c2f2a1d4-6a55-4bd1-9f6e-0c3f7b1c52de", "ownerId": "62264425008",
                "body": {**data.insights(call, frozenset()), "eventType": "Create"}}

    def error(self, status: int, text: str) -> Answer:
        return self.refused(Refusal(status, text, code={429: "CMN-301", 400: "CMN-101", 404: "CMN-102"}.get(status, "CMN-202")))

    def refused(self, refusal: Refusal) -> Answer:
        if not refusal.code:
            return self.error(refusal.status, refusal.text)
        nested = [{"errorCode": refusal.code, "message": refusal.text}]
        if isinstance(refusal, TokenRefusal):
            return reply({"error": refusal.error, "errors": nested, "error_description": refusal.text}, refusal.status)
        outer = "TokenInvalid" if refusal.code == "OAU-149" else refusal.code
        return reply({"errorCode": outer, "message": refusal.text, "errors": nested if outer != "CMN-102" else []}, refusal.status)

    def _token(self, received: Received) -> Answer:
        read_query(received, ())
        form = read_form(received, {"grant_type", "assertion"})
        if form.get("grant_type") != JWT_GRANT:
            raise TokenRefusal("unsupported_grant_type", "OAU-250", "only the JWT grant is set up for this application")
        if form.get("assertion") != ASSERTION:
            raise TokenRefusal("invalid_grant", "OAU-251", "the assertion is not valid")
        return reply({"access_token": self.tokens.issue(), "token_type": "bearer", "expires_in": int(self.tokens.lifetime),
                      "scope": "ReadAccounts ReadCallLog ReadCallRecording RingSense", "owner_id": "62264425008", "session_id": "1"})

    def _call_log(self, received: Received) -> Answer:
        no_body(received)
        return reply(LogQuery(received, self._clock).answer(self._phone_calls()))

    def _recording(self, received: Received, number: str) -> Answer:
        no_body(received)
        read_query(received, ())
        return reply(data.recording(self._recorded(number), received.host))

    def _content(self, received: Received, number: str) -> Answer:
        no_body(received)
        read_query(received, {"access_token"})
        return media.send(media.tone(300 + variety(self._recorded(number).id) % 300), "audio/wav", received)

    def _insights(self, received: Received, number: str) -> Answer:
        no_body(received)
        types = read_lists(received, (), {"insightTypes"}).get("insightTypes", [])
        if unknown := set(types) - INSIGHTS:
            raise refuse(f"insightTypes: '{unknown.pop()}' is unknown")
        call = self._recorded(number)
        if not call.turns:
            raise Refusal(404, "there are no insights of this record", violation=False)
        return reply(data.insights(call, frozenset(types)))

    def _recorded(self, number: str) -> Call:
        for call in self._phone_calls():
            if data.recording_id(call) == number:
                return call
        raise Refusal(404, f"no recording {number}", violation=False)

    def _phone_calls(self) -> list[Call]:
        return [call for call in self._calls.visible() if data.is_phone_call(call)]


def _token_of(received: Received) -> str | None:
    """The bearer token; the media host takes it in the query too."""
    scheme, _, token = received.headers.get("Authorization", "").partition(" ")
    if not scheme and received.path.startswith("/media/"):
        return received.query.get("access_token", [None])[0]
    return None if not scheme else token if scheme.lower() == "bearer" else ""
