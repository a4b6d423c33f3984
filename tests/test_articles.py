from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from rag.core.articles import Article
from rag.core.files import MAX_BYTES
from rag.corpus.articles import MAX_TEXT, parse_date, read_article, read_bytes
from rag.errors import ArticleError

BODY = "<p>河口的灯塔上周换了灯。</p>\n"
SIMPLIFIED = "<p>这是在河口工作的人们说的话，他们的灯塔已经有了一百年的历史。</p>"
TRADITIONAL = "<p>這是在河口工作的人們說的話，他們的燈塔已經有了一百年的歷史。</p>"


def with_front_matter(*lines: str) -> Article:
    return read_article("a.md", "\n".join(["---", *lines, "---", BODY]).encode())


class TestFrontMatter:
    def test_hexo_article_is_read_with_its_leading_blank_line(self) -> None:
        text = (
            "\n---\ntitle: '河口的灯'\ncategories: \n - 本地\n - 航运\nauthor: 林渡\ndate: 2021-03-05 08:30:00\n"
            f"url: https://river.example/lamp\ntags: [灯]\n---\n{BODY}"
        )
        article = read_article("port/lamp.md", text.encode())
        info = article.info
        assert (info.id, info.title, info.author) == ("port/lamp.md", "河口的灯", "林渡")
        assert info.categories == ("本地", "航运")
        assert info.date == datetime(2021, 3, 5, 8, 30)
        assert info.url == "https://river.example/lamp"
        assert [(paragraph.text, paragraph.line) for paragraph in article.paragraphs] == [
            ("河口的灯塔上周换了灯。", 12)
        ]

    @pytest.mark.parametrize(
        ("written", "title"),
        [
            ("灯：旧与新", "灯：旧与新"),
            ("'灯: 旧与新'", "灯: 旧与新"),
            ('"Lamp: old & new"', "Lamp: old & new"),
            ("'守塔人''的灯'", "守塔人'的灯"),
            ("“灯”！【图】｜河口", "“灯”！【图】｜河口"),
            ("2021", "2021"),
            ("007", "007"),
            ("1_000", "1_000"),
            ("3.10", "3.10"),
            ("yes", "yes"),
            ("null", "null"),
            ("2021-03-05", "2021-03-05"),
        ],
    )
    def test_title_is_kept_as_written(self, written: str, title: str) -> None:
        assert with_front_matter(f"title: {written}").info.title == title

    @pytest.mark.parametrize(
        ("lines", "categories"),
        [
            (["categories: 航运"], ("航运",)),
            (["categories: [本地, 航运]"], ("本地", "航运")),
            (["categories:", "- 本地", "- 航运"], ("本地", "航运")),
            (["categories:", "- [本地, 航运]", "- [本地, 灯塔]"], ("本地", "航运", "灯塔")),
            (["category: 航运"], ("航运",)),
            (["categories:"], ()),
            (["categories: []"], ()),
            (["title: 灯"], ()),
        ],
    )
    def test_categories_in_every_form(self, lines: list[str], categories: tuple[str, ...]) -> None:
        assert with_front_matter(*lines).info.categories == categories

    @pytest.mark.parametrize(
        ("lines", "filed"),
        [
            (["categories: [本地, 航运]"], (("本地", "航运"),)),
            (["categories:", "- [本地, AI]", "- [体育, AI]"], (("本地", "AI"), ("体育", "AI"))),
            (["categories:", "- [本地, 航运]", "- 体育", "- [本地, 航运]"], (("本地", "航运"), ("体育",))),
            (["categories:", "- [本地, 航运]"], (("本地", "航运"),)),
            (["categories:"], ()),
        ],
    )
    def test_each_item_of_a_list_of_lists_is_a_place_of_its_own(
        self, lines: list[str], filed: tuple[tuple[str, ...], ...]
    ) -> None:
        assert with_front_matter(*lines).info.category_paths == filed

    @pytest.mark.parametrize("line", ["author: [林渡, 顾禾]", "author:\n- 林渡\n- 顾禾"])
    def test_several_authors_are_not_lost(self, line: str) -> None:
        author = with_front_matter(line).info.author
        assert "林渡" in author
        assert "顾禾" in author

    @pytest.mark.parametrize("front", ["", "---\n---\n", "---\nauthor: 林渡\n---\n"])
    def test_title_comes_from_the_page_where_the_front_matter_has_none(self, front: str) -> None:
        text = f"{front}<html><head><title>河口的灯</title></head><body>{BODY}</body></html>"
        assert read_article("a.md", text.encode()).info.title == "河口的灯"

    def test_title_is_the_file_name_where_nothing_names_one(self) -> None:
        assert read_article("port/lamp-7.txt", "河口的灯塔。".encode()).info.title == "lamp-7"

    @pytest.mark.parametrize(
        ("lines", "url"),
        [
            (["url: https://river.example/a?b=1"], "https://river.example/a?b=1"),
            (["link: http://river.example/a"], "http://river.example/a"),
            (["url: javascript:alert(1)"], ""),
            (["url: file:///etc/hosts"], ""),
            (["url: 'https://river.example/\" onclick=\"x'"], ""),
            (["url: /2021/03/lamp", "source: https://river.example/a"], "https://river.example/a"),
        ],
    )
    def test_url_is_a_web_address_or_nothing(self, lines: list[str], url: str) -> None:
        assert with_front_matter(*lines).info.url == url

    def test_source_is_what_the_text_says_before_what_the_front_matter_says(self) -> None:
        front = "---\nsource: 河汊晚报\n---\n"
        assert read_article("a.md", f"{front}{BODY}".encode()).info.source == "河汊晚报"
        assert read_article("a.md", f"{front}<p>来源：北岸日报</p>{BODY}".encode()).info.source == "北岸日报"

    @pytest.mark.parametrize("title", ["灯: 旧与新", "@lamp", "%灯 & 塔", "- 灯"])
    def test_value_that_is_no_yaml_is_taken_as_it_stands(self, title: str) -> None:
        article = read_article("a.md", f"---\nauthor: 林渡\ntitle: {title}: 二\n---\n{BODY}".encode())
        assert (article.info.title, article.info.author) == (f"{title}: 二", "林渡")

    def test_front_matter_that_is_never_closed_ends_at_the_blank_line(self) -> None:
        article = read_article("a.md", f"---\ntitle: 灯\ncategories:\n - 本地\ndate: 2021-03-05\n\n{BODY}".encode())
        assert (article.info.title, article.info.categories) == ("灯", ("本地",))
        assert article.paragraphs[0].line == 7

    @pytest.mark.parametrize(
        ("lines", "line"),
        [
            (["title: '灯", "author: 林渡"], 2),
            (["author: 林渡", "title: [灯"], 3),
            (["- 灯"], 2),
        ],
    )
    def test_broken_front_matter_names_its_line(self, lines: list[str], line: int) -> None:
        with pytest.raises(ArticleError, match="front matter is broken") as caught:
            with_front_matter(*lines)
        assert caught.value.path == "a.md"
        assert caught.value.line is not None
        assert line <= caught.value.line <= len(lines) + 2

    def test_front_matter_nested_too_deep_is_broken(self) -> None:
        with pytest.raises(ArticleError):
            with_front_matter(f"categories: {'[' * 900}灯{']' * 900}")

    def test_rule_further_down_is_no_front_matter(self) -> None:
        article = read_article("a.md", "河口的灯。\n\n---\n\n灯塔的人。\n---\n".encode())
        assert article.info.title == "a"
        assert article.paragraphs[0].line == 1


