"""What a server keeps of an index besides its rows: which generation is in use, and who writes the next one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.errors import IndexMissing, IndexUnusable
from rag.index.manifest import Manifest
from rag.index.milvus.collections import NOTHING, Kind
from rag.index.milvus.packing import joined, pieces
from rag.index.milvus.pages import Run
from rag.index.milvus.server import Row, Server
from rag.index.milvus.tally import Tally

FORM = 1
"""Raised whenever a reader of the form before could not read this one."""
HEAD, REGROUPED = "head", "regrouped"


@dataclass(frozen=True, slots=True)
class Generation:
    """What one generation is, as all who read it are told at once.

    :param number: From 1.
    :param blocks: Of each block of ids that is in use, the first, and how many articles and passages were written.
    :param words: Runs of the passages' words; ``gone`` are those of passages that went.
    :param marks: Runs of the marks by which copies are found.
    :param vocabulary: Runs that have one, and how many rows of it.
    """

    number: int
    manifest: Manifest
    tally: Tally
    blocks: tuple[tuple[int, int, int], ...]
    words: tuple[Run, ...]
    gone: tuple[Run, ...]
    marks: tuple[Run, ...]
    vocabulary: tuple[tuple[int, int], ...] = ()

    def plain(self) -> dict[str, Any]:
        """As plain values, to be written as JSON."""
        return {
            "form": FORM,
            "number": self.number,
            "manifest": self.manifest.plain(),
            "tally": self.tally.plain(),
            "blocks": self.blocks,
            **{name: [(run.run, run.pages, run.size) for run in getattr(self, name)] for name in _RUNS},
            "vocabulary": self.vocabulary,
        }

    @classmethod
    def of_plain(cls, told: Mapping[str, Any]) -> Generation:
        """Of what ``plain`` made.

        :raises IndexUnusable: It is of another form.
        """
        if told.get("form") != FORM:
            raise IndexUnusable(f"the index is of form {told.get('form')}, this version reads {FORM}: build it anew")
        return cls(
            number=told["number"],
            manifest=Manifest.of_plain(told["manifest"]),
            tally=Tally.of_plain(told["tally"]),
            blocks=tuple((first, articles, passages) for first, articles, passages in told["blocks"]),
            vocabulary=tuple((run, count) for run, count in told["vocabulary"]),
            **{name: tuple(Run(*run) for run in told[name]) for name in _RUNS},
        )


_RUNS = ("words", "gone", "marks")


def write_value(server: Server, name: str, kind: str, generation: int, value: Any) -> None:
    """Write a plain value, in place of what has its name; whoever reads it meanwhile finds the one or the other."""
    before = _names_of(server, name, newest=True)
    parts, version = pieces(value), uuid.uuid4().hex[:12]
    rows = [_row(f"{name}/{version}/{n}", kind, generation, part) for n, part in enumerate(parts)]
    server.upsert(Kind.STATE, rows)
    server.upsert(Kind.STATE, [_row(name, kind, generation, f"{version}:{len(parts)}")])
    if before:
        quoted = ", ".join(f'"{one}"' for one in before)
        server.delete(Kind.STATE, f"id in [{quoted}]")


def read_value(server: Server, name: str) -> Any:
    """The value of a name; None where there is none."""
    while names := _names_of(server, name, newest=True):
        parts = {row["id"]: row["text"] for row in server.with_ids(Kind.STATE, names, ("text",))}
        if len(parts) == len(names):
            return joined(parts[one] for one in names)
        if names == _names_of(server, name, newest=True):  # else another was written meanwhile
            return None
    return None


def _names_of(server: Server, name: str, *, newest: bool) -> list[str]:
    """The ids of a value's pieces."""
    found = [*server.with_ids(Kind.STATE, [name], ("text",), newest=newest)]
    if not found:
        return []
    version, _, count = found[0]["text"].partition(":")
    return [f"{name}/{version}/{n}" for n in range(int(count or 0))]


