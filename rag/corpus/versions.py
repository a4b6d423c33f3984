"""What makes an index of files, stage by stage: an index that another version made is brought up to date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

Work = Literal["read", "cut", "encode", "derive"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage on the way from files to an index.

    :param version: Raise it whenever the same input would give another result.
    :param redone: What depends on it and is then done anew. A build takes over articles that were read, passages that
        were cut and vectors that were encoded before; the rest is derived from these for every generation.
    """

    version: int
    redone: Work


def _version_of(library: str) -> int:
    """A library's version as a number: 1.4.2 as 1,004,002."""
    major, minor, patch, *_ = [*map(int, re.findall(r"\d+", version(library))), 0, 0]
    return (major * 1000 + minor) * 1000 + patch


STAGES: Mapping[str, Stage] = {
    # decoding, front_matter, cleaning and articles: what is known of a file, and its paragraphs
    "cleaning": Stage(3, "read"),
    # boilerplate: which lines are a source's own. Passages are cut anew where an article loses others than before.
    "boilerplate": Stage(1, "derive"),
    # passages, with text.sentences, and ArticleInfo.indexed_text: how paragraphs are cut, what is searched of a passage
    "passages": Stage(3, "cut"),
    # models.sentence_transformer: what a model is given of a text, and what is made of its output
    "encoding": Stage(1, "encode"),
    # text.writing_systems.script_of
    "scripts": Stage(1, "derive"),
    # text.terms, with numerals: the words of the search
    "terms": Stage(3, "derive"),
    # near_duplicates, with text.wording: which passages say the same
    "copies": Stage(1, "derive"),
    # what libraries make of a text may differ from version to version: marks of copies, simplified characters, words
    **{name: Stage(_version_of(name), "derive") for name in ("datasketch", "opencc", "rjieba")},
}
VERSIONS = {name: stage.version for name, stage in STAGES.items()}


def work_to_redo(versions: Mapping[str, int]) -> set[Work]:
    """What has to be done anew for an index; empty where the stages that made it are those of now.

    :param versions: Of the stages that made it, by name. One that is not named counts as 1, so that a stage may be
        added to the list without all indexes being made anew.
    """
    return {stage.redone for name, stage in STAGES.items() if versions.get(name, 1) != stage.version}
