"""An index, an address, and who may come in → the page, until it is ended."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import typer

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.places import Place
from rag.errors import IndexMissing
from rag.interfaces.asking import reply_to_plain
from rag.interfaces.http import address, process
from rag.interfaces.http.login import login_of
from rag.interfaces.printing import out, shown_line
from rag.interfaces.progress import progress_bar
from rag.interfaces.resident import resident

EXAMPLES = (
    "哈雷彗星多少年回到太阳附近一次？",
    "青藏铁路全长多少公里？",
    "光速第一次是怎么测出来的？",
    "Who stayed in orbit while Armstrong and Aldrin were on the Moon?",
    "火星车是哪一年着陆的？",
)


def serve(
    page_of: Callable[..., Any],
    index: Place,
    host: str,
    port: int,
    login: str | None,
    samples: Path | None,
    *,
    build: bool,
    watch: bool,
    trust_model: bool,
    device: str | None,
) -> None:
    """Open the page, and return once it is ended.

    :param page_of: A retriever, questions to offer, and whether readers log in → the page: its ``blocks``, ``looks``
        and ``reindexing``. Called last, since it is slow to load.
    :param login: The name to ask for; None to let in anyone.
    :param samples: The sample articles, for which questions are offered; None where there are none.
    :param build: Whether the index is built of them where it is missing.
    :param watch: Whether the index follows its folder.
    :param device: Where the model runs, as for ``Retriever.open``.
    :raises RagError: It can't be opened.
    """
    process.share_memory()
    closing = threading.Event()
    with ExitStack() as ended:
        ended.callback(closing.set)
        sockets = [ended.enter_context(each) for each in address.bound(host, port)]
        asked_for = login_of(login)
        retriever = _open_retriever(index, samples if build else None, trust_model, device)
        retriever.index.load_lists()
        folders = retriever.index.manifest.folders
        shows_samples = samples is not None and list(folders.values()) == [str(samples.resolve())]
        from rag.interfaces.http import serving

        page = page_of(retriever, EXAMPLES if shows_samples else (), has_login=asked_for is not None)
        guard = serving.guarded(page.blocks, host, asked_for, **page.looks)
        url = address.address_of(host, sockets)

        def tell() -> None:
            typer.echo(f"Article RAG: {url} (Ctrl+C ends it)")
            if watch:
                out.print(f"following {shown_line(', '.join(folders.values()))}")
            if told := address.warning(host, login):
                typer.echo(told, err=True)
            if os.environ.get("DISPLAY") or sys.platform in ("darwin", "win32"):
                webbrowser.open(url)

        process.prepare_interpreter()
        ended.enter_context(resident(retriever.place, partial(reply_to_plain, retriever)))
        if watch:
            threading.Thread(target=page.reindexing.follow, args=(closing,), name="following", daemon=True).start()
        with suppress(KeyboardInterrupt):
            serving.Server(guard, tell).run(sockets)


def _open_retriever(index: Place, samples: Path | None, trust_model: bool, device: str | None) -> Retriever:
    try:
        return Retriever.open(index, trust_model=trust_model, device=device)
    except IndexMissing:
        if samples is None or not samples.is_dir():
            raise
    typer.echo("There is no index yet: building one of the sample articles. Use your own with: rag index FOLDER")
    with progress_bar() as progress:
        build_index(samples, index, progress=progress, device=device)
    return Retriever.open(index, device=device)
