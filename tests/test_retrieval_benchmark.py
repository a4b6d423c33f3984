"""The comparison of ways to find a passage: what counts as found, what each plain way finds, and the tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import datasets, retrieval
from benchmarks.retrieval import Row, Search, SharedEncoder, asked_of, reciprocal_rank, right_passages
from benchmarks.retrieval_rivals import Way, plain_bm25, plain_dense, reciprocal_rank_fusion, txtai_hybrid, words
from rag.answering.retriever import Retriever
from rag.evaluation.questions import Question
from rag.index.index import Index
from rag.index.opening import open_index
from tests.conftest import FakeEncoder, FakeReader, write_article

TEXTS = ["河口的灯塔换上新灯。", "渔港的码头开始修整。", "灯塔的灯由守塔人擦拭。", "Ladders may be borrowed."]


PARAGRAPHS = {"tower": "河口的灯塔换上了节能灯。", "port": "渔港的码头开始修整，预计三个月完工。"}
TITLES = {"tower": "灯塔换灯", "port": "码头修整"}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three small sets over the same two articles: in four languages, of headlines, and one that both answer."""
    dev = tmp_path / "data" / "dev"
    for name in ("xquad-zh", "xwlb", "several"):
        for article, text in PARAGRAPHS.items():
            write_article(dev / f"corpus/{name}/{article}.md", TITLES[article], text)
        rows = [{"paragraph_id": f"{article}#p0", "text": text} for article, text in PARAGRAPHS.items()]
        write_rows(dev / f"paragraphs/{name}.jsonl", *rows)
    tower, port = ({"doc_id": article, "paragraph_id": f"{article}#p0"} for article in PARAGRAPHS)
    asked = {"id": "1", "question": "灯塔换上了什么灯？", "answers": ["节能灯"], **tower}
    write_rows(dev / "qa/xquad.jsonl", *({**asked, "lang": lang} for lang in ("zh", "en", "ar", "th") * 3))
    write_rows(dev / "qa/several.jsonl", {**asked, "lang": "zh", "gold": [tower, port]})
    headline = {"id": "2", "question": TITLES["port"], "answers": [], "doc_id": "port", "paragraph_id": None}
    write_rows(dev / "qa/xwlb_headline.jsonl", {**headline, "lang": "zh"})
    for module in (datasets, retrieval):
        monkeypatch.setattr(module, "DATA", dev.parent)
    return dev.parent


