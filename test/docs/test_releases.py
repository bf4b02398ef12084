"""What a release says of itself says the same everywhere."""

import json
import re

from harness.cluster import ROOT
from harness.installation import CURRENT, Installation, RELEASED

META = json.loads((ROOT / "META.json").read_text())
HEADINGS = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"


def parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_every_place_names_the_same_version() -> None:
    assert re.fullmatch(SEMVER, CURRENT)
    assert META["version"] == META["provides"]["headway"]["version"] == HEADINGS[0].split()[0] == CURRENT


def test_the_changes_are_in_order_and_all_but_the_first_have_a_date() -> None:
    versions = [heading.split()[0] for heading in HEADINGS]
    assert sorted(versions, key=parts, reverse=True) == versions
    for number, heading in enumerate(HEADINGS):
        ending = r"\d{4}-\d\d-\d\d" + ("|not released yet" if number == 0 else "")
        assert re.fullmatch(rf"{SEMVER} \(({ending})\)", heading), heading
    assert sorted(versions[1:]) == RELEASED, "a release has a heading, and its install script is kept"


def test_the_package_index_has_what_it_requires() -> None:
    """PGXN Meta Spec 1.0.0: what must be there, and of which form."""
    for key in ("name", "version", "abstract", "maintainer", "license", "provides", "meta-spec"):
        assert META[key], key
    assert META["meta-spec"]["version"] == "1.0.0"
    assert META["license"] == "postgresql" and (ROOT / "LICENSE").read_text().startswith("PostgreSQL License\n")
    assert META["release_status"] in ("stable", "testing", "unstable")
    assert all(0 < len(tag) < 256 and not re.search(r"[/\\\x00-\x1f]", tag) for tag in META["tags"])
    assert META["prereqs"]["runtime"]["requires"] == {"PostgreSQL": "15.0.0"}
    for version in (META["version"], *META["prereqs"]["runtime"]["requires"].values()):
        assert re.fullmatch(SEMVER, version)


def test_what_it_provides_is_there() -> None:
    [(name, provided)] = META["provides"].items()
    assert name == META["name"] == "headway" and provided["abstract"] == META["abstract"]
    built = [path.name for path in Installation.built()]
    assert provided["file"] in built and (ROOT / provided["file"]).exists()
    assert f"headway--{CURRENT}.sql" in built
    assert (ROOT / provided["docfile"]).exists()


def test_no_release_is_offered_for_installing_but_the_current_one() -> None:
    installable = [path.name for path in Installation.built() if re.fullmatch(r"headway--[\d.]+\.sql", path.name)]
    assert installable == [f"headway--{CURRENT}.sql"]
