"""Pictures of numbers: whole, true to scale, told to those who hear them, and never markup of others."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from rag.interfaces.page import charts
from rag.interfaces.page.charts import Bar

SVG = {"svg": ""}


def drawn(svg: str) -> ElementTree.Element:
    """The picture as a tree, which tells that it is well formed."""
    return ElementTree.fromstring(svg)


@pytest.mark.parametrize("draw", [charts.columns, charts.rows])
@pytest.mark.parametrize("count", [1, 16, 72])
def test_every_bar_is_inside_the_picture_and_as_large_as_its_value(draw: object, count: int) -> None:
    assert callable(draw)
    tree = drawn(draw([Bar(str(at), at * 100) for at in range(1, count + 1)], "n", "T", "D"))
    boxes = tree.findall("rect")
    assert len(boxes) == count
    size = "height" if draw is charts.columns else "width"
    sizes = [float(box.attrib[size].rstrip("%")) for box in boxes]
    assert sizes == sorted(sizes)
    assert sizes[0] / sizes[-1] == pytest.approx(1 / count, rel=0.1, abs=0.03)
    for box in boxes:
        left, top, width, height = (float(box.attrib[name].rstrip("%")) for name in ("x", "y", "width", "height"))
        assert 0 <= left <= left + width <= 100.1
        assert 0 <= top <= top + height <= float(tree.attrib["height"])


def test_the_bar_of_one_beside_thousands_is_still_seen_and_none_is_not() -> None:
    boxes = drawn(charts.rows([Bar("a", 100_000), Bar("b", 1), Bar("c", 0)], "n", "T", "D")).findall("rect")
    assert [float(box.attrib["width"].rstrip("%")) for box in boxes] == [100, charts.SMALLEST_SHARE, 0]


def test_one_article_beside_thousands_is_still_seen_and_none_is_not() -> None:
    heights = [
        float(box.attrib["height"])
        for box in drawn(charts.columns([Bar("a", 10_000), Bar("b", 1), Bar("c", 0)], "n", "T", "D")).findall("rect")
    ]
    assert heights[0] > heights[1] >= 2
    assert heights[2] == 0


def test_it_is_an_image_with_a_name_and_a_description() -> None:
    tree = drawn(charts.rows([Bar("科技", 3)], "by-kind", "各类别", "科技 3"))
    assert tree.attrib["role"] == "img"
    told = {part.attrib["id"]: part.text for part in tree if part.tag in ("title", "desc")}
    assert told[tree.attrib["aria-labelledby"]] == "各类别"
    assert told[tree.attrib["aria-describedby"]] == "科技 3"


def test_nothing_makes_no_picture_and_only_zeros_make_one() -> None:
    assert charts.columns([], "n", "T", "D") == charts.rows([], "n", "T", "D") == ""
    assert drawn(charts.columns([Bar("2021", 0)], "n", "T", "D")).find("line") is not None


@pytest.mark.parametrize("draw", [charts.columns, charts.rows])
def test_labels_are_cut_to_what_fits_and_never_become_markup(draw: object) -> None:
    assert callable(draw)
    hostile = "</text><script>alert(1)</script>" + "长" * 500
    svg = draw([Bar(hostile, 2), Bar("b", 1)], "n", hostile, hostile)
    assert {part.tag for part in drawn(svg).iter()} <= {"svg", "title", "desc", "rect", "text", "line"}


def test_a_long_label_ends_in_dots() -> None:
    (label, _) = drawn(charts.rows([Bar("长" * 500, 2)], "n", "T", "D")).findall("text")
    assert label.text == "长" * 22 + "…"


def test_colours_are_those_of_the_page() -> None:
    svg = charts.columns([Bar("a", 1)], "n", "T", "D") + charts.rows([Bar("a", 1)], "m", "T", "D")
    assert "#" not in svg
    assert "style=" not in svg
    assert "fill=" not in svg
