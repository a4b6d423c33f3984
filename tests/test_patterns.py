"""No regular expression of the project may take longer than in proportion to its text, whatever the text is."""

from __future__ import annotations

import ast
import re
from types import ModuleType

import pytest

from benchmarks.pattern_bounds import BOUNDED
from benchmarks.patterns import Found, _in_place, _uses, bound_of, judge, patterns


@pytest.fixture(scope="module")
def found() -> list[Found]:
    return patterns()


def test_every_pattern_is_linear_or_sees_short_text_only(found: list[Found]) -> None:
    verdicts = [judge(each, bound_of(each.name)) for each in found]
    slow = [f"{verdict.found.name}: {verdict.fault}, {verdict.text}" for verdict in verdicts if verdict.fault]
    assert not slow, "\n".join(slow)


def test_patterns_are_found_by_themselves(found: list[Found]) -> None:
    names = {each.name for each in found}
    assert "rag.corpus.cleaning.credit_lines._WHEN" in names
    assert any(name.startswith("rag.corpus.cleaning.lines._EVERYWHERE[") for name in names), "those in tuples too"
    assert "rag.text.writing_systems._LETTERS['kana']" in names, "and in dictionaries"
    assert any(name.startswith("rag.interfaces.http.guard:") for name in names), "and in calls"


def test_the_table_of_short_texts_names_patterns_that_there_are(found: list[Found]) -> None:
    names = {each.name.partition("[")[0] for each in found}
    assert set(BOUNDED) <= names


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"^(?:\W*(?:\d{1,2}\s*[-/]\s*\d{1,2}|\d{1,2}:\d{2}|on))+\W*$",
        r"\s*[(（]编辑[)）]$",
        r"<(pre|code)\b.*?</\1>",
        r"[^\n]*\S[^\n]*",
        r"x\s*:?\s*y",
        r"(?:a|a){15}b",
    ],
)
def test_a_slow_pattern_is_told(pattern: str) -> None:
    assert judge(Found("slow", re.compile(pattern, re.S))).fault


@pytest.mark.parametrize(
    "pattern", [r"\A(?>a+)+$", r"(?<!\s)\s*+[(（]编辑[)）]$", r"^[^\S\n]*+\S[^\n]*+$", r"<[^<>]*+>"]
)
def test_a_linear_pattern_is_not(pattern: str) -> None:
    assert not judge(Found("linear", re.compile(pattern, re.M))).fault


def test_a_slow_pattern_passes_where_its_text_is_short() -> None:
    slow = Found("slow", re.compile(r"x\s*:?\s*y"))
    assert not judge(slow, longest=100).fault
    assert judge(slow, longest=20_000).fault


def test_a_new_call_with_a_pattern_in_place_is_found() -> None:
    assert called('import re\ndef f(text):\n    return re.sub(rf"{A}+b", "", text)') == ["a+b"]


def test_a_pattern_that_is_made_on_the_way_must_be_given_a_name() -> None:
    with pytest.raises(LookupError, match="Give it a name"):
        called("import re\ndef f(text, name):\n    return re.search(name, text)")


def called(source: str) -> list[str]:
    module = ModuleType("new")
    module.A = "a"  # type: ignore[attr-defined]
    tree = ast.parse(source)
    exec(compile(tree, "new", "exec"), vars(module))
    return [each.pattern.pattern for each in _in_place(module, tree, _uses(tree))]
