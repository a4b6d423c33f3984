"""What comes from files is shown on the terminal, and never obeyed by it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rag.interfaces.printing import out, print_json, shown, shown_line
from tests.conftest import write_article

ROOT = Path(__file__).parents[1]
CLEARS = "\x1b[2J\x1b]0;title\x07\x9b31m\u202e"
COMMANDS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def test_commands_for_the_terminal_are_spelled_out() -> None:
    assert shown(f"灯{CLEARS}塔\n\t二") == r"灯\x1b[2J\x1b]0;title\x07\x9b31m\u202e塔" + "\n\t二"
    assert shown_line("a\nb\t[red]c") == r"a\nb\t\[red]c"


def test_json_has_no_commands_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"id": CLEARS})
    out = capsys.readouterr().out
    assert not COMMANDS.search(out)
    assert json.loads(out) == {"id": CLEARS}


@pytest.mark.skipif(sys.platform == "win32", reason="there such names are refused by the system")
def test_names_of_files_are_spelled_out_where_they_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write_article(folder / "a.md", "题", "正文写在这里。")
    (folder / f"{CLEARS.replace('/', '')}\nnot read: x.md").write_bytes(b"")
    code = (
        "from tests.conftest import FakeEncoder; import rag.build.encoding, rag.interfaces.cli\n"
        "rag.build.encoding.load_encoder = lambda *_, **__: FakeEncoder()\n"
        "rag.interfaces.cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "index", str(folder), "--index", str(tmp_path / "index")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert not COMMANDS.search(done.stdout.replace("\r", "") + done.stderr.replace("\r", ""))
    assert r"not read: \x1b[2J" in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("not read:")]) == 1


def test_what_stands_between_colons_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    out.print(f"[bold]{shown('daemon:x:1:1 :warning: [red]灯[/]')}[/]")
    assert capsys.readouterr().out == "daemon:x:1:1 :warning: [red]灯[/]\n"
