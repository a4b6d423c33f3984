"""The page in a real browser: a fresh checkout started for the first time, asked, and its citations looked up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.serving import started
from tests.slow.browser import ANSWER_MS, ask, chromium, copy_of_the_checkout

pytestmark = [pytest.mark.model, pytest.mark.browser]
RAILWAY = "青藏铁路全长多少公里？"
UNANSWERED = "红烧肉要放多少糖？"
"""Far below the threshold. "怎么做红烧肉才好吃？" lies at it: one processor answers what another refuses."""
MOON = "Who stayed in orbit while Armstrong and Aldrin were on the Moon?"
PHONE = {"width": 390, "height": 780}
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(checkout: Path, browser: Browser) -> Iterator[str]:
    with started(folder=checkout) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def outside() -> list[str]:
    """Requests that went to another host."""
    return []


@pytest.fixture(scope="module")
def context_of(browser: Browser) -> Callable[..., BrowserContext]:
    """A browser's profile for each set of options: the second page in it has what the first one loaded."""
    contexts: dict[str, BrowserContext] = {}

    def context_of(**options: Any) -> BrowserContext:
        key = repr(options)
        if key not in contexts:
            contexts[key] = browser.new_context(**options)
        return contexts[key]

    return context_of


@pytest.fixture
def open_page(address: str, context_of: Callable[..., BrowserContext], outside: list[str]) -> Iterator[Open]:
    pages, errors = list[Page](), list[str]()

    def note(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            outside.append(request.url)

    def open_page(query: str = "", **options: Any) -> Page:
        options = {"locale": "zh-CN", "viewport": {"width": 1280, "height": 800}, **options}
        page = context_of(**options).new_page()
        pages.append(page)
        page.on("request", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address + query)
        page.locator(".rag-welcome, .rag-turn").first.wait_for(timeout=ANSWER_MS)
        return page

    yield open_page
    for page in pages:
        page.evaluate("localStorage.clear()")
        page.close()
    assert (errors, outside) == ([], [])


@pytest.fixture
def page(open_page: Open) -> Page:
    return open_page()


class TestTheSource:
    def test_a_click_on_a_number_opens_the_article_at_the_marked_extract(self, page: Page) -> None:
        ask(page, RAILWAY)
        first = page.locator(".rag-extract").first
        expect(first.locator("mark").first).to_have_text("1956千米")
        first.locator("a.rag-cite").first.click()
        source = page.locator("#rag-source")
        expect(source.locator("h2")).to_contain_text("青藏铁路")
        expect(source.locator(".rag-place")).to_have_text(re.compile(r"geography/qinghai-tibet-railway\.md 第 \d+ 行"))
        expect(source.locator("#rag-cited")).to_be_in_viewport()
        expect(source.locator("mark.rag-answer")).to_have_text("1956千米")
        expect(source.locator("mark.rag-light").first).to_be_attached()
        assert source.locator("li").count() > 5
        summary = source.locator("summary")
        summary.click()
        expect(source.get_by_text("编辑行", exact=False)).to_be_visible()

    def test_another_number_of_the_answer_moves_the_mark_and_the_chat_stays(self, page: Page) -> None:
        ask(page, RAILWAY)
        page.locator("a.rag-cite").first.click()
        page.locator("#rag-source .rag-beside a", has_text="2").click()
        expect(page.locator("#rag-source mark.rag-answer")).to_have_text(re.compile(r"^\d+千米$"))
        expect(page.locator("#rag-source #rag-cited")).to_be_in_viewport()
        expect(page.locator("h1")).to_be_in_viewport()
        expect(page.locator("#rag-composer textarea")).to_be_in_viewport()
        expect(page.locator(".rag-asked h2")).to_be_in_viewport()

    def test_all_works_without_a_mouse(self, page: Page) -> None:
        page.keyboard.type(RAILWAY)
        expect(page.locator("#rag-composer textarea")).to_have_value(RAILWAY)
        page.keyboard.press("Enter")
        expect(page.locator(".rag-extract").first).to_be_visible(timeout=ANSWER_MS)
        expect(page.locator("#rag-composer textarea")).to_have_value("")
        for _ in range(30):
            page.keyboard.press("Shift+Tab")
            if page.evaluate("document.activeElement.getAttribute('href')") == "#cite-0-1":
                break
        page.keyboard.press("Enter")
        expect(page.locator("#rag-source h2")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#rag-source")).not_to_be_visible()
        expect(page.locator('#rag-chat a.rag-cite[href="#cite-0-1"]')).to_be_focused()

    def test_on_a_phone_it_is_a_sheet_over_the_chat(self, open_page: Open) -> None:
        page = open_page(viewport=PHONE, has_touch=True)
        ask(page, RAILWAY)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.locator("a.rag-cite").first.tap()
        sheet = page.get_by_role("dialog")
        expect(sheet.locator("#rag-cited")).to_be_in_viewport()
        box = sheet.bounding_box()
        assert box is not None
        assert box["width"] == PHONE["width"]
        assert page.locator("#rag-talk").evaluate("part => part.inert")
        sheet.get_by_role("button", name="关闭").tap()
        expect(sheet).to_have_count(0)
        expect(page.locator("#rag-composer textarea")).to_be_visible()
        assert not page.locator("#rag-talk").evaluate("part => part.inert")

    def test_a_file_that_has_changed_since_is_told(self, page: Page, checkout: Path) -> None:
        path = checkout / "samples/geography/qinghai-tibet-railway.md"
        before = path.read_bytes()
        ask(page, RAILWAY)
        path.write_bytes(before + b"<p>one more</p>")
        try:
            page.locator("a.rag-cite").first.click()
            expect(page.locator(".rag-check")).to_have_text("文件在建立索引之后有改动。")
        finally:
            path.write_bytes(before)


class TestTheChat:
    def test_that_the_articles_do_not_answer_is_said_with_near_misses_folded(self, page: Page) -> None:
        ask(page, UNANSWERED)
        expect(page.locator(".rag-none strong")).to_have_text("这些文章没有回答这个问题。")
        expect(page.locator(".rag-extract")).to_have_count(0)
        expect(page.locator(".rag-near").first).not_to_be_visible()
        page.locator("#rag-chat summary").click()
        page.locator(".rag-near a.rag-cite").first.click()
        expect(page.locator("#rag-source #rag-cited")).to_be_in_viewport()

    def test_a_follow_up_tells_what_was_searched_for_and_a_new_conversation_clears_all(self, page: Page) -> None:
        ask(page, RAILWAY)
        ask(page, "那什么时候通车？")
        expect(page.locator(".rag-filters")).to_contain_text("检索：")
        page.get_by_role("button", name="只按原话检索").click()
        expect(page.locator(".rag-filters")).to_have_count(0, timeout=ANSWER_MS)
        page.get_by_role("button", name="重新提问").click()
        expect(page.locator("body[data-busy]")).to_have_count(0, timeout=ANSWER_MS)
        expect(page.locator('.rag-turn[data-state="done"]')).to_have_count(2)
        expect(page.locator(".rag-filters")).to_have_count(0)
        page.get_by_role("button", name="编辑").last.click()
        ask(page, "那什么时候通车？")
        expect(page.locator(".rag-filters")).to_contain_text("检索：", timeout=ANSWER_MS)
        page.locator('a.rag-cite[href="#cite-1-1"]').click()
        expect(page.locator("#rag-source h2")).to_contain_text("青藏铁路")
        page.get_by_role("button", name="新对话").click()
        expect(page.locator(".rag-turn")).to_have_count(0)
        expect(page.locator("#rag-source")).not_to_be_visible()
        expect(page.locator(".rag-welcome")).to_be_visible()
        assert "?" not in page.url
        ask(page, "那什么时候通车？")
        expect(page.locator(".rag-filters")).to_have_count(0)

    def test_a_question_is_asked_again_edited_and_its_answer_copied(self, open_page: Open) -> None:
        page = open_page(permissions=["clipboard-read", "clipboard-write"])
        ask(page, RAILWAY)
        page.get_by_role("button", name="重新提问").click()
        expect(page.locator("body[data-busy]")).to_have_count(0, timeout=ANSWER_MS)
        expect(page.locator('.rag-turn[data-state="done"]')).to_have_count(1)
        ask(page, "光速第一次是怎么测出来的？")
        page.get_by_role("button", name="编辑").first.click()
        expect(page.locator("#rag-composer textarea")).to_have_value(RAILWAY)
        page.locator("#rag-composer textarea").fill("哈雷彗星多少年回到太阳附近一次？")
        page.keyboard.press("Enter")
        expect(page.locator(".rag-turn")).to_have_count(1, timeout=ANSWER_MS)
        expect(page.locator(".rag-extract mark").first).to_contain_text("76年", timeout=ANSWER_MS)
        page.get_by_role("button", name="复制").click()
        expect(page.get_by_role("button", name="已复制")).to_be_visible()
        assert "science/halley-comet.md" in page.evaluate("navigator.clipboard.readText()")

    @pytest.fixture
    def long_line(self, page: Page, address: str) -> None:
        """Questions that are answered first: else the answer may come before a click."""
        for _ in range(5):
            page.request.post(f"{address}gradio_api/call/v2/ask", data={"question": "航海家探测器" * 160})

    def begin(self, page: Page) -> None:
        page.locator("#rag-composer textarea").fill(RAILWAY)
        page.keyboard.press("Enter")

    @pytest.mark.usefixtures("long_line")
    def test_a_question_that_is_worked_on_can_be_stopped(self, page: Page) -> None:
        self.begin(page)
        page.get_by_role("button", name="停止").click()
        expect(page.get_by_text("已停止。")).to_be_visible()
        ask(page, RAILWAY)
        expect(page.locator(".rag-extract mark").first).to_have_text("1956千米", timeout=ANSWER_MS)
        expect(page.get_by_text("已停止。")).to_be_visible()

    @pytest.mark.usefixtures("long_line")
    @pytest.mark.parametrize(("button", "outcome"), [("停止", "已停止。"), ("新对话", "向这些文章提问")])
    def test_what_is_drawn_of_a_question_after_its_end_does_not_stay(
        self, page: Page, button: str, outcome: str
    ) -> None:
        late = list[Route]()
        page.route("**/queue/data*", lambda route: late.append(route))  # how the page hears of a question's steps
        self.begin(page)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_text(outcome)).to_be_visible()
        for route in late:
            route.continue_()
        page.wait_for_timeout(1000)  # longer than what is drawn late may stand there
        expect(page.get_by_text(outcome)).to_be_visible()

    def test_the_enter_that_ends_a_chinese_words_composition_sends_nothing(self, page: Page) -> None:
        box = page.locator("#rag-composer textarea")
        box.fill("青藏")
        box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
        box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
        page.wait_for_timeout(500)
        expect(box).to_have_value("青藏")
        expect(page.locator(".rag-turn")).to_have_count(0)

    def test_an_error_is_a_sentence(self, page: Page) -> None:
        ask(page, "长" * 1001)
        expect(page.locator(".rag-error")).to_have_text("问题有 1001 个字，最多 1000 个字。")

    def test_a_question_that_there_is_no_room_for_comes_back_with_a_sentence(self, page: Page) -> None:
        page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "Queue is full."}))
        page.locator("#rag-composer textarea").fill(RAILWAY)
        page.keyboard.press("Enter")
        expect(page.get_by_text("现在提问的人太多，请稍后再试。")).to_be_visible()
        expect(page.locator("#rag-composer textarea")).to_have_value(RAILWAY)
        page.unroute("**/queue/join*")
        ask(page, RAILWAY)
        expect(page.get_by_text("现在提问的人太多，请稍后再试。")).not_to_be_visible()

    def test_markup_in_a_question_is_shown_and_not_run(self, page: Page) -> None:
        ask(page, "<img src=x onerror=\"document.title='run'\"> ${1+1} {{7}} **毕昇**是谁？")
        expect(page.locator(".rag-asked h2")).to_have_text(
            "<img src=x onerror=\"document.title='run'\"> ${1+1} {{7}} **毕昇**是谁？"
        )
        assert page.title() == "Article RAG"

    def test_an_example_is_asked_with_a_click(self, page: Page) -> None:
        page.get_by_text("哈雷彗星多少年回到太阳附近一次？").click()
        expect(page.locator(".rag-extract mark").first).to_contain_text("76年", timeout=ANSWER_MS)


