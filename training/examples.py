"""Questions to train on, and the passages that answer them or do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from rag.core.types import Article, ArticleInfo, Kind, Paragraph, Part
from rag.corpus.passages import cut_passages
from rag.index.lexical import LexicalIndex
from rag.models.encoder import Tokens
from rag.models.sentence_transformer import SentenceTransformerEncoder

MINED = 6
"""Passages that are nearest to a question by meaning, and as many by words, from which its hard negatives are drawn."""
AT_ONCE = 64

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as an index encodes it.

    :param shift: Characters that stand before its own text: title and categories.
    :param parts: Where its paragraphs stand in its own text.
    """

    whole: str
    shift: int
    document: str
    parts: tuple[Part, ...]

    @property
    def own(self) -> str:
        """The passage without its title."""
        return self.whole[self.shift :]

    def place(self, paragraph: int, span: Span) -> Span | None:
        """Where a stretch of a paragraph, by number from 1, stands in the passage's own text; None if not whole."""
        for part in self.parts:
            start, end = (at - part.offset + part.start for at in span)
            if part.paragraph == paragraph and part.start <= start and end <= part.end:
                return start, end
        return None


@dataclass(slots=True)
class Asked:
    """A question.

    :param answers: For each passage that answers, by number, where: offsets in its own text.
    :param near: Numbers of passages that nearly answer, but do not.
    :param mined: Numbers of passages that search finds for it, none of which has its answer.
    """

    text: str
    document: str
    answers: dict[int, list[Span]] = field(default_factory=dict)
    near: set[int] = field(default_factory=set)
    mined: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Examples:
    """Questions of one source with all passages of it.

    :param tokens: The passages after the model's lower layers.
    """

    texts: list[Text]
    tokens: list[Tokens]
    answered: list[Asked]
    unanswered: list[Asked]


def cut(info: ArticleInfo, paragraphs: list[str], fits: Callable[[str], bool]) -> Iterator[Text]:
    """Passages of an article as an index has them."""
    article = Article(info, tuple(Paragraph(text, Kind.TEXT, 1) for text in paragraphs))
    for passage in cut_passages(article, fits):
        whole = info.indexed_text(passage.text)
        yield Text(whole, len(whole) - len(passage.text), info.id, passage.parts)


def prepared(texts: list[Text], questions: list[Asked], encoder: SentenceTransformerEncoder) -> Examples:
    """Run the model's lower layers over all passages, and find hard negatives for all questions."""
    passages = _encoded(encoder.passage_tokens, [text.whole for text in texts])
    _mine(texts, questions, passages, _encoded(encoder.query_tokens_of, [asked.text for asked in questions]))
    answered = [asked for asked in questions if asked.answers]
    unanswered = [asked for asked in questions if not asked.answers and asked.near]
    print(f"{len(texts)} passages, {len(answered)} questions with an answer, {len(unanswered)} without", flush=True)
    return Examples(texts, passages, answered, unanswered)


def _encoded(encode: Callable[[list[str]], list[Tokens]], texts: list[str]) -> list[Tokens]:
    batches = (texts[at : at + AT_ONCE] for at in range(0, len(texts), AT_ONCE))
    return [_slim(tokens) for batch in batches for tokens in encode(batch)]


def _slim(tokens: Tokens) -> Tokens:
    """Without the last layer's states, and the lower ones' in half precision: all passages stay in memory."""
    assert tokens.lower_states is not None
    return Tokens(tokens.vector, tokens.states[:0], tokens.starts, tokens.ends, tokens.lower_states.astype("float16"))


def _mine(texts: list[Text], questions: list[Asked], passages: list[Tokens], asked_tokens: list[Tokens]) -> None:
    """Note for each question the passages nearest to it, by meaning and by words, that do not hold its answer."""
    vectors = np.array([tokens.vector for tokens in passages])
    words = LexicalIndex.build([text.whole for text in texts])
    for asked, tokens in zip(questions, asked_tokens, strict=True):
        known = {texts[number].own[start:end] for number, spans in asked.answers.items() for start, end in spans}
        by_meaning = np.argsort(-(vectors @ tokens.vector))[: 2 * MINED]
        by_words = np.argsort(-words.match(asked.text).scores)[: 2 * MINED]
        lists = (_without_answer(ids.tolist(), asked, known, texts)[:MINED] for ids in (by_meaning, by_words))
        asked.mined = list(dict.fromkeys(number for numbers in lists for number in numbers))


def _without_answer(ids: list[int], asked: Asked, answers: set[str], texts: list[Text]) -> list[int]:
    """Of a question without an answer only passages of other documents are known not to answer."""
    return [
        number
        for number in ids
        if number not in asked.answers
        and (texts[number].document != asked.document or asked.answers)
        and not any(answer in texts[number].own for answer in answers)
    ]