def _row(name: str, kind: str, generation: int, text: str) -> Row:
    return {"id": name, "kind": kind, "generation": generation, "text": text, **NOTHING}


def newest_number(server: Server, *, newest: bool = True) -> int:
    """The number of the generation in use; 0 where there is none."""
    found = [*server.with_ids(Kind.STATE, [HEAD], ("generation",), newest=newest)]
    return int(found[0]["generation"]) if found else 0


def read_generation(server: Server, number: int) -> Generation:
    """A generation.

    :raises IndexMissing: There is none of that number.
    """
    told = read_value(server, f"generation/{number}")
    if told is None:
        raise no_index(server)
    return Generation.of_plain(told)


def no_index(server: Server) -> IndexMissing:
    """The error where a server keeps no index."""
    return IndexMissing(
        f"the server keeps no index {server.address.name}: build one with rag index FOLDER --index {server.address}"
    )


def take_into_use(server: Server, generation: Generation) -> None:
    """Make a generation the one in use: all who read from then on read it."""
    write_value(server, f"generation/{generation.number}", "generation", generation.number, generation.plain())
    server.upsert(Kind.STATE, [_row(HEAD, HEAD, generation.number, "")])
    server.delete(Kind.STATE, f'kind == "generation" and generation < {generation.number - 1}')


@dataclass(frozen=True, slots=True)
class ShardState:
    """How far a shard of a generation in the making is.

    :param number: From 1; 0 for what is done when all are in.
    :param of: How many there are.
    :param owner: Who writes it: a number of its own, the machine and the process.
    :param beat: When it was last heard of, in seconds since 1970.
    :param made: Of what, as plain values of a manifest.
    :param result: What it wrote; None until it is done.
    """

    generation: int
    number: int
    of: int
    owner: tuple[str, str, int]
    beat: float
    made: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """Of its value."""
        return f"shard/{self.generation}/{self.number}"

    def write(self, server: Server) -> None:
        """Have the server keep it."""
        told = {
            "generation": self.generation,
            "number": self.number,
            "of": self.of,
            "owner": self.owner,
            "beat": self.beat,
            "made": self.made,
            "result": self.result,
        }
        write_value(server, self.name, "shard", self.generation, told)


def read_shard(server: Server, generation: int, number: int) -> ShardState | None:
    """How far a shard is; None where nobody began it."""
    told = read_value(server, f"shard/{generation}/{number}")
    if told is None:
        return None
    return ShardState(**{**told, "owner": tuple(told["owner"])})


def forget_shard(server: Server, state: ShardState) -> None:
    """Forget that a shard was begun."""
    names = [state.name, *_names_of(server, state.name, newest=True)]
    quoted = ", ".join(f'"{one}"' for one in names)
    server.delete(Kind.STATE, f"id in [{quoted}]")


def forget_shards(server: Server, generation: int) -> None:
    """Forget how far the shards of generations up to one were."""
    server.delete(Kind.STATE, f'kind in ["shard", "{REGROUPED}"] and generation <= {generation}')


def note_regrouped(server: Server, generation: int, groups: dict[int, int]) -> None:
    """Note what passages of before are known by, before a generation in the making has some be known by others."""
    before = read_regrouped(server, generation)
    told = {str(one): group for one, group in groups.items()} | {str(one): group for one, group in before.items()}
    write_value(server, f"{REGROUPED}/{generation}", REGROUPED, generation, told)


def read_regrouped(server: Server, generation: int) -> dict[int, int]:
    """What passages were known by before, of those that a generation in the making has changed."""
    return {int(one): group for one, group in (read_value(server, f"{REGROUPED}/{generation}") or {}).items()}


def known_shards(server: Server, generation: int) -> list[int]:
    """The numbers of the shards of a generation that were begun."""
    rows = server.query(Kind.STATE, f'kind == "shard" and generation == {generation}', ("id",), newest=True)
    return sorted(int(row["id"].split("/")[2]) for row in rows if row["id"].count("/") == 2)
