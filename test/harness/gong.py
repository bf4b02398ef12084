"""A database that reads the sandbox's Gong."""

from typing import Any

from . import invariants
from .cluster import Database
from .sandbox import Sandbox
from .source import SourceDatabase


class GongDatabase(SourceDatabase):
    def __init__(self, database: Database, sandbox: Sandbox, workspace: str = "acme", version: str | None = None, **connector_settings: Any) -> None:
        super().__init__(database, sandbox, workspace, version)
        self.add_connector("gong", **connector_settings)

    def add_connector(self, name: str, **settings: Any) -> None:
        self.connect("gong", {"access_key": "sandbox-access", "secret_key": "sandbox-secret"}, name, **settings)

    def lift_budget(self) -> None:
        """Lets workers ask the vendor as often as they have to."""
        self.change_spec("gong", "budgets/0/requests", 1000)

    def ingest(self, connector: str = "gong", **options: Any) -> str:
        return super().ingest(connector, **options)

    def check_complete(self) -> None:
        """Nothing lost, nothing twice: every call once, and each feature with its expected mentions."""
        invariants.check_complete(self.db, self.sandbox.calls)