class TestNarrowing:
    def test_filters_hold_are_seen_as_chips_and_each_is_one_click_away_from_off(self, page: Page) -> None:
        page.get_by_text("缩小范围").click()
        page.get_by_label("地理").check()
        expect(page.locator(".rag-chip")).to_have_text("类别 地理×")
        page.get_by_label("截止日期").fill("2021-1x")
        page.keyboard.press("Tab")
        expect(page.locator("#rag-form .rag-error")).to_have_text(re.compile("“2021-1x”不是日期"))
        page.get_by_label("截止日期").fill("2099")
        page.get_by_label("作者或记者").fill("地理笔记")
        page.keyboard.press("Tab")
        expect(page.locator(".rag-chip")).to_have_count(3)
        expect(page.locator("#rag-form .rag-error")).to_have_count(0)
        ask(page, RAILWAY)
        expect(page.locator(".rag-filters")).to_have_text("筛选：2099-12-31 止 · 类别 地理 · 作者 地理笔记")
        expect(page.locator("#rag-form")).to_be_hidden()  # room for the answer
        page.get_by_role("button", name="取消：类别 地理").click()
        expect(page.locator(".rag-chip")).to_have_count(2)
        expect(page.locator('[name="category"][value="地理"]')).not_to_be_checked()
        page.get_by_role("button", name="全部清除").click()
        expect(page.locator(".rag-chip")).to_have_count(0)
        expect(page.get_by_label("截止日期")).to_have_value("")

    def test_the_address_reopens_the_question_with_its_filters(self, page: Page, open_page: Open) -> None:
        page.get_by_text("缩小范围").click()
        page.get_by_label("起始日期").fill("2021")
        page.get_by_label("最新在前").check()
        expect(page.locator(".rag-chip")).to_have_count(2)
        ask(page, RAILWAY)
        page.wait_for_url(re.compile(r"\?q=.*since=2021-01-01.*newest=1"))
        again = open_page(page.url.partition("/?")[2].join(["?", ""]), locale="en-US")
        expect(again.locator(".rag-asked h2")).to_have_text(RAILWAY)
        expect(again.locator(".rag-extract mark").first).to_be_visible(timeout=ANSWER_MS)
        expect(again.locator(".rag-chip")).to_have_text(["from 2021-01-01×", "newest first×"])

    def test_a_link_that_was_mangled_says_so(self, open_page: Open) -> None:
        page = open_page("?q=x&since=20x1")
        expect(page.locator(".rag-error")).to_have_text(re.compile("“20x1”不是日期"))


