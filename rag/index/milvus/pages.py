"""Postings in rows: of every term the passages that have it, in pages of some hundred, found by the terms' digests.

A run is what was written at once: its pages are in the order of terms. A page has several terms, or is of one alone
that many passages have. So an old server, which knows no sparse vectors, can be asked for words as well, and what is
scored is exactly what an index in a folder scores. Marks of copies are kept in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.index.milvus.collections import NOTHING, Kind
from rag.index.milvus.packing import packed, unpacked
from rag.index.milvus.server import MOST_ROWS, Row, Server
from rag.index.vectors import Ids

PAGE = 1_024
"""Postings on a page at most: some 5 kB."""
ASKED_AT_ONCE = 40
"""Terms that one expression asks for."""
MANY = 4_000
"""Terms from which on all pages are gone through."""
MAX_LENGTH = 65_535
"""Terms of a passage that are counted."""
_HEAD = ("run", "lo", "hi", "size", "most", "least")

Digests = NDArray[np.int64]
"""Digests of terms, as signed numbers: Milvus knows no others."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Which passages have which terms: a row each, in the order of the terms, and for one term of the passages.

    :param counts: How often each has it.
    :param lengths: How many terms each passage has, repeats and all; 65,535 at most.
    """

    terms: Digests
    ids: Ids
    counts: NDArray[np.uint16]
    lengths: NDArray[np.uint16]

    @classmethod
    def in_order(cls, terms: Digests, ids: Ids, counts: NDArray[np.uint16], lengths: NDArray[np.uint16]) -> Postings:
        """Rows in whatever order, put in order."""
        order = np.lexsort((ids, terms))
        return cls(terms[order], ids[order], counts[order], lengths[order])

    @classmethod
    def joined(cls, parts: Sequence[Postings]) -> Postings:
        """Several, put in order."""
        empty = cls.of_none()
        columns = zip(*((p.terms, p.ids, p.counts, p.lengths) for p in (empty, *parts)), strict=True)
        return cls.in_order(*map(np.concatenate, columns))

    @classmethod
    def of_none(cls) -> Postings:
        """Of no passage."""
        numbers = np.empty(0, np.int64), np.empty(0, np.int64)
        return cls(*numbers, np.empty(0, np.uint16), np.empty(0, np.uint16))

    def __len__(self) -> int:
        return len(self.terms)

    def slice(self, begin: int, end: int) -> Postings:
        """Some of the rows."""
        return Postings(self.terms[begin:end], self.ids[begin:end], self.counts[begin:end], self.lengths[begin:end])

    def of(self, term: int) -> Postings:
        """Those of one term."""
        begin, end = np.searchsorted(self.terms, [term, term + 1])
        return self.slice(int(begin), int(end))

    def without(self, gone: Postings) -> Postings:
        """Those that are not among others."""
        if not len(gone):
            return self
        form = np.dtype([("term", np.int64), ("id", np.int64)])
        mine, theirs = np.empty(len(self), form), np.empty(len(gone), form)
        mine["term"], mine["id"], theirs["term"], theirs["id"] = self.terms, self.ids, gone.terms, gone.ids
        stays = ~np.isin(mine, theirs)
        return Postings(self.terms[stays], self.ids[stays], self.counts[stays], self.lengths[stays])

    def pages(self, run: int) -> Iterator[Row]:
        """The rows of a run's pages."""
        for n, (begin, end) in enumerate(_cuts(self.terms)):
            page = self.slice(begin, end)
            terms, sizes = np.unique(page.terms, return_counts=True)
            deltas = np.diff(page.ids, prepend=np.int64(0))
            yield {
                "id": page_id(run, n),
                "run": run,
                "n": n,
                "lo": int(terms[0]),
                "hi": int(terms[-1]),
                "size": end - begin,
                "most": int(page.counts.max()),
                "least": int(page.lengths.min()),
                "packed": f"{len(terms)}:{packed(terms, sizes.astype(np.uint16), deltas, page.counts, page.lengths)}",
                **NOTHING,
            }

    @classmethod
    def of_page(cls, row: Row) -> Postings:
        """What a page holds."""
        count, _, text = row["packed"].partition(":")
        terms, size = int(count), row["size"]
        forms = (np.int64, terms), (np.uint16, terms), (np.int64, size), (np.uint16, size), (np.uint16, size)
        of, sizes, deltas, counts, lengths = unpacked(text, *forms)
        return cls(np.repeat(of, sizes), np.cumsum(deltas), counts, lengths)


def vocabulary_id(run: int, n: int) -> str:
    """The id of a row of a run's vocabulary."""
    return f"vocabulary:{run}:{n}"


