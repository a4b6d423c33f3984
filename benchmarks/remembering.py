"""An encoder that remembers passages: where answers are measured and not time, each is read by the model once."""

from __future__ import annotations

from collections.abc import Sequence

from rag.models.encoder import Encoder, Tokens


class RememberingEncoder:
    """Encodes as its encoder does, and no passage twice token by token.

    :param encoder: The one that encodes.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.digest, self.dimension = encoder.name, encoder.digest, encoder.dimension
        self.half_precision, self.is_default = encoder.half_precision, encoder.is_default
        self.fits, self.encode_passages = encoder.fits, encoder.encode_passages
        self.query_tokens = encoder.query_tokens
        self.reader_layers = encoder.reader_layers
        self._encode = encoder.passage_tokens
        self._known: dict[str, Tokens] = {}

    def passage_tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Passages, token by token."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._encode(new), strict=True))
        return [self._known[text] for text in texts]
