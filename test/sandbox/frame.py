"""The frame around all vendors: journal, quotas, faults, and what is under way."""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping, Sequence

from aiohttp import web

from delivery import deliver, starts_an_answer
from exchange import Answer, Received
from faults import DATA_KINDS, FaultBook, Rule
from gate import Gate, client_is_there
from journal import Entry, Journal
from limits import Charge, Denial, Quota, admit
from spoil import spoil
from vendor import Vendor

RATE_LIMIT_VIOLATION = "rate limit exceeded"
PENALTY_VIOLATION = "request during a penalty"
NOTHING = Charge("", ())


class Nowhere(Vendor):
    """Stands in where no vendor lives, as the web server of a wrong host would."""

    def authorization(self, received: Received) -> str:
        return "bad" if "Authorization" in received.headers else "missing"

    def answer(self, received: Received) -> Answer:
        received.violations.append(f"no vendor serves {received.path}")
        return self.error(404, "Not Found")

    def error(self, status: int, text: str) -> Answer:
        page = f"<!doctype html><html><head><title>{status}</title></head><body>{text}</body></html>"
        return Answer(status, page.encode("utf-8"), content_type="text/html")


class Frame:
    """Takes every request that is not for the control endpoints."""

    def __init__(self, vendors: Sequence[Vendor], journal: Journal, faults: FaultBook, gate: Gate) -> None:
        self._vendors = vendors
        self._nowhere = Nowhere(Quota({}, lambda: 0.0))
        self._journal = journal
        self._faults = faults
        self._gate = gate
        self.in_flight = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            received = await _receive(request)
        except ConnectionError:  # the client left before it had asked
            return web.Response()
        vendor = self._vendor_of(received.path)
        peer = request.transport.get_extra_info("peername") if request.transport else None
        entry = self._journal.open(received, vendor.authorization(received), peer[1] if peer else None)
        self.in_flight += 1
        try:
            return await self._exchange(request, vendor, entry)
        finally:
            self.in_flight -= 1

    async def _exchange(self, request: web.Request, vendor: Vendor, entry: Entry) -> web.StreamResponse:
        # A quota belongs to an account, so requests that name none do not count against it.
        charge = vendor.charge(entry.received) if entry.authorization == "ok" else NOTHING
        windows = vendor.quota.windows(charge)
        denial = admit(windows.values())
        if denial:
            rule, answer = None, _too_many(vendor, entry.received, denial)
        else:
            rule = self._faults.pick(entry.received.path, entry.received.body)
            entry.fault = rule.kind if rule else None
            answer = _answer(vendor, entry.received, rule)
        answer = replace(answer, headers={**vendor.limit_headers(windows), **answer.headers})
        await self._delay(request, rule)
        if starts_an_answer(rule) and client_is_there(request):
            entry.status = answer.status
            entry.request_id = answer.headers.get("x-request-id") or answer.headers.get("request-id")
        return await deliver(request, answer, rule, self._gate)

    async def _delay(self, request: web.Request, rule: Rule | None) -> None:
        if rule and rule.kind in ("latency", "hang"):
            await self._gate.hold(request, rule.values.get("seconds"))

    def _vendor_of(self, path: str) -> Vendor:
        for vendor in self._vendors:
            if any(path == prefix or path.startswith(prefix + "/") for prefix in vendor.prefixes):
                return vendor
        return self._nowhere


async def _receive(request: web.Request) -> Received:
    query: Mapping[str, Sequence[str]] = {name: request.query.getall(name) for name in request.query}
    return Received(request.method, request.path, query, request.headers, await request.read())


def _answer(vendor: Vendor, received: Received, rule: Rule | None) -> Answer:
    """Ask the vendor even if the answer is then thrown away: the checks must journal violations all the same."""
    if rule and rule.kind in DATA_KINDS:
        received.data_fault = rule.kind
    return spoil(vendor.answer(received), rule, vendor)


def _too_many(vendor: Vendor, received: Received, denial: Denial) -> Answer:
    received.violations.append(PENALTY_VIOLATION if denial.punished else RATE_LIMIT_VIOLATION)
    answer = vendor.error(429, "rate limit exceeded, see Retry-After")
    return replace(answer, headers={**answer.headers, "Retry-After": str(denial.seconds)})
