"""Forms of answers in a real browser: all reports, a time in the question, one that only may be, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rag.build import build_index
from rag.models.sentence_transformer import load_encoder
from tests.conftest import write_article
from tests.serving import started
from tests.slow.browser import ANSWER_MS, ask, chromium
from tests.slow.test_page import serious

pytestmark = [pytest.mark.model, pytest.mark.browser]
QUESTION = "青石桥垮塌造成多少人受伤？"
HURT = (4, 9, 9, 12)
PHONE, DESK = {"width": 390, "height": 780}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    """Of a page over four days' reports on a bridge, and some others."""
    folder = tmp_path_factory.mktemp("bridge")
    for day, hurt in enumerate(HURT, 1):
        told = (
            f"河口县应急管理局6月{day}日晚通报，青石桥垮塌事故已造成{hurt}人受伤，伤者都送到了县医院。",
            f"第{day}天的搜寻有{20 + day}艘船参加，潜水员在桥墩下游找到了落水的货车。",
        )
        write_article(folder / f"bridge-{day}.md", f"青石桥垮塌第{day}天", *told, date=f"2024-06-0{day} 20:00:00")
    tea = "缺水的高山茶园在山脊上立起六十张捕雾网，网眼把雾气凝成水滴，一张网一夜能接十一升水。"
    write_article(folder / "tea.md", "高山茶园怎么用雾水浇地？", tea, date="2024-05-02 08:00:00", categories="农业")
    store = "巷口的旧书店从冬天起多了一台修书机器，每小时能清理四十页。"
    write_article(folder / "store.md", "旧书店请来修书机器", store, date="2024-04-02 08:00:00", categories="科技")
    build_index(folder, folder / "index", load_encoder())
    with started("--index", str(folder / "index")) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", viewport=request.param)
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".rag-welcome")).to_be_visible()
    yield page
    context.close()


def test_the_welcome_shows_what_there_is_and_where_to_begin(page: Page) -> None:
    welcome = page.locator(".rag-welcome")
    expect(welcome).to_contain_text("共 6 篇文章、2024-04-02 至 2024-06-04")
    expect(welcome.locator(".rag-newest a").first).to_have_text("青石桥垮塌第4天")
    assert not serious(page)
    welcome.get_by_role("button", name="农业 1").click()
    expect(page.locator(".rag-chip", has_text="农业")).to_be_visible()
    page.locator(".rag-chip", has_text="农业").last.click()
    welcome.locator(".rag-newest a").first.click()
    expect(page.locator(".rag-article")).to_contain_text("12人受伤")
    page.go_back()
    expect(page.locator(".rag-article")).to_be_hidden()
    expect(welcome).to_be_visible()
    welcome.get_by_role("button", name="高山茶园怎么用雾水浇地？").click()
    expect(page.locator(".rag-turn").last).to_contain_text("捕雾网", timeout=ANSWER_MS)


def test_all_reports_stand_by_their_days_with_what_they_agree_and_differ_in(page: Page) -> None:
    ask(page, QUESTION)
    see_all = page.locator(".rag-see-all")
    expect(see_all).to_contain_text("查看全部报道", timeout=ANSWER_MS)
    see_all.click()
    survey = page.locator(".rag-survey")
    expect(survey.locator("h3")).to_have_text("4 篇文章、2024-06-01 至 2024-06-04")
    expect(survey.locator(".rag-values li").first).to_contain_text(re.compile("9人?：2 篇文章"))
    expect(survey.locator(".rag-reports li")).to_have_count(4)
    expect(survey.locator(".rag-chart")).to_have_count(2)
    assert not serious(page)
    survey.locator("a.rag-cite").nth(3).click()
    expect(page.locator("mark.rag-answer")).to_contain_text("12")
    page.go_back()
    expect(page.locator(".rag-article")).to_be_hidden()
    with page.expect_download() as saved:
        survey.get_by_role("button", name="存为 CSV").click()
    table = Path(saved.value.path()).read_text(encoding="utf-8")
    assert saved.value.suggested_filename.endswith(".csv")
    assert table.count("bridge-") == 4
    survey.get_by_role("button", name="最相关在前").click()
    expect(survey.get_by_role("button", name="按日期")).to_be_visible()


def test_a_time_in_the_question_is_a_chip_and_after_the_collections_end_its_last_days_are_offered(page: Page) -> None:
    ask(page, "上个月有哪些关于茶园的报道？")
    turn = page.locator(".rag-turn").last
    expect(turn.locator(".rag-filters")).to_contain_text("而这些文章截至 2024-06-04")
    turn.locator('[data-do="days"]').click()
    expect(page.locator(".rag-chip", has_text="2024-05-01 起")).to_be_visible()
    expect(page.locator(".rag-turn").last.locator(".rag-filters")).to_contain_text("筛选", timeout=ANSWER_MS)
    expect(page.locator(".rag-turn").last).to_contain_text("捕雾网")
    page.get_by_role("button", name="全部清除").click()
    expect(page.locator("#rag-chips .rag-chip")).to_have_count(0)
    ask(page, "2024年5月有哪些关于茶园的报道？")
    turn = page.locator(".rag-turn").last
    expect(turn.locator(".rag-time")).to_contain_text("2024年5月：2024-05-01 至 2024-05-31")
    turn.locator(".rag-time").click()
    expect(page.locator(".rag-time")).to_have_count(0, timeout=ANSWER_MS)
