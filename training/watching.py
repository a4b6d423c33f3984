"""How the reader does, while it is trained, on questions that it is not trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from benchmarks.datasets import DATA, questions_of, rows_of, sample
from benchmarks.gold import article_of, gold_passages
from rag.core.types import Article, Passage
from rag.evaluation.comparing import bare
from rag.models.encoder import Encoder, Tokens
from rag.models.joint_layers import JointLayers
from rag.models.reader import TrainedReader
from rag.text.sentences import sentence_spans

WATCHED = (("cmrc", "zh"), ("drcd", "zh-Hant"), ("csq", "zh"), ("xquad-zh", "zh"), ("xquad-zh", "en"))
ADVERSARIAL = "adversarial"
EACH = 60


@dataclass(frozen=True, slots=True)
class Watched:
    """A question with the passages of one paragraph, after the model's lower layers.

    :param answers: Empty where the paragraph does not answer.
    """

    group: str
    asked: Tokens
    texts: list[str]
    passages: list[Tokens]
    shifts: list[int]
    answers: tuple[str, ...]


def watched(encoder: Encoder) -> Iterator[Watched]:
    """Some questions of the dev sets, always the same."""
    for name, lang in WATCHED:
        for question in sample(questions_of(name, [lang]), EACH):
            passages = list(gold_passages(name, question, encoder))
            yield _watched(f"{name} {lang}", question.text, passages, question.answers, encoder)
    near = [row for row in rows_of(DATA / "dev" / "qa" / "csq_unanswerable.jsonl") if row["kind"] == ADVERSARIAL]
    for row in near[:EACH]:
        article, found = article_of("csq", f"{row['near_doc_id']}.md", encoder)  # type: ignore[arg-type]
        yield _watched(ADVERSARIAL, row["question"], [(article, passage) for passage in found], (), encoder)


def _watched(
    group: str, question: str, passages: list[tuple[Article, Passage]], answers: tuple[str, ...], encoder: Encoder
) -> Watched:
    texts = [passage.text for _, passage in passages]
    whole = [article.info.indexed_text(passage.text) for article, passage in passages]
    shifts = [len(long) - len(text) for long, text in zip(whole, texts, strict=True)]
    return Watched(group, encoder.query_tokens(question), texts, encoder.passage_tokens(whole), shifts, answers)


def look(network: JointLayers, rows: list[Watched]) -> str:
    """Shares of questions whose likeliest span lies in a sentence with the answer.

    And how well csq's questions without an answer are told from those with one: the area under the ROC curve.
    """
    reader = TrainedReader(network)
    right: dict[str, list[bool]] = {}
    sure: list[tuple[bool, float]] = []
    with torch.autocast("cpu", torch.bfloat16):
        for row in rows:
            read = reader.read(row.asked, row.passages, row.shifts)
            if row.answers:
                spans = [
                    (text, span, scores.best(*span))
                    for text, scores in zip(row.texts, read, strict=True)
                    for span in sentence_spans(text)
                ]
                text, span, _ = max(spans, key=lambda found: found[2].log_likelihood if found[2] else -np.inf)
                sentence = bare(text[slice(*span)])
                right.setdefault(row.group, []).append(any(bare(answer) in sentence for answer in row.answers))
            if row.group in ("csq zh", ADVERSARIAL) and read:
                sure.append((bool(row.answers), max(scores.answers for scores in read)))
    told = [f"{group} {np.mean(values):.3f}" for group, values in right.items()]
    return ", ".join([*told, f"{ADVERSARIAL} {roc_auc_score(*zip(*sure, strict=True)):.3f}"])