BEIJING = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2021-03-05", datetime(2021, 3, 5)),
        ("2021-03-05 08:30:00", datetime(2021, 3, 5, 8, 30)),
        ("2021-03-05T08:30:00Z", datetime(2021, 3, 5, 8, 30, tzinfo=UTC)),
        ("2021-03-05T08:30:00.000Z", datetime(2021, 3, 5, 8, 30, tzinfo=UTC)),
        ("2021-03-05 08:30:00 +0800", datetime(2021, 3, 5, 8, 30, tzinfo=BEIJING)),
        ("Fri, 05 Mar 2021 08:30:00 GMT", datetime(2021, 3, 5, 8, 30, tzinfo=UTC)),
        ("2021/3/5", datetime(2021, 3, 5)),
        ("2021.03.05", datetime(2021, 3, 5)),
        ("2021年3月5日", datetime(2021, 3, 5)),
        ("Invalid Date", None),
        ("昨天", None),
        ("2021-02-30", None),
        ("2021-13-05", None),
        ("", None),
        ("99999999999999999999", None),
    ],
)
def test_dates_are_read_in_every_form_and_what_is_no_date_is_none(text: str, date: datetime | None) -> None:
    assert parse_date(text) == date


@pytest.mark.parametrize("text", ["2021/03/05 08:30", "2021年3月5日 08:30", "Fri Mar 05 2021 08:30:00 GMT+0800 (CST)"])
def test_day_is_read_from_looser_forms(text: str) -> None:
    parsed = parse_date(text)
    assert parsed is not None
    assert parsed.date() == datetime(2021, 3, 5).date()


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
    def test_simplified_text_is_read_in_every_encoding(self, encoding: str) -> None:
        mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
        article = read_article("a.md", f"{mark}---\ntitle: 灯\n---\n{SIMPLIFIED}".encode(encoding))
        assert article.info.title == "灯"
        assert article.paragraphs[0].text in SIMPLIFIED

    def test_big5_is_told_from_gb18030(self) -> None:
        assert read_article("a.md", TRADITIONAL.encode("big5")).paragraphs[0].text in TRADITIONAL

    def test_declared_encoding_is_tried(self) -> None:
        page = '<meta charset="shift_jis"><p>灯台の明かりが消えた。</p>'
        assert read_article("a.html", page.encode("shift_jis")).paragraphs[0].text == "灯台の明かりが消えた。"

    @pytest.mark.parametrize("declared", ["undefined", "idna", "hex", "no-such-encoding", "unicode_escape"])
    def test_nonsense_declared_does_no_harm(self, declared: str) -> None:
        page = f'<meta charset="{declared}">{SIMPLIFIED}'
        assert read_article("a.html", page.encode("gb18030")).paragraphs[0].text in SIMPLIFIED

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_lines_are_counted_whatever_ends_them(self, end: str) -> None:
        text = end.join(["---", "title: 灯", "---", "<p>第四行。</p>", "", "<p>第六行。</p>"])
        assert [paragraph.line for paragraph in read_article("a.md", text.encode()).paragraphs] == [4, 6]

    def test_binary_file_is_refused_with_its_line(self) -> None:
        with pytest.raises(ArticleError, match="binary") as caught:
            read_article("a.md", b"first\nsecond\x00\x01\x02\x03third")
        assert caught.value.line == 2

    def test_a_stray_control_character_is_dropped(self) -> None:
        assert read_article("a.md", "甲\x00乙\x08丙。".encode()).paragraphs[0].text == "甲乙丙。"

    def test_a_broken_character_spoils_no_more_than_itself(self) -> None:
        text = "这是在河口工作的人们说的话，他们的灯塔已经有了一百年的历史。"
        data = text.encode() + "灯".encode()[:2] + text.encode()
        assert read_article("a.md", data).paragraphs[0].text == f"{text}\ufffd{text}"

    def test_nothing_in_plain_text_is_markup(self) -> None:
        text = "正文里的 <p> 和 # 号、* 号、&amp; 都照写。\n\n# 井\n\n* 星"
        found = [paragraph.text for paragraph in read_article("a.txt", text.encode()).paragraphs]
        assert found == ["正文里的 <p> 和 # 号、* 号、&amp; 都照写。", "# 井", "* 星"]

    def test_latin_text_of_windows_is_read(self) -> None:
        text = "The ferry, they said, “is late”. It was the café’s boat that came first, as on every other morning."
        assert read_article("a.txt", text.encode("cp1252")).paragraphs[0].text == text

    def test_bytes_that_only_begin_as_utf_16_are_refused(self) -> None:
        with pytest.raises(ArticleError, match="begins as UTF-16"):
            read_article("a.md", b"\xff\xfe\x00\xd8ab")

    def test_bytes_in_no_known_encoding_are_refused(self) -> None:
        with pytest.raises(ArticleError, match="save the file as UTF-8") as caught:
            read_article("a.md", b"line\n\xff\xff\xff")
        assert caught.value.line == 2