class TestTheLook:
    def test_the_language_is_the_browsers_and_can_be_switched_with_the_conversation_kept(self, open_page: Open) -> None:
        page = open_page(locale="en-GB")
        assert page.evaluate("document.documentElement.lang") == "en"
        ask(page, RAILWAY)
        expect(page.locator(".rag-extract").first).to_contain_text("paragraph 2 · line 20")
        page.get_by_role("button", name="中文").click()
        expect(page.locator(".rag-extract").first).to_contain_text("第 2 段 · 第 20 行")
        expect(page.locator("#rag-composer textarea")).to_have_attribute("placeholder", "向文章提问……")
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        page.reload()
        expect(page.get_by_role("button", name="新对话")).to_be_visible(timeout=ANSWER_MS)

    def test_light_and_dark_follow_the_browser_and_can_be_switched(self, open_page: Open) -> None:
        page = open_page(color_scheme="dark")
        assert brightness(page) < 60
        page.get_by_role("button", name="浅色").click()
        assert brightness(page) > 200
        page.reload()
        expect(page.locator(".rag-welcome")).to_be_visible(timeout=ANSWER_MS)
        assert brightness(page) > 200

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_all_text_stands_out_from_its_ground(self, open_page: Open, scheme: str) -> None:
        page = open_page(color_scheme=scheme)
        ask(page, RAILWAY)
        ask(page, UNANSWERED)
        page.locator(".rag-cite").first.click()
        page.get_by_text("缩小范围").click()
        page.get_by_label("截止日期").fill("x")
        page.keyboard.press("Tab")
        expect(page.locator("#rag-form .rag-error")).to_be_visible()
        faint = page.evaluate(FAINT)
        assert faint == []

    @pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "color_scheme": "dark"}], ids=["desk", "phone"])
    def test_axe_finds_nothing_serious(self, open_page: Open, options: dict[str, Any]) -> None:
        page = open_page(**options)
        assert serious(page) == []
        ask(page, RAILWAY)
        page.get_by_role("button", name="答得好").first.click()
        ask(page, UNANSWERED)
        page.get_by_text("缩小范围").click()
        page.locator(".rag-tree input").first.check()
        expect(page.locator(".rag-chip")).to_be_visible()
        assert serious(page) == []
        page.locator("a.rag-cite").first.click()
        expect(page.locator("#rag-source h2")).to_be_focused()
        assert serious(page) == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="文章库").click()
        assert serious(page) == []


