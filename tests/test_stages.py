"""An index that another version made is brought up to date: what depends on a changed stage, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from rag.build import build_index
from rag.corpus.versions import STAGES, VERSIONS
from rag.index.arrays import write_array
from rag.index.generations import current_generation
from rag.index.groups import COPIES_NAME
from rag.index.manifest import MANIFEST_NAME
from rag.index.marks import mark_files
from rag.index.opening import index_over, open_index
from rag.index.segment import SEGMENT_NAME
from rag.index.snapshot import open_snapshot
from rag.index.store_form import STORE_NAME
from rag.index.store_writer import StoreWriter
from tests.conftest import FakeEncoder
from tests.indexes import edit_manifest, edit_segment, segment_of, sign

FROM_INDEX, CUT_IN_INDEX = 8888, 9999
"""Lines that no article has."""
REDONE = {
    "cleaning": ("read", False),
    "boilerplate": ("taken over", False),
    "passages": ("cut", False),
    "encoding": ("taken over", True),
    "scripts": ("taken over", False),
    "terms": ("taken over", False),
    "copies": ("taken over", False),
    "datasketch": ("taken over", False),
    "opencc": ("taken over", False),
    "rjieba": ("taken over", False),
}
"""For each stage, what becomes of articles and passages where its version was raised, and whether all is encoded."""


class TestStages:
    """An index that other versions made: what it holds differs from what a build would make of the files now."""

    @pytest.fixture
    def marked(self, built: Path) -> Path:
        """An index with marks: on articles and passages, their lines; and scripts and copies that are none."""
        write_marked(built)
        return built

    def test_each_has_a_row(self) -> None:
        assert REDONE.keys() == STAGES.keys()

    @pytest.mark.parametrize("stage", REDONE)
    def test_what_depends_on_a_raised_version_is_done_anew_and_nothing_else(
        self, articles_folder: Path, marked: Path, encoder: FakeEncoder, stage: str
    ) -> None:
        edit_manifest(stages=VERSIONS | {stage: VERSIONS[stage] - 1})(current_generation(marked))
        if stage == "encoding":
            edit_segment(kind="another version's")(segment_of(marked))
        report = build_index(articles_folder, marked, encoder)
        done, encodes = REDONE[stage]
        assert {what_was_done(line) for line in lines_of(marked)} == {done}
        assert len(encoder.passages) == report.encoded == (report.passages if encodes else 0)
        assert report.unchanged == report.articles
        snapshot = open_snapshot(marked)
        index = index_over(snapshot)
        assert {script for segment in snapshot.segments for script in segment.form.scripts} == {"han", "latin"}
        assert index.groups.tolist() == list(range(len(index)))
        assert index.manifest.stages == VERSIONS
        assert build_index(articles_folder, marked, encoder).unchanged == report.articles
        assert current_generation(marked) == index.generation

    def test_an_index_of_these_versions_is_left_alone(
        self, articles_folder: Path, marked: Path, encoder: FakeEncoder
    ) -> None:
        before = current_generation(marked)
        build_index(articles_folder, marked, encoder)
        assert current_generation(marked) == before

    def test_a_new_rule_of_what_is_repeated_has_the_articles_cut_that_it_changes(
        self, articles_folder: Path, marked: Path, encoder: FakeEncoder
    ) -> None:
        write_marked(marked, lacks_its_second_paragraph="hoops.md")
        edit_manifest(stages=VERSIONS | {"boilerplate": 0})(current_generation(marked))
        build_index(articles_folder, marked, encoder)
        lines = lines_of(marked)
        assert {what_was_done(line) for line in lines} == {"cut", "taken over"}
        assert encoder.passages == []


def write_marked(index: Path, lacks_its_second_paragraph: str = "") -> None:
    """Write the texts of an index anew, with marks."""
    segment = segment_of(index)
    writer = StoreWriter(index)
    with open_snapshot(index) as old:
        for name, _ in old.segments[0].store.digests:
            article, kept = old.store.as_read(name) or pytest.fail(name)
            paragraphs = tuple(replace(paragraph, line=FROM_INDEX) for paragraph in article.paragraphs)
            passages = [
                replace(passage, parts=tuple(replace(part, line=CUT_IN_INDEX) for part in passage.parts))
                for passage in old.store.passages_of(name)
            ]
            if name == lacks_its_second_paragraph:
                kept = (kept[0], 0, *kept[2:])
            writer.add(replace(article, paragraphs=paragraphs), kept, ((passage, "marked") for passage in passages))
    writer.close()
    (index / STORE_NAME).replace(segment / STORE_NAME)
    form = segment / SEGMENT_NAME
    form.write_text(form.read_text(encoding="utf-8").replace('"han"', '"marked"'), encoding="utf-8")
    sign(segment)
    generation = current_generation(index)
    write_array(generation / COPIES_NAME, np.array([(0, 0), (1, 0)]))
    edit_manifest(files={name: asdict(mark) for name, mark in mark_files(generation, MANIFEST_NAME).items()})(
        generation
    )


def lines_of(index: Path) -> list[int]:
    """The line of each part of all passages, as the index has it."""
    with open_index(index) as opened:
        return [part.line for number in opened.ids.tolist() for part in opened.store.passage(number)[0].parts]


def what_was_done(line: int) -> str:
    return {FROM_INDEX: "cut", CUT_IN_INDEX: "taken over"}.get(line, "read")
