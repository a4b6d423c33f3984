"""The README's Python example runs as it stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.model


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_python_example_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], samples_index: Path
) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    shutil.copytree(samples_index, tmp_path / "index")
    monkeypatch.chdir(tmp_path)
    block = re.search(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.S)
    assert block
    exec(compile(block[1], name, "exec"), {})
    printed = capsys.readouterr().out
    assert "science/halley-comet.md" in printed
    assert "unchanged" in printed


def test_both_readmes_show_the_same_commands_and_sections() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))
    for pattern in (r"^\.venv/bin/\S+ \w*", r"^make \w+", r"^#+ ", r"^(?:import|hits|answer|retriever)\b.*?\("):
        found = [re.findall(pattern, text, re.M) for text in (english, chinese)]
        assert found[0] == found[1]
        assert found[0]
