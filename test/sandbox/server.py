#!/usr/bin/python3
"""The vendor sandbox: a local server that behaves like the services headway reads calls from.

Run with Debian's Python 3.11 and aiohttp 3.8; see --help.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from aged import AgedStore
from anthropic import Anthropic
from assemblyai import AssemblyAi
from audio import Audio
from bulk import bulk_calls
from control import control_routes
from corpus import BadCall, CallStore
from cursors import Cursors
from deepgram import Deepgram
from ear import Ear
from faults import FaultBook
from fathom import Fathom
from frame import Frame
from gate import Gate
from gemini import Gemini
from generic import Generic
from gong import Gong
from journal import Journal
from limits import Clock, Quota, Rate
from local_servers import LlamaCpp, LmStudio, Ollama
from model_reader import Reader
from openai import OpenAi
from openai_speech import OpenAiSpeech
from outcomes import load_outcomes
from pages import Pager
from ringcentral import RingCentral
from s3 import S3
from sessions import Sessions
from supabase import Supabase
from truth import load_truth
from vendor import Vendor
from zendesk import Zendesk

DAY = 86400.0
S3_REGION = "eu-central-1"
HERE = Path(__file__).parent
SESSIONS, TICKETS = HERE / "sessions.json", HERE / "tickets.json"
OUTCOMES = HERE.parent / "quality" / "tuned.txt"
LARGEST_REQUEST = 64 * 1024 * 1024
# Hanging requests are cut off after this, so that SIGTERM ends the server within a second.
SHUTDOWN_SECONDS = 0.2


@dataclass(frozen=True)
class Settings:
    access_key: str = "sandbox-access"
    secret_key: str = "sandbox-secret"
    openai_key: str = "sandbox-openai"
    deepgram_key: str = "sandbox-deepgram"
    assemblyai_key: str = "sandbox-assemblyai"
    supabase_key: str = "sandbox.supabase.jwt"
    s3_key_id: str = "SANDBOXKEYID"
    s3_secret: str = "sandbox/s3+secret"
    truth: Path | None = None
    audio: Path | None = None
    daily_limit: int = 10_000
    per_second: int = 3
    page_size: int = 100


def build_app(settings: Settings, calls: CallStore, clock: Clock) -> web.Application:
    """Wire everything. A vendor is added by adding it to the list."""
    journal, faults, gate = Journal(clock), FaultBook(), Gate()
    ear = Ear()
    s3 = S3(settings.s3_key_id, settings.s3_secret, S3_REGION, clock, Quota({}, clock))
    supabase = Supabase(settings.supabase_key, clock, Quota({}, clock))

    def fetch(url: str) -> bytes:
        """What a vendor gets that is told where a recording is."""
        return (supabase if "/supabase/" in url else s3).fetch(url)

    sessions, tickets = AgedStore(clock), AgedStore(clock)
    sessions.load(SESSIONS)
    tickets.load(TICKETS)
    reader = Reader(load_truth(settings.truth, SESSIONS, TICKETS), load_outcomes(OUTCOMES))
    vendors: dict[str, Vendor] = {
        "gong": build_gong(settings, calls, clock),
        "fathom": Fathom(calls, clock),
        "ringcentral": RingCentral(calls, clock),
        "sessions": Sessions(sessions, clock),
        "zendesk": Zendesk(tickets, clock),
        "generic": Generic(calls, clock),
        "openai": OpenAi(reader, settings.openai_key, Quota({}, clock)),
        **{kind.prefixes[0][1:]: kind(reader, "", Quota({}, clock)) for kind in (Ollama, LmStudio, LlamaCpp)},
        "anthropic": Anthropic(reader, "sandbox-anthropic", Quota({}, clock)),
        "gemini": Gemini(reader, "sandbox-gemini", Quota({}, clock)),
        "audio": Audio(settings.audio, clock),
        "s3": s3,
        "supabase": supabase,
        "openai-speech": OpenAiSpeech(ear, settings.openai_key, Quota({}, clock)),
        "deepgram": Deepgram(ear, fetch, settings.deepgram_key, Quota({}, clock)),
        "assemblyai": AssemblyAi(ear, fetch, settings.assemblyai_key, Quota({}, clock)),
    }
    frame = Frame(list(vendors.values()), journal, faults, gate)

    control = web.Application(client_max_size=LARGEST_REQUEST)
    control.update(journal=journal, faults=faults, gate=gate, frame=frame, vendors=vendors, script=reader.script, ear=ear,
                   stores={"calls": calls, "sessions": sessions, "tickets": tickets})
    control.add_routes(control_routes())

    app = web.Application(client_max_size=LARGEST_REQUEST)
    app.add_subapp("/_control", control)
    app.router.add_route("*", "/{path:.*}", frame.handle)
    return app


def build_gong(settings: Settings, calls: CallStore, clock: Clock) -> Gong:
    quota = Quota({"second": Rate(settings.per_second, 1.0), "day": Rate(settings.daily_limit, DAY)}, clock)
    pager = Pager(Cursors(clock), settings.page_size)
    return Gong(calls, settings.access_key, settings.secret_key, pager, quota)


async def start(app: web.Application, port: int) -> tuple[web.AppRunner, int]:
    """Listen on loopback only; gives the runner to clean up and the port in use."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, shutdown_timeout=SHUTDOWN_SECONDS).start()
    return runner, runner.addresses[0][1]


