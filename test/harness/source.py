"""A database with a workspace that reads vendors of the sandbox: the surroundings of most tests."""

import json
from typing import Any

from . import invariants
from .answers import WORDS
from .cluster import Database
from .sandbox import Sandbox, corpus
from .waiting import wait_until


MODELS = {"openai": ("sandbox-1", "/openai/v1"), "anthropic": ("sandbox-claude", "/anthropic"), "gemini": ("sandbox-gemini", "/gemini/v1beta")}
"""What the sandbox's models are called, and where they are asked."""


class SourceDatabase:
    def __init__(self, database: Database, sandbox: Sandbox, workspace: str = "acme", version: str | None = None) -> None:
        """The workspace belongs to the database's user; the extension is there when another user has come before."""
        self.db, self.sandbox = database, sandbox
        self.db.sql("CREATE EXTENSION IF NOT EXISTS headway" + (f" VERSION '{version}'" if version else ""))
        self.workspace = self.db.value("SELECT headway_add_workspace(%s)", [workspace])
        self.db.sql("SELECT headway_add_theme(t.name, t.description) FROM jsonb_to_recordset(%s::jsonb) t (name text, description text)",
                    [json.dumps(corpus("themes"))])

    def connect(self, type: str, credentials: dict, name: str | None = None, **settings: Any) -> None:
        self.db.sql("SELECT headway_add_connector(%s, %s::jsonb, %s::jsonb, name => %s)",
                    [type, json.dumps(credentials), json.dumps({"base_url": self.sandbox.url} | settings), name or type])

    def change_spec(self, type: str, path: str, value: Any) -> None:
        """A built-in type with another value at a place of its spec, such as "budgets"."""
        self.db.sql("UPDATE headway.connector_types SET spec = jsonb_set(spec, string_to_array(%s, '/'), %s::jsonb) WHERE name = %s",
                    [path, json.dumps(value), type])

    def read_by_model(self, key: str | None = None, provider: str = "openai", purpose: str = "llm", keeps_answers: bool = False, **settings: Any) -> None:
        """Lets one of the sandbox's language models read and judge, instead of the built-in reader; `keeps_answers`: for who asks the same again."""
        model, path = MODELS[provider]
        self.keep_answers(60 if keeps_answers else 0)
        self.db.sql("SELECT headway_set_provider(%s, %s, jsonb_build_object('api_key', %s::text), %s::jsonb)",
                    [purpose, provider, key or f"sandbox-{provider}", json.dumps({"model": model, "base_url": self.sandbox.url + path} | settings)])

    def embed_by_model(self, provider: str = "openai", key: str | None = None, **settings: Any) -> None:
        """Lets a model of the sandbox's, or the built-in one, turn features and items into vectors."""
        if provider == "builtin":
            self.db.sql("SELECT headway_set_provider('embedding', 'builtin')")
            return
        self.db.sql("SELECT headway_set_provider('embedding', %s, jsonb_build_object('api_key', %s::text), %s::jsonb)",
                    [provider, key or f"sandbox-{provider}",
                     json.dumps({"model": "sandbox-embedding", "base_url": self.sandbox.url + MODELS[provider][1]} | settings)])

    def set_bands(self, auto_match: float, auto_new: float) -> None:
        """What likeness needs no judge, in this workspace."""
        self.db.sql("UPDATE headway.workspaces SET settings = settings || jsonb_build_object('auto_match', %s::real, 'auto_new', %s::real)",
                    [auto_match, auto_new])

    def keep_answers(self, minutes: int) -> None:
        """How long the model's answers are given again to who asks the same."""
        self.db.sql("UPDATE headway.workspaces SET settings = settings || jsonb_build_object('answer_retention', %s::int)", [minutes])

    def health(self, check: str) -> tuple[bool, str]:
        """(whether it is well, what it says) of one of the workspace's checks."""
        [row] = self.db.sql("SELECT ok, detail FROM headway_health() WHERE \"check\" = %s || ' of ' || (SELECT name FROM headway.workspaces WHERE id = %s)",
                            [check, self.workspace])
        return row

    def limit_workers(self, workers: int, concurrency: int) -> None:
        self.db.set(headway__max_workers=workers, headway__max_concurrency=concurrency)

    def ingest(self, connector: str, **options: Any) -> str:
        arguments = "".join(f", {name} => %s" for name in options)
        return str(self.db.value(f"SELECT headway_ingest(%s{arguments})", [connector, *options.values()]))

    def read(self, connector: str, deadline: float = 60, **options: Any) -> dict:
        """A run to its end."""
        return self.finish(self.ingest(connector, **options), deadline)

    def give(self, external_id: str = "c1", words: str = WORDS) -> str:
        """A transcript of the app's own: the run that reads it."""
        self.db.sql("SELECT headway_ingest_transcript(%s, %s)", [external_id, words])
        return self.latest_run()

    def latest_run(self) -> str:
        return str(self.db.value("SELECT id FROM headway.runs ORDER BY created_at DESC LIMIT 1"))

    def waits_for_money(self) -> bool:
        """Whether all that is still to do waits until a budget has room for it."""
        states = self.db.sql("SELECT state, error ->> 'kind' FROM headway.tasks WHERE state IN ('queued', 'running') AND kind <> 'finalize'")
        return states != [] and all(state == ("queued", "over_budget") for state in states)

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
