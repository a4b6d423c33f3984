"""Copies: which passages say the same, and how they are told as one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.build.copies import group_copies
from rag.core.answers import Answer, Check
from rag.core.filters import Filters
from rag.corpus.near_duplicates import MIN_SIZE, find_copies, is_copy
from rag.index import index as searching
from rag.index.arrays import read_array
from rag.index.generations import current_generation
from rag.index.groups import COPIES_NAME, FEW, SINCE_NAME, read_groups, write_groups
from rag.index.manifest import MANIFEST_NAME, Manifest
from rag.index.marks import mark_files
from rag.index.opening import open_index
from rag.index.reposts import CopyCounts, articles_sharing, count_copies
from rag.index.snapshot import open_snapshot, open_verified
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.page.controller import Controller
from rag.interfaces.page.turns import Turn, conversation_html
from rag.text.wording import wording
from tests.conftest import FakeEncoder, FakeReader, write_article
from tests.indexes import copies_in, edit_manifest

STORY = (
    "河口市港务局昨日宣布，北岸新建的深水码头已经通过验收，将于下月投入使用。"
    "码头长1200米，可同时停靠三艘大型货轮。港务局局长沈望说，新码头启用后，货物在港停留的时间将缩短一半。"
)
LATER = "新码头的引桥仍在收尾。"


def copies(one: str, other: str) -> bool:
    assert is_copy(wording(one), wording(other)) == is_copy(wording(other), wording(one))
    return is_copy(wording(one), wording(other))


class TestRule:
    @pytest.mark.parametrize(
        "other",
        [
            STORY,
            STORY.replace("，", ",").replace("。", ". "),
            STORY.replace("1200", "1,200").replace("昨日", " 昨日\n"),
            STORY.translate(str.maketrans("务码头过验运长时间缩货", "務碼頭過驗運長時間縮貨")),
            STORY.replace("1200", "１２００"),
            f"新华社河口1月2日电（记者张三）{STORY}",
            f"央视网消息：{STORY}",
            f"{STORY}（完）",
            f"{STORY}来源：河口日报 编辑：李四",
            f"{STORY}（总台记者 王五）返回首页，查看更多",
            STORY + LATER,
            f"码头启用在即！{STORY}",
            STORY.replace("。码头", "。记者从港务局了解到，码头"),
        ],
        ids=[
            "identical",
            "punctuation",
            "thousands and white space",
            "traditional",
            "full width",
            "dateline",
            "source before",
            "closing mark",
            "credits",
            "reporter",
            "a sentence more",
            "a heading more",
            "a clause more",
        ],
    )  # fmt: skip
    def test_what_a_repost_changes_leaves_it_a_copy(self, other: str) -> None:
        assert copies(STORY, other)

    @pytest.mark.parametrize(
        ("here", "there"),
        [
            ("1200米", "1300米"),
            ("1200米", "1200千米"),
            ("三艘", "四艘"),
            ("缩短", "延长"),
            ("沈望", "沈旺"),
            ("已经通过", "没有通过"),
            ("河口市", "江口市"),
            ("北岸", "Pier B"),
            ("缩短一半", "缩短一半的说法不实"),
        ],
    )
    def test_one_other_fact_makes_it_no_copy(self, here: str, there: str) -> None:
        assert here in STORY
        assert not copies(STORY, STORY.replace(here, there))

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("{}指数上涨2.5%。", "{}指数下跌2.5%。"),
            ("{}指数上涨2.5%。", "{}指数上涨0.5%。"),
            ("{}涨幅为 -2.5%。", "{}涨幅为 2.5%。"),
            ("{}涨幅为−2.5%。", "{}涨幅为2.5%。"),
            ("{}成交25手。", "{}成交2.5手。"),
            ("{}报价$100。", "{}报价€100。"),
            ("{}主场3:2获胜。", "{}主场2:3获胜。"),
            ("中新网1月2日电 {}", "中新网1月3日电 {}"),
        ],
    )
    def test_reports_from_one_template_stay_apart(self, one: str, other: str) -> None:
        standing = "以下为今日行情，供各位读者参考，投资有风险，入市需谨慎，请各位根据自身情况判断，本报不作任何推荐。"
        assert not copies(one.format(standing), other.format(standing))

    def test_what_is_added_must_be_the_lesser_part(self) -> None:
        assert not copies(STORY, STORY + 3 * LATER)

    def test_a_list_with_an_item_more_is_another_list(self) -> None:
        notice = "特通告如下：停课停工，关闭景点、公园、泳池，停运渡口、码头、长途客运，市民非必要不外出，请远离河道。"
        assert not copies(notice, notice.replace("公园、", ""))

    def test_a_rumour_and_its_denial_are_apart(self) -> None:
        assert not copies(STORY, f"{STORY}以上均系谣言。")
        assert not copies(STORY, f"港务局否认，{STORY}")

    def test_added_numbers_are_added_facts(self) -> None:
        assert not copies(STORY, f"{STORY}总投资8亿元。")

    def test_both_may_not_add_something_of_their_own(self) -> None:
        assert not copies(STORY + LATER, f"码头启用在即！{STORY}")

    def test_a_short_passage_must_read_the_same(self) -> None:
        short = "新码头将于下月投入使用，货物停留的时间将缩短一半。港务局昨日宣布了此事。"
        assert wording(short).size < MIN_SIZE
        assert copies(short, short.replace("，", " "))
        assert not copies(short, f"{short}好！")


class TestGroups:
    def test_groups_do_not_depend_on_what_else_is_there(self) -> None:
        texts = [STORY, "别的事情。" * 9, f"央视网消息：{STORY}", STORY.replace("1200", "1300"), STORY + LATER]
        assert find_copies(texts, [""] * 5) == [(0, 2, 4)]

    def test_each_is_a_copy_of_every_other(self) -> None:
        longer = STORY + LATER
        longest = longer + "渔船改停南岸的旧码头，直到开春。"
        assert copies(STORY, longer)
        assert copies(longer, longest)
        assert not copies(STORY, longest)
        assert find_copies([STORY, longer, longest], [""] * 3) == [(1, 2)]

    def test_a_repost_among_hundreds_from_one_template_is_found(self) -> None:
        template = (
            "经委员会会议研究并报主管机关批准，决定给予{}警告处分，收缴其违纪所得，将有关线索移送检察机关依法审查。"
        )
        texts = [template.format(chr(ord("一") + number)) for number in range(200)]
        assert (150, 200) in find_copies([*texts, f"央视网消息：{texts[150]}据了解，"], [""] * 201)

    def test_short_passages_are_copies_only_under_the_same_title(self) -> None:
        assert find_copies(["价格：1999元"] * 3, ["手机", "手表", "手机"]) == [(0, 2)]

    def test_odd_texts_never_stop_the_build(self) -> None:
        assert find_copies(["", "！？", "☃" * 50, "9" * 5000, "9" * 5000], ["", "", "a", "b", ""]) == [(0, 1)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A story, two re-posts and an article about something else."""
    folder = tmp_path / "articles"
    write_article(folder / "a.md", "新码头通过验收", STORY, author="河口日报", date="2021-03-05")
    write_article(folder / "b.md", "新码头通过验收", STORY, author="林渡", date="2021-03-07", source="转载")
    write_article(folder / "c.md", "<b>港口</b>", f"央视网消息：{STORY}", author="顾禾")
    write_article(
        folder / "d.md", "茶园", "高山茶园用雾水浇地，一张网一夜能接十一升水。", author="林渡", date="2021-03-06"
    )
    return folder


