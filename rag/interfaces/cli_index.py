"""The command line's functions that make an index, look after it, and tell what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from rag.core.folders import named_folders
from rag.core.places import MilvusAddress, Place
from rag.errors import ArgumentError, IndexUnusable
from rag.interfaces.cli_options import Device, Folders, IndexOption, Shard
from rag.interfaces.printed_run import RunPrinter, print_report
from rag.interfaces.printing import err, out, shown_line
from rag.interfaces.progress import progress_bar

SOME_FAILED = 1
"""Exit status when an index was built though some files could not be read, or ``rag eval`` found faults."""


def index_command(
    folders: Folders,
    index: IndexOption = Path("index"),
    model: Annotated[str | None, typer.Option(help="A sentence-transformers model, by name or folder.")] = None,
    device: Device = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Go on though many articles, or those of another folder, are removed.")
    ] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Read all files, also those that look as before.")] = False,
    shard: Shard = None,
) -> None:
    """Build the index of a folder of articles, or bring it up to date.

    Exit status: 0 all files were read, 1 some could not be, 2 no index was built.
    """
    from rag.build import build_index

    with progress_bar() as progress:
        report = build_index(
            named_folders(folders), index, model, progress, device, replace=replace, verify=verify, shard=shard
        )
    print_report(report)
    if report.failures:
        raise typer.Exit(SOME_FAILED)


def watch(
    folders: Folders,
    index: IndexOption = Path("index"),
    model: Annotated[str | None, typer.Option(help="A sentence-transformers model, by name or folder.")] = None,
    device: Device = None,
) -> None:
    """Keep an index up to date with its folder until Ctrl+C: what is new can be asked within seconds."""
    from rag.answering.retriever import Retriever
    from rag.build import build_index
    from rag.interfaces.asking import reply_to_plain
    from rag.interfaces.reindexing import Reindexing
    from rag.interfaces.resident import resident

    with progress_bar() as progress:
        report = build_index(named_folders(folders), index, model, progress, device)
    print_report(report)
    retriever = Retriever.open(index, device=device)
    reindexing = Reindexing(retriever)
    out.print(f"following {shown_line(', '.join(folders))} (Ctrl+C ends it)")
    with suppress(KeyboardInterrupt), resident(retriever.place, partial(reply_to_plain, retriever)):
        reindexing.follow(Event(), RunPrinter(report.failures))


def status(index: IndexOption = Path("index")) -> None:
    """Tell what is indexed, with which model, and whether the files are whole."""
    from rag.index.snapshot import open_verified
    from rag.interfaces.printed_index import print_milvus_status, print_status

    if isinstance(index, MilvusAddress):
        print_milvus_status(index)
        return
    with open_verified(index) as opened:
        print_status(index, opened)


def drop(
    collection: Annotated[str, typer.Argument(help="The name of a collection.")],
    index: IndexOption = Path("index"),
) -> None:
    """Take a collection out of an index; its folder stays as it is."""
    from rag.build.amending import drop_collection

    _in_a_folder("drop", index)
    out.print(f"{drop_collection(collection, index)} articles of {shown_line(collection)} are no longer in the index")


def restore(
    articles: Annotated[list[str] | None, typer.Argument(help="Articles; none to list those there are.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that can be brought back.")] = False,
    index: IndexOption = Path("index"),
) -> None:
    """Bring articles back that were removed since their files are gone, or list those that can be."""
    from rag.build.amending import removed_articles, restore_articles
    from rag.interfaces.printed_index import print_removed

    _in_a_folder("restore", index)
    removed = removed_articles(index) if every or not articles else []
    if not articles and not (every and removed):
        print_removed(removed)
        return
    count = restore_articles([*(articles or ()), *(info.id for info in removed)], index)
    out.print(f"brought back: {count} articles; they stay until their files can be read again, or --replace is given")


def doctor(index: IndexOption = Path("index"), device: Device = None) -> None:
    """Check every file, text and vector of an index; what is damaged is mended of the articles, and of what is whole.

    Of one that a server keeps, what was begun and did not come to its end is taken back.

    Exit status: 0 all is whole, or was mended, 2 it can't be.
    """
    from rag.build import build_index
    from rag.index.checking import faults_of
    from rag.index.snapshot import folders_of

    if isinstance(index, MilvusAddress):
        from rag.build.milvus.taking_back import take_back

        for line in take_back(index) or ["all is whole"]:
            out.print(shown_line(line))
        return
    faults = faults_of(index)
    if not faults:
        out.print("all is whole")
        return
    for fault in faults:
        err.print(f"[yellow]damaged:[/] {shown_line(fault)}")
    with progress_bar() as progress:
        report = build_index(folders_of(index), index, progress=progress, device=device)
    if faults_of(index):
        raise IndexUnusable(f"the index {index} can't be mended: delete the folder and build it anew with rag index")
    out.print(f"mended: {report.articles} articles; {report.encoded} of {report.passages} passages encoded anew")


def _in_a_folder(command: str, index: Place) -> None:
    """Refuse what is done to an index in a folder alone.

    :raises ArgumentError: A server keeps it.
    """
    if isinstance(index, MilvusAddress):
        raise ArgumentError(f"rag {command} is for an index in a folder: over a server, index the folder without them")


COMMANDS: Mapping[str, Callable[..., None]] = {
    "index": index_command,
    "watch": watch,
    "status": status,
    "drop": drop,
    "restore": restore,
    "doctor": doctor,
}
