"""What bench/conversations asks about the data and about the links."""

from __future__ import annotations

from typing import Any

from psycopg import Connection, Cursor
from psycopg.rows import namedtuple_row as named

LINKS = """FROM headway.recordings r JOIN truth.calls t ON t.recording_id = r.id"""

# A link is right when it is the truth, also where that could not be known.
CUSTOMERS = f"""
SELECT count(r.customer_id) AS linked, count(*) FILTER (WHERE r.customer_id = t.customer_id) AS right,
       count(*) FILTER (WHERE t.customer_verdict = 'one') AS known,
       count(*) FILTER (WHERE t.customer_verdict = 'one' AND r.customer_id = t.customer_id) AS found
{LINKS}"""
BOOKINGS = f"""
SELECT count(r.booking_id) FILTER (WHERE t.booking_verdict <> 'free') AS linked,
       count(*) FILTER (WHERE t.booking_verdict <> 'free' AND r.booking_id = t.booking_id AND t.booking_verdict <> 'none') AS right,
       count(*) FILTER (WHERE t.booking_verdict = 'one') AS known,
       count(*) FILTER (WHERE t.booking_verdict = 'one' AND r.booking_id IS NULL) AS open
{LINKS}"""
BY_NUMBER = f"""
SELECT t.number, t.customer_verdict AS customer, count(*) AS calls, count(r.customer_id) AS linked,
       count(*) FILTER (WHERE r.customer_id <> t.customer_id OR r.customer_id IS NOT NULL AND t.customer_id IS NULL) AS wrong,
       count(*) FILTER (WHERE r.link_status = 'ambiguous') AS ambiguous
{LINKS} GROUP BY 1, 2 ORDER BY 1, 2"""
BY_KIND = f"""
SELECT t.kind, t.booking_verdict AS booking, t.said ~ 'date 2' AS dated, count(*) AS calls, count(r.booking_id) AS linked,
       count(*) FILTER (WHERE r.booking_id IS NOT NULL AND r.booking_id IS DISTINCT FROM t.booking_id) AS wrong,
       count(*) FILTER (WHERE r.customer_id IS DISTINCT FROM t.customer_id) AS other_customer, count(*) FILTER (WHERE r.link_status = 'ambiguous') AS ambiguous
{LINKS} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
WRONG = f"""
SELECT t.kind, t.number, t.customer_verdict, t.booking_verdict, t.said, r.call_started_at AT TIME ZONE 'America/New_York' AS called, r.said AS read,
       r.customer_id AS got_customer, t.customer_id AS is_customer, (SELECT c.name FROM headway.customers c WHERE c.id = r.customer_id) AS got_name,
       (SELECT c.name FROM headway.customers c WHERE c.id = t.customer_id) AS is_name,
       (SELECT b.starts_at AT TIME ZONE 'America/New_York' || ' ' || b.status FROM headway.bookings b WHERE b.id = r.booking_id) AS got_booking,
       (SELECT b.starts_at AT TIME ZONE 'America/New_York' || ' ' || b.status FROM headway.bookings b WHERE b.id = t.booking_id) AS is_booking,
       r.link_status, r.link_reason, left(m.content, 500) AS content
{LINKS} JOIN headway.messages m ON m.id = r.message_id
WHERE r.customer_id IS DISTINCT FROM t.customer_id AND (t.customer_verdict <> 'unknown' OR r.customer_id IS NOT NULL)
   OR r.booking_id IS NOT NULL AND t.booking_verdict <> 'free' AND (r.booking_id IS DISTINCT FROM t.booking_id OR t.booking_verdict = 'none')
   OR t.booking_verdict = 'one' AND r.booking_id IS DISTINCT FROM t.booking_id
