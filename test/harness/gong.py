"""A database that reads the sandbox's Gong: the surroundings of most tests."""

import json
from typing import Any

from . import invariants
from .cluster import Database
from .sandbox import Sandbox, corpus
from .waiting import wait_until


class GongDatabase:
    def __init__(self, database: Database, sandbox: Sandbox, workspace: str = "acme", version: str | None = None, **connector_settings: Any) -> None:
        """The workspace belongs to the database's user; the extension is there when another user has come before."""
        self.db, self.sandbox = database, sandbox
        self.db.sql("CREATE EXTENSION IF NOT EXISTS headway" + (f" VERSION '{version}'" if version else ""))
        self.workspace = self.db.value("SELECT headway_add_workspace(%s)", [workspace])
        self.db.sql("SELECT headway_add_theme(t.name, t.description) FROM jsonb_to_recordset(%s::jsonb) t (name text, description text)",
                    [json.dumps(corpus("themes"))])
        self.add_connector("gong", **connector_settings)

    def add_connector(self, name: str, **settings: Any) -> None:
        self.db.sql("SELECT headway_add_connector('gong', %s::jsonb, %s::jsonb, name => %s)",
                    ['{"access_key": "sandbox-access", "secret_key": "sandbox-secret"}',
                     json.dumps({"base_url": self.sandbox.url} | settings), name])

    def read_by_model(self, key: str = "sandbox-openai", **settings: Any) -> None:
        """Lets the sandbox's language model read and judge, instead of the built-in reader."""
        self.db.sql("SELECT headway_set_provider('llm', 'openai', jsonb_build_object('api_key', %s::text), %s::jsonb)",
                    [key, json.dumps({"model": "sandbox-1", "base_url": self.sandbox.openai_url} | settings)])

    def limit_workers(self, workers: int, concurrency: int) -> None:
        self.db.set(headway__max_workers=workers, headway__max_concurrency=concurrency)

    def lift_budget(self) -> None:
        """Lets workers ask the vendor as often as they have to."""
        self.db.sql("UPDATE headway.connector_types SET spec = jsonb_set(spec, '{budgets,0,requests}', '1000') WHERE name = 'gong'")

    def ingest(self, **options: Any) -> str:
        arguments = "".join(f", {name} => %s" for name in options)
        return str(self.db.value(f"SELECT headway_ingest('gong'{arguments})", list(options.values())))

    def status(self, run: str) -> dict:
        return self.db.value("SELECT headway_run_status(%s)", [run])

    def finish(self, run: str, deadline: float = 60, hurry: bool = False) -> dict:
        """Waits for the run's end and checks that its numbers add up; `hurry`: what is put off is tried at once."""
        def ended() -> dict | None:
            if hurry:
                self.db.sql("UPDATE headway.tasks SET run_at = now() WHERE state = 'queued' AND run_at > now() RETURNING headway_start()")
            status = self.status(run)
            return status if status["state"] in ("done", "failed", "cancelled") else None
        status = wait_until(ended, f"run {run} ends", deadline)
        invariants.check_numbers(self.db, run)
        return status

    def await_blocked_worker(self, workers: int = 1) -> list[int]:
        """Until so many workers wait for a lock; their pids."""
        def blocked() -> list[int] | None:
            pids = [pid for (pid,) in self.db.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'headway worker' "
                                                  "AND datname = current_database() AND wait_event_type = 'Lock'")]
            return pids if len(pids) == workers else None
        return wait_until(blocked, f"{workers} worker(s) wait for a lock")

    def features(self) -> list[tuple[str, str, int]]:
        """(theme, type, mentions), sorted."""
        return invariants.features(self.db)

    def check_complete(self) -> None:
        """Nothing lost, nothing twice: every call once, and each feature with its expected mentions."""
        invariants.check_complete(self.db, self.sandbox.calls)
