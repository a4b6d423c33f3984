"""Lines that are the feed's words rather than the article's, told by what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.cleaning.names import NAME, split_names
from rag.cleaning.text import bare
from rag.scripts import size
from rag.sentences import sentence_spans
from rag.types import Byline

PROMPT_MAX = 60
"""A prompt to scan, subscribe or download is short; a longer paragraph that mentions one is article text."""
PROMPT_STARTS = 16
"""And it comes to its point: what stands before is an invitation, not a sentence of the article's."""
PROMPT_GOES_ON = 20
"""Chinese characters after its point: more are another sentence that ran into it."""
CREDITS_MAX = 120
"""The longest line of credits: source, author, editor and time of publication side by side."""
NAME_MAX = 40
"""The longest name of a paper, or names of reporters, in a line of credits."""
TITLE_MAX = 120

_SOURCE = "本文来源|文章来源|稿件来源|新闻来源|信息来源|来源|稿源|本文转载自|本文转自|转载自|转自"
_REPORTER = (
    "本文作者|原作者|作者|本报记者|特约记者|实习记者|见习记者|全媒体记者|记者|通讯员|撰文|撰稿|采写|采访|主笔|文字|"
    "Written by|Author|By"
)
_EDITOR = (
    "责任编辑|值班编辑|执行编辑|网络编辑|实习编辑|本文编辑|责编|编辑|编审|初审|复审|终审|审核|审校|校对|一校|二校|"
    "监制|总监制|主编|值班主编|值班编委|统筹|策划|制图|排版|美编|运营|出品人|翻译|译者|编译|摄影|Editor|Editing by|"
    "Reporting by"
)
_DATE = "发布时间|发表时间|更新时间|发布日期|时间|日期|发布于|Published|Updated|Posted"
_COUNT = "阅读量|阅读|浏览量|浏览次数|浏览|点击量|点击数|点击|评论|点赞|字号|字体"
_LABELS = re.compile(
    rf"(?:(?P<source>{_SOURCE})|(?P<reporter>{_REPORTER})|(?P<editor>{_EDITOR})|(?P<date>{_DATE})|(?P<count>{_COUNT}))"
    rf"(?:\s*[:：丨|｜/／]\s*|(?<=[a-z]) |\s+(?={NAME}))"
)
_SLASHED = re.compile(r"^[文◎]\s*[/／|｜丨:：]?\s*(?=\S)")
_TITLE_LINE = re.compile(r"^(?:本文)?(?:原标题|原题|原文标题)(?:为)?\s*[:：丨|｜]\s*(?P<value>.+)$")
_TITLE_LABEL = re.compile(r"^(?:本文)?(?:原标题|原题)(?:为)?\s*[:：丨|｜]\s*")
_GOES_ON = re.compile(r"\s*[，。！？、；：,.!?;:…”’」』）)\]】》·|｜丨—-]")
_BRACKETS = {"(": ")", "（": "）", "[": "]", "【": "】", "〔": "〕", "［": "］"}
_SENTENCE = re.compile(r"[。！？!?；;]|，.*，")
_COUNTED = re.compile(r"[\d,.]*\s*[万wWkK+]*\s*次?")
_LATIN_NAMES = re.compile(r"(?:[A-Z][\w.'-]*(?:,|\s+(?:and|&))?\s*){1,8}(?:[|/].{0,40})?(?:\bon\b.*)?")
_NAMES = re.compile(r"[\w·.\-/@_ 　、，,]+")
_TALK = re.compile(r"^(?:记者|作者|编辑|主持人)\s*[:：]")

