"""A process that reads article files and nothing else: what goes wrong in it, even in a library's C code, ends here.

``rag.corpus.worker_process`` starts it and talks with it over its standard input and output, a line of JSON each way
for each file: nothing that it says can be more than text. It ends when its input does, and so with the process that
started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from time import process_time
from typing import Any

from rag.core.articles import Article
from rag.core.files import digest_of
from rag.core.packed_articles import packed
from rag.corpus.articles import MAX_TEXT, read_article, read_bytes
from rag.corpus.cleaning import MAX_MARKDOWN
from rag.corpus.worker_protocol import READY, seconds_for
from rag.errors import ArticleError, FileUnopened

MEMORY_MB = 1_500
"""Memory that reading may take. 20 MB of paragraphs, as large a file as is read, take 790 MB."""
SLOW = 0.25
"""Share of that time from which on a file is told to be slow."""
LONG = MAX_TEXT // 4
"""Characters of text from which on an article is told to be long: it has thousands of passages to encode."""
RETIRES_MB = MEMORY_MB // 3
"""Memory that a process may still hold and go on: the next file is to have about as much as any other."""


def main() -> None:
    """Read files as they are asked for, until there is no more to read."""
    # What a library might print must not pass for a reply.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the starter, which ends this process too
    _limit_memory()
    replies.write(READY)
    replies.flush()
    for line in sys.stdin.buffer:
        reply = _reply(**json.loads(line))
        reply["last"] = _memory_mb() > RETIRES_MB
        replies.write(_encoded(reply) + b"\n")
        replies.flush()
        if reply["last"]:
            return


def _encoded(reply: dict[str, Any]) -> bytes:
    try:
        return json.dumps(reply, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps({"failed": (None, "it holds halves of characters"), "last": reply["last"]}).encode()


def _reply(folder: str, name: str, known: str | None) -> dict[str, Any]:
    """What came of a file: ``same`` where its digest is ``known``, ``article`` with ``notices``, or why it ``failed``.

    Of a failure it tells whether the file is ``unopened``; or ``lasting``, where it comes of what the file holds alone.
    """
    try:
        data = read_bytes(Path(folder, name), Path(folder))
        if digest_of(data) == known:
            return {"same": True}
        _limit_time(seconds_for(len(data)))
        began = process_time()
        article = read_article(name, data)
        return {"article": packed(article), "notices": _notices(article, len(data), process_time() - began)}
    except ArticleError as error:
        is_unopened = isinstance(error, FileUnopened)
        return {"failed": (error.line, error.reason), "unopened": is_unopened, "lasting": not is_unopened}
    except RecursionError:
        return {"failed": (None, "it is nested too deeply"), "lasting": True}
    except MemoryError:
        return {"failed": (None, f"reading it takes over {MEMORY_MB:,} MB of memory")}
    except Exception as error:  # whatever a library raises for a file that nobody has thought of
        return {"failed": (None, f"it can't be read ({type(error).__name__})")}
    finally:
        _limit_time(0)


def _notices(article: Article, size: int, spent: float) -> list[str]:
    """What is to be told of a file that was read: it is near a limit, or beyond one within which it is read better."""
    told = []
    if spent > SLOW * seconds_for(size):
        told.append(f"reading it took {spent:.0f} s: over {seconds_for(size):.0f} s it would be left out")
    characters = sum(len(paragraph.text) for paragraph in article.paragraphs)
    if characters > LONG:
        told.append(f"it has {characters:,} characters of text: over {MAX_TEXT:,} it would be left out")
    if article.info.id.lower().endswith((".md", ".markdown")) and size > MAX_MARKDOWN:
        told.append(f"over {MAX_MARKDOWN:,} characters Markdown is read as plain text or HTML")
    return told


def _limit_memory() -> None:
    """Let no file take more; where a system can't limit it, as Windows and macOS, it is not limited."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB * 1_000_000,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """End this process after so much processor time; 0 lifts the limit. Where a system can't, the starter does."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _memory_mb() -> float:
    """The memory that is counted against the limit, in MB; 0 where there is no limit, or no telling."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


if __name__ == "__main__":
    main()
