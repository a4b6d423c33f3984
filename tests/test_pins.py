"""What is pinned: constraints.txt names all that the project brings in, and requirements.lock has its hashes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).parent.parent
CONSTRAINTS, LOCK = PROJECT / "constraints.txt", PROJECT / "requirements.lock"
UNHASHED = re.compile(r"torch|(?:triton|cuda|nvidia)\b.*")
"""torch and what only its builds for GPUs bring: which build is installed is told by whoever installs."""


def pins(path: Path) -> dict[str, Version]:
    """Versions by name, of the lines that hold for this system and this Python."""
    lines = [re.split(r"#|--hash|\\", line)[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    pinned = [Requirement(line) for line in lines if line]
    holding = [pin for pin in pinned if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): Version(str(pin.specifier).removeprefix("==")) for pin in holding}


def of_extra(project: dict[str, Any], name: str) -> Iterator[Requirement]:
    """What an extra brings in, with what the extras that it names itself do."""
    for need in map(Requirement, project["optional-dependencies"][name]):
        if need.name == project["name"]:
            for other in need.extras:
                yield from of_extra(project, other)
        else:
            yield need


def required(extras: tuple[str, ...] = ("dev",)) -> dict[str, Version | None]:
    """All that the project and its extras bring in, with the version that is installed; None where none is."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(line) for line in project["dependencies"]]
    wanted += [need for extra in extras for need in of_extra(project, extra)]
    waiting, found = [(need, "") for need in wanted], dict[str, Version | None]()
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        need, extra = waiting.pop()
        name = canonicalize_name(need.name)
        if (need.marker and not need.marker.evaluate({"extra": extra})) or (name, frozenset(need.extras)) in seen:
            continue
        seen.add((name, frozenset(need.extras)))
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            found[name] = None
            continue
        found[name] = Version(Version(installed.version).public)  # torch's 2.13.0+cpu is 2.13.0
        needs = [Requirement(line) for line in installed.requires or ()]
        waiting += [(one, extra) for one in needs for extra in ("", *need.extras)]
    return found


@pytest.fixture
def tested_together() -> dict[str, Version | None]:
    """What is required, where it was installed by constraints.txt."""
    found, pinned = required(), pins(CONSTRAINTS)
    others = sorted(name for name in found.keys() & pinned.keys() if found[name] not in (None, pinned[name]))
    if others:
        pytest.skip(f"not installed by constraints.txt: {', '.join(others)}")
    return found


def test_all_that_is_brought_in_is_pinned(tested_together: dict[str, Version | None]) -> None:
    assert {"gradio", "starlette", "pydantic", "pytest"} <= tested_together.keys()
    assert tested_together.keys() - pins(CONSTRAINTS).keys() == set(), "make lock pins them"


def test_all_but_torch_has_hashes(tested_together: dict[str, Version | None]) -> None:
    hashed = pins(LOCK)
    assert {name for name in tested_together if name not in hashed and not UNHASHED.fullmatch(name)} == set()


def test_both_files_pin_the_same_versions_and_each_has_hashes() -> None:
    hashed, pinned = pins(LOCK), pins(CONSTRAINTS)
    assert hashed
    assert {name: version for name, version in hashed.items() if pinned.get(name) != version} == {}
    for block in re.split(r"\n(?=[a-z])", LOCK.read_text(encoding="utf-8"))[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), block


@pytest.mark.parametrize("path", [CONSTRAINTS, LOCK], ids=lambda path: path.name)
def test_no_place_to_fetch_from_is_named(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*-(?!-hash)|index-url|find-links", text, re.MULTILINE)