async def serve(app: web.Application, port: int, port_file: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner, port = await start(app, port)
    try:
        publish(port, port_file)
        await stop.wait()
    finally:
        await runner.cleanup()


def publish(port: int, port_file: Path) -> None:
    """Whoever sees the file sees the whole number, and can connect."""
    unfinished = port_file.with_name(f"{port_file.name}.{os.getpid()}")
    unfinished.write_text(f"{port}\n")
    unfinished.rename(port_file)


def load_calls(folder: Path, chosen_set: str, included: str, bulk: int) -> CallStore:
    """The calls of one set, the files named besides, and so many small ones."""
    if not folder.is_dir():
        raise BadCall(f"{folder} is not a folder")
    calls = CallStore(time.time)
    calls.load(sorted(folder.glob(f"{chosen_set}-*.json")))
    calls.load(folder / f"{name.strip()}.json" for name in included.split(",") if name.strip())
    calls.add_whole(bulk_calls(bulk, calls.epoch, sorted(load_truth(folder))))
    return calls


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    defaults = Settings()
    parser = argparse.ArgumentParser(description="Local stand-in for call vendors, for tests only.")
    parser.add_argument("--port-file", type=Path, required=True, help="gets the port number once the server listens")
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--calls", type=Path, default=HERE / "calls", help="folder of call files")
    parser.add_argument("--set", choices=("call", "holdout"), default="call", help="which SET-*.json files to serve")
    parser.add_argument("--include", default="", help="further files: private-01,short-01")
    parser.add_argument("--bulk", type=int, default=0, help="so many small calls besides, spread over the last year")
    parser.add_argument("--audio", type=Path, help="folder of recordings to serve as files")
    parser.add_argument("--access-key", default=defaults.access_key)
    parser.add_argument("--secret-key", default=defaults.secret_key)
    parser.add_argument("--daily-limit", type=int, default=defaults.daily_limit, help="requests in 24 hours")
    parser.add_argument("--per-second", type=int, default=defaults.per_second, help="requests in any second")
    parser.add_argument("--page-size", type=int, default=defaults.page_size)
    options = parser.parse_args(arguments)
    if options.page_size < 1:
        parser.error("--page-size must be at least 1")
    return options


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    settings = Settings(options.access_key, options.secret_key, truth=options.calls, audio=options.audio, daily_limit=options.daily_limit,
                        per_second=options.per_second, page_size=options.page_size)
    try:
        calls = load_calls(options.calls, options.set, options.include, options.bulk)
        asyncio.run(serve(build_app(settings, calls, time.time), options.port, options.port_file))
    except (BadCall, OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