class TestTheCollection:
    def test_articles_are_counted_searched_and_opened(self, page: Page) -> None:
        page.get_by_role("button", name="文章库").click()
        overview = page.locator(".rag-overview")
        expect(overview).to_contain_text("文章16段落99")
        expect(overview).to_contain_text("multilingual-e5-small")
        expect(overview.locator("svg")).to_have_count(2)
        page.get_by_label("按标题、来源或作者查找").fill("铁路")
        expect(page.locator(".rag-list tbody tr")).to_have_count(1)
        page.locator(".rag-list a").click()
        expect(page.locator("#rag-source h2")).to_contain_text("青藏铁路")
        expect(page.locator("#rag-source .rag-title")).to_be_focused()  # now it is open
        page.keyboard.press("Escape")
        expect(page.locator(".rag-list a")).to_be_focused()
        page.get_by_role("button", name="问答").click()
        expect(page.locator("#rag-composer textarea")).to_be_visible()

    def test_what_a_reader_says_of_an_answer_is_kept(self, page: Page, checkout: Path) -> None:
        ask(page, RAILWAY)
        thumb = page.get_by_role("button", name="答得好").first
        thumb.click()
        expect(thumb).to_have_attribute("aria-pressed", "true")
        page.get_by_label("补充说明（可不填）").fill("正是")
        page.get_by_role("button", name="提交").click()
        expect(page.locator(".rag-thanks")).to_have_text("已记录。")
        kept = (checkout / "index/feedback.jsonl").read_text(encoding="utf-8")
        assert '"word": "正是"' in kept.splitlines()[-1]

    def test_a_conversation_is_saved_as_markdown(self, page: Page) -> None:
        expect(page.get_by_role("button", name="导出")).not_to_be_visible()
        ask(page, RAILWAY)
        with page.expect_download() as saved:
            page.get_by_role("button", name="导出").click()
        assert saved.value.suggested_filename.endswith(".md")
        text = saved.value.path().read_text(encoding="utf-8")
        assert "**1956千米**" in text

    def test_questions_are_answered_while_a_changed_folder_is_indexed_anew(
        self, page: Page, open_page: Open, checkout: Path
    ) -> None:
        """The last of all, since the article stays: a second indexing is refused for a while."""
        new = checkout / "samples/new.md"
        new.write_text("---\ntitle: '石桥'\n---\n<p>望河石桥全长三百七十二米，建于明代。</p>\n", encoding="utf-8")
        other = open_page()
        page.get_by_role("button", name="文章库").click()
        page.get_by_role("button", name="重新索引文件夹").click()
        ask(other, RAILWAY)
        expect(other.locator(".rag-extract mark").first).to_have_text("1956千米")
        expect(page.locator(".rag-anew")).to_contain_text("新增 1 篇", timeout=120_000)
        expect(page.locator(".rag-overview")).to_contain_text("文章17")
        ask(other, "望河石桥全长多少米？")
        expect(other.locator(".rag-turn").last.locator(".rag-extract").first).to_contain_text("三百七十二米")


def serious(page: Page) -> list[str]:
    """What axe finds of serious or critical hindrances."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in ("serious", "critical")]


def brightness(page: Page) -> float:
    """Of the page's ground, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


FAINT = """
() => {
    const parse = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => [r, g, b].map((c) => linear(c / 255));
    const luminance = (colour) => { const [r, g, b] = light(colour); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const faint = [];
    for (const element of document.querySelectorAll('.gradio-container *')) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!own || !element.checkVisibility()) continue;
        const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) faint.push(`${element.className} ${element.textContent.slice(0, 20)} ${contrast}`);
    }
    return faint;
}
"""
"""Elements whose text has a contrast below 4.5 to what is behind it, as WCAG AA has it."""
