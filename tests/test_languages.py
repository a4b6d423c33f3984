"""Which language is spoken, and that each says all."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from rag.core.articles import Reason
from rag.interfaces.export import conversation_markdown
from rag.interfaces.languages import LANGUAGES, words_for
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.languages.words import ENGLISH, Words
from rag.interfaces.page.turns import header_html

MESSAGES = [field.name for field in fields(Words) if field.name not in ("language", "reasons")]
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "zh-TW,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("", "en-GB,zh;q=0.9", "en"),
        ("", "fr,de;q=0.5", "en"),
        ("", "", "en"),
        ("zh-CN", "en", "zh-CN"),
        ("../../etc", "zh", "zh-CN"),
    ],
)
def test_the_language_is_the_one_chosen_else_the_browsers(chosen: str, accepted: str, language: str) -> None:
    assert words_for(chosen, accepted).language == language


@pytest.mark.parametrize("name", MESSAGES)
def test_each_language_says_all_in_its_own_script(name: str) -> None:
    chinese, english = getattr(CHINESE, name), getattr(ENGLISH, name)
    assert chinese and english and chinese != english
    assert chinese.count("{}") == english.count("{}")
    assert HAN.search(chinese) or not re.search("[A-Za-z]", chinese)
    assert not HAN.search(english)


def test_all_that_cleaning_leaves_out_has_a_name_but_elements_which_have_their_own() -> None:
    named = {reason for reason in Reason if not reason.value.startswith("<")}
    assert CHINESE.reasons.keys() == named
    assert all(HAN.search(told) for told in CHINESE.reasons.values())


def test_a_language_is_spoken_and_offered_once_it_is_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    french = replace(ENGLISH, language="fr", name="Français", exported="Questions aux articles")
    monkeypatch.setitem(LANGUAGES, "fr", french)
    assert words_for("", "de,fr-CA") is french
    assert conversation_markdown([], "fr") == "# Questions aux articles\n"
    assert re.findall('data-language="([^"]+)">([^<]+)</button>', header_html(CHINESE)) == [
        ("en", "English"),
        ("fr", "Français"),
    ]
