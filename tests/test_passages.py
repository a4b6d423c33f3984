from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag.core.articles import Article, ArticleInfo, Kind, Paragraph
from rag.core.passages import Passage
from rag.corpus.passages import ENOUGH, MAX_SIZE, cut_passages
from rag.text.writing_systems import size

TITLE = "灯"
KINDS = st.sampled_from([kind for kind in Kind if kind is not Kind.TABLE_HEADER])
"""A table's header stands in each passage of its rows, every other paragraph in one."""
SENTENCES = st.text("灯塔ab ", min_size=1, max_size=90).map(lambda text: f"{text}。")
TEXTS = st.lists(SENTENCES | st.text("灯塔。！ab. ", min_size=1, max_size=700), min_size=1, max_size=8).map("".join)
PARAGRAPHS = st.builds(Paragraph, TEXTS.map(str.strip).filter(bool), KINDS, st.integers(1, 999))


def article_of(*paragraphs: Paragraph) -> Article:
    return Article(ArticleInfo("a.md", TITLE, "", "", None, (), "", ""), paragraphs)


def text(words: str, kind: Kind = Kind.TEXT) -> Paragraph:
    return Paragraph(words, kind, 1)


def cut(*paragraphs: Paragraph, fits: Callable[[str], bool] = lambda text: True) -> list[Passage]:
    return list(cut_passages(article_of(*paragraphs), fits))


def sentence(length: int, character: str = "灯") -> str:
    return character * (length - 1) + "。"


def numbers(passage: Passage) -> list[int]:
    return [part.paragraph for part in passage.parts]


@given(st.lists(PARAGRAPHS, max_size=8), st.integers(20, 600))
def test_parts_are_the_paragraphs_letter_for_letter(paragraphs: list[Paragraph], limit: int) -> None:
    for passage in cut(*paragraphs, fits=lambda text: len(text) <= limit):
        for part in passage.parts:
            source = paragraphs[part.paragraph - 1]
            assert passage.text[part.start : part.end] == source.text[part.offset : part.offset + part.end - part.start]
            assert part.line == source.line
        assert passage.text == "\n".join(passage.text[part.start : part.end] for part in passage.parts)


def test_each_passage_of_a_long_table_begins_with_its_header() -> None:
    header = text("渡口\t平日", Kind.TABLE_HEADER)
    rows = [text(f"{number}号渡口\t{'每天六班' * 10}", Kind.TABLE_ROW) for number in range(12)]
    passages = cut(text("各渡口的班次如下。"), header, *rows, text("以上。"))
    assert len(passages) > 2
    assert all("渡口\t平日" in passage.text for passage in passages if "号渡口" in passage.text)
    assert sum(passage.text.count("5号渡口") for passage in passages) == 1


def test_header_ends_with_its_table() -> None:
    table = [text("渡口\t平日", Kind.TABLE_HEADER), text("东\t六班", Kind.TABLE_ROW)]
    passages = cut(*table, text(sentence(200)), text("西\t七班", Kind.TABLE_ROW), text(sentence(200)))
    assert "".join(passage.text for passage in passages).count("渡口\t平日") == 1


@given(st.lists(PARAGRAPHS, max_size=8), st.integers(20, 600))
def test_every_letter_stands_in_one_passage_and_in_order(paragraphs: list[Paragraph], limit: int) -> None:
    passages = cut(*paragraphs, fits=lambda text: len(text) <= limit)
    covered = [
        (part.paragraph, part.offset + at)
        for passage in passages
        for part in passage.parts
        for at in range(part.end - part.start)
    ]
    letters = [
        (number, at)
        for number, paragraph in enumerate(paragraphs, 1)
        for at, letter in enumerate(paragraph.text)
        if not letter.isspace()
    ]
    assert all(before < after for before, after in pairwise(covered))
    assert set(letters) <= set(covered)
    assert all(paragraphs[number - 1].text[at].isspace() for number, at in set(covered) - set(letters))


@given(st.lists(PARAGRAPHS, max_size=8), st.integers(20, 600))
def test_no_passage_is_more_than_the_encoder_takes_with_its_title(paragraphs: list[Paragraph], limit: int) -> None:
    article = article_of(*paragraphs)
    for passage in cut_passages(article, lambda text: len(text) <= limit):
        assert len(article.info.indexed_text(passage.text)) <= limit


@given(st.lists(st.builds(Paragraph, SENTENCES, KINDS, st.just(1)), max_size=20))
def test_short_paragraphs_are_joined_to_passages_of_bounded_size(paragraphs: list[Paragraph]) -> None:
    assert all(
        sum(size(passage.text[part.start : part.end]) for part in passage.parts) <= MAX_SIZE
        for passage in cut(*paragraphs)
    )


def test_title_too_long_for_the_encoder_still_ends() -> None:
    assert "".join(passage.text for passage in cut(text("灯塔。"), fits=lambda text: False)) == "灯塔。"


def test_short_neighbours_are_joined_until_there_is_enough() -> None:
    third = ENOUGH // 3 + 1
    passages = cut(*(text(sentence(third)) for _ in range(4)))
    assert [numbers(passage) for passage in passages] == [[1, 2, 3], [4]]


def test_long_paragraph_is_cut_between_sentences_into_about_equal_pieces() -> None:
    passages = cut(text(sentence(50) * 10))
    assert [size(passage.text) for passage in passages] == [250, 250]


def test_no_piece_of_a_long_paragraph_is_over_the_most_unless_it_is_one_sentence() -> None:
    passages = cut(text(sentence(200) + sentence(190) + sentence(200)))
    assert all(size(passage.text) <= MAX_SIZE for passage in passages)


def test_one_endless_sentence_is_cut_where_the_encoder_demands_it() -> None:
    endless = "灯" * 1000
    passages = cut(text(endless), fits=lambda text: len(text) <= 300)
    assert "".join(passage.text for passage in passages) == endless
    assert all(len(passage.text) < 300 for passage in passages)


def test_encoder_limit_cuts_between_paragraphs_before_it_cuts_one() -> None:
    passages = cut(text(sentence(40)), text(sentence(40)), fits=lambda text: len(text) <= 60)
    assert [numbers(passage) for passage in passages] == [[1], [2]]


def test_heading_begins_a_passage_with_what_follows_it() -> None:
    passages = cut(text(sentence(30)), text("时间表", Kind.HEADING), text("春天", Kind.HEADING), text(sentence(30)))
    assert [numbers(passage) for passage in passages] == [[1], [2, 3, 4]]


def test_heading_stays_with_a_paragraph_that_fills_a_passage() -> None:
    passages = cut(text("时间表", Kind.HEADING), text(sentence(MAX_SIZE - 1)))
    assert numbers(passages[0]) == [1, 2]


def test_heading_stays_with_a_long_paragraph() -> None:
    passages = cut(text("春天和秋天的时间表", Kind.HEADING), text(sentence(49) * 12))
    assert numbers(passages[0]) == [1, 2]


def test_heading_stays_with_what_follows_when_the_encoder_demands_a_cut() -> None:
    passages = cut(text("时间表", Kind.HEADING), text(sentence(40) * 2), fits=lambda text: len(text) <= 60)
    assert [numbers(passage) for passage in passages] == [[1, 2], [2]]


def test_words_of_another_script_count_for_less() -> None:
    assert size("灯塔") == 2
    assert size("lamps") == 2


def test_title_and_categories_are_searched_with_the_passage() -> None:
    info = ArticleInfo("a.md", "河口的灯", "", "", None, (("本地", "航运"),), "", "")
    assert info.indexed_text("灯亮了。") == "河口的灯\n本地 航运\n灯亮了。"
