"""A copy of the server's files whose headway the tests may change, beside the one that all others use."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from .cluster import ROOT

CURRENT = next(line.split("'")[1] for line in (ROOT / "headway.control").read_text().splitlines() if line.startswith("default_version"))
RELEASED = sorted(path.stem.removeprefix("headway--") for path in (ROOT / "test/upgrade").glob("headway--*.sql"))
TO_COME = "9.9.9"  # a release that the tests make up


class Installation:
    """The server finds its files from where its program lies, so a copy of that is enough; links do for the rest."""

    def __init__(self) -> None:
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="headway-server-"))
        self.dir.chmod(0o755)
        bin_dir, self._lib, share = (self._place(name) for name in ("bindir", "pkglibdir", "sharedir"))
        for program in ("postgres", "initdb", "pg_ctl", "pg_config"):
            shutil.copy(self._system("bindir") / program, bin_dir)
        self._link(self._system("pkglibdir"), self._lib)
        self._link(self._system("sharedir"), share, but="extension")
        self._extension = share / "extension"
        self._extension.mkdir()
        self._link(self._system("sharedir") / "extension", self._extension)
        self.pg_config = bin_dir / "pg_config"
        shutil.copy(ROOT / "headway_phone.so", self._lib)
        for version in (*RELEASED, CURRENT, TO_COME):
            library = ROOT / "headway.so" if version == CURRENT else ROOT / f"build/upgrade/{version}/headway.so"
            assert library.exists(), "make other-libraries"
            (self.dir / version).mkdir()
            shutil.copy(library, self.dir / version / "headway.so")
        for file in (*self.built(), *(ROOT / "test/upgrade").glob("headway--*.sql")):
            self.add(file.name, file.read_text())
        self.load(CURRENT)

    @staticmethod
    def built() -> list[pathlib.Path]:
        """What `make install` puts beside the server's extensions."""
        listed = subprocess.run(["make", "-s", "-C", ROOT, "list-data"], check=True, text=True, capture_output=True).stdout
        return [ROOT / name for name in listed.split()]

    @staticmethod
    def _system(name: str) -> pathlib.Path:
        config = os.environ.get("PG_CONFIG", "pg_config")
        return pathlib.Path(subprocess.run([config, f"--{name}"], check=True, text=True, capture_output=True).stdout.strip())

    def _place(self, name: str) -> pathlib.Path:
        place = self.dir / self._system(name).relative_to("/")
        place.mkdir(parents=True)
        return place

    @staticmethod
    def _link(source: pathlib.Path, target: pathlib.Path, but: str = "headway") -> None:
        for entry in source.iterdir():
            if not entry.name.startswith(but):
                (target / entry.name).symlink_to(entry)

    def add(self, name: str, content: str) -> None:
        (self._extension / name).write_text(content)

    def load(self, version: str) -> None:
        """From here on, whoever loads the library gets this version; who has one keeps it."""
        link = self._lib / "headway.new"
        link.symlink_to(self.dir / version / "headway.so")
        link.rename(self._lib / "headway.so")

    def version_in(self, pid: int) -> str:
        """Which version of the library a process has loaded."""
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
        [version] = {line.split("/")[-2] for line in maps.splitlines() if line.endswith("/headway.so")}
        return version

    def remove(self) -> None:
        shutil.rmtree(self.dir)
