"""Names in a question that an article does not have."""

from __future__ import annotations

import time

import pytest

from rag.answering.names import has_unsupported_entity

DAIRY = "青禾乳业召回三千盒酸奶。公司总部在苏州，负责人王小明道歉。"
LIBRARY = "The branch library on Mill Lane lends ladders. Mara Quill of O'Neil and Berlin counted the loans."


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("蒙牛召回了多少盒酸奶？", DAIRY),
        ("蒙牛和青禾谁召回了酸奶？", DAIRY),
        ("上海的公司召回了什么？", DAIRY),
        ("李小龙为什么道歉？", DAIRY),
        ("臺灣的公司召回了什么？", DAIRY),
        ("海南航空哪天开通了航线？", "云鹏航空1月12日开通兰州至曼谷航线。"),
        ("宿州的公司召回了什么？", DAIRY),
        ("福州有多少座桥？", "抚州有六座桥。"),
        ("美国卖了多少盒？", "Focus 是一家公司。它卖了三千盒酸奶，负责人道歉。"),
        ("Tesla召回了多少盒酸奶？", DAIRY),
        ("Chrome从哪个版本起支持？", "火狐（Firefox）从121版起支持 Wayland。"),
        ("Who heads research at Kaida Biotech?", DAIRY),
        ("How many boxes did the dairy in Hebei recall?", DAIRY),
        ("Why did Li Xiaolong apologise?", DAIRY),
        ("How many loans did Ma Rui count?", DAIRY),
        ("What did Tesla lend?", LIBRARY),
        ("Is Tesla lending ladders?", LIBRARY),
        ("What did the Bank of the Philippines lend?", LIBRARY),
        ("What does Mara Quill lend in Paris?", LIBRARY),
    ],
)
def test_name_that_the_article_does_not_have_is_strange(question: str, article: str) -> None:
    assert has_unsupported_entity(question, article)


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("", DAIRY),
        ("召回了多少盒酸奶？", DAIRY),
        ("哪个城市的公司召回了酸奶？", DAIRY),
        ("青禾乳业召回了什么？", DAIRY),
        ("青禾乳業召回了什麼？", DAIRY),
        ("蘇州的公司召回了什麼？", DAIRY),
        ("公司是西元幾年召回酸奶的？", DAIRY),
        ("苏州市的公司召回了什么？", DAIRY),
        ("王小明为什么道歉？", DAIRY),
        ("总部在苏州的那家乳业叫什么？", DAIRY),
        ("中国工商银行裁了多少人？", "工商银行今年裁员三千人。"),
        ("台湾的公司召回了什么？", "臺灣的公司召回酸奶"),
        ("What does the library lend?", LIBRARY),
        ("How many loans did Mara Quill count?", LIBRARY),
        ("how many loans did MARA or Quill count?", LIBRARY),
        ("What did O’Neil count?", LIBRARY),
        ("青禾乳业（Qinghe Dairy）召回了什么？", DAIRY),
        ("Firefox和Waylend从哪版起？", "火狐（Firefox）从121版起支持 Wayland。"),
        ("Why did Wang Xiaoming of Qinghe Dairy apologise?", DAIRY),
        ("How many boxes did the dairy in Suzhou recall?", DAIRY),
        ("What did the Chinese dairy recall?", DAIRY),
        ("Warum hat sich die Polizei entschuldigt?", DAIRY),
        ("英特尔什么时候推出这款处理器？", "Intel 去年推出这款处理器。"),
        ("中国的哪家公司召回了酸奶？", DAIRY),
        ("住民に紹介した会社はどこですか？", DAIRY),
        ("江苏苏州的公司召回了什么？", DAIRY),
        ("How many boxes were recalled in Suzhou, Jiangsu?", DAIRY),
        ("俄国的公司召回了什么？", "俄罗斯的公司召回酸奶。"),
        ("Apple Watch什么时候上市？", "Apple 的手表上市了。"),
        ("AI有什么用？", DAIRY),
        ("今年GDP增长了多少？", "国内生产总值增长百分之五。"),
        ("青禾乳业的CEO和logo怎样？", DAIRY),
        ("Welche Leitern verleiht die Bibliothek in der Mühlenstraße?", LIBRARY),
        ("What does the Mill Library Trust lend?", LIBRARY),
        ("What did the Member of the Quill Board count?", LIBRARY),
        ("What do the post-2000 children lend?", LIBRARY),
        ("“什么”被召回了？", DAIRY),
    ],
)
def test_name_that_it_has_in_whole_or_in_part_is_not(question: str, article: str) -> None:
    assert not has_unsupported_entity(question, article)


@pytest.mark.parametrize(("question", "article"), [("蒙牛召回了什么？", LIBRARY), ("What did Tesla recall?", DAIRY)])
def test_nothing_is_said_of_an_article_in_another_script(question: str, article: str) -> None:
    assert not has_unsupported_entity(question, article)


@pytest.mark.parametrize("piece", ["1", "一", "王", "年", "A", "a A", "Abc ", "’ A", "😀", "臺", " "])
def test_hostile_texts_are_read_in_no_time(piece: str) -> None:
    began = time.perf_counter()
    assert not has_unsupported_entity(piece * (1000 // len(piece)), piece * 10_000)
    assert time.perf_counter() - began < 2