_EVERYWHERE = (
    (re.compile(r"^[(（【\[]?(?:责任编辑|值班编辑|责编)\s*[:：丨|].{0,40}$"), "editor line"),
    (re.compile(r"^\{%.{0,200}%\}$"), "template tag"),
    (re.compile(r"^炒股就看.{0,60}$"), "advertisement"),
    (re.compile(r"^(?:广告|Advertisement|ADVERTISEMENT|Ad|Sponsored|推广)$"), "advertisement"),
    (
        re.compile(
            r"^.{0,40}未经.{0,12}(?:许可|授权|同意|允许).{0,6}(?:不得|禁止|请勿|严禁).{0,12}"
            r"(?:转载|转发|复制|摘编|引用|采集|镜像|抄袭|刊载|使用).{0,20}$"
        ),
        "copyright line",
    ),
    (re.compile(r"^.{0,50}(?:禁止转载|(?:本文|本站|本网|本报)版权归.{1,20}所有).{0,20}$"), "copyright line"),
    (re.compile(r"^.{0,20}转载请(?:注明|联系|标明|保留).{0,60}$"), "copyright line"),
    (
        re.compile(r"^.{0,20}(?:版权所有|All [Rr]ights [Rr]eserved|Copyright\s*(?:©|\(c\)|\d{4})).{0,60}$"),
        "copyright line",
    ),
    (
        re.compile(
            r"^[▲△◎]?\s*(?:题图|封面图?|头图|图片|配图|图|摄影|供图)(?:来自于?|来源于?|源自|出处|源|自)?\s*[:：/／|｜丨]\s*.{1,30}$|"
            r"^(?:题图|封面图?|头图|图片|配图|图)(?:来自|来源于|源自|自)[^。！？]{1,30}。?$"
        ),
        "image credit",
    ),
    (re.compile(r"^\(?(?:Main )?(?:Image|Photo|Picture|Photograph)s?(?: credit| by|:).{1,60}$", re.I), "image credit"),
    (re.compile(r"^您?(?:的)?浏览器.{0,8}(?:不支持|无法播放|版本过低).{0,30}$"), "video placeholder"),
    (re.compile(r"^(?:视频)?(?:加载中|正在加载|Loading)[.…。]*$"), "video placeholder"),
    (
        re.compile(
            r"^(?:分享到?|分享至|收藏|点赞|举报|转发|打印|关闭|返回顶部|返回首页|展开全文|阅读全文|查看更多|加载更多|点击加载更多|"
            r"上一页|下一页|复制链接|我要(?:反馈|评论)|(?:上|下)一篇\s*[:：].{0,60}|Share|Share (?:this|on).{0,30}|Print|Tweet|Comments?|"
            r"Follow us.{0,60}|Back to top|Skip to .{0,20})$"
        ),
        "page furniture",
    ),
)
_PROMPT = re.compile(
    r"扫(?:一扫|描|码).{0,20}(?:关注|下载|二维码|阅读|加入|添加|分享)|(?:长按|识别|扫描).{0,10}二维码|(?:下载|打开|尽在).{0,14}(?:APP|客户端)|"
    r"关注.{0,20}(?:公众号|微信号|官方微信|官方微博|头条号)|点击.{0,10}(?:阅读原文|关注|上方|下方|蓝字|订阅)|"
    r"(?:欢迎|请|给|为).{0,12}(?:打赏|赞赏|投稿|star)|打赏.{0,12}(?:作者|支持|鼓励)|(?:点赞|在看|收藏|转发).{0,8}(?:关注|支持|三连)|"
    r"更多.{0,12}(?:精彩|资讯|内容|新闻).{0,16}(?:请|关注|点击|尽在|下载)|[Ss]ubscribe to|[Ss]ign up (?:for|to)|[Gg]et the latest .{0,40}inbox",
    re.I,
)
_IMPERATIVE = re.compile(
    r"(?:请|欢迎|更多.{0,20}?[，,！!]|想.{0,20}?[，,！!？?])?\s*(?:扫|长按|识别|下载|打开|关注|点击|尽在|给|为|如果|喜欢|觉得)"
)
_RELATED = re.compile(
    r"^[【\[（(■◆●▪➤»>\s]*(?:延伸|相关|推荐|更多|热门|精彩|往期|精选|猜你|编辑|猜您|您可能|你可能|为你|大家都在|最新|本周|今日|"
    r"Related|Recommended|Read|See|More|You may|Most|Popular|Trending)"
    r"[\s·•・]{0,3}(?:阅读|推荐|新闻|文章|链接|报道|资讯|专题|喜欢|感兴趣|回顾|精选|精彩|内容|看|热点|要闻|"
    r"(?:articles?|stories|reading|posts?|news|more|next|also|also like|from|popular|read|now|on)\b)?.{0,12}$",
    re.I,
)
_READ_MORE = re.compile(
    r"^(?:Read more|Read also|See also|More|Related|Read|相关|延伸阅读|推荐阅读)\s*[:：].{4,}$", re.I
)
_REFERENCES = re.compile(r"参考|引用|文献|资料|出处|注释|脚注|附录|Reference|Source|Citation|Footnote|Further", re.I)
_DAY = r"(?:\d{4}\s*[-/.年]\s*)?\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|\d{1,2}(?:st|nd|rd|th)?\s+[A-Z][a-z]{2,8}\.?,?\s+\d{4}|[A-Z][a-z]{2,8}\.?\s+\d{1,2},?\s+\d{4}"
_TIME = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?\s*(?:[ap]\.?m\.?)?\s*(?:[A-Z]{2,4}(?:[+-]\d{1,2})?)?"
_WHEN = re.compile(
    rf"^(?:\W*(?:{_DAY}|{_TIME}|星期[一二三四五六日天]|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Published|Updated|Posted|Original|on|at|发布|更新|于))+\W*",
    re.I,
)
_CONTACT = re.compile(
    r"(?:[Ff]ollow|[Ee]mail|[Rr]each(?:ed)?|[Cc]ontact|[Ww]rite to|[Tt]ips?)\b.{0,80}(?:@\w|on (?:Twitter|Facebook|Instagram))"
)
_TAIL_EDITOR = re.compile(
    r"\s*[(（\[【](?:责任编辑|责编|编辑|校对|实习编辑|值班编辑)\s*[:：][^（）()【】\[\]]{1,40}[)）\]】]$"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a line is left out, and what it says of where the article comes from."""

    reason: str
    byline: Byline = Byline()


def judge(text: str) -> Verdict | None:
    """Why a line's words are the feed's wherever in an article they stand; None where they may be the article's."""
    title = _TITLE_LINE.match(unwrapped(text))
    if title and len(text) <= TITLE_MAX:
        return Verdict("original title", Byline(original_title=title["value"].strip()))
    if _is_prompt(text):
        return Verdict("prompt")
    return next((Verdict(reason) for rule, reason in _EVERYWHERE if rule.match(text)), None)


def _is_prompt(text: str) -> bool:
    """Whether a line asks to scan, subscribe or download, says hardly anything else, and is no sentence about it."""
    prompt = _PROMPT.search(text)
    if prompt is None or size(text) > PROMPT_MAX or size(text[: prompt.start()]) > PROMPT_STARTS:
        return False
    goes_on = sum(character > "\u2e7f" for character in text[prompt.end() :]) > PROMPT_GOES_ON
    is_statement = text.endswith("。") and not _IMPERATIVE.match(text)
    return not (goes_on or is_statement or "。" in text[:-1])


def judge_edge(text: str, *, whole: bool) -> Verdict | None:
    """Why a line before an article's first words or after its last is no text: credits, or when it was published.

    :param whole: Whether the line stands in a page that was saved whole: in an article's own body a date alone may
        be a heading, and an address part of the text.
    """
    if len(text) > CREDITS_MAX * 2:
        return None
    if whole and _CONTACT.search(text):
        return Verdict("how to reach the author")
    if len(text) > CREDITS_MAX:
        return None
    return _credits(unwrapped(text), whole=whole) or _date_line(text, whole=whole)


def unwrapped(text: str) -> str:
    """A line without the brackets around the whole of it, or with one that was never closed."""
    text = text.strip()
    close = _BRACKETS.get(text[:1])
    if close is None or text.find(close) not in (-1, len(text) - 1):
        return text
    return text[1:].removesuffix(close).strip()


def _credits(text: str, *, whole: bool) -> Verdict | None:
    """A line that is nothing but labelled names: 来源：… 作者：… 责任编辑：…"""
    slashed = _SLASHED.match(text)
    if slashed and ("记者" in text[:20] or text[1:2] in "/／|｜丨") and not _SENTENCE.search(text):
        text = f"作者：{text[slashed.end() :]}"
    dated = _WHEN.match(text)
    start = dated.end() if dated else 0
    labels = list(_LABELS.finditer(text, start))
    if not labels or labels[0].start() > start or (_TALK.match(text) and len(labels) == 1 and not _is_name(text)):
        return None
    values: dict[str, list[str]] = {}
    ends = [label.start() for label in labels[1:]] + [len(text)]
    for label, end in zip(labels, ends, strict=True):
        value = text[label.end() : end].strip(" 　|｜丨/·,，;；")
        if not _is_value(str(label.lastgroup), value):
            return None
        values.setdefault(str(label.lastgroup), []).append(value)
    if not whole and not values.keys() & {"source", "reporter", "editor"}:
        return None
    source = next(iter(values.get("source", ())), "")
    reporter = "、".join(split_names(" ".join(values.get("reporter", ()))))
    reason = next(reason for group, reason in _REASONS.items() if group in values)
    return Verdict(reason, Byline(_without_when(source), reporter))


def _is_value(group: str, value: str) -> bool:
    """Whether a text can be what its label says: 时间 of an event, or a sentence that begins with By, are no credits."""
    if group == "date":
        return bool(value) and _WHEN.fullmatch(value) is not None
    if group == "count":
        return _COUNTED.fullmatch(value) is not None
    if group == "reporter" and value.isascii() and not _LATIN_NAMES.fullmatch(value):
        return False
    return len(value) <= NAME_MAX and not _SENTENCE.search(value) and "©" not in value


_REASONS = {
    "source": "source line",
    "reporter": "reporter line",
    "editor": "editor line",
    "date": "date line",
    "count": "page furniture",
}


def _is_name(text: str) -> bool:
    """Whether what follows a label that also begins talk (记者：…) is someone's name."""
    value = re.split(r"[:：]", text, maxsplit=1)[-1].strip()
    return bool(_NAMES.fullmatch(value)) and all(1 < len(name) <= 4 for name in split_names(value))


def _without_when(text: str) -> str:
    """A source without the time of publication or the prompt that runs into it."""
    return re.split(rf"\s*(?:{_DAY})|返回|查看|点击|扫码|[，,]", text)[0].strip()


def _date_line(text: str, *, whole: bool) -> Verdict | None:
    """A line that is a date, or a date and the name of a paper."""
    when = _WHEN.match(text)
    if when is None or not re.search(r"\d", when[0]):
        return None
    rest = text[when.end() :].strip(" 　|｜丨·/-—")
    if not rest:
        return Verdict("date line") if whole else None
    if len(rest) <= 12 and re.fullmatch(r"[\w·]+", rest) and re.search(r"\d{4}", when[0]):
        return Verdict("date line", Byline(source=rest))
    return None


def credits_at_end(text: str) -> tuple[int, Verdict | None]:
    """Where a paragraph's own text ends, before credits that stand in its last sentence, and what they say."""
    match = _TAIL_EDITOR.search(text)
    begin = match.start() if match else max((end for _, end in sentence_spans(text)[:-1]), default=0)
    verdict = judge_edge(text[begin:].strip(), whole=False) if begin else None
    return (begin, verdict) if verdict else (len(text), None)


def title_at_start(text: str, title: str) -> int:
    """How many characters of a paragraph are 原标题 and the title, which run into its first sentence; 0 for none.

    Where a mark follows, the title is but the first words of a longer one.
    """
    label = _TITLE_LABEL.match(text)
    at, said = label.end() if label else 0, bare(title)
    if not at or not said:
        return 0
    for character in said:
        while at < len(text) and text[at].isspace():
            at += 1
        if not text.startswith(character, at):
            return 0
        at += 1
    return 0 if _GOES_ON.match(text, at) else at


def announces_links(text: str) -> bool:
    """Whether a short line is the heading of a list of other articles."""
    return bool(_RELATED.match(text)) and not _REFERENCES.search(text)


def announces_references(text: str) -> bool:
    """Whether a line is the heading of what the article itself refers to."""
    return len(text) <= PROMPT_MAX and bool(_REFERENCES.search(text))


def is_read_more(text: str) -> bool:
    """Whether a line leads to another article: Read more: …"""
    return bool(_READ_MORE.match(text))
