"""What tests of building look at in an index, and how they change one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from rag.index.generations import current_generation
from rag.index.manifest import Manifest
from rag.index.marks import SEGMENTS, file_digest, mark_files
from rag.index.opening import open_index
from rag.index.segment import SEGMENT_NAME

ARTICLES = 12
"""Of the fixture ``many``."""
PASSAGES = 2 * ARTICLES
KillBuild = Callable[[Path, Path, str], None]
"""Begins a build and kills it at a moment."""


def ids(index: Path) -> set[str]:
    opened = open_index(index)
    try:
        return {info.id for info in opened.store.infos()}
    finally:
        opened.close()


Copies = set[tuple[tuple[str, str], ...]]


def copies_in(index: Path) -> Copies:
    """The passages that say the same, group by group, each with its article."""
    with open_index(index) as opened:
        groups: dict[int, list[tuple[str, str]]] = {}
        for passage in opened.ids.tolist():
            told, info = opened.store.passage(passage)
            groups.setdefault(int(opened.groups[passage]), []).append((info.id, told.text))
    return {tuple(sorted(group)) for group in groups.values() if len(group) > 1}


def generations(index: Path) -> list[str]:
    return sorted(path.name for path in index.iterdir() if path.is_dir() and path.name != SEGMENTS)


def segment_of(index: Path, number: int = -1) -> Path:
    """The folder of a segment of the generation in use: the last, unless it is named."""
    entry = Manifest.read(current_generation(index)).segments[number]
    return index / SEGMENTS / entry.name


def sign(segment: Path) -> None:
    """Have an index take the files of a segment for those that were written."""
    edit_segment()(segment)


def edit_segment(**changes: object) -> Callable[[Path], None]:
    def damage(segment: Path) -> None:
        told = segment / SEGMENT_NAME
        marks = {name: asdict(mark) for name, mark in mark_files(segment, SEGMENT_NAME).items()}
        plain = json.loads(told.read_text(encoding="utf-8")) | {"files": marks} | changes
        told.write_text(json.dumps(plain), encoding="utf-8")
        _name_in_manifest(segment)

    return damage


def _name_in_manifest(segment: Path) -> None:
    told = segment / SEGMENT_NAME
    generation = current_generation(segment.parents[1])
    entries = [asdict(entry) for entry in Manifest.read(generation).segments]
    signed = [entry | {"digest": file_digest(told)} if entry["name"] == segment.name else entry for entry in entries]
    edit_manifest(segments=signed)(generation)


def edit_manifest(**changes: object) -> Callable[[Path], None]:
    def damage(generation: Path) -> None:
        path = generation / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")

    return damage
