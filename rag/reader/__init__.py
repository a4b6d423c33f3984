"""(question, passages) → where in them the answer stands, and how sure it is that they answer at all."""

from rag.reader.hits import Asked, Reader, ToRead, read_hits, whole_text
from rag.reader.reading import Reading
from rag.reader.trained import load_reader

__all__ = ["Asked", "Reader", "Reading", "ToRead", "load_reader", "read_hits", "whole_text"]
