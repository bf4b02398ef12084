"""A throw-away PostgreSQL cluster, through scripts/cluster as the demo uses it."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from typing import Any, Iterator

import psycopg

from .waiting import wait_until

# What no server may ever have to say, whatever a test did to it (which kills by signal 9 at most).
COMPLAINT = re.compile(r"terminated by signal (?!9:)|PANIC|TRAP:|leak: |still active|not closed|non-empty SPI stack|problem in alloc set|you don't own a lock")

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Cluster:
    def __init__(self, preload: pathlib.Path | None = None, **settings: str) -> None:
        """`preload`: a library that stands before all others in the server's processes."""
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="headway-"))
        self._env = dict(os.environ)
        if preload:  # copied, since the checkout may be where only its owner can read
            self._env["LD_PRELOAD"] = shutil.copy(preload, self.dir)
            self.dir.chmod(0o755)
        self.start(**settings)

    def _script(self, command: str, *arguments: str) -> None:
        subprocess.run([ROOT / "scripts/cluster", command, self.dir, *arguments], check=True, env=self._env)

    def start(self, **settings: str) -> None:
        self._script("start", *(f"{name.replace('__', '.')}={value}" for name, value in settings.items()))

    def stop(self, mode: str = "fast") -> None:
        self._script("stop", mode)

    def remove(self) -> None:
        """Stops and deletes it, unless its server has something to complain about, with or without assertions."""
        self.stop()
        complaints = [line for line in self.log().splitlines() if COMPLAINT.search(line)]
        self._script("remove")
        assert complaints == [], "no process has crashed or left something open"

    def connect(self, database: str = "postgres", user: str = "postgres", **options: Any) -> psycopg.Connection:
        return psycopg.connect(host=str(self.dir), dbname=database, user=user, autocommit=True, **options)

    def sql(self, statement: str, parameters: Any = None, database: str = "postgres", user: str = "postgres") -> list[tuple]:
        with self.connect(database, user) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, parameters: Any = None, **where: str) -> Any:
        rows = self.sql(statement, parameters, **where)
        return rows[0][0] if rows else None

    def run(self, *command: str, **options: Any) -> subprocess.CompletedProcess:
        """Runs a client program against the cluster."""
        env = os.environ | {"PGHOST": str(self.dir), "PGUSER": "postgres"}
        done = subprocess.run(command, env=env, text=True, capture_output=True, **options)
        assert done.returncode == 0, f"{command[0]} fails: {done.stderr}"
        return done

    def log(self) -> str:
        return (self.dir / "server.log").read_text(errors="replace")

    def workers(self, database: str) -> list[int]:
        return [pid for (pid,) in self.sql(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'headway worker' AND datname = %s ORDER BY pid", [database])]

    def kill(self, pid: int) -> None:
        """kill -9: the postmaster ends every session and begins anew."""
        os.kill(pid, signal.SIGKILL)

    def await_restart(self) -> None:
        """After a crash: until the cluster answers again."""
        def answers() -> bool:
            try:
                return self.value("SELECT 1") == 1
            except psycopg.OperationalError:
                return False
        wait_until(answers, "the cluster answers after a crash")

    @contextmanager
    def database(self, name: str) -> Iterator["Database"]:
        self.sql(f'CREATE DATABASE "{name}"')
        try:
            yield Database(self, name)
        finally:
            if self.value("SELECT 1 FROM pg_database WHERE datname = %s", [name]):
                self.sql(f'DROP DATABASE "{name}" WITH (FORCE)')


class Database:
    """One database of a cluster, as one of its users sees it."""

    def __init__(self, cluster: Cluster, name: str, user: str = "postgres") -> None:
        self.cluster, self.name, self.user = cluster, name, user

    def seen_by(self, user: str) -> "Database":
        return Database(self.cluster, self.name, user)

    def connect(self, **options: Any) -> psycopg.Connection:
        return self.cluster.connect(self.name, **{"user": self.user} | options)

    def sql(self, statement: str, parameters: Any = None, **where: str) -> list[tuple]:
        return self.cluster.sql(statement, parameters, **{"database": self.name, "user": self.user} | where)

    def value(self, statement: str, parameters: Any = None, **where: str) -> Any:
        return self.cluster.value(statement, parameters, **{"database": self.name, "user": self.user} | where)

    def refused(self, statement: str, parameters: Any = None, **where: str) -> psycopg.Error:
        """The error that a statement ends with."""
        try:
            self.sql(statement, parameters, **where)
        except psycopg.Error as error:
            return error
        raise AssertionError(f"this should be refused: {statement}")

    def set(self, **settings: Any) -> None:
        """Settings of this database, for sessions and workers to come."""
        with self.cluster.connect() as session:
            for name, value in settings.items():
                session.execute(f"ALTER DATABASE \"{self.name}\" SET {name.replace('__', '.')} = '{value}'")

    def workers(self) -> list[int]:
        return self.cluster.workers(self.name)

    @staticmethod
    def cluster_has(pid: int) -> bool:
        return pathlib.Path(f"/proc/{pid}").exists()

    def await_no_workers(self) -> None:
        wait_until(lambda: not self.workers(), "the workers have left")
