"""Late interaction: how tokens are compared, what a stretch of a passage scores, and what hits it puts in order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.answering.retrieval import RERANK_DEPTH, RERANK_MARGIN, find_candidates, rank, rerank
from rag.index.index import Index
from rag.models.encoder import Tokens
from rag.models.late_interaction import Head, Interaction, interactions, trained_head
from tests.conftest import FakeEncoder

QUESTION = "河口的灯塔换了什么灯？"


def tokens(*states: tuple[float, float]) -> Tokens:
    """A text of one character a token."""
    places = np.arange(len(states))
    return Tokens(np.array([1.0, 0.0], np.float32), np.array(states, np.float32), places, places + 1)


@pytest.fixture
def plain() -> Head:
    return Head.plain(2)


def compare(question: Tokens, passage: Tokens, head: Head, shift: int = 0) -> Interaction:
    return interactions(question, [passage], [shift], head)[0]


class TestInteraction:
    def test_each_token_of_the_question_looks_for_its_best(self, plain: Head) -> None:
        question = tokens((1, 0), (0, 1))
        assert compare(question, tokens((2, 0), (0, 3)), plain).maxsim() == pytest.approx(1)
        assert compare(question, tokens((2, 0), (5, 0)), plain).maxsim() == pytest.approx(0.5)

    def test_order_makes_no_difference(self, plain: Head) -> None:
        question = tokens((1, 0), (0, 1))
        passages = tokens((1, 0), (0.6, 0.8)), tokens((0.6, 0.8), (1, 0))
        assert compare(question, passages[0], plain).maxsim() == compare(question, passages[1], plain).maxsim()

    def test_stretch_is_scored_by_its_own_tokens(self, plain: Head) -> None:
        compared = compare(tokens((1, 0)), tokens((1, 0), (0, 1), (0.6, 0.8)), plain)
        assert [compared.maxsim_of(at, at + 1) for at in range(3)] == pytest.approx([1, 0, 0.6])
        assert compared.maxsim_of(1, 3) == pytest.approx(0.6)
        assert compared.maxsim_of(7, 9) == 0

    def test_title_counts_for_the_passage_and_for_no_stretch_of_it(self, plain: Head) -> None:
        compared = compare(tokens((1, 0)), tokens((1, 0), (0, 1)), plain, shift=1)
        assert compared.maxsim() == pytest.approx(1)
        assert compared.maxsim_of(0, 1) == pytest.approx(0)

    def test_text_without_tokens_scores_nothing(self, plain: Head) -> None:
        nothing = Tokens(np.zeros(2, np.float32), np.zeros((0, 2), np.float32), np.zeros(0, int), np.zeros(0, int))
        assert compare(nothing, tokens((1, 0)), plain).maxsim() == 0
        assert compare(tokens((1, 0)), nothing, plain).maxsim() == 0


class TestHead:
    def test_weights_decide_what_counts_in_a_question(self) -> None:
        first = Head(np.zeros((0, 2), np.float32), np.zeros((2, 0), np.float32), np.array([5, 0], np.float32))
        compared = compare(tokens((1, 0), (0, 1)), tokens((1, 0)), first)
        assert compared.maxsim() > 0.99

    def test_states_are_moved_before_they_are_compared(self) -> None:
        moves = np.array([[0, 1], [0, 0]], np.float32)
        head = Head(np.eye(2, dtype=np.float32), moves, np.zeros(2, np.float32))
        assert compare(tokens((1, 0)), tokens((0, 1)), head).maxsim() == pytest.approx(0.5**0.5)

    def test_saved_and_loaded(self, tmp_path: Path) -> None:
        rows = np.arange(6, dtype=np.float32).reshape(2, 3)
        Head(rows, rows.T, rows[0]).save(tmp_path / "head.npz")
        loaded = Head.load(tmp_path / "head.npz")
        assert np.array_equal(loaded.down, rows)
        assert np.array_equal(loaded.up, rows.T)
        assert np.array_equal(loaded.weigh, rows[0])

    def test_one_comes_along_for_the_default_model(self) -> None:
        assert trained_head().up.shape[0] == trained_head().weigh.shape[0] == 384
        assert trained_head().down.any()


class TestRescoring:
    @pytest.fixture
    def index(self, built: Path) -> Index:
        return Index.open(built)

    def test_hits_looked_at_closely_come_before_the_others_best_first(self, index: Index, encoder: FakeEncoder) -> None:
        asked = encoder.query_tokens(QUESTION)
        hits = rank(index, find_candidates(index, QUESTION, asked.vector, None, 50), 50)
        ranked = rerank(encoder, asked, hits, 3)
        looked_at = len(ranked.token_matches)
        assert {hit.passage.id for hit in ranked.hits} == {hit.passage.id for hit in hits}
        assert [hit.late is not None for hit in ranked.hits] == [at < looked_at for at in range(len(hits))]
        scores = [hit.score for hit in ranked.hits]
        assert scores == sorted(scores, reverse=True)

    def test_those_close_to_the_best_are_looked_at_and_so_many_in_any_case(
        self, index: Index, encoder: FakeEncoder
    ) -> None:
        asked = encoder.query_tokens(QUESTION)
        found = rank(index, find_candidates(index, QUESTION, asked.vector, None, 50), 50)
        behind = (0.0, RERANK_MARGIN / 3, RERANK_MARGIN / 2, 2 * RERANK_MARGIN, 3 * RERANK_MARGIN)
        hits = [replace(hit, score=1 - less) for hit, less in zip(found, behind, strict=False)]
        for at_least, looked_at in ((1, 3), (3, 3), (4, 4)):
            assert len(rerank(encoder, asked, hits, at_least).token_matches) == looked_at
        assert len(rerank(encoder, asked, hits[:1] * (RERANK_DEPTH + 5), 1).token_matches) == RERANK_DEPTH

    def test_what_was_compared_belongs_to_its_hit(self, index: Index, encoder: FakeEncoder) -> None:
        asked = encoder.query_tokens(QUESTION)
        hits = rank(index, find_candidates(index, QUESTION, asked.vector, None, 50), 50)
        ranked = rerank(encoder, asked, hits, 5)
        for hit, compared in zip(ranked.hits[:5], ranked.token_matches, strict=True):
            assert compared.interaction.maxsim() == hit.late
            assert (
                compared.interaction.ends[-1]
                == len(hit.passage.text)
                == compared.tokens.ends[-1] - compared.title_offset
            )

    def test_nothing_found_stays_nothing(self, encoder: FakeEncoder) -> None:
        assert rerank(encoder, encoder.query_tokens(QUESTION), [], 3).hits == []