def write_rows(path: Path, *rows: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


class TestMeasures:
    @pytest.mark.parametrize(
        ("ids", "right", "expected"),
        [([7, 4, 9], {9, 4}, 1 / 2), ([7, 4, 9], {7}, 1), ([7, 4, 9], {5}, 0), ([], {5}, 0), ([7], set(), 0)],
    )
    def test_first_right_passage_counts(self, ids: list[int], right: set[int], expected: float) -> None:
        assert reciprocal_rank(ids, right) == expected

    def test_recall_and_mean_reciprocal_rank(self) -> None:
        searches = [Search(rank, seconds=0.1) for rank in (1, 1 / 5, 1 / 6, 0)]
        expected = (1 / 4, 2 / 4, (1 + 1 / 5 + 1 / 6) / 4)
        assert Row("a set", {"a way": searches}).measures("a way") == pytest.approx(expected)


class TestRightPassages:
    GOLD = "河口的老灯塔上周换上了一盏节能灯，光束在晴天能照到二十二海里外。"

    @pytest.fixture
    def index(self, built: Path) -> Index:
        return open_index(built)

    def test_passage_with_the_gold_paragraph_and_the_answer(self, index: Index) -> None:
        question = Question("1", "照到多远？", "zh", ("port/lamp.md",), ("二十二海里",), paragraphs=(self.GOLD,))
        (found,) = right_passages(index, question)
        assert self.GOLD in index.store.passage(found)[0].text

    def test_article_alone_makes_each_of_its_passages_right(self, index: Index) -> None:
        question = Question("1", "河口灯塔换上新灯", "zh", ("port/lamp.md",))
        assert right_passages(index, question) == {passage.id for passage in index.store.passages_of("port/lamp.md")}

    def test_further_articles_answer_too(self, index: Index) -> None:
        ids = [info.id for info in index.store.infos()]
        question = Question("1", "有什么新闻？", "zh", (ids[0], ids[1], "not-indexed.md"))
        expected = {passage.id for name in ids[:2] for passage in index.store.passages_of(name)}
        assert right_passages(index, question) == expected


class TestPlainWays:
    def test_dense_finds_the_nearest_first(self, encoder: FakeEncoder) -> None:
        way = plain_dense(encoder.encode_passages(TEXTS), encoder)
        assert way("渔港码头修整", 1) == [1]
        assert sorted(way("渔港码头修整", 50)) == [0, 1, 2, 3]

    def test_bm25_finds_what_shares_words_and_nothing_else(self) -> None:
        way = plain_bm25(TEXTS)
        assert way("码头", 3) == [1]
        assert sorted(way("灯塔", 3)) == [0, 2]
        assert way("LADDERS?", 3) == [3]
        assert way("骆驼", 3) == way("？", 3) == []

    def test_bm25_does_not_fold_scripts(self) -> None:
        assert plain_bm25(TEXTS)("燈塔", 3) == []

    def test_words_are_those_for_search_engines_without_punctuation(self) -> None:
        assert words("他在科学院，MIT。") == ["他", "在", "科学", "学院", "科学院", "mit"]

    def test_ranks_are_fused_by_hand_computed_scores(self) -> None:
        # 1/61 + 1/63 = .03227 for 10; 1/62 + 1/62 = .03226 for 11; 1/63 + 1/61 for 12, as 10; 1/64 for 13.
        first: Way = lambda question, count: [10, 11, 12, 13]  # noqa: E731
        second: Way = lambda question, count: [12, 11, 10]  # noqa: E731
        fused = reciprocal_rank_fusion(first, second)
        assert fused("", 20) == [10, 12, 11, 13]
        assert fused("", 2) == [10, 12]

    @pytest.mark.model  # the model is not loaded, but all the libraries that load one are
    def test_txtai_finds_the_passage_by_our_vectors_and_its_words(self, encoder: FakeEncoder) -> None:
        pytest.importorskip("txtai")
        way = txtai_hybrid(TEXTS, encoder.encode_passages(TEXTS), encoder)
        assert way("渔港码头修整", 2)[0] == 1


def test_question_is_encoded_once_for_all_ways(built: Path, encoder: FakeEncoder) -> None:
    shared = SharedEncoder(encoder)
    retriever = Retriever.open(built, shared, FakeReader())
    for text in ("灯塔", "码头", "码头"):
        shared.encode_query(text)
    retriever.search("码头")
    assert len(shared.seconds) == 2


class TestQuestions:
    def test_languages_without_a_row_of_their_own_share_one(self, data: Path) -> None:
        rows = asked_of("xquad-zh")
        assert {row: len(questions) for row, questions in rows.items()} == {"zh": 3, "en": 3, "others": 6}

    def test_sample_is_of_each_language_and_the_same_again(self, data: Path) -> None:
        rows = asked_of("xquad-zh", 2)
        assert {row: len(questions) for row, questions in rows.items()} == {"zh": 2, "en": 2, "others": 4}
        assert rows == asked_of("xquad-zh", 2)

    def test_gold_may_lie_in_several_articles(self, data: Path) -> None:
        (question,) = datasets.questions_of("several")
        assert question.articles == ("tower.md", "port.md")
        assert len(question.paragraphs) == 2


class TestTables:
    @pytest.fixture
    def argv(self, data: Path, tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        argv = ["retrieval", "--work", str(tmp_path / "work"), "--sample", "2", "--sets", "xquad-zh", "xwlb"]
        monkeypatch.setattr("sys.argv", argv)
        monkeypatch.setattr(retrieval, "load_encoder", lambda: encoder)
        monkeypatch.setattr(retrieval, "has_txtai", lambda: False)
        return argv

    def test_row_of_each_set_and_language_then_the_mean_then_times(
        self, argv: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        retrieval.main()
        printed = capsys.readouterr().out
        rows = [line.split(" | ")[:3] for line in printed.splitlines() if line.startswith("| ")]
        perfect = "1.000 1.000 1.000"
        assert rows[1:6] == [
            ["| xquad-zh (zh)", "2", perfect],
            ["| xquad-zh (en)", "2", perfect],
            ["| xquad-zh (others)", "4", perfect],
            ["| xwlb (zh)", "1", perfect],
            ["| mean of the rows", "9", perfect],
        ]
        assert [row[0] for row in rows[7:]] == ["| xquad-zh", "| xwlb"]

    def test_missing_txtai_is_said_and_its_column_left_out(
        self, argv: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        retrieval.main()
        said, *table = capsys.readouterr().out.splitlines()
        assert said == "txtai is not installed (pip install -e '.[rivals]'): its column is left out."
        assert "| set | questions | ours | dense | BM25 | RRF of both |" in table

    def test_sample_of_none_is_refused(self, argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        argv[4] = "0"
        with pytest.raises(SystemExit, match="2"):
            retrieval.main()
        assert "--sample is 0: ask at least one question" in capsys.readouterr().err

    def test_missing_data_says_what_to_name(
        self, argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retrieval, "DATA", tmp_path / "nowhere")
        with pytest.raises(SystemExit, match=r"there is no data in .*: name its folder in ARTICLE_RAG_DATA"):
            retrieval.main()
