"""An encoder that remembers the last question and passages, so that asking and searching run the model once."""

from __future__ import annotations

from collections.abc import Sequence

from rag.encoder import Encoder, Tokens


class RememberingEncoder:
    """Encodes as another encoder does, and what it was last given it does not encode again.

    :param encoder: The one that encodes.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.digest, self.dimension = encoder.name, encoder.digest, encoder.dimension
        self.fits = encoder.fits
        self.encode_queries, self.encode_passages = encoder.encode_queries, encoder.encode_passages
        self._encoder = encoder
        self._question: tuple[str, Tokens] | None = None
        self._passages: tuple[list[str], list[Tokens]] = ([], [])

    def query_tokens(self, text: str) -> Tokens:
        """A question, token by token."""
        if self._question is None or self._question[0] != text:
            self._question = (text, self._encoder.query_tokens(text))
        return self._question[1]

    def passage_tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Passages, token by token."""
        if self._passages[0] != list(texts):
            self._passages = (list(texts), self._encoder.passage_tokens(texts))
        return self._passages[1]