@pytest.mark.parametrize(
    "text", ["<p></p>", "---\ntitle: 灯\n---\n", "<script>var lamp</script>", "<p>责任编辑：沈禾</p>"]
)
def test_article_without_text_is_refused(text: str) -> None:
    with pytest.raises(ArticleError, match="no text is left"):
        read_article("a.md", text.encode())


def test_markup_that_the_parser_rejects_spoils_no_more_than_its_file() -> None:
    try:
        article = read_article("a.html", "<p>灯。</p><![weird[x]]>".encode())
    except ArticleError:
        return
    assert article.paragraphs[0].text == "灯。"


def test_article_with_more_text_than_any_is_refused() -> None:
    with pytest.raises(ArticleError, match="it has 2,000,001 characters of text, over the limit of 2,000,000"):
        read_article("a.txt", b"x" * (MAX_TEXT + 1))
    assert len(read_article("a.txt", b"x" * MAX_TEXT).paragraphs[0].text) == MAX_TEXT


class TestFiles:
    def test_empty_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a.md"
        path.write_bytes(b" \n\n")
        with pytest.raises(ArticleError, match=r"a\.md:1: the file is empty"):
            read_bytes(path, tmp_path)

    def test_file_over_the_limit_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a.md"
        path.write_bytes(b"x" * MAX_BYTES)
        assert len(read_bytes(path, tmp_path)) == MAX_BYTES
        path.write_bytes(b"x" * (MAX_BYTES + 1))
        with pytest.raises(ArticleError, match="20,000,001 bytes, over the limit of 20,000,000"):
            read_bytes(path, tmp_path)

    def test_file_that_is_gone_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ArticleError, match="can't be opened"):
            read_bytes(tmp_path / "a.md", tmp_path)
