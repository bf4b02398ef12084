"""What must hold whatever happened on the way: numbers add up, nothing is lost, nothing is there twice, nothing is paid for twice."""

import json
from bisect import bisect_left
from collections import Counter
from typing import Collection, Iterable, Sequence

from .cluster import Database
from .sandbox import corpus


def expected_features(calls: Collection[str] | None = None) -> list[tuple[str, str, int]]:
    """(theme, type, mentions) of what is asked for in these calls (all that the sandbox serves by itself), sorted."""
    counted = [(f["theme"], f["type"], len([call for call in f["mentions"] if calls is None or call in calls])) for f in corpus("truth")["features"]]
    return sorted(feature for feature in counted if feature[2])


def features(db: Database) -> list[tuple[str, str, int]]:
    """(theme, type, mentions), sorted."""
    return sorted(db.sql("""SELECT t.name, f.type, f.mention_count FROM headway.features f
                            JOIN headway.themes t ON t.workspace_id = f.workspace_id AND t.id = f.theme_id"""))


def expected_mentions(calls: Collection[str] | None = None) -> Counter:
    """How often something of each theme and type is asked for."""
    counted: Counter = Counter()
    for theme, kind, n in expected_features(calls):
        counted[theme, kind] += n
    return counted


def mentions(db: Database) -> Counter:
    """The same as it was found. In another order of the calls the built-in judge may tell one feature more or less apart; what is asked
    for stays the same."""
    return Counter({(theme, kind): n for theme, kind, n in db.sql("""SELECT t.name, f.type, count(*) FROM headway.match_decisions d
        JOIN headway.features f ON f.workspace_id = d.workspace_id AND f.id = d.feature_id
        JOIN headway.themes t ON t.workspace_id = f.workspace_id AND t.id = f.theme_id GROUP BY 1, 2""")})


def check_numbers(db: Database, run: str) -> None:
    """A run's numbers add up, and the ledger behind them says the same."""
    s = db.value("SELECT headway_run_status(%s)", [run])
    assert s["fetched"] == s["stored"] + s["already_known"] + s["skipped"] + s["failed"], s
    assert s["total"] == s["processed"] + s["skipped"] + s["failed"], s
    runs = db.sql("SELECT id, open_tasks FROM headway.runs WHERE id = %s OR parent_id = %s", [run, run])
    counted = db.value("SELECT count(*) FROM headway.run_items WHERE run_id = ANY (%s)", [[r for r, _ in runs]])
    assert counted == s["fetched"] - s["already_known"], "the ledger has a row for each record"
    assert all(open_tasks == 0 for _, open_tasks in runs)


def check_complete(db: Database, calls: Collection[str]) -> None:
    """Nothing lost, nothing twice: every call once, and each feature with its expected mentions."""
    assert db.value("SELECT count(*) FROM headway.tasks WHERE state IN ('queued', 'running', 'failed')") == 0, "no task is left"
    for (run,) in db.sql("SELECT id FROM headway.runs WHERE parent_id IS NULL"):
        check_numbers(db, run)
    assert sorted(db.sql("SELECT external_id FROM headway.messages")) == sorted((corpus(call)["id"],) for call in calls), "each call is stored once"
    assert db.value("SELECT count(*) FROM headway.messages WHERE NOT is_processed") == 0, "each message is processed"
    assert db.value("""SELECT count(*) FROM headway.messages m WHERE (SELECT count(*) FROM headway.tasks t WHERE t.workspace_id = m.workspace_id
                       AND t.message_id = m.id AND t.kind = 'extract') <> 1""") == 0, "and read by one task"
    assert db.value("""SELECT count(*) FROM headway.features f WHERE mention_count <>
        (SELECT count(DISTINCT m.message_id) FROM headway.feature_messages m WHERE m.workspace_id = f.workspace_id AND m.feature_id = f.id)""") == 0
    assert features(db) == expected_features(calls)
    mentions = sum(n for _, _, n in expected_features(calls))
    decisions = db.sql("SELECT count(*), count(DISTINCT (message_id, title)) FROM headway.match_decisions")
    assert decisions == [(mentions, mentions)], "there is one decision for each mention"
    assert db.sql("SELECT sum(features_created + features_matched) FROM headway.runs") == [(mentions,)], "the runs count each mention once"


def questions(entry: dict) -> set[str]:
    """What an exchange with the model asks: about one transcript, or about items and each of their candidates."""
    text = entry["body"]["messages"][-1]["content"]
    name = entry["body"]["response_format"]["json_schema"]["name"]
    if name == "extract":
        return {text}
    if name == "match_many":
        return {json.dumps([one["item"], candidate]) for one in json.loads(_between(text, "items")) for candidate in one["candidates"]}
    item = json.loads(_between(text, "item"))
    return {json.dumps([item, candidate["id"]]) for candidate in json.loads(_between(text, "candidates"))}


def check_paid(db: Database, journal: Iterable[dict], useless: Collection[str] = ()) -> None:
    """Every exchange with the model has its row, and no answer was paid for twice. `useless`: the faults that leave no answer to use."""
    asked = list(journal)
    answered = [entry for entry in asked if entry["request_id"] and entry["fault"] not in useless]
    rows = recorded(db)
    assert len(rows) == len(asked), "each exchange has its row"
    known = sorted(request for request, status in rows if status == "ok")
    assert known == sorted(entry["request_id"] for entry in answered), "each answer is recorded"
    assert_never_asked_again(answered, asked)


def check_lost(db: Database, journal: Iterable[dict], kills: Sequence[float], at_once: int) -> int:
    """As check_paid, with kills in between: `kills` are their times, as the journal counts, `at_once` the most exchanges that can be under way.

    What was under way at a kill is asked again, and nothing else. Gives the number of exchanges that were lost."""
    asked = list(journal)
    ids = [request for request, status in recorded(db) if status == "ok"]
    assert len(ids) == len(set(ids)), "no answer is recorded twice"
    kept = [entry for entry in asked if entry["request_id"] in set(ids)]
    assert len(kept) == len(ids), "each recorded answer is one that the vendor sent"
    assert_never_asked_again(kept, asked)

    lost = [(bisect_left(kills, entry["at"]), entry["connection"]) for entry in asked if entry["request_id"] not in set(ids)]
    per_kill = Counter(kill for kill, _ in lost)
    assert per_kill[len(kills)] == 0, "after the last kill no answer is lost"
    assert max(per_kill.values(), default=0) <= at_once, f"a kill costs no more than what is under way: {per_kill}"
    assert len(lost) == len(set(lost)), "what a connection answered is on disk before the connection is used again"
    return len(lost)


def recorded(db: Database) -> list[tuple[str | None, str]]:
    """(the vendor's id, status) of each exchange with the model in headway.llm_calls."""
    return db.sql("SELECT request_id, status FROM headway.llm_calls WHERE provider = 'openai'")


def assert_never_asked_again(answered: Iterable[dict], asked: Iterable[dict]) -> None:
    asked_at: dict[str, list[int]] = {}
    for entry in asked:
        for one in questions(entry):
            asked_at.setdefault(one, []).append(entry["n"])
    for entry in answered:
        again = [n for one in questions(entry) for n in asked_at[one] if n > entry["n"]]
        assert not again, f"exchange {entry['n']} was paid for and is recorded, and yet it is asked again: {again}"


def _between(text: str, tag: str) -> str:
    return text.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]
