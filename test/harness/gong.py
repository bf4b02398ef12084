"""A database that reads the sandbox's Gong: the surroundings of most tests."""

import json
from typing import Any

from .cluster import Database
from .sandbox import Sandbox, corpus
from .waiting import wait_until


class GongDatabase:
    def __init__(self, database: Database, sandbox: Sandbox, version: str | None = None, **connector_settings: Any) -> None:
        self.db, self.sandbox = database, sandbox
        self.db.sql("CREATE EXTENSION headway" + (f" VERSION '{version}'" if version else ""))
        self.workspace = self.db.value("SELECT headway_add_workspace('acme')")
        for theme in corpus("themes"):
            self.db.sql("SELECT headway_add_theme(%s, %s)", [theme["name"], theme["description"]])
        self.add_connector("gong", **connector_settings)

    def add_connector(self, name: str, **settings: Any) -> None:
        self.db.sql("SELECT headway_add_connector('gong', %s::jsonb, %s::jsonb, name => %s)",
                    ['{"access_key": "sandbox-access", "secret_key": "sandbox-secret"}',
                     json.dumps({"base_url": self.sandbox.url} | settings), name])

    def ingest(self, **options: Any) -> str:
        arguments = "".join(f", {name} => %s" for name in options)
        return str(self.db.value(f"SELECT headway_ingest('gong'{arguments})", list(options.values())))

    def status(self, run: str) -> dict:
        return self.db.value("SELECT headway_run_status(%s)", [run])

    def finish(self, run: str, deadline: float = 60) -> dict:
        """Waits for the run's end and checks that its numbers add up."""
        def ended() -> dict | None:
            status = self.status(run)
            return status if status["state"] in ("done", "failed", "cancelled") else None
        status = wait_until(ended, f"run {run} ends", deadline)
        self.check_numbers(run)
        return status

    def check_numbers(self, run: str) -> None:
        s = self.status(run)
        assert s["fetched"] == s["stored"] + s["already_known"] + s["skipped"] + s["failed"], s
        assert s["total"] == s["processed"] + s["skipped"] + s["failed"], s
        runs = self.db.sql("SELECT id, open_tasks FROM headway.runs WHERE id = %s OR parent_id = %s", [run, run])
        counted = self.db.value("SELECT count(*) FROM headway.run_items WHERE run_id = ANY (%s)", [[r for r, _ in runs]])
        assert counted == s["fetched"] - s["already_known"], "the ledger has a row for each record"
        assert all(open_tasks == 0 for _, open_tasks in runs)

    def await_blocked_worker(self, workers: int = 1) -> list[int]:
        """Until so many workers wait for a lock; their pids."""
        def blocked() -> list[int] | None:
            pids = [pid for (pid,) in self.db.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'headway worker' "
                                                  "AND datname = current_database() AND wait_event_type = 'Lock'")]
            return pids if len(pids) == workers else None
        return wait_until(blocked, f"{workers} worker(s) wait for a lock")

    def features(self) -> list[tuple[str, str, int]]:
        """(theme, type, mentions), sorted."""
        return sorted(self.db.sql("""SELECT t.name, f.type, f.mention_count FROM headway.features f
                                     JOIN headway.themes t ON t.workspace_id = f.workspace_id AND t.id = f.theme_id"""))

    def check_complete(self) -> None:
        """Nothing lost, nothing twice: every call once, and each feature with its expected mentions."""
        assert self.features() == expected_features()
        assert self.db.value("SELECT count(*) FROM headway.messages") == 40
        assert self.db.value("SELECT count(*) FROM headway.messages WHERE NOT is_processed") == 0
        assert self.db.value("""SELECT count(*) FROM headway.features f WHERE mention_count <>
            (SELECT count(*) FROM headway.feature_messages m WHERE m.workspace_id = f.workspace_id AND m.feature_id = f.id)""") == 0
        assert self.db.value("SELECT count(*) FROM headway.match_decisions") == sum(n for _, _, n in expected_features())
        assert self.db.value("SELECT count(*) FROM headway.tasks WHERE state IN ('queued', 'running', 'failed')") == 0


def expected_features() -> list[tuple[str, str, int]]:
    return sorted((f["theme"], f["type"], len(f["mentions"])) for f in corpus("truth")["features"])
