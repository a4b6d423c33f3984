"""What counts as right, by what the question file says of the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.build import build_index
from rag.evaluation.comparing import overlap_f1, tokens
from rag.evaluation.judging import Judge
from rag.evaluation.questions import Question
from rag.index.index import Index
from rag.index.opening import open_index
from tests.conftest import FakeEncoder, write_article

FIRST = "河口的灯塔换上了节能灯。" + "灯光照到二十二海里外。" * 12
SECOND = "守塔人贺潮工作了三十一年。" + "新灯一个月只擦一次。" * 12
THIRD = "北岸的灯桩也要更换。" + "三十一年前它还没有。" * 12


@pytest.fixture
def index(tmp_path: Path, encoder: FakeEncoder) -> Index:
    """Two articles of the same three paragraphs, each of which is a passage of its own."""
    for name in ("a.md", "b.md"):
        write_article(tmp_path / "articles" / name, "灯塔", FIRST, SECOND, THIRD)
    build_index(tmp_path / "articles", tmp_path / "index", encoder)
    return open_index(tmp_path / "index")


def right(index: Index, **known: tuple[str, ...]) -> list[str]:
    """The first character of each right passage."""
    question = Question("1", "？", **{"articles": ("a.md",), **known})  # type: ignore[arg-type]
    return [index.store.passage(passage)[0].text[0] for passage in Judge(question).right_passages(index.store)]


@pytest.mark.parametrize(
    ("known", "firsts"),
    [
        ({}, "河守北"),
        ({"answers": ("三十一年",)}, "守北"),
        ({"answers": ("三十 一年",)}, "守北"),
        ({"answers": ("没有这回事",)}, ""),
        ({"answers": ("三十一年",), "evidence": ("守塔人贺潮工作了三十一年。",)}, "守"),
        ({"evidence": (SECOND[:60] + "后来改了",)}, "守"),
        ({"evidence": ("后来改了" + SECOND,)}, ""),
        ({"paragraphs": (SECOND,)}, "守"),
        ({"paragraphs": (SECOND, THIRD)}, "守北"),
        ({"paragraphs": (SECOND, THIRD), "answers": ("一个月",)}, "守"),
        ({"paragraphs": (SECOND,), "answers": ("约三十年",)}, "守"),
        ({"paragraphs": (SECOND[:60],)}, ""),
        ({"articles": ("a.md", "b.md"), "paragraphs": (SECOND,)}, "守守"),
        ({"articles": ()}, ""),
    ],
    ids=str,
)
def test_passages_are_right_by_the_most_exact_thing_that_is_known(
    index: Index, known: dict[str, tuple[str, ...]], firsts: str
) -> None:
    assert right(index, **known) == list(firsts)


@pytest.mark.parametrize(
    ("known", "text", "right"),
    [
        ({}, "任何话", True),
        ({"answers": ("1943 年",)}, "他在1943年去世。", True),
        ({"answers": ("1943 年", "四三年")}, "他在四二年去世。", False),
        ({"answers": ("去世",), "evidence": ("他在1943年去世。",)}, "他去世了。", False),
        ({"evidence": ("他在1943年去世。",)}, "他在1943年去世。她没有。", True),
        ({"paragraphs": (SECOND,)}, "新灯一个月只擦一次。", True),
        ({"paragraphs": (SECOND,)}, "北岸的灯桩也要更换。", False),
    ],
    ids=str,
)
def test_words_answer_by_the_most_exact_thing_that_is_known(
    known: dict[str, tuple[str, ...]], text: str, right: bool
) -> None:
    judge = Judge(Question("1", "？", articles=("a.md",), **known))  # type: ignore[arg-type]
    assert judge.right_words(text) is right


def test_words_are_right_where_one_of_the_articles_they_stand_in_is() -> None:
    judge = Judge(Question("1", "？", articles=("a.md",)))
    assert judge.right_article({"a.md"})
    assert judge.right_article({"b.md", "a.md"})
    assert not judge.right_article({"b.md"})


def test_tokens_are_chinese_characters_and_whole_words_of_other_scripts() -> None:
    assert tokens("《AI》在Tokyo的第2届，カナ・한글。_") == [
        *"",
        "ai",
        "在",
        "tokyo",
        "的",
        "第",
        "2",
        "届",
        *"カナ한글",
    ]


@pytest.mark.parametrize(
    ("given", "wanted", "f1"),
    [
        ("三十一年", "三十一年", 1.0),
        ("工作了三十一年。", "三十一年", 2 * 4 / (7 + 4)),
        ("三三", "三", 2 * 1 / (2 + 1)),
        ("Mara Quill, the librarian", "the Librarian Mara quill", 1.0),
        ("灯塔", "篮球", 0.0),
        ("。", "。", 0.0),
    ],
)
def test_f1_counts_shared_tokens(given: str, wanted: str, f1: float) -> None:
    assert overlap_f1(given, wanted) == pytest.approx(f1)


def test_marked_words_are_compared_with_the_answer_they_are_most_like() -> None:
    judge = Judge(Question("1", "？", articles=("a.md",), answers=("四小时", "一个月"), evidence=("旧灯四小时",)))
    assert judge.f1("一个月") == 1.0
    by_evidence = Judge(Question("1", "？", articles=("a.md",), evidence=("旧灯四小时",)))
    assert by_evidence.f1("旧灯四小时。") == 1.0
