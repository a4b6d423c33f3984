"""Front matter that nobody writes: told as broken at once, whatever its size."""

from __future__ import annotations

import time

import pytest

from rag.corpus.front_matter import MAX_CHARACTERS, read_front_matter
from rag.errors import ArticleError


def reads(*lines: str) -> dict[str, object]:
    return read_front_matter("a.md", "\n".join(["---", *lines, "---", "正文。"]))[0]


def test_what_an_alias_repeats_is_read() -> None:
    assert reads("a: &list [甲, 乙]", "categories: *list", "b: &name 丙", "author: *name") == {
        "a": ["甲", "乙"],
        "categories": ["甲", "乙"],
        "b": "丙",
        "author": "丙",
    }


def test_a_mark_that_repeats_nothing_is_text() -> None:
    assert reads("title: *灯*") == {"title": "*灯*"}


BILLIONS = ["a0: &a0 [甲, 乙]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)), "categories: *a39"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["a: " + "[" * 40_000], "more than 20 deep"),
        (["a: " + "{b: " * 20_000], "more than 20 deep"),
        (["? " * 40_000], "more than 20 deep"),
        (["a:", *("- " * 90 + "x" for _ in range(100))], "more than 20 deep"),
        (BILLIONS, "more than 10,000 values"),
        (["a: &a [*a]"], "more than 10,000 values"),
        (["categories: [" + "甲, " * 30_000 + "]"], "more than 10,000 values"),
        (["a: " + "x" * MAX_CHARACTERS], "characters, over the limit of 100,000"),
    ],
    ids=["lists", "mappings", "keys", "items", "aliases", "itself", "values", "characters"],
)
def test_what_is_deeper_or_larger_than_any_is_told_as_broken_at_once(lines: list[str], reason: str) -> None:
    began = time.process_time()
    with pytest.raises(ArticleError, match=rf"^a\.md:\d+: the front matter is broken: .*{reason}"):
        reads(*lines)
    assert time.process_time() - began < 1
