"""What tests of building look at in an index, and how they change one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from rag.index.index import Index

ARTICLES = 12
"""Of the fixture ``many``."""
PASSAGES = 2 * ARTICLES
KillBuild = Callable[[Path, Path, str], None]
"""Begins a build and kills it at a moment."""


def ids(index: Path) -> set[str]:
    opened = Index.open(index)
    try:
        return {info.id for info in opened.store.infos()}
    finally:
        opened.close()


def generations(index: Path) -> list[str]:
    return sorted(path.name for path in index.iterdir() if path.is_dir())


def edit_manifest(**changes: object) -> Callable[[Path], None]:
    def damage(generation: Path) -> None:
        path = generation / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")

    return damage
