"""Which files of a folder are articles, and that no entry of it, however odd, stops the others from being found."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.corpus import relisting
from rag.corpus.folder import list_folder
from rag.corpus.listing import Listing
from rag.corpus.relisting import list_again
from rag.errors import FolderError

ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no such entry")


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("河口的灯塔。", encoding="utf-8")


def reasons(folder: Path) -> dict[str, str]:
    return {failure.path: failure.reason for failure in list_folder(folder).failures}


def test_article_files_are_found_in_sub_folders_in_a_stable_order(tmp_path: Path) -> None:
    write(tmp_path, "b/d/e.txt", "picture.jpg", "f.HTM", "b/c.html", "no-suffix", "a.md", "g.markdown")
    assert list_folder(tmp_path).names == ("a.md", "f.HTM", "g.markdown", "b/c.html", "b/d/e.txt")


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.md", ".b.md", ".git/c.md")
    assert list_folder(tmp_path).names == ("a.md",)


def test_a_folder_without_articles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="holds no article"):
        list_folder(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="is not a folder"):
        list_folder(tmp_path / "nowhere")


def test_a_link_is_followed_to_a_file_inside_and_else_told(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    write(inside, "a.md")
    write(outside, "secret.md")
    (inside / "same.md").symlink_to(inside / "a.md")
    (inside / "out.md").symlink_to(outside / "secret.md")
    (inside / "nowhere.md").symlink_to(inside / "b.md")
    (inside / "linked").symlink_to(outside)
    (inside / "to itself.md").symlink_to("to itself.md")
    assert list_folder(inside).names == ("a.md", "same.md")
    assert reasons(inside) == {
        "linked": "a link to a folder is not followed: index that folder by itself",
        "nowhere.md": "the link leads nowhere",
        "out.md": "the link leads out of the folder, and is not followed",
        "to itself.md": "the link leads nowhere",
    }


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """1,500 folders in each other, which Python itself can't remove."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("深", dir_fd=here)
        below = os.open("深", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    yield tmp_path
    subprocess.run(["rm", "-rf", str(tmp_path / "深")], check=True)


@ONLY_LINUX
def test_folders_in_each_other_beyond_the_longest_path_are_told(deep: Path) -> None:
    write(deep, "a.md")
    listing = list_folder(deep)
    (failure,) = listing.failures
    assert listing.names == ("a.md",)
    assert failure.reason == "the folder can't be opened: File name too long"
    assert failure.path.startswith("深/深/深/")


@ONLY_LINUX
def test_a_folder_that_may_not_be_opened_is_told_and_the_rest_is_found(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "closed/b.md", "d/e.md")
    (tmp_path / "closed").chmod(0)
    found = _as_nobody(tmp_path) if os.geteuid() == 0 else str(list_folder(tmp_path))
    (tmp_path / "closed").chmod(0o700)
    assert "names=('a.md', 'd/e.md')" in found
    assert "path='closed', line=None, reason=\"the folder can't be opened: Permission denied\"" in found


def _as_nobody(folder: Path) -> str:
    """What someone finds who is not root, whom no permission stops."""
    for path in (folder, *folder.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o055)
    code = (
        f"import os; os.setuid(65534); from rag.corpus.folder import list_folder; print(list_folder({str(folder)!r}))"
    )
    code = f"import rag.corpus.folder; {code}"  # loaded first: nobody may not read it
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


@ONLY_LINUX
def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    (tmp_path / os.fsdecode("灯.md".encode("gb18030"))).write_bytes(b"x")
    assert reasons(tmp_path) == {r"\xb5\xc6.md": "the name of the file or of its folder is no text: rename it"}
    assert list_folder(tmp_path).names == ("a.md",)


class TestIgnored:
    @pytest.mark.parametrize(
        ("patterns", "left"),
        [
            ("draft.md", {"a.md", "notes/a.md", "notes/old/b.md"}),
            ("*.md", {"notes/t.txt"}),
            ("old", {"a.md", "draft.md", "notes/a.md", "notes/draft.md"}),
            ("old/", {"a.md", "draft.md", "notes/a.md", "notes/draft.md"}),
            ("a.md/", {"a.md", "draft.md", "notes/a.md", "notes/draft.md", "notes/old/b.md"}),
            ("notes/a.md", {"a.md", "draft.md", "notes/draft.md", "notes/old/b.md"}),
            ("/a.md", {"draft.md", "notes/a.md", "notes/draft.md", "notes/old/b.md"}),
            ("notes/*", {"a.md", "draft.md"}),
            ("# a.md\n\n  [ab].md  \n", {"draft.md", "notes/draft.md"}),
            ("\n", {"a.md", "draft.md", "notes/a.md", "notes/draft.md", "notes/old/b.md"}),
        ],
    )
    def test_what_is_told_to_be_ignored_is_left_out(self, tmp_path: Path, patterns: str, left: set[str]) -> None:
        write(tmp_path, "a.md", "draft.md", "notes/a.md", "notes/draft.md", "notes/old/b.md", "notes/t.txt")
        (tmp_path / ".ragignore").write_text(patterns, encoding="utf-8")
        assert set(list_folder(tmp_path).names) - {"notes/t.txt"} == left - {"notes/t.txt"}

    def test_patterns_that_try_everything_take_no_time(self, tmp_path: Path) -> None:
        write(tmp_path, "a" * 200 + ".md")
        (tmp_path / ".ragignore").write_text("\n".join(["*a" * 40 + "b"] * 500), encoding="utf-8")
        began = time.monotonic()
        assert len(list_folder(tmp_path).names) == 1
        assert time.monotonic() - began < 2

    @pytest.mark.parametrize("data", [b"\xff\xfe", b"a\n" * 1001, b"a" * 100_001], ids=["no text", "many", "long"])
    def test_a_file_of_patterns_that_can_not_be_read_ends_it(self, tmp_path: Path, data: bytes) -> None:
        write(tmp_path, "a.md")
        (tmp_path / ".ragignore").write_bytes(data)
        with pytest.raises(FolderError, match=r"\.ragignore"):
            list_folder(tmp_path)


class TestListedAgain:
    """Where it is told what may have changed, a listing is as if all were listed, and looks at that alone."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "articles"
        write(folder, "a.md", "b.md", "sub/c.md", "sub/deep/d.md", "drafts/e.md", "picture.jpg")
        (folder / ".ragignore").write_text("drafts/\n", encoding="utf-8")
        for path in folder.rglob("*.*"):
            os.utime(path, (1e9, 1e9))
        return folder

    @pytest.fixture
    def whole(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        """The folders that are listed as a whole."""
        whole = list[Path]()

        def noting(root: Path, *others: object) -> Listing:
            whole.append(root)
            return list_folder(root, *others)  # type: ignore[arg-type]

        monkeypatch.setattr(relisting, "list_folder", noting)
        return whole

    @staticmethod
    def said(listing: Listing) -> tuple[object, ...]:
        told = (listing.identity, listing.failures, listing.unopened, dict(listing.looks))
        return *told, listing.names, *(sorted(each) for each in (listing.unsettled, listing.young))

    def test_where_nothing_is_otherwise_it_is_the_same(self, folder: Path) -> None:
        before = list_folder(folder)
        assert list_again(before, ["picture.jpg", "a.md"], 0.0) == before
        write(folder, "a.md")
        assert list_again(before, ["a.md"], 0.0) != before

    @pytest.mark.parametrize(
        ("change", "touched"),
        [
            (lambda folder: None, ["a.md"]),
            (lambda folder: None, ["sub/gone-already.md", "a.md~", "picture.jpg"]),
            (lambda folder: write(folder, "a.md"), ["a.md"]),
            (lambda folder: write(folder, "new.md", "sub/new.md"), ["new.md", "sub/new.md"]),
            (lambda folder: (folder / "b.md").unlink(), ["b.md"]),
            (lambda folder: (folder / "b.md").rename(folder / "sub/b.html"), ["b.md", "sub/b.html"]),
            (lambda folder: (folder / "b.md").rename(folder / "b.old"), ["b.md", "b.old"]),
            (lambda folder: write(folder, "drafts/f.md"), ["drafts/f.md"]),
        ],
        ids=["nothing", "what is no article", "written", "new", "deleted", "moved", "renamed away", "ignored"],
    )
    @pytest.mark.parametrize("settled", [0.0, 3600.0])
    def test_single_files(
        self, folder: Path, whole: list[Path], change: Callable[[Path], None], touched: list[str], settled: float
    ) -> None:
        before = list_folder(folder, settled)
        change(folder)
        again = list_again(before, touched, settled)
        assert self.said(again) == self.said(list_folder(folder, settled))
        assert whole == []

    @pytest.mark.parametrize(
        ("change", "touched"),
        [
            (lambda folder: (folder / "sub").rename(folder / "other"), ["sub", "other"]),
            (lambda folder: (folder / "sub/deep").rename(folder.parent / "deep"), ["sub/deep"]),
            (lambda folder: write(folder, "x.md/y.md"), ["x.md"]),
            (lambda folder: (folder / "same.md").symlink_to(folder / "a.md"), ["same.md"]),
            (lambda folder: (folder / ".ragignore").write_text("a.md"), [".ragignore"]),
            (lambda folder: (folder / ".ragignore").unlink(), [".ragignore"]),
            (lambda folder: folder.rename(folder.parent / "old") and write(folder, "z.md"), ["a.md"]),
            (lambda folder: None, [f"{number}.tmp" for number in range(100)]),
            (lambda folder: (folder / "same.md").hardlink_to(folder / "a.md"), ["same.md", "a.md"]),
        ],
        ids=[
            "moved",
            "moved away",
            "named as an article",
            "a link",
            "other patterns",
            "no patterns",
            "another folder",
            "many files that came and went",
            "one file by two names",
        ],
    )
    def test_more_than_single_files(
        self, folder: Path, whole: list[Path], change: Callable[[Path], None], touched: list[str]
    ) -> None:
        before = list_folder(folder)
        change(folder)
        assert self.said(list_again(before, touched, 0.0)) == self.said(list_folder(folder))
        assert len(whole) == 1

    @pytest.mark.parametrize("target", ["articles/sub", "outside"])
    def test_what_is_told_by_a_link_to_its_folder(self, folder: Path, whole: list[Path], target: str) -> None:
        """As the system does: one folder has but one name by which it is followed."""
        write(folder.parent / target, "c.md", "n.md")
        (folder / "link").symlink_to(folder.parent / target)
        before = list_folder(folder)
        write(folder.parent / target, "new.md")
        (folder.parent / target / "c.md").unlink()
        touched = ["link/new.md", "link/c.md", "link/n.md"]
        assert self.said(list_again(before, touched, 0.0)) == self.said(list_folder(folder))
        assert len(whole) == 1

    def test_what_was_in_the_writing_is_looked_at_again(self, folder: Path, whole: list[Path]) -> None:
        write(folder, "new.md")
        before = list_folder(folder, 3600)
        assert before.unsettled == ("new.md",)
        os.utime(folder / "new.md", (1e9, 1e9))
        assert self.said(list_again(before, [], 3600)) == self.said(list_folder(folder, 3600))
        assert whole == []

    def test_the_last_article_that_goes_is_told(self, folder: Path) -> None:
        before = list_folder(folder)
        for name in before.names:
            (folder / name).unlink()
        with pytest.raises(FolderError, match="holds no article"):
            list_again(before, before.names, 0.0)
