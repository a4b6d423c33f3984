"""All that is trained on: questions over news, the public pairs and our own articles, with what is hard for each.

Passages are cut as an index cuts them. The packaged model's lower layers run once over all of them, and the vectors of
the encoder as it is shipped tell which passages lie near a question.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.datasets import DATA
from rag.models.encoder import Encoder
from rag.models.lower_layers import PASSAGE_PROMPT, QUESTION_PROMPT
from training.examples import Asked, Text
from training.lower_states import LowerStates, lower_states
from training.news_questions import read_news
from training.own_articles import FOLDER, read_articles
from training.public_pairs import read_pairs

NEWS, PAIRS, OWN = "news", "pairs", "own"
MINED = 12
"""Passages nearest to a question that are kept for it."""
NEAR = 4
"""Passages of its own article that are kept: those nearest to it."""
ALIKE = 0.975
"""Cosine from which on a passage counts as a copy of the right one, and is no negative."""
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Corpus:
    """Questions of all sources, and all passages.

    :param questions: By source; what they tell of passages are numbers of ``texts``.
    :param together: The same in one list.
    :param asked: These after the lower layers.
    :param articles: The passages of each article, by number.
    """

    texts: list[Text]
    passages: LowerStates
    questions: dict[str, list[Asked]]
    together: list[Asked]
    asked: LowerStates
    articles: dict[str, list[int]]


def read_corpus(work: Path, encoder: Encoder) -> Corpus:
    """Read all sources, and run the lower layers where an earlier run has not.

    :param work: Where their states are kept.
    """
    texts: list[Text] = []
    questions: dict[str, list[Asked]] = {}
    for source, (more, asked) in (
        (NEWS, read_news(DATA / "train", encoder.fits)),
        (PAIRS, read_pairs(DATA / "train" / "reader.jsonl.gz", encoder.fits)),
        (OWN, read_articles(FOLDER, encoder.fits)),
    ):
        questions[source] = [_moved(each, len(texts)) for each in asked]
        texts += more
    articles: dict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        articles[text.document].append(number)
    together = [asked for each in questions.values() for asked in each]
    states = lower_states([asked.text for asked in together], QUESTION_PROMPT, work / "asked")
    passages = lower_states([text.whole for text in texts], PASSAGE_PROMPT, work / "passages")
    _mine(together, states, passages, texts)
    print(f"{len(texts)} passages of {len(articles)} articles, {len(together)} questions", flush=True)
    return Corpus(texts, passages, questions, together, states, articles)


def _moved(asked: Asked, by: int) -> Asked:
    """A question whose passages have other numbers."""
    answers = {number + by: spans for number, spans in asked.answers.items()}
    return Asked(asked.text, asked.document, answers, [number + by for number in asked.near])


def _mine(questions: list[Asked], asked: LowerStates, passages: LowerStates, texts: list[Text]) -> None:
    """Note for each question the passages nearest to it that do not answer, nearest first.

    Copies of one that answers may answer too; of a question without an answer only other articles are known not to.
    """
    vectors = torch.from_numpy(passages.vectors)
    for begin in range(0, len(questions), _AT_ONCE):
        scores = torch.from_numpy(asked.vectors[begin : begin + _AT_ONCE]) @ vectors.T
        nearest = scores.topk(3 * MINED).indices.tolist()
        for question, near, row in zip(questions[begin:], nearest, scores, strict=False):
            right = list(question.answers)
            held = {texts[number].own[slice(*span)] for number in right for span in question.answers[number]}
            alike = (vectors[near] @ vectors[right].T > ALIKE).any(1).tolist() if right else [False] * len(near)
            question.mined = [
                number
                for number, copy in zip(near, alike, strict=True)
                if not copy
                and number not in question.answers
                and (right or texts[number].document != question.document)
                and not any(answer in texts[number].own for answer in held)
            ][:MINED]
            question.near = sorted(question.near, key=lambda number: -float(row[number]))[:NEAR]
