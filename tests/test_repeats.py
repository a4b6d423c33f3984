"""What a source repeats is told from what its articles say."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from rag.build import build_index
from rag.core.articles import Article, ArticleInfo, Kind, Paragraph, Reason
from rag.corpus.boilerplate import Repeats
from rag.corpus.outline import Outline
from rag.index.opening import open_index
from tests.conftest import FakeEncoder, write_article

PROMPT = "想看更多河口的故事，请订我们的周刊。"
TOPICS = ("灯塔", "渡船", "茶园", "书店", "球队", "集市", "水闸", "桥")


def article(number: int, *texts: str, author: str = "河汊晚报", kinds: dict[str, Kind] | None = None) -> Article:
    paragraphs = tuple(Paragraph(text, (kinds or {}).get(text, Kind.TEXT), line) for line, text in enumerate(texts, 5))
    digest = sha256(repr(paragraphs).encode()).hexdigest()
    return Article(ArticleInfo(f"{number}.md", TOPICS[number], author, "", None, (), "", digest), paragraphs)


def story(number: int) -> list[str]:
    """Paragraphs that no other article has."""
    return [f"{TOPICS[number]}的第{part}段，讲的是{TOPICS[number]}从前的样子和今天的样子。" for part in range(4)]


def own(articles: list[Article]) -> list[list[str]]:
    repeats = Repeats(Outline.of(articles))
    return [
        [paragraph.text for paragraph in each.without_boilerplate(repeats.kept(each)).paragraphs] for each in articles
    ]


def test_line_at_the_end_of_many_articles_of_a_source_is_taken_out() -> None:
    articles = [article(number, *story(number), PROMPT) for number in range(6)]
    assert own(articles) == [story(number) for number in range(6)]


def test_all_of_several_lines_at_the_end_are_taken_out() -> None:
    endings = [PROMPT, "河汊晚报", "本刊每周五出版，每月四期，全年五十期，邮局和渡口都能订。"]
    articles = [article(number, story(number)[0], *endings) for number in range(8)]
    assert own(articles) == [story(number)[:1] for number in range(8)]


def test_what_is_taken_out_goes_to_the_account() -> None:
    articles = [article(number, *story(number), PROMPT) for number in range(6)]
    told = articles[0].without_boilerplate(Repeats(Outline.of(articles)).kept(articles[0]))
    assert [(piece.text, piece.line, piece.reason) for piece in told.removed] == [(PROMPT, 9, Reason.REPEATED_LINE)]


def test_few_articles_prove_nothing() -> None:
    articles = [article(number, *story(number), PROMPT) for number in range(4)]
    assert own(articles)[0][-1] == PROMPT


def test_articles_of_different_sources_prove_nothing() -> None:
    articles = [article(number, *story(number), PROMPT, author=TOPICS[number]) for number in range(8)]
    assert own(articles)[0][-1] == PROMPT


def test_copies_of_one_article_keep_what_they_share() -> None:
    articles = [article(number, *story(0)) for number in range(8)]
    assert own(articles) == [story(0)] * 8


def test_line_in_the_middle_of_articles_stays() -> None:
    articles = [
        article(number, *story(number), PROMPT, *story((number + 1) % 8), *story((number + 2) % 8))
        for number in range(8)
    ]
    assert all(PROMPT in texts for texts in own(articles))


def test_heading_that_many_articles_use_is_theirs() -> None:
    kinds = {"参考书目": Kind.HEADING}
    articles = [
        article(number, *story(number), *(["参考书目"] if number < 5 else []), kinds=kinds) for number in range(8)
    ]
    assert own(articles)[7] == story(7)
    several = [*articles, *(article(number, *story(number), "别的一段，只有这里有。") for number in range(4))]
    assert own(several)[0][-1] == "参考书目"


def test_code_is_never_taken_for_a_repeated_line() -> None:
    kinds = {"import ferry": Kind.CODE}
    articles = [article(number, *story(number), "import ferry", kinds=kinds) for number in range(8)]
    assert own(articles)[0][-1] == "import ferry"


def test_sentence_that_ends_many_articles_is_cut() -> None:
    bodies = [f"第{number}号船今天返航，载客{number}人。" for number in range(30)]
    articles = [
        Article(
            ArticleInfo(f"{number}.md", "返航", "河汊晚报", "", None, (), "", ""),
            (Paragraph(f"{body}返回首页，查看更多", Kind.TEXT, 3),),
        )
        for number, body in enumerate(bodies)
    ]
    assert own(articles) == [[body] for body in bodies]


class TestIndexing:
    def test_line_is_learned_when_enough_articles_have_come(self, tmp_path: Path, encoder: FakeEncoder) -> None:
        folder, index = tmp_path / "articles", tmp_path / "index"
        for number in range(4):
            write_article(folder / f"{number}.md", TOPICS[number], *story(number), PROMPT, author="晚报")
        before = build_index(folder, index, encoder)
        assert Reason.REPEATED_LINE not in before.left_out
        for number in (4, 5):
            write_article(folder / f"{number}.md", TOPICS[number], *story(number), PROMPT, author="晚报")
        after = build_index(folder, index, encoder)
        assert (after.added, after.unchanged, after.left_out[Reason.REPEATED_LINE]) == (2, 4, 6)
        assert all(PROMPT not in text for text in texts_of(index))

    def test_line_comes_back_when_its_articles_are_gone(self, tmp_path: Path, encoder: FakeEncoder) -> None:
        folder, index = tmp_path / "articles", tmp_path / "index"
        for number in range(5):
            write_article(folder / f"{number}.md", TOPICS[number], *story(number), PROMPT, author="晚报")
        assert build_index(folder, index, encoder).left_out[Reason.REPEATED_LINE] == 5
        (folder / "0.md").unlink()
        fresh = tmp_path / "fresh"
        assert build_index(folder, index, encoder).left_out == build_index(folder, fresh, encoder).left_out
        assert sorted(texts_of(index)) == sorted(texts_of(fresh))
        assert any(PROMPT in text for text in texts_of(index))


def texts_of(index: Path) -> list[str]:
    opened = open_index(index)
    try:
        return [opened.store.passage(number)[0].text for number in opened.ids.tolist()]
    finally:
        opened.close()
