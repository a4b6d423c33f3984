"""The order of the house: what may import what, and what an import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import rag

HOUSE = Path(rag.__file__).parent
ROWS = (
    ("errors", "files"),
    ("arguments",),
    ("types", "known_models"),
    ("decoding", "filters", "folder", "front_matter", "markdown_text"),
    ("numerals", "scripts", "sentences", "shown_order", "charts"),
    ("fair_queue", "kept", "login", "sessions", "visitors"),
    ("connections", "http_messages"),
    ("guard",),
    ("cleaning", "encoder", "packaged_model", "lexical"),
    ("articles", "encoded", "passages", "late_interaction", "repeats", "copies"),
    ("index", "reader", "worker"),
    ("worker_pool", "ranking", "extracts", "conversation", "collection"),
    ("indexing", "engine"),
    ("retriever",),
    ("reindexing",),
    ("__init__", "service"),
    ("links", "export", "feedback", "printing"),
    ("cli", "page", "serving", "evaluation"),
)
"""From the ground up. A module imports from rows below its own."""
ROW_OF = {name: number for number, row in enumerate(ROWS) for name in row}
ALLOWED_WITHIN_A_ROW = {
    ("encoder", "packaged_model"),
    ("cleaning", "cleaning"),
    ("index", "index"),
    ("reader", "reader"),
    ("evaluation", "evaluation"),
    ("page", "page"),
    ("cli", "evaluation"),
}
HEAVY = ("torch", "sentence_transformers", "faiss", "bm25s", "gradio")

MODULES = sorted(path.relative_to(HOUSE) for path in HOUSE.rglob("*.py"))


def room(module: Path) -> str:
    """The part of the house that a module belongs to: its own name, or its package's."""
    return module.parts[0].removesuffix(".py")


def imports(module: Path) -> set[str]:
    """The parts of the house that a module imports, wherever in it the import stands."""
    tree = ast.parse((HOUSE / module).read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            names |= {f"rag.{alias.name}" for alias in node.names} if node.module == "rag" else {node.module or ""}
    own = [name.split(".") for name in names if name.split(".")[0] == "rag"]
    return {parts[1] if len(parts) > 1 and parts[1] in ROW_OF else "__init__" for parts in own}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_has_a_row(module: Path) -> None:
    assert room(module) in ROW_OF


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) in ROW_OF], ids=str)
def test_imports_go_one_way(module: Path) -> None:
    mine = room(module)
    for other in imports(module):
        lower = ROW_OF[other] < ROW_OF[mine]
        assert lower or (mine, other) in ALLOWED_WITHIN_A_ROW, f"{mine} imports {other}"


def test_imports_are_seen_at_all() -> None:
    assert {"worker_pool", "passages", "index", "encoder"} <= imports(Path("indexing.py"))


def test_public_names_all_resolve() -> None:
    assert len(set(rag.__all__)) == len(rag.__all__)
    for name in rag.__all__:
        assert getattr(rag, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        getattr(rag, "nonsense")  # noqa: B009 - the name is not there for mypy either


def loaded_after(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=HOUSE.parent, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_rag_loads_nothing_heavy() -> None:
    loaded = loaded_after("import rag")
    assert "rag" in loaded
    assert not loaded & set(HEAVY)


def test_no_model_library_is_loaded_before_a_model_is() -> None:
    loaded = loaded_after("from rag import Retriever, build_index")
    assert "rag.indexing" in loaded
    assert not loaded & {"torch", "sentence_transformers", "transformers", "gradio"}
