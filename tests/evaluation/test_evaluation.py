"""Questions asked of a small index, from the question file to the tables."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from rag.answering import retriever as retriever_module
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.answers import Thumb
from rag.core.progress import Seconds
from rag.errors import EvaluationError, IndexBusy
from rag.evaluation import citations
from rag.evaluation.citations import verify
from rag.evaluation.evaluation import evaluate
from rag.evaluation.measures import Evaluation, corpus_digest
from rag.evaluation.picture import draw
from rag.evaluation.questions import Question
from rag.evaluation.results import Verdict
from rag.interfaces import cli
from rag.interfaces.feedback import feedback_on, keep_feedback
from rag.models.encoder import Vectors
from rag.models.sentence_transformer import DEFAULT_MODEL
from tests.conftest import FakeEncoder, FakeReader, write_article

ROOT = Path(__file__).parents[2]
LAMP = Question("lamp", "守塔人贺潮在灯塔工作了多少年？", "zh", ("port/lamp.md",), ("三十一年",), line=1)
LADDERS = Question("ladders", "How long may members keep a ladder?", "en", ("tools.md",), ("one week",), line=2)
MARS = Question("mars", "火星上的灯塔是谁建造的？", "zh", kind="left-out", line=3)
QUESTIONS = (LAMP, LADDERS, MARS)


class CountingEncoder(FakeEncoder):
    """Tells which questions were encoded."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.asked: list[str] = []

    def encode_query(self, text: str) -> Vectors:
        self.asked.append(text)
        return super().encode_query(text)


@pytest.fixture
def encoder() -> FakeEncoder:
    """Bears the default model's name."""
    return FakeEncoder(DEFAULT_MODEL)


@pytest.fixture
def retriever(built: Path, encoder: FakeEncoder) -> Retriever:
    """With a reader that takes every passage for an answer."""
    return Retriever.open(built, encoder, FakeReader(answers=20.0))


@pytest.fixture
def evaluation(retriever: Retriever) -> Evaluation:
    return evaluate(QUESTIONS, retriever)


