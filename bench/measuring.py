"""What the benchmarks measure with: what a worker takes, and a line of the report."""

import os
import pathlib

import psycopg


class Usage:
    """What a database's worker takes: its largest resident memory in MB, and its time on a processor in seconds."""

    def __init__(self) -> None:
        self.mb = 0.0
        self._seconds: dict[int, float] = {}

    def look(self, session: psycopg.Connection) -> None:
        for pid, in session.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'headway worker' AND datname = current_database()"):
            process = pathlib.Path("/proc") / str(pid)
            try:
                status, stat = (process / "status").read_text(), (process / "stat").read_text()
            except OSError:
                continue
            self.mb = max(self.mb, sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon", "RssFile"))) / 1024)
            self._seconds[pid] = sum(map(int, stat.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def seconds(self) -> float:
        return sum(self._seconds.values())


def report(what: str, figure: str, aim: str) -> None:
    print(f"{what:<66} {figure:>14}   aim {aim}", flush=True)