ORDER BY md5(r.id::text) LIMIT %s"""

SAMPLE = """
CREATE TABLE truth.sample AS SELECT id, customer_id, booking_id, link_status, link_score, link_reason FROM headway.recordings ORDER BY md5(id::text) LIMIT {}"""
WAIT_AGAIN = """
UPDATE headway.recordings r SET link_status = 'pending', customer_id = NULL, booking_id = NULL, link_score = NULL, link_reason = NULL, linked_at = NULL
FROM truth.sample s WHERE s.id = r.id"""
DIFFERENT = """
SELECT s.id, s.link_status AS before, r.link_status AS after, s.customer_id IS NOT DISTINCT FROM r.customer_id AS same_customer,
       s.booking_id IS NOT DISTINCT FROM r.booking_id AS same_booking, s.link_reason AS reason_before, r.link_reason AS reason_after
FROM truth.sample s JOIN headway.recordings r USING (id)
WHERE (s.customer_id, s.booking_id, s.link_status, s.link_score, s.link_reason)
    IS DISTINCT FROM (r.customer_id, r.booking_id, r.link_status, r.link_score, r.link_reason)"""
# At random, and those with the most calls.
CUSTOMERS_TO_ASK = """
(SELECT id FROM headway.customers ORDER BY md5(id::text) LIMIT %s)
UNION ALL
(SELECT customer_id FROM truth.calls WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT %s)"""

CHECKS = {
    "calls by direction": "SELECT direction, count(*), round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent FROM headway.recordings GROUP BY 1",
    "what is known": """SELECT number, customer_verdict AS customer, booking_verdict AS booking, count(*),
        round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS percent FROM truth.calls GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
    "numbers of customers": """SELECT count(*), count(phone) AS given, count(phone_e164) AS usable, count(*) FILTER (WHERE phone_e164 <> phone) AS spelled_otherwise
        FROM headway.customers""",
    "customers by how many share a number": """SELECT least(n, 5) AS holders, count(*) AS numbers, max(n) AS most
        FROM (SELECT count(*) AS n FROM headway.customers WHERE phone_e164 IS NOT NULL GROUP BY phone_e164) s GROUP BY 1 ORDER BY 1""",
    "numbers of calls": """SELECT count(*), count(*) FILTER (WHERE from_e164 IS NULL OR to_e164 IS NULL) AS unusable,
        count(*) FILTER (WHERE from_e164 <> from_phone OR to_e164 <> to_phone) AS spelled_otherwise, count(said) AS says_something FROM headway.recordings""",
    "bookings": "SELECT status, count(*), min(starts_at), max(starts_at), count(guest_count) AS with_guests FROM headway.bookings GROUP BY 1 ORDER BY 2 DESC",
    "words": """SELECT min(n), round(avg(n)) AS average, max(n) FROM (SELECT array_length(string_to_array(content, ' '), 1) AS n FROM headway.messages LIMIT 20000) s""",
    "calls of the busiest": "SELECT count(*) FROM truth.calls WHERE customer_id IS NOT NULL GROUP BY customer_id ORDER BY 1 DESC LIMIT 3",
    "local hours": """SELECT extract(hour FROM call_started_at AT TIME ZONE 'America/New_York') AS hour, count(*) FROM headway.recordings GROUP BY 1 ORDER BY 1""",
}


def table(cursor: Cursor) -> str:
    """As psql shows it."""
    rows = [[column.name for column in cursor.description], *[["" if value is None else str(value) for value in row] for row in cursor]]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join("    " + "  ".join(value.rjust(width) for value, width in zip(row, widths)) for row in rows)


def checks(session: Connection) -> str:
    return "\n".join(f"{title}\n{table(session.execute(statement))}" for title, statement in CHECKS.items())


def wrong(session: Connection, many: int) -> str:
    """Wrong links, each with all that is known of it."""
    def told(row: Any) -> str:
        return "\n".join(f"    {name}: {value}" for name, value in row._asdict().items()) + "\n\n"
    return "".join(told(row) for row in session.execute(WRONG, [many])) if many else ""