class TestEvaluate:
    def test_every_question_is_judged_in_order(self, evaluation: Evaluation) -> None:
        assert [result.question for result in evaluation.results] == list(QUESTIONS)
        assert [result.rank for result in evaluation.results] == [1, 1, None]
        assert [result.shown for result in evaluation.results] == [True, True, False]
        assert [result.answered for result in evaluation.results] == [True, True, True]

    def test_figures_are_of_all_and_of_each_language(self, evaluation: Evaluation) -> None:
        assert [figures.lang for figures in evaluation.languages] == ["zh", "en"]
        assert [figures.questions for figures in (evaluation.all, *evaluation.languages)] == [3, 2, 1]
        assert evaluation.all.retrieval is not None
        assert evaluation.all.retrieval.questions == 2

    def test_the_model_runs_once_for_each_question(self, built: Path) -> None:
        encoder = CountingEncoder(DEFAULT_MODEL)
        evaluate(QUESTIONS, Retriever.open(built, encoder, FakeReader(answers=20.0)))
        assert encoder.asked == [question.text for question in QUESTIONS]

    def test_a_follow_up_is_asked_after_what_came_before(self, retriever: Retriever) -> None:
        alone = Question("1", "为什么？", "zh", ("robot.md",), ("一万八千元",), line=1)
        after = replace(alone, history=("修书机器的造价是多少？",))
        ranks = [result.rank for result in evaluate([alone, after], retriever).results]
        assert ranks[1] == 1
        assert ranks[0] != 1

    def test_what_came_before_is_asked_once_for_all_questions_after_it(self, built: Path) -> None:
        encoder = CountingEncoder(DEFAULT_MODEL)
        first, second = "修书机器的造价是多少？", "守塔人多久擦一次灯？"
        questions = [replace(LAMP, history=history) for history in ((), (first,), (first, second), (second,))]
        evaluate(questions, Retriever.open(built, encoder, FakeReader(answers=-3.0)))
        assert (encoder.asked.count(first), encoder.asked.count(second)) == (1, 2)

    def test_what_is_marked_is_told_from_what_is_shown_beside_it(self, retriever: Retriever) -> None:
        beside = Question("1", "一张网一夜能接多少水？", "zh", ("port/lamp.md",), ("旧灯",), line=1)
        answer = retriever.ask("守塔人贺潮在这里工作了多少年？")
        extract = answer.extracts[0]
        assert "旧灯" in extract.text
        assert "旧灯" not in extract.answer
        (result,) = evaluate([replace(beside, text="守塔人贺潮在这里工作了多少年？")], retriever).results
        assert result.shown
        assert not result.marked

    def test_progress_is_told_after_each_question(self, retriever: Retriever) -> None:
        told: list[tuple[int, int]] = []
        evaluate(QUESTIONS, retriever, lambda done, total: told.append((done, total)))
        assert told == [(1, 3), (2, 3), (3, 3)]

    def test_without_a_question_there_is_nothing_to_evaluate(self, retriever: Retriever) -> None:
        with pytest.raises(EvaluationError, match="no question"):
            evaluate((), retriever)

    def test_an_index_that_is_brought_up_to_date_meanwhile_is_told(
        self, retriever: Retriever, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        def meddle(done: int, total: int) -> None:
            write_article(articles_folder / "new.md", "新文章", "渔港明天开捕。")
            build_index(articles_folder, built, encoder)

        with pytest.raises(IndexBusy, match="brought up to date meanwhile"):
            evaluate(QUESTIONS, retriever, meddle)

    def test_a_copy_of_the_right_passage_is_right_where_it_is_told_as_one_with_it(
        self, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        text = "守塔人贺潮在灯塔工作了三十一年。旧灯要每四小时擦一次，新灯一个月只擦一次就够了。"
        for name in ("first.md", "second.md"):
            write_article(tmp_path / "a" / name, "灯塔", text)
        build_index(tmp_path / "a", tmp_path / "i", encoder)
        retriever = Retriever.open(tmp_path / "i", encoder, FakeReader())
        for article in ("first.md", "second.md"):
            (result,) = evaluate([replace(LAMP, articles=(article,))], retriever).results
            assert (result.rank, len(result.right), result.shown, result.marked) == (1, 1, True, True)

    def test_what_was_found_is_kept_short(self, evaluation: Evaluation) -> None:
        found = evaluation.results[0].found
        assert found is not None
        assert (found.article, found.title) == ("port/lamp.md", "河口灯塔换上新灯")
        assert len(found.text) <= 81

    def test_json_says_everything_again(self, evaluation: Evaluation) -> None:
        plain = json.loads(json.dumps(evaluation.to_json()))
        assert plain["corpus"]["digest"] == evaluation.corpus.digest
        assert plain["corpus"]["model_digest"] == "fake-1"
        assert plain["all"]["retrieval"]["recall_1"] == 1.0
        assert plain["all"]["misses"]["false_answer"] == 1
        assert set(plain["all"]["seconds"]) == {*(stage.name for stage in fields(Seconds)), "total"}
        first, _, last = plain["results"]
        assert first["question"]["text"] == LAMP.text
        assert (first["rank"], first["miss"], first["shown"]) == (1, None, True)
        assert first["right"] == sorted(evaluation.results[0].right)
        assert (last["rank"], last["miss"]) == (None, "false_answer")
        assert set(first["citations"]) == {"verified"}


class TestCorpusDigest:
    def test_it_follows_from_names_and_contents_and_not_from_their_order(self) -> None:
        assert corpus_digest({"a": "1", "b": "2"}) == corpus_digest({"b": "2", "a": "1"})
        others = [{"a": "1"}, {"a": "1", "b": "3"}, {"a": "1", "c": "2"}, {"a": "2", "b": "1"}]
        assert len({corpus_digest(other) for other in [{"a": "1", "b": "2"}, *others]}) == 5


class TestCitations:
    def verdicts(self, retriever: Retriever) -> tuple[Verdict, ...]:
        return evaluate([LAMP], retriever).results[0].citations

    def test_what_stands_in_the_file_as_quoted_is_verified(self, retriever: Retriever) -> None:
        assert set(self.verdicts(retriever)) == {Verdict.VERIFIED}

    def test_a_file_that_changed_since_it_was_indexed_is_told(
        self, retriever: Retriever, articles_folder: Path
    ) -> None:
        path = articles_folder / "port/lamp.md"
        path.write_text(path.read_text(encoding="utf-8") + "<p>补记。</p>\n", encoding="utf-8")
        assert self.verdicts(retriever)[0] is Verdict.CHANGED

    def test_a_file_that_is_gone_is_told(self, retriever: Retriever, articles_folder: Path) -> None:
        (articles_folder / "port/lamp.md").unlink()
        assert self.verdicts(retriever)[0] is Verdict.GONE

    @pytest.mark.parametrize("shift", [{"line": 1}, {"start": 1, "end": 1}, {"end": -1}], ids=str)
    def test_a_citation_of_another_place_is_wrong(
        self, retriever: Retriever, articles_folder: Path, shift: dict[str, int]
    ) -> None:
        answer = retriever.ask(LAMP.text)
        extract, citation = answer.extracts[0], answer.citations[0]
        assert verify(extract, citation, {"": str(articles_folder)}) is Verdict.VERIFIED
        (span,) = citation.spans
        moved = replace(span, **{name: getattr(span, name) + by for name, by in shift.items()})
        assert verify(extract, replace(citation, spans=(moved,)), {"": str(articles_folder)}) is Verdict.WRONG

    def test_paragraphs_that_a_feed_repeats_do_not_make_a_citation_wrong(
        self, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        for number in range(8):
            text = f"第{number}号渔船今天在北湾捕到{number}吨鱼。" + "渔民说今年的水温比往年高。" * number
            write_article(tmp_path / f"a/{number}.md", f"渔船{number}", "本报每天清晨送到您家。", text, author="渔报")
        build_index(tmp_path / "a", tmp_path / "i", encoder)
        retriever = Retriever.open(tmp_path / "i", encoder, FakeReader(answers=20.0))
        answer = retriever.ask("第3号渔船捕到多少吨鱼？")
        span = answer.citations[0].spans[0]
        assert (span.paragraph, span.line) == (1, 7), "the repeated paragraph before it is taken out"
        assert verify(answer.extracts[0], answer.citations[0], {"": str(tmp_path / "a")}) is Verdict.VERIFIED


class TestPicture:
    @pytest.mark.parametrize(("name", "begins"), [("p.png", b"\x89PNG"), ("p.svg", b"<?xml"), ("p.PNG", b"\x89PNG")])
    def test_it_is_drawn(self, evaluation: Evaluation, tmp_path: Path, name: str, begins: bytes) -> None:
        draw(evaluation, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begins)

    @pytest.mark.parametrize("questions", [(LAMP,), (MARS,)])
    def test_it_is_drawn_of_one_question(
        self, retriever: Retriever, tmp_path: Path, questions: tuple[Question, ...]
    ) -> None:
        draw(evaluate(questions, retriever), tmp_path / "p.png")
        assert (tmp_path / "p.png").stat().st_size > 1000

    def test_labels_are_neither_formulas_nor_letters_that_fonts_lack(
        self, retriever: Retriever, tmp_path: Path
    ) -> None:
        odd = [replace(LAMP, lang=lang) for lang in (r"$\frac{$", "_zh")]
        odd += [Question(kind, "塔？", kind=kind) for kind in ("附近", "<b>")]
        draw(evaluate(odd, retriever), tmp_path / "p.svg")
        labels = re.findall("<!-- (.*) -->", (tmp_path / "p.svg").read_text(encoding="utf-8"))
        assert {"frac", "zh", "kind 1", "b"} <= set(labels)
        assert all(label.isascii() for label in labels)

    def test_another_form_is_refused(self, evaluation: Evaluation, tmp_path: Path) -> None:
        with pytest.raises(EvaluationError, match=r"its name ends in \.png or \.svg"):
            draw(evaluation, tmp_path / "p.pdf")


@pytest.mark.parametrize("package", ["ir-measures", "matplotlib"])
def test_a_package_that_is_not_installed_is_told_with_the_extra_that_brings_it(package: str, tmp_path: Path) -> None:
    without = f"import sys; sys.modules[{package.replace('-', '_')!r}] = None"
    command = [sys.executable, "-c", f"{without}; from rag.interfaces.cli import main; main()"]
    command += ["eval", "questions.jsonl", "--picture", str(tmp_path / "p.png")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"error: rag eval needs {package}: pip install 'article-rag[eval]'\n"


class TestCommand:
    @pytest.fixture
    def questions(self, tmp_path: Path) -> Path:
        path = tmp_path / "questions.jsonl"
        rows: list[dict[str, Any]] = [
            {"lang": "zh", "question": LAMP.text, "article": "port/lamp.md", "answers": "三十一年"},
            {"lang": "zh", "question": "茶园有多少张捕雾网？", "article": "tea.md", "answers": "七百张"},
            {"lang": "en", "question": LADDERS.text, "article": "tools.md", "answers": ["one week"]},
            {"lang": "zh", "question": "[red]火星\x1b[31m上的灯塔[/red]是谁建造的？", "article": None, "kind": "near"},
        ]
        path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
        return path

    @pytest.fixture
    def run(
        self,
        retriever: Retriever,
        built: Path,
        encoder: FakeEncoder,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> Any:
        monkeypatch.setattr(retriever_module, "load_encoder", lambda name, **_: encoder)
        monkeypatch.setattr(retriever_module, "load_reader", lambda *_: FakeReader(answers=20.0))

        def run(*arguments: str | Path) -> tuple[int, str, str]:
            with pytest.raises(SystemExit) as ended:
                cli.main(["eval", *map(str, arguments), "--index", str(built)])
            printed = capsys.readouterr()
            return int(ended.value.code or 0), printed.out, printed.err

        return run

    def test_tables_are_printed_whole_into_a_pipe(self, run: Any, questions: Path) -> None:
        status, out, err = run(questions)
        assert status == 0
        assert re.search(r"5 articles, \d+ passages, corpus [0-9a-f]{12}, model multilingual-e5-small \(fake-1\)", out)
        header, *rows = (
            line.split() for line in out.splitlines() if re.match(r"language +answerable|(all|zh|en) +\d", line)
        )
        assert header == "language answerable R@1 R@5 R@20 MRR nDCG@10 shown first precise marked F1".split()
        assert [row[:4] for row in rows] == [
            ["all", "3", "0.667", "0.667"],
            ["zh", "2", "0.500", "0.500"],
            ["en", "1", "1.000", "1.000"],
        ]
        assert re.search(r"all +near +1 ", out)
        assert re.search(r"citations +\d+ verified, 0 changed, 0 gone, 0 wrong", out)
        assert re.search(r"in no passage +1\n", out)
        assert "4/4" in err

    def test_a_long_language_is_not_cut_in_a_pipe(self, run: Any, questions: Path) -> None:
        long = "西南官话" * 10
        row = {"lang": long, "question": LAMP.text, "article": "port/lamp.md"}
        questions.write_text(questions.read_text(encoding="utf-8") + "\n" + json.dumps(row), encoding="utf-8")
        _, out, _ = run(questions)
        assert re.search(rf"\n{long} +1  1\.000  1\.000  1\.000 .* –\n", out)

    def test_misses_tell_what_was_wanted_and_what_was_found(self, run: Any, questions: Path) -> None:
        _, out, _ = run(questions, "--misses")
        assert (
            "in no passage  茶园有多少张捕雾网？  (line 2)\n    wanted  tea.md (nowhere)\n    found   高山茶园" in out
        )
        assert re.search(r"\n +tea\.md:\d+\n", out)

    def test_markup_and_control_characters_of_a_question_are_only_shown(self, run: Any, questions: Path) -> None:
        _, out, _ = run(questions, "--misses")
        assert "[red]火星 [31m上的灯塔[/red]" in out

    def test_json_and_picture_are_written(self, run: Any, questions: Path, tmp_path: Path) -> None:
        status, _, _ = run(questions, "--json", tmp_path / "e.json", "--picture", tmp_path / "e.png")
        assert status == 0
        plain = json.loads((tmp_path / "e.json").read_text(encoding="utf-8"))
        assert [result["question"]["line"] for result in plain["results"]] == [1, 2, 3, 4]
        assert plain["bad_lines"] == []
        assert (tmp_path / "e.png").exists()

    def test_a_bad_line_is_told_and_left_out_and_the_status_says_so(
        self, run: Any, questions: Path, tmp_path: Path
    ) -> None:
        questions.write_text(questions.read_text(encoding="utf-8") + '\n{"question": "？"\n', encoding="utf-8")
        status, out, err = run(questions, "--json", tmp_path / "e.json")
        assert status == 1
        assert f"left out: {questions}:5: it is no JSON: " in err
        assert re.search(r"\nall +3 ", out)
        assert [line["line"] for line in json.loads((tmp_path / "e.json").read_text("utf-8"))["bad_lines"]] == [5]

    def test_the_thumbs_of_readers_are_a_question_file(self, run: Any, built: Path, retriever: Retriever) -> None:
        answer = retriever.ask(LAMP.text)
        file = keep_feedback(built, feedback_on(answer, Thumb.UP, 1))
        keep_feedback(built, feedback_on(retriever.ask(LADDERS.text), Thumb.DOWN, 1))
        status, out, err = run(file)
        assert status == 0
        assert re.search(r"\nall +1  1\.000 ", out)
        assert re.search(r"passed over: thumbs .*: 1\n", err)

    def test_a_citation_that_is_wrong_is_counted_and_the_status_says_so(
        self, run: Any, questions: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(citations, "verify", lambda extract, citation, folder: Verdict.WRONG)
        status, out, _ = run(questions)
        assert status == 1
        assert re.search(r"citations +0 verified, 0 changed, 0 gone, [1-9]\d* wrong", out)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("none.jsonl",), "error: can't read the questions in none.jsonl: No such file or directory\n"),
            (("bad.jsonl",), "error: no line of bad.jsonl can be used\n"),
            (("bad.jsonl", "--picture", "p.gif"), "error: can't draw a picture p.gif: its name ends in .png or .svg\n"),
            (("bad.jsonl", "--json", "none/e.json"), "error: can't write none/e.json: its folder is not there"),
        ],
        ids=str,
    )
    def test_what_cannot_be_done_is_one_line(
        self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("bad.jsonl").write_text("?\n" * 25)
        status, out, err = run(*arguments)
        assert (status, out) == (2, "")
        assert message in err
        assert "Traceback" not in err
        if arguments == ("bad.jsonl",):
            assert len(err.splitlines()) == 20 + 1 + 1
