"""The order of the house: what may import what, and what an import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import rag

HOUSE = Path(rag.__file__).parent
BELOW = {
    "errors": (),
    "core": ("errors",),
    "text": (),
    "corpus": ("errors", "core", "text"),
    "models": ("errors", "core", "text"),
    "index": ("errors", "core", "text"),
    "build": ("errors", "core", "text", "corpus", "models", "index"),
    "answering": ("errors", "core", "text", "models", "index"),
    "evaluation": ("errors", "core", "corpus", "index", "answering"),
    "interfaces": ("errors", "core", "text", "corpus", "index", "build", "answering", "evaluation"),
    "__init__": ("errors", "core", "build", "answering"),
}
"""What each part of the house may import: texts know of no article, what is stored knows nothing of files, and only
what builds and what measures know both."""
APART = ("http", "page")
"""Interfaces that know nothing of each other: ``app`` puts them together, and ``cli`` opens that."""
SHARED = "languages"
"""What interfaces have in common: it knows none of them."""
MAX_PARTS, MAX_CHAIN = 10, 11
HEAVY = ("torch", "sentence_transformers", "faiss", "bm25s", "gradio")

MODULES = sorted(path.relative_to(HOUSE) for path in HOUSE.rglob("*.py"))


def part(module: Path) -> str:
    """The part of the house that a module belongs to: its own name, or its folder's."""
    return module.parts[0].removesuffix(".py")


def imports(module: Path) -> set[str]:
    """The modules of the house that a module imports, wherever in it the import stands."""
    tree = ast.parse((HOUSE / module).read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            whole = {f"{node.module}.{alias.name}" for alias in node.names} & NAMES.keys()
            found |= whole or {node.module or ""}
    return found & NAMES.keys()


def name_of(module: Path) -> str:
    parts = ("rag", *module.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(module): module for module in MODULES}


def test_the_house_has_few_parts() -> None:
    parts = {part(module) for module in MODULES} - {"__init__"}
    assert parts == BELOW.keys() - {"__init__"}
    assert len(parts) <= MAX_PARTS


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_go_one_way(module: Path) -> None:
    mine = part(module)
    for other in imports(module):
        theirs = part(NAMES[other])
        assert theirs == mine or theirs in BELOW[mine], f"{mine} imports {other}"
        if mine == theirs == "interfaces" and module.parts[1] in APART:
            assert NAMES[other].parts[1] not in {*APART} - {module.parts[1]}, f"{module} imports {other}"
        if mine == theirs == "interfaces" and module.parts[1] == SHARED:
            assert NAMES[other].parts[1] == SHARED, f"{module} imports {other}"


def test_no_chain_of_imports_is_long() -> None:
    @cache
    def chain(name: str) -> tuple[str, ...]:
        return (name, *max((chain(other) for other in imports(NAMES[name]) - {name}), key=len, default=()))

    longest = max(map(chain, NAMES), key=len)
    assert len(longest) <= MAX_CHAIN, " > ".join(longest)


def test_imports_are_seen_at_all() -> None:
    seen = imports(Path("build/__init__.py"))
    assert {"rag.corpus.reading", "rag.core.arguments", "rag.index.snapshot", "rag.models.encoder"} <= seen


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
    assert "rag.build" in loaded
    assert not loaded & {"torch", "sentence_transformers", "transformers", "gradio"}


def test_only_evaluation_needs_what_comes_with_its_extra() -> None:
    loaded = loaded_after("import rag.interfaces.cli, rag.answering.retriever")
    assert "rag.interfaces.cli" in loaded
    assert not loaded & {"rag.evaluation", "ir_measures", "matplotlib"}
