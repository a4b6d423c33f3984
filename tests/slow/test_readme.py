"""The README's Python example runs as it stands."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.model


def test_python_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], samples_index: Path
) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    shutil.copytree(samples_index, tmp_path / "index")
    monkeypatch.chdir(tmp_path)
    exec(compile(python_blocks("README.md")[0], "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "science/halley-comet.md" in printed
    assert "unchanged" in printed


def test_python_of_both_readmes_does_the_same() -> None:
    english, chinese = ([does(block) for block in python_blocks(name)] for name in ("README.md", "README.zh.md"))
    assert english == chinese
    assert len(english) == 3


def python_blocks(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.S)


def does(block: str) -> str:
    """What a program does, whatever its comments and the sentences that it prints say."""
    tree = ast.parse(block)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            node.args = [value for value in node.args if not isinstance(value, ast.Constant)]
    return ast.unparse(tree)


def test_both_readmes_show_the_same_commands_and_sections() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))
    for pattern in (r"^\.venv/bin/\S+ \w*", r"^make \w+", r"^#+ ", r"^(?:import|hits|answer|retriever)\b.*?\("):
        found = [re.findall(pattern, text, re.M) for text in (english, chinese)]
        assert found[0] == found[1]
        assert found[0]
