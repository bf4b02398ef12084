"""Loads the made-up world into a database, as the product's own storing would leave it, and the truth into schema truth."""

from __future__ import annotations

import datetime
import queue
import threading
from typing import Callable, Iterator

from psycopg import Connection

from .telling import Teller
from .truth import Truth, facts, truth
from .words import AGENTS, FIRST, LAST
from .world import EPOCH, ZONE, SCRIBBLED, UNUSABLE, Call, World, key, local, spell

CHUNK = 10_000
TABLES = """
CREATE SCHEMA truth;
CREATE UNLOGGED TABLE truth.incoming (id uuid, message_id uuid, external_id text, from_phone text, to_phone text, direction text,
                                      call_started_at timestamptz, duration_seconds int);
CREATE UNLOGGED TABLE truth.calls (recording_id uuid PRIMARY KEY, kind text, number text, customer_verdict text, customer_id uuid,
                                   booking_verdict text, booking_id uuid, said text);
"""
COLUMNS = {
    "headway.customers": "workspace_id, id, name, phone, region, email, external_id",
    "headway.customer_phones": "workspace_id, customer_id, phone, region",
    "headway.bookings": "workspace_id, id, created_at, customer_id, starts_at, ends_at, status, guest_count, title, booked_at, external_id",
    "headway.messages": "workspace_id, id, source, external_id, title, content, turns, channel_name, language, sent_at, is_processed, processed_at, ai_insights",
    "truth.incoming": "id, message_id, external_id, from_phone, to_phone, direction, call_started_at, duration_seconds",
    "truth.calls": "recording_id, kind, number, customer_verdict, customer_id, booking_verdict, booking_id, said",
}
STORE = """
INSERT INTO headway.recordings (workspace_id, id, external_id, message_id, from_phone, to_phone, direction, call_started_at, duration_seconds,
                                from_e164, to_e164, said)
SELECT m.workspace_id, i.id, i.external_id, i.message_id, i.from_phone, i.to_phone, i.direction, i.call_started_at, i.duration_seconds,
       headway_e164(i.from_phone, 'US'), headway_e164(i.to_phone, 'US'), {said}
FROM headway.messages m JOIN truth.incoming i ON i.message_id = m.id
"""


class Writer:
    """COPYs rows in chunks, in a thread and session of its own, so that the server works while the next rows are made up."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._rows: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self._chunks: queue.Queue = queue.Queue(maxsize=8)
        self._connect, self._error = connect, None
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        try:
            with self._connect() as session:
                while chunk := self._chunks.get():
                    table, text = chunk
                    with session.cursor().copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as copy:
                        copy.write(text)
        except Exception as error:  # told in close()
            self._error = error
            while self._chunks.get():
                pass

    def row(self, table: str, *values: object) -> None:
        """No value here has a tab or a backslash, but for the line ends of transcripts, which come escaped."""
        rows = self._rows[table]
        rows.append("\t".join(["\\N" if value is None else str(value) for value in values]))
        if len(rows) >= CHUNK:
            self._flush(table)

    def _flush(self, table: str) -> None:
        if self._rows[table]:
            self._chunks.put((table, ("\n".join(self._rows[table]) + "\n").encode()))
            self._rows[table] = []

    def close(self) -> None:
        for table in COLUMNS:
            self._flush(table)
        self._chunks.put(None)
        self._thread.join()
        if self._error:
            raise self._error


def instant(utc: int) -> str:
    return f"{EPOCH + datetime.timedelta(seconds=utc)}+00"


def write_customers(world: World, workspace: str, writer: Writer) -> None:
    dice = world.dice
    for number, customer in enumerate(world.customers):
        phones = [(spell(dice, phone, SCRIBBLED), "GB" if phone.startswith("+44") else "US") for phone in customer.numbers]
        phone, region = phones[0] if phones else (dice.choice([None, None, "n/a", "-", "see notes"]), "US")
        email = f"{customer.first}.{customer.last}{number}@gmail.com".lower() if dice.random() < 0.6 else None
        writer.row("headway.customers", workspace, customer.id, f"{customer.first} {customer.last}", phone, region, email, f"c{number}")
    writer._flush("headway.customers")
    for customer in world.customers:
        for phone in customer.numbers[1:]:
            writer.row("headway.customer_phones", workspace, customer.id, spell(dice, phone, SCRIBBLED), "GB" if phone.startswith("+44") else "US")
        for b in customer.bookings:
            writer.row("headway.bookings", workspace, b.id, instant(b.booked), customer.id, instant(b.start), instant(b.end) if b.has_end else None, b.status,
                       b.guests, f"{b.meal.capitalize()}, {customer.last}", instant(b.booked), f"b{b.id}")


def number_of(world: World, call: Call) -> str | None:
    """The other side's number; None when it is withheld."""
    dice = world.dice
    if dice.random() < 0.03:
        return None
    if call.customer is None or not call.customer.numbers:
        return world.number() if dice.random() < 0.7 else dice.choice(world.strangers)
    if dice.random() < 0.005:
        return dice.choice(world.lines)  # forwarded from another branch
    numbers = call.customer.numbers
    found = numbers[0] if len(numbers) == 1 or dice.random() < 0.7 else dice.choice(numbers[1:])
    return found if found != world.placeholder else world.number()