def page_id(run: int, n: int) -> str:
    """The id of a page."""
    return f"{run}:{n}"


def _cuts(terms: Digests) -> Iterator[tuple[int, int]]:
    """Where pages begin and end: a term that fits on none has pages of its own."""
    begins = np.flatnonzero(np.diff(terms, prepend=terms[0] - 1 if len(terms) else 0))
    ends = np.append(begins[1:], len(terms))
    at = 0
    while at < len(begins):
        begin = int(begins[at])
        last = int(np.searchsorted(ends, begin + PAGE, side="right"))
        if last > at:
            yield begin, int(ends[last - 1])
            at = last
        else:
            yield from ((start, min(start + PAGE, int(ends[at]))) for start in range(begin, int(ends[at]), PAGE))
            at += 1


def write_run(server: Server, run: int, postings: Postings, writing: Callable[[], None] = lambda: None) -> int:
    """Write a run, in place of what was written of it before; returns how many pages it has.

    :param writing: Called before some are written.
    """
    pages = 0

    def rows() -> Iterator[Row]:
        nonlocal pages
        for row in postings.pages(run):
            if pages % 100 == 0:
                writing()
            pages += 1
            yield row

    server.upsert(Kind.PAGES, rows())
    server.delete(Kind.PAGES, f"run == {run} and n >= {pages}")
    return pages


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a page before it is read.

    :param size: Postings on it.
    :param most: Times that a passage on it has its term, at most.
    :param least: Terms that a passage on it has, at least.
    """

    id: str
    run: int
    lo: int
    hi: int
    size: int
    most: int
    least: int


def heads_of(server: Server, runs: Sequence[int], terms: Sequence[int]) -> list[Head]:
    """The heads of the pages on which some terms may stand."""
    found: dict[str, Head] = {}
    waiting = [(list(runs), terms[start : start + ASKED_AT_ONCE]) for start in range(0, len(terms), ASKED_AT_ONCE)]
    while waiting and runs:
        of, some = waiting.pop()
        holds = " or ".join(f"(lo <= {term} and hi >= {term})" for term in some)
        rows = server.query(Kind.PAGES, f"run in {of} and ({holds})", ("id", *_HEAD), most=MOST_ROWS)
        if len(rows) == MOST_ROWS and len(some) > 1:  # there are more
            waiting += [(of, some[::2]), (of, some[1::2])]
        elif len(rows) == MOST_ROWS and len(of) > 1:
            waiting += [(of[::2], some), (of[1::2], some)]
        else:  # a run has no more pages of a term than it has pages
            for row in rows:
                found[row["id"]] = Head(*(row[name] for name in ("id", *_HEAD)))
    return list(found.values())


def read_pages(server: Server, ids: Sequence[str]) -> dict[str, Postings]:
    """What pages hold, by their ids.

    :raises IndexDamaged: One is not there: the generation that had it is gone meanwhile.
    """
    found = {row["id"]: Postings.of_page(row) for row in server.with_ids(Kind.PAGES, ids, ("size", "packed"))}
    if len(found) < len(set(ids)):
        raise IndexDamaged(f"the server has no longer all words of the index {server.address.name}: ask again")
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """A run, as a generation has it.

    :param pages: How many it has.
    :param size: Postings on them.
    """

    run: int
    pages: int
    size: int

    def all(self, server: Server, at_once: int = 200) -> Iterator[Postings]:
        """All of it, some pages at a time, in order."""
        for start in range(0, self.pages, at_once):
            ids = [page_id(self.run, n) for n in range(start, min(start + at_once, self.pages))]
            read = read_pages(server, ids)
            yield Postings.joined([read[one] for one in ids])


def having(server: Server, runs: Sequence[Run], terms: Digests) -> Postings:
    """The postings of some terms, in order: page by page, or where they are many, of all that there is."""
    found = []
    if len(terms) >= MANY:
        for run in runs:
            for some in run.all(server):
                begin, end = np.searchsorted(terms, some.terms[[0, -1]] if len(some) else [0, 0])
                is_in = np.isin(some.terms, terms[begin : end + 1])
                found.append(Postings(some.terms[is_in], some.ids[is_in], some.counts[is_in], some.lengths[is_in]))
    else:
        heads = heads_of(server, [run.run for run in runs], terms.tolist())
        for page in read_pages(server, [head.id for head in heads]).values():
            is_in = np.isin(page.terms, terms)
            found.append(Postings(page.terms[is_in], page.ids[is_in], page.counts[is_in], page.lengths[is_in]))
    return Postings.joined(found)