@pytest.fixture
def index(folder: Path, tmp_path: Path, encoder: FakeEncoder) -> Path:
    build_index(folder, tmp_path / "index", encoder)
    return tmp_path / "index"


@pytest.fixture
def answer(index: Path, encoder: FakeEncoder) -> Answer:
    return Retriever.open(index, encoder, FakeReader()).ask("新码头长多少米？")


class TestTold:
    def test_a_repost_is_one_hit_the_newest_of_equals_and_the_others_newest_first(
        self, index: Path, encoder: FakeEncoder
    ) -> None:
        hits = Retriever.open(index, encoder, FakeReader()).search("新码头通过验收，长1200米", 10)
        assert len(hits) == 2
        assert hits[0].article.id == "b.md"
        assert [copy.article.id for copy in hits[0].copies] == ["a.md", "c.md"]
        assert hits[1].copies == ()

    def test_copies_that_the_search_did_not_reach_are_named_too(
        self, index: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(searching, "CANDIDATES", 1)
        (hit,) = Retriever.open(index, encoder, FakeReader()).search("新码头", 1)
        assert len(hit.copies) == 2

    def test_an_answer_names_each_place_once(self, answer: Answer, folder: Path) -> None:
        places = [place for citation in answer.citations for place in citation.also_in]
        assert [place.article.id for place in answer.citations[0].also_in] == ["a.md", "c.md"]
        for place in places:
            assert place.check(folder) is Check.UNCHANGED
            line = (folder / place.article.id).read_text(encoding="utf-8").splitlines()[place.line - 1]
            (span,) = place.spans
            assert answer.extracts[0].text in line
            assert line.removeprefix("<p>　　")[span.start : span.end] == answer.extracts[0].text

    def test_json_tells_the_places(self, answer: Answer) -> None:
        (first, second) = json.loads(json.dumps(answer.to_json()))["citations"][0]["also_in"]
        assert (first["article"]["id"], first["article"]["date"]) == ("a.md", "2021-03-05T00:00:00")
        assert second["article"]["date"] is None

    def test_a_filter_that_shuts_out_the_best_shows_another(self, index: Path, encoder: FakeEncoder) -> None:
        retriever = Retriever.open(index, encoder, FakeReader())
        (hit,) = retriever.search("新码头", 1, Filters(authors=("河口日报", "顾禾")))
        assert {hit.article.id, *(copy.article.id for copy in hit.copies)} == {"a.md", "c.md"}
        (hit,) = retriever.search("新码头", 1, Filters(until=date(2021, 3, 5)))
        assert (hit.article.id, hit.copies) == ("a.md", ())

    def test_a_place_whose_copy_lacks_the_extract_is_not_named(
        self, folder: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        (folder / "b.md").unlink()
        write_article(folder / "e.md", "新码头的引桥", STORY + LATER)
        build_index(folder, tmp_path / "index", encoder)
        retriever = Retriever.open(tmp_path / "index", encoder, FakeReader())
        answer = retriever.ask("新码头的引桥", Filters())
        assert "引桥" in answer.extracts[0].text
        assert answer.citations[0].also_in == ()
        assert len(retriever.search("新码头的引桥")[0].copies) == 2

    def test_a_quote_that_stands_in_two_articles_is_shown_once(
        self, folder: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        quote = "船老大说：“北岸的礁石夜里看不见。”"
        write_article(folder / "q1.md", "礁石", f"渔民们昨晚在祠堂开会。{quote}", "会开到半夜。" * 40)
        write_article(folder / "q2.md", "礁石", f"灯桩的事议了三年。{quote}", "县里还没有答复。" * 40)
        build_index(folder, tmp_path / "index", encoder)
        answer = Retriever.open(tmp_path / "index", encoder, FakeReader()).ask("北岸的礁石夜里看不见")
        assert [quote in extract.text for extract in answer.extracts].count(True) == 1

    def test_a_hundred_copies_do_not_fill_the_top_k(self, folder: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
        for number in range(150):
            write_article(folder / f"copy{number}.md", f"码头{number}", STORY)
        for number in range(5):
            text = f"第{number}号货轮停靠新码头，" + "船员上岸休整，补给淡水和蔬菜。" * (number + 2)
            write_article(folder / f"other{number}.md", "货轮", text)
        build_index(folder, tmp_path / "index", encoder)
        hits = Retriever.open(tmp_path / "index", encoder, FakeReader()).search("码头 港务局 验收 投入使用", 7)
        assert len(hits) == 7
        assert len(hits[0].copies) == 152


class TestIndex:
    @pytest.mark.parametrize(
        "change",
        [
            lambda folder: (folder / "a.md").unlink(),
            lambda folder: write_article(folder / "0.md", "先来的", STORY + LATER),
            lambda folder: write_article(folder / "b.md", "改了", STORY.replace("1200", "1250")),
        ],
        ids=["gone", "new", "changed"],
    )
    def test_an_update_finds_the_same_groups_as_a_build_from_scratch(
        self, folder: Path, index: Path, tmp_path: Path, encoder: FakeEncoder, change: Callable[[Path], object]
    ) -> None:
        before = copies_in(index)
        change(folder)
        build_index(folder, index, encoder)
        build_index(folder, tmp_path / "scratch", encoder)
        assert copies_in(index) == copies_in(tmp_path / "scratch") != before

    def test_how_many_are_compared_at_once_changes_nothing(
        self, folder: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        for number in range(8):
            write_article(folder / f"{number}.md", "码头", STORY.replace("1200", str(1300 + number // 3)), LATER * 9)
        build_index(folder, tmp_path / "index", encoder)
        with open_snapshot(tmp_path / "index") as snapshot:
            groups = [group_copies(snapshot, None, at_once).tolist() for at_once in (1, 2, 100)]
        assert groups[0] == groups[1] == groups[2] == snapshot.groups.tolist()
        assert len(set(groups[0])) < len(groups[0])

    def test_a_change_writes_what_it_changes_of_them(
        self, folder: Path, index: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        before = current_generation(index) / COPIES_NAME
        told, number = before.read_bytes(), before.stat().st_ino
        write_article(folder / "e.md", "新码头", STORY)
        build_index(folder, index, encoder)
        after = current_generation(index)
        assert ((after / COPIES_NAME).read_bytes(), (after / COPIES_NAME).stat().st_ino) == (told, number)
        assert len(read_array(after / SINCE_NAME)) == 1
        build_index(folder, tmp_path / "scratch", encoder)
        assert copies_in(index) == copies_in(tmp_path / "scratch")

    def test_what_is_damaged_of_them_is_not_taken_over(self, folder: Path, index: Path, encoder: FakeEncoder) -> None:
        (current_generation(index) / COPIES_NAME).write_bytes(b"x" * 200)
        build_index(folder, index, encoder)
        with open_verified(index) as snapshot:
            assert len(set(snapshot.groups.tolist())) == len(snapshot) - 2

    def test_many_that_change_are_written_anew(self, tmp_path: Path) -> None:
        before, after = tmp_path / "before", tmp_path / "after"
        before.mkdir()
        after.mkdir()
        groups = np.arange(2 * FEW + 10)
        write_groups(before, groups)
        groups[1::2] -= 1
        write_groups(after, groups, before)
        assert read_groups(after, len(groups)).tolist() == groups.tolist()
        assert len(read_array(after / SINCE_NAME)) == 0
        groups[0:2] = 0, 1
        write_groups(before, groups, after)
        assert read_groups(before, len(groups)).tolist() == groups.tolist()
        assert read_array(before / SINCE_NAME).tolist() == [[1, 1]]
        write_groups(after, groups[:5], before)  # a merge left fewer
        assert read_groups(after, 5).tolist() == [0, 1, 2, 2, 4]

    def test_an_index_of_the_form_before_is_read_and_brought_up_to_date(
        self, folder: Path, index: Path, encoder: FakeEncoder
    ) -> None:
        before, generation = copies_in(index), current_generation(index)
        (generation / SINCE_NAME).unlink()
        files = {name: asdict(mark) for name, mark in mark_files(generation, MANIFEST_NAME).items()}
        edit_manifest(format=5, files=files)(generation)
        assert copies_in(index) == before
        write_article(folder / "d.md", "茶园", "高山茶园换了新网。")
        assert build_index(folder, index, encoder).encoded == 1
        assert copies_in(index) == before
        assert Manifest.read(current_generation(index)).format == 6

    def test_articles_that_repost_another_are_counted_and_named(self, index: Path) -> None:
        opened = open_index(index)
        store = opened.store
        assert count_copies(opened) == CopyCounts(passages=3, groups=1, reposts=2)
        infos = {info.id: info for info in store.infos()}
        sharing = articles_sharing(opened, infos["a.md"])
        assert [(info.id, count) for info, count in sharing] == [("b.md", 1), ("c.md", 1)]
        assert articles_sharing(opened, infos["d.md"]) == []


def test_the_page_links_each_copy_escaped_and_opens_it(index: Path, encoder: FakeEncoder, answer: Answer) -> None:
    desk, turns = Controller(Retriever.open(index, encoder, FakeReader())), (Turn(answer.question, answer),)
    shown = conversation_html(turns, CHINESE)
    assert '另见: <a href="#cite-0-1-1">新码头通过验收</a> (河口日报、2021-03-05)' in shown
    assert '<a href="#cite-0-1-2">&lt;b&gt;港口&lt;/b&gt;</a> (顾禾、无日期)' in shown
    assert "<b>" not in shown
    assert "c.md 第 " in desk.opened("cite:0-1-2", turns, CHINESE)
    assert "b.md 第 " in desk.opened("cite:0-1", turns, CHINESE)
    assert CHINESE.no_citation in desk.opened("cite:0-1-3", turns, CHINESE)
