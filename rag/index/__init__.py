"""The index folder: its form, its generations, and searching it."""

from rag.index.generations import CURRENT, building, current_generation
from rag.index.index import Index
from rag.index.manifest import Manifest
from rag.index.writing import NewGeneration

__all__ = ["CURRENT", "Index", "Manifest", "NewGeneration", "building", "current_generation"]