def ends_of(world: World, call: Call, theirs: str | None) -> tuple[str, str | None, str]:
    """from, to, direction."""
    dice = world.dice
    ours = dice.choice(world.lines)
    if call.kind == "internal":
        return ours, dice.choice([dice.choice(world.lines), "204", "117"]), "internal"
    spelled = dice.choice(UNUSABLE) if theirs is None else spell(dice, theirs)
    return (ours, spelled, "outbound") if dice.random() < 0.21 and call.kind != "during" else (spelled, ours, "inbound")


def write_call(world: World, teller: Teller, call: Call, workspace: str, serial: int, writer: Writer) -> Truth:
    dice, said = world.dice, facts(world.dice, call)
    theirs = None if call.kind == "internal" else number_of(world, call)
    holders = world.holders.get(theirs, []) if theirs else []
    name = (call.customer.first, call.customer.last) if call.customer else (dice.choice(FIRST), dice.choice(LAST))
    agent = dice.choice(AGENTS)
    if 2 <= len(holders) <= 4 and dice.random() < 0.1:
        agent = next((h.first for h in holders if h.first != name[0]), agent)  # as chance has it, the agent is called as another of them
    other = f"{dice.choice(FIRST)} {dice.choice(LAST)}" if len(holders) == 1 and dice.random() < 0.02 else None
    meal = call.booking.meal if call.booking else dice.choice(["lunch", "dinner"])
    turns, said, topic = teller.told(said, local(call.start), meal, name, agent, other)
    us, them = teller.labels(agent)
    found = truth(world, call, theirs, said)
    recording, message, started = key(dice), key(dice), instant(call.start)
    content = "\\n".join([f"{us if ours else them}: {text}" for ours, text in turns])
    as_json = ", ".join([f'{{"text": "{text}", "speaker": "{us if ours else them}"}}' for ours, text in turns])
    read = dice.random() < 0.85
    writer.row("headway.messages", workspace, message, "bench", f"call-{serial}", "Call", content, f"[{as_json}]", "phone", "english", started, read,
               started if read else None, teller.insights(topic, said.kind) if read else None)
    writer.row("truth.incoming", recording, message, f"call-{serial}", *ends_of(world, call, theirs), started, len(content) // 12)
    writer.row("truth.calls", recording, call.kind, *found, f"name {said.name}, date {said.date}, part {said.part}, minute {said.minute}, guests {said.guests}, now {said.now}")
    return found


def load(connect: Callable[[], Connection], calls: int) -> World:
    """Everything but the links; the indexes on what is said are built in the end."""
    world = World(calls)
    teller = Teller(world.dice, max(5000, calls // 20))
    with connect() as session:
        workspace = session.execute(f"SELECT headway_add_workspace('bench', 'US', '{ZONE}')").fetchone()[0]
        session.execute(TABLES)
        for number in sorted(world.shared):
            session.execute("INSERT INTO headway.shared_phones (workspace_id, phone_e164, reason) VALUES (%s, %s, 'bench')", [workspace, number])
        search = session.execute("SELECT pg_get_indexdef('headway.messages_search'::regclass)").fetchone()[0]
        session.execute("DROP INDEX headway.messages_search")
        writer = Writer(connect)
        write_customers(world, workspace, writer)
        for serial, call in enumerate(world.calls):
            write_call(world, teller, call, workspace, serial, writer)
        writer.close()
        finish(connect, session, search)
    return world


def finish(connect: Callable[[], Connection], session: Connection, search: str) -> None:
    """The recordings from what came in, while another session builds the full-text index."""
    def index() -> None:
        with connect() as other:
            other.execute("SET maintenance_work_mem = '512MB'")
            other.execute(search)
    thread = threading.Thread(target=index)
    thread.start()
    session.execute("SET work_mem = '512MB'")
    says = session.execute("SELECT to_regprocedure('headway._said(text, date, boolean)') IS NOT NULL").fetchone()[0]
    session.execute(STORE.format(said=f"headway._said(m.content, (i.call_started_at AT TIME ZONE '{ZONE}')::date, true)" if says else "NULL"))
    thread.join()
    session.execute("DROP TABLE truth.incoming")
    session.execute("VACUUM ANALYZE")
    session.execute("CHECKPOINT")
