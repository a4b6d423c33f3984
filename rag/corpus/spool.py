"""Articles that were read, kept in a file until they are written: of a large folder not all fit into memory."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterator, Mapping

from rag.core.articles import Article
from rag.core.packed_articles import packed, unpacked


class Spool(Mapping[str, Article]):
    """Articles by their ids, in the order in which they came. Its file has no name, and goes with it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this is
        weakref.finalize(self, self._file.close)
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def add(self, article: Article) -> None:
        """Keep an article.

        :raises OSError: There is no room for it.
        """
        data = json.dumps(packed(article), ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._file.seek(self._end)
        self._file.write(data)
        self._places[article.info.id] = self._end, len(data)
        self._end += len(data)

    def __getitem__(self, name: str) -> Article:
        begin, length = self._places[name]
        self._file.seek(begin)
        return unpacked(json.loads(self._file.read(length).decode("utf-8", "surrogatepass")))

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
