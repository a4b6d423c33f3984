"""Articles of our own with questions in many languages: ``training/articles/*.txt``.

The public pairs are paragraphs of encyclopedias with questions in Chinese. People have news, short paragraphs under a
headline, and ask in their own language. An article is a line ``= title``, a line ``@ categories``, paragraphs, and
questions: ``en Who founded it? | 王海``, where the answer stands word for word in one paragraph. Where it stands there
more than once, words around it are given and it is marked: ``en Who? | 由«王海»创办``. Nothing after the bar: the
article does not answer, though it lies near.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.core.articles import ArticleInfo
from training.examples import Asked, Text, cut

FOLDER = Path(__file__).with_name("articles")
_ARTICLE = re.compile(r"^= ", re.MULTILINE)
_QUESTION = re.compile(r"(?P<language>[a-z]{2}(?:-Hant)?) (?P<text>.+) \|(?P<answer>.*)")


def read_articles(folder: Path, fits: Callable[[str], bool]) -> tuple[list[Text], list[Asked]]:
    """Read all articles, cut as an index cuts them, and their questions.

    :param fits: Whether the encoder takes a text whole.
    :raises ValueError: An answer does not stand in its article, or more than once.
    """
    texts: list[Text] = []
    questions: list[Asked] = []
    for path in sorted(folder.glob("*.txt")):
        for number, article in enumerate(_ARTICLE.split(path.read_text(encoding="utf-8"))[1:]):
            name = f"{path.stem} {number}"
            title, categories, *lines = [line.strip() for line in article.splitlines() if line.strip()]
            paragraphs = [line for line in lines if not _QUESTION.fullmatch(line)]
            info = ArticleInfo(name, title, "", "", None, (tuple(categories.removeprefix("@").split()),), "", "")
            before = len(texts)
            texts += cut(info, paragraphs, fits)
            asked = [found for line in lines if (found := _QUESTION.fullmatch(line))]
            questions += _asked(name, asked, paragraphs, texts, range(before, len(texts)))
    return texts, questions


def _asked(
    document: str, found: list[re.Match[str]], paragraphs: list[str], texts: list[Text], numbers: range
) -> Iterator[Asked]:
    for question in found:
        asked = Asked(question["text"], document)
        if answer := question["answer"].strip():
            paragraph, start, end = _where(document, answer, paragraphs)
            for number in numbers:
                if place := texts[number].place(paragraph, (start, end)):
                    asked.answers[number] = [place]
        words = {texts[number].own[slice(*span)] for number, spans in asked.answers.items() for span in spans}
        asked.near = [number for number in numbers if not any(word in texts[number].own for word in words)]
        yield asked


def _where(document: str, answer: str, paragraphs: list[str]) -> tuple[int, int, int]:
    """The number of the answer's paragraph, from 1, and its offsets there."""
    before, _, rest = answer.rpartition("«")
    marked, _, after = rest.partition("»")
    whole = before + marked + after
    places = [
        (number, found.start() + len(before))
        for number, paragraph in enumerate(paragraphs, 1)
        for found in re.finditer(re.escape(whole), paragraph)
    ]
    if len(places) != 1:
        raise ValueError(f"{document}: {answer!r} stands in the article {len(places)} times, not once")
    paragraph, start = places[0]
    return paragraph, start, start + len(marked)
