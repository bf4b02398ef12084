"""The control endpoints: how a test steers the sandbox and reads what it saw."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from corpus import BadCall
from faults import BadRule
from limits import Rate


def control_routes() -> list[web.RouteDef]:
    """Routes of the control app, which holds `journal`, `faults`, `gate`, `frame`, `script`, `ear`, and by name `stores` and `vendors`."""
    return [
        web.get("/journal", show_journal),
        web.delete("/journal", clear_journal),
        web.get("/faults", show_faults),
        web.post("/faults", add_faults),
        web.delete("/faults", clear_faults),
        web.get("/in_flight", show_in_flight),
        web.post("/release", release),
        web.post("/{store:calls|sessions|tickets}", put),
        web.delete("/{store:calls|sessions|tickets}/{id}", remove),
        web.get("/webhooks/{vendor}/{id}", show_webhook),
        web.post("/limits", change_limits),
        web.post("/tokens", change_tokens),
        web.delete("/tokens", revoke_tokens),
        web.post("/script", add_script),
        web.delete("/script", clear_script),
        web.post("/storage/{name:s3|supabase}", change_storage),
        web.post("/speech", add_speech),
        web.delete("/speech", clear_speech),
    ]


async def show_journal(request: web.Request) -> web.Response:
    return web.json_response(request.app["journal"].as_json())


async def clear_journal(request: web.Request) -> web.Response:
    request.app["journal"].clear()
    return web.Response(status=204)


async def show_faults(request: web.Request) -> web.Response:
    return web.json_response(request.app["faults"].as_json())


async def add_faults(request: web.Request) -> web.Response:
    try:
        request.app["faults"].add(await _json_body(request))
    except BadRule as error:
        raise _refused(str(error)) from error
    return await show_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    request.app["faults"].clear()
    return web.Response(status=204)


async def show_in_flight(request: web.Request) -> web.Response:
    return web.json_response(request.app["frame"].in_flight)


async def release(request: web.Request) -> web.Response:
    request.app["gate"].release()
    return web.Response(status=204)


async def put(request: web.Request) -> web.Response:
    """Add or replace a call, a session or a ticket."""
    try:
        kept = _store(request).put(await _json_body(request))
    except BadCall as error:
        raise _refused(str(error)) from error
    return web.json_response({"id": kept.id, "started": kept.started.isoformat()})


async def remove(request: web.Request) -> web.Response:
    if not _store(request).remove(request.match_info["id"]):
        raise web.HTTPNotFound(text="there is no such thing")
    return web.Response(status=204)


def _store(request: web.Request) -> Any:
    return request.app["stores"][request.match_info["store"]]


async def show_webhook(request: web.Request) -> web.Response:
    """What a vendor would send of a call."""
    try:
        vendor = request.app["vendors"][request.match_info["vendor"]]
        return web.json_response(vendor.webhook(request.match_info["id"]))
    except LookupError as error:
        raise web.HTTPNotFound(text=str(error)) from error


async def change_limits(request: web.Request) -> web.Response:
    """{vendor: {group: {"requests", "seconds", "penalty"?}}}"""
    vendors = request.app["vendors"]
    try:
        changes = [(vendors[name].quota, {group: Rate(**rate) for group, rate in groups.items()})
                   for name, groups in (await _json_body(request)).items()]
    except (AttributeError, KeyError, TypeError) as error:
        raise _refused(f"no such limit: {error!r}") from error
    if any(rates.keys() - quota.rates.keys() for quota, rates in changes):
        raise _refused("no such group of requests")
    for quota, rates in changes:
        quota.change(rates)
    return web.Response(status=204)


async def change_tokens(request: web.Request) -> web.Response:
    """{"lifetime_seconds"}: how long tokens live that any vendor issues from now on."""
    described = await _json_body(request)
    if not isinstance(described, dict) or set(described) != {"lifetime_seconds"} or not isinstance(described["lifetime_seconds"], (int, float)):
        raise _refused("expected lifetime_seconds")
    for vendor in request.app["vendors"].values():
        if vendor.tokens:
            vendor.tokens.lifetime = described["lifetime_seconds"]
    return web.Response(status=204)


async def revoke_tokens(request: web.Request) -> web.Response:
    """Every token that was issued is dead."""
    for vendor in request.app["vendors"].values():
        if vendor.tokens:
            vendor.tokens.revoke_all()
    return web.Response(status=204)


async def add_script(request: web.Request) -> web.Response:
    request.app["script"].extend(await _json_body(request))
    return web.Response(status=204)


async def clear_script(request: web.Request) -> web.Response:
    request.app["script"].clear()
    return web.Response(status=204)


async def change_storage(request: web.Request) -> web.Response:
    """{"failing_completions"} of s3, {"cut_parts"} of supabase: how many of the next ones go wrong; {"forget": true} empties it."""
    storage = request.app["vendors"][request.match_info["name"]]
    described = await _json_body(request)
    if described.pop("forget", False):
        storage.buckets.clear()
    for name, value in described.items():
        setattr(storage, name, value)
    return web.Response(status=204)


async def add_speech(request: web.Request) -> web.Response:
    """What is said in recordings, as ear.Ear.learn() takes it."""
    request.app["ear"].learn(await _json_body(request))
    return web.Response(status=204)


async def clear_speech(request: web.Request) -> web.Response:
    request.app["ear"].forget()
    return web.Response(status=204)


async def _json_body(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError as error:
        raise _refused(f"the body is not JSON: {error}") from error


def _refused(text: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=text)
