"""Which questions a passage contradicts, and that none is by its own words."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.text.quantities import contradicts

IN_2022 = datetime(2022, 3, 1)
CHANGED_QUESTIONS = Path(__file__).parents[1] / "contradictions.jsonl"
FIGURES = ("year", "date", "percent", "number")
LENGTH, AT_MOST = 4_000, 2.0
"""Characters of a hostile text, and the seconds that it may take: what looks through it for each of its characters
takes half a minute."""


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("2021年利润是多少？", "2022年利润为3亿元。"),
        ("2021年和2020年哪年利润高？", "2018年利润比2017年高。"),
        ("Who won in 1998?", "In 2002 he won."),
        ("1980年代谁当选？", "1975年，她当选。"),
        ("谁增长了2.5%？", "甲公司增长了0.5%，乙公司下跌1.5%。"),
        ("谁增长了百分之五？", "甲公司增长了6%。"),
        ("Which firm grew by 12 percent?", "It grew by 12.5 %."),
        ("三季度卖出多少？", "一季度卖出3万辆，二季度4万辆。"),
        ("How much did it sell in Q3?", "It sold 3,000 in the first quarter."),
        ("5月发生了什么？", "3月5日，大桥通车。"),
        ("3月6日发生了什么？", "3月5日，大桥通车。"),
        ("What happened on March 6?", "The bridge opened on March 5."),
        ("哪家公司赔了3亿元？", "甲公司赔了2亿元，乙公司赔了5000万元。"),
        ("Who paid $3 million?", "He paid $3 billion."),
        ("哪座桥长1500米？", "大桥长1200米。"),
        ("哪位31岁的球员得分？", "28岁的他得了分。"),
        ("谁得了54分？", "他得了53分。"),
        ("哪条路长5公里？", "这条路长5米。"),
        ("谁跑了50公里？", "他跑了50米。"),
        ("哪场演出长2小时？", "演出长30分钟。"),
        ("谁赔了3亿元？", "甲公司赔了3亿美元。"),
        ("谁赔了3亿元人民币？", "甲公司赔了3亿港元。"),
        ("Who lost €30 million?", "He lost £30 million."),
        ("Who lost 30 million pounds?", "He lost £20 million."),
        ("谁赔了3亿元？", "甲公司赔了5至6亿元。"),
        ("Who lost $30 million?", "他赔了3000万元。"),
        ("98年谁夺冠？", "2002年他夺冠。"),
        ("二〇二一年谁夺冠？", "一九九八年他夺冠。"),
        ("十一月三日发生了什么？", "11月5日，大桥通车。"),
        ("What happened on 6 March?", "The bridge opened on the 5th of March."),
    ],
)
def test_other_figures_of_the_same_kind_contradict(question: str, passage: str) -> None:
    assert contradicts(question, passage, passage, None)


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("", ""),
        ("谁赢了？", "2021年，他以54分赢了。"),
        ("2021年谁赢了？", "他赢了。"),
        ("2021年谁赢了？", "他得了54分。"),
        ("2021年利润是多少？", "2021年利润为3亿元，2020年为2亿元。"),
        ("2021年利润是多少？", "2022年利润为3亿元，上年为2亿元。"),
        ("2020年谁当选？", "2019年至2021年由他任职。"),
        ("1985年谁当选？", "1980年代，她当选。"),
        ("What happened in 1915?", "In 1915 he left; since 1920, he was back."),
        ("谁增长了2.5%？", "甲公司增长２．５％，乙公司下跌1.5%。"),
        ("谁增长了百分之五？", "甲公司增长5%，乙公司6%。"),
        ("三季度卖出多少？", "前三季度卖出3万辆，二季度4万辆。"),
        ("公司Q3卖出多少？", "三季度卖出3万辆，二季度4万辆。"),
        ("2月发生了什么？", "1-3月，大桥修好了。"),
        ("谁赔了1.2亿元？", "甲公司赔了1亿2000万元。"),
        ("谁赔了18000元？", "甲公司赔了一万八千元。"),
        ("Who raised $30m?", "They raised $30 million."),
        ("青藏铁路全长1956公里吗？", "铁路全长1956千米。"),
        ("Which firm has 1900 people?", "Since 2015, the firm has had 1,900 people."),
        ("谁十分重视教育？", "他得了54分。"),
        ("哪条路长2公里？", "路长2000米，宽30米。"),
        ("谁跑了26.2英里？", "他跑了42.195公里。"),
        ("哪条路长3 miles？", "路长约5公里。"),
        ("谁跑了90分钟？", "他跑了1小时30分，又走了3小时。"),
        ("哪场演出长2小时？", "演出长2至3小时。"),
        ("谁身高1.85米？", "他身高1米85，弟弟1米70。"),
        ("Who lost 300 million yuan?", "甲公司赔了3亿元。"),
        ("谁赔了3亿港元？", "甲公司赔了3亿元。"),
        ("Who lost HK$30 million?", "He lost $30 million."),
        ("谁赔了5000亿日元？", "甲公司赔了¥5000亿。"),
        ("谁赔了3亿美元？", "甲公司赔了C$300 million。"),
        ("98年谁夺冠？", "法国98年夺冠，2002年他又夺冠。"),
        ("法国98年夺冠了吗？", "1998年夺冠，时隔20年再次夺冠。"),
        ("2008年谁夺冠？", "08年他夺冠，2012年又夺冠。"),
        ("1998年谁夺冠？", "一九九八年他夺冠，二〇〇二年又夺冠。"),
        ("11月3日发生了什么？", "十一月三日，大桥通车；5日，又关闭。"),
        ("3月发生了什么？", "二月三日开工，三月通车。"),
        ("What happened on March 5?", "The bridge opened on 5 March 2021 and closed on 6 March."),
        ("3月2日发生了什么？", "3月1日至3日，大桥关闭。"),
        ("谁比弟弟高20厘米？", "他身高1.85米，弟弟1.65米。"),
        ("谁跑了90分钟？", "他跑了 1 小时 30 分。"),
        ("谁身高1米85？", "他身高 1 米 85，弟弟1米70。"),
        ("谁跑了9秒58？", "他以 9 秒 58 夺冠，第二名9秒71。"),
        ("谁拿了54分？", "比赛 8 点 30 分开始，他拿了很多分。"),
        ("Which event drew 900,000 people?", "The fair drew 900,000 to 1.2 million people."),
        ("谁拿5000元？", "奖金5000至1万元"),
        ("Who raised $3 million?", "It raised $2-3 million."),
        ("谁跑了2小时？", "他跑了2h，休息10分钟"),
        ("哪块重500克？", "500g一块，箱子重3公斤"),
        ("哪栋楼高200米？", "塔高200m，天线长30米"),
        ("哪家公司建5G网络？", "设备重3吨。"),
        ("谁重200磅？", "The man weighs 200 pounds and lifts 5 tons."),
        ("Who weighs 200 pounds?", "他重90.7公斤，赚了£30 million。"),
        ("哪种钻石重10克？", "票价500克朗。"),
        ("哪场演出长90分钟？", "演出一小时半，中场休息20分钟。"),
    ],
)
def test_same_figure_no_figure_and_figures_of_other_kinds_do_not(question: str, passage: str) -> None:
    assert not contradicts(question, passage, passage, None)


@pytest.mark.parametrize(
    ("question", "passage", "expected"),
    [
        ("谁赔了10亿元？", "甲公司赔了9.9亿元。", False),
        ("谁赔了10亿元？", "甲公司赔了10.2亿元。", False),
        ("谁赔了10亿元？", "甲公司赔了10.3亿元。", True),
        ("Who lost 10,000 dollars?", "He lost $9,950.", False),
        ("谁涨了10%？", "甲公司涨了9.9%。", True),
        ("谁得了99分？", "他得了100分。", True),
        ("谁98岁？", "他99岁。", True),
    ],
)
def test_amounts_may_be_rounded_by_a_fiftieth_and_percentages_ages_and_points_not(
    question: str, passage: str, expected: bool
) -> None:
    assert contradicts(question, passage, passage, None) is expected


@pytest.mark.parametrize(
    "question",
    [
        *("谁赔了超过10亿元？", "谁赔了近10亿元？", "谁赔了不到十亿元？", "谁赔了10多亿元？", "谁赔了10亿元以上？"),
        *("谁赔了 10 多亿元？", "谁赔了 10 亿元以上？"),
        *("Who lost more than 10 billion yuan?", "Who lost about 10 billion yuan?", "Who lost over $10 billion?"),
    ],
)
def test_rough_amount_in_the_question_contradicts_nothing(question: str) -> None:
    passage = "甲公司赔了12亿元。"
    assert contradicts("谁赔了10亿元？", passage, passage, None)
    assert not contradicts(question, passage, passage, None)


@pytest.mark.parametrize(
    ("question", "passage", "expected"),
    [
        ("哪两人到了？", "五人出发，三人到了。", False),
        ("哪12人到了？", "五人出发，三人到了。", True),
        ("谁涨了2%？", "甲公司涨了3%。", True),
        ("哪条路长2公里？", "路长1.9公里。", False),
        ("哪条路长2公里？", "路长3公里。", True),
    ],
)
def test_small_counts_contradict_nothing_and_small_percentages_do(question: str, passage: str, expected: bool) -> None:
    assert contradicts(question, passage, passage, None) is expected


def test_rest_of_the_article_may_name_the_figure() -> None:
    question, passage = "2021年谁赢了？", "他在2019年赢过一次，这是第二次。"
    assert contradicts(question, passage, f"决赛\n{passage}", None)
    assert not contradicts(question, passage, f"2021年决赛\n{passage}", None)


@pytest.mark.parametrize(
    ("question", "expected"),
    [("2021年利润是多少？", False), ("2022年利润是多少？", False), ("2019年利润是多少？", True)],
)
def test_last_year_is_that_before_the_article_whose_own_year_contradicts_nothing(question: str, expected: bool) -> None:
    passage = "去年利润为3亿元。"
    assert contradicts(question, passage, passage, IN_2022) is expected
    assert not contradicts(question, passage, passage, None)


def test_changed_questions_of_the_test_set_are_contradicted_and_the_true_ones_never() -> None:
    found: list[bool] = []
    for line in CHANGED_QUESTIONS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rest = row["passage"], f"{row['title']}\n{row['passage']}", datetime.fromisoformat(row["date"])
        assert not contradicts(row["ask"], *rest), row["id"]
        if row["kind"] in FIGURES:
            found += [contradicts(question, *rest) for question in row["contradicted"]]
    assert sum(found) >= 0.9 * len(found)


FIGURES_IN_PIECES = (
    "2021年 2020 1998-2001年 1990s 去年 今年 2.5% 百分之五 三億 5千 50 30元 ¥30万 $5m 12人 十二 31岁 54分 3月 5日 "
    "1-3月 march 三季度 q2 上半年 超过 约 近 over about 多 以上 左右 第 年 元 人 万 亿 千米 点 , . - / 、 。 ( "
    "98年 08年 九八年 十月 二〇二一年 2003-04年 5公里 300米 2小时 半小时 1米85 人民币 $ hk$ 至 march 5 "
    "小时半 200m 5g 2h pounds 克朗 $2-3m 的 の and to a may 😀"
).split()
TEXTS = st.lists(st.sampled_from([*FIGURES_IN_PIECES, " ", "\n"]), max_size=12).map("".join) | st.text(max_size=20)
"""Any text, and texts of which the most is figures, whole and broken."""


@example(before="", question="50约30元", after="", day=None)
@example(before="0", question="千米", after="", day=None)
@example(before="の 5元", question="3億元", after="", day=None)
@settings(deadline=None)  # the first of them loads a dictionary
@given(before=TEXTS, question=TEXTS, after=TEXTS, day=st.sampled_from([None, IN_2022]))
def test_a_question_is_never_contradicted_by_its_own_words(
    before: str, question: str, after: str, day: datetime | None
) -> None:
    passage = f"{before}\n{question}\n{after}"
    assert not contradicts(question, passage, passage, day)


@pytest.mark.parametrize("end", ["", "元"])
@pytest.mark.parametrize(
    "piece",
    [
        *("1", "1-", "1,", "1.", "1 ", "1,111,", "2021-", "2021 ", "$1", "3月", "may 1 ", "second ", "½", "😀"),
        *("98年", "一九", "二〇", "十月", "2003-04", "5 march ", "1至", "1、", "5米", "1小时", "1米8", "a$", "比"),
        *("1 米 8 ", "$1-", "$1 to ", "1 pounds to ", "1m", "小时半", "1小时半", "$1至1m"),
        *("一", "十", "千", "万", "一万", "1亿", "百分之一", "年", "元", "约1", "超过", "臺"),
    ],
)
def test_hostile_texts_are_read_in_no_time(piece: str, end: str) -> None:
    text = piece * (LENGTH // len(piece)) + end
    began = time.process_time()
    assert not contradicts(text, text, text, IN_2022)
    assert time.process_time() - began < AT_MOST
