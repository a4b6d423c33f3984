"""What greets a reader: what is in the collection, and questions and categories to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.build import build_index
from rag.index.opening import open_index
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.page.welcome import welcome_html
from tests.conftest import FakeEncoder, write_article
from tests.page.values import HOSTILE, Outline, is_harmless


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("welcome")
    titles = (
        "渡口什么时候通车？",
        "石桥修好以后第一天",
        "雾",
        "北岸灯桩换上了新的灯",
        "茶园的网为什么破了？",
        "旧书店来了一台机器",
    )
    for day, title in enumerate(titles, 1):
        when = f"2024-05-{day:02} 08:00:00"
        field = "经济" if day % 2 else "社会"
        write_article(folder / f"{day}.md", title, f"{title}这是第{day}篇的正文。", date=when, categories=field)
    build_index(folder, folder / "index", FakeEncoder())
    return welcome_html(open_index(folder / "index"), CHINESE)


def test_it_says_what_is_there(shown: str) -> None:
    text = Outline(shown).text
    assert "共 6 篇文章、2024-05-01 至 2024-05-06" in text
    assert 'data-do="narrow-to" data-category="社会"' in shown
    assert 'href="#article-6.md"' in shown
    assert 'href="#article-1.md"' not in shown, "the newest alone"


def test_headlines_that_ask_are_offered_first_and_none_that_only_names_a_thing(shown: str) -> None:
    offered = [part.split('"')[1] for part in shown.split('data-do="ask" ')[1:]]
    assert offered[:2] == ["茶园的网为什么破了？", "渡口什么时候通车？"]
    assert "雾" not in offered


def test_questions_that_the_samples_bring_go_before(tmp_path: Path) -> None:
    write_article(tmp_path / "a.md", "渡口什么时候通车？", "渡口的桥在五月通车。", date="2024-05-01")
    build_index(tmp_path, tmp_path / "index", FakeEncoder())
    shown = welcome_html(open_index(tmp_path / "index"), ENGLISH, ["How high is it?"])
    assert 'data-question="How high is it?"' in shown
    assert "渡口什么时候通车？" not in shown.split("Newest articles")[0]


def test_what_articles_are_called_is_no_markup(tmp_path: Path) -> None:
    title = HOSTILE.replace("'", "").replace("\n", " ")[:50]
    write_article(tmp_path / "a.md", title, "渡口的桥在五月通车。", date="2024-05-01", categories="甲")
    build_index(tmp_path, tmp_path / "index", FakeEncoder())
    assert is_harmless(welcome_html(open_index(tmp_path / "index"), CHINESE, [HOSTILE]))
