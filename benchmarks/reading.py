"""How well the answer is found in the passage that has it.

``python -m benchmarks.reading [--sample 150] [--all-languages]``: for each set and language, given the passages of the
paragraph that answers, how often the best sentence holds the answer; and of the marked words the exact match and F1 by
the rules of CMRC 2018 (Cui et al., 2019): punctuation and case aside, Chinese character by character and other words
whole, F1 over the longest stretch in common.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from benchmarks.datasets import DATA, MAIN_LANGUAGES, SETS, XQUAD_LANGUAGES, questions_of, sample
from benchmarks.gold import gold_passages
from rag.answering.candidates import AnswerCandidate
from rag.answering.reading import Reader, ReaderInput, read_hits, whole_text
from rag.core.hits import Hit
from rag.evaluation.comparing import bare, tokens
from rag.evaluation.questions import Question
from rag.models.encoder import Encoder
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder


@dataclass(frozen=True, slots=True)
class Right:
    """What the reader found for a question.

    :param sentence: Whether its best sentence holds an answer.
    :param exact: Whether its marked words are one.
    :param f1: Of its marked words, and the answer that they are most like.
    """

    sentence: bool
    exact: bool
    f1: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=150, help="questions of each language at most")
    parser.add_argument("--all-languages", action="store_true", help="ask xquad in its twelve languages")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"there is no data in {DATA}: name its folder in ARTICLE_RAG_DATA")
    encoder = load_encoder()
    reader = load_reader(encoder)
    print("| set | questions | right sentence | exact match | F1 |")
    print("|---|---|---|---|---|")
    for name in (*SETS, "news", "xquad-en"):
        for lang in XQUAD_LANGUAGES if options.all_languages and name == "xquad-zh" else MAIN_LANGUAGES:
            questions = sample(questions_of(name, [lang]), options.sample)
            rows = [right for question in questions if (right := _right(name, question, encoder, reader))]
            if rows:
                figures = (np.mean([getattr(row, field) for row in rows]) for field in ("sentence", "exact", "f1"))
                cells = " | ".join(f"{value:.3f}" for value in figures)
                print(f"| {name} ({lang}) | {len(rows)} | {cells} |", flush=True)


def _right(name: str, question: Question, encoder: Encoder, reader: Reader) -> Right | None:
    """What the reader finds; None where no passage of the set answers."""
    gold = list(gold_passages(name, question, encoder))
    if not gold or not (question.answers or question.evidence):
        return None
    hits = [Hit(passage, article.info, 0.0, 0.0, 0.0, 0.0) for article, passage in gold]
    to_read = [ReaderInput(hit, whole_text(article)) for hit, (article, _) in zip(hits, gold, strict=True)]
    return judged(read_hits(reader, question.text, to_read)[0], question)


def judged(reading: AnswerCandidate, question: Question) -> Right:
    """Whether a reading is right."""
    text = reading.hit.passage.text
    sentence, marked = bare(text[reading.start : reading.end]), text[reading.answer_start : reading.answer_end]
    wanted = question.answers or question.evidence
    return Right(
        any(bare(answer) in sentence for answer in (question.evidence or question.answers)),
        any(tokens(marked) == tokens(answer) for answer in wanted),
        max(cmrc_f1(marked, answer) for answer in wanted),
    )


def cmrc_f1(given: str, wanted: str) -> float:
    """F1 over the longest stretch of tokens in common.

    >>> cmrc_f1("全长1956千米。", "1956千米")
    0.75
    """
    ours, theirs = tokens(given), tokens(wanted)
    shared = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match().size
    return 2 * shared / (len(ours) + len(theirs)) if shared else 0.0


if __name__ == "__main__":
    main()
