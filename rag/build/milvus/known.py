"""What a server knows of the articles of a shard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.build.milvus.outlines import outline_in
from rag.core.articles import Article
from rag.corpus.outline import Outline
from rag.errors import IndexDamaged
from rag.index.milvus.collections import Kind
from rag.index.milvus.rows import AT_ONCE, BUCKETS, WHOLE, info_of, read_articles, visible
from rag.index.milvus.server import Row, Server


@dataclass(frozen=True, slots=True)
class Share:
    """Which articles are a shard's.

    :param number: From 1.
    """

    number: int
    of: int

    @property
    def begin(self) -> int:
        """The first bucket."""
        return -(-(self.number - 1) * BUCKETS // self.of)

    @property
    def end(self) -> int:
        """The first bucket of the next."""
        return -(-self.number * BUCKETS // self.of)

    def has(self, bucket: int) -> bool:
        """Whether articles of a bucket are among them."""
        return self.begin <= bucket < self.end


class ShardKnown:
    """The articles of a shard, as a generation has them.

    :ivar rows: Of each article, by its id: ``id``, ``died``, ``digest``, ``info``, ``pieces`` and ``passages``.
    :param generation: Its number; 0 where there is none.
    :param blocks: Of ids, all that it has.
    :param prefixes: With what their ids begin.
    """

    def __init__(
        self,
        server: Server,
        generation: int,
        blocks: Sequence[tuple[int, int, int]],
        share: Share,
        prefixes: Sequence[str],
    ) -> None:
        self._server = server
        self.rows: dict[str, Row] = {}
        holds = f"bucket >= {share.begin} and bucket < {share.end} and {visible(generation)}"
        for row in _articles_of(server, blocks, holds, _SEEN):
            name = info_of(row).id
            if name.startswith(tuple(prefixes)):
                self.rows[name] = row
        self._digests = {name: row["digest"] for name, row in self.rows.items()}

    def digests(self) -> dict[str, str]:
        """The digest of each article's file, by the article's id."""
        return self._digests

    def as_read(self, article_id: str) -> tuple[Article, tuple[int, ...]] | None:
        """An article as it was read, and how many characters of each paragraph are its own."""
        row = self.rows.get(article_id)
        return read_articles(self._server, [row]).get(row["id"]) if row else None


_SEEN = ("died", "digest", "info", "pieces", "passages")


def _articles_of(
    server: Server, blocks: Sequence[tuple[int, int, int]], holds: str, fields: Sequence[str]
) -> Iterator[Row]:
    """The rows of the articles of some blocks for which an expression holds."""
    for first, articles, _ in blocks:
        for begin in range(first, first + articles, AT_ONCE):
            where = f"id >= {begin} and id < {min(begin + AT_ONCE, first + articles)} and {holds}"
            yield from server.query(Kind.ARTICLES, where, ("id", *fields))


def outline_of(row: Row, server: Server) -> Outline:
    """What the article of a row says line by line.

    :raises IndexDamaged: The server has not all of it.
    """
    if found := outline_in(row["outline"]):
        return found
    read = read_articles(server, [row]).get(row["id"])
    if read is None:
        raise IndexDamaged(f"the server has not all of an article of {server.address.name}: rag doctor tells more")
    return Outline.of([read[0]])


def outlines_of(
    server: Server, generation: int, blocks: Sequence[tuple[int, int, int]], sources: Sequence[int]
) -> Iterator[tuple[Row, Outline]]:
    """The articles of some sources that a reader of a generation sees: their rows and what they say line by line.

    :param blocks: Of ids in which they are.
    :param sources: Signed.
    """
    holds = f"source in {list(sources)} and {visible(generation)}"
    for row in _articles_of(server, blocks if sources else (), holds, WHOLE):
        yield row, outline_of(row, server)
