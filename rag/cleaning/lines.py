"""Lines that are the feed's words rather than the article's, wherever they stand, told by what they say."""

from __future__ import annotations

import re

from rag.cleaning.credit_lines import Verdict, judge_title
from rag.scripts import size

PROMPT_MAX = 60
"""A prompt to scan, subscribe or download is short; a longer paragraph that mentions one is article text."""
PROMPT_STARTS = 16
"""And it comes to its point: what stands before is an invitation, not a sentence of the article's."""
PROMPT_GOES_ON = 20
"""Chinese characters after its point: more are another sentence that ran into it."""

_COPYRIGHT = (
    r"^.{0,40}未经.{0,12}(?:许可|授权|同意|允许).{0,6}(?:不得|禁止|请勿|严禁).{0,12}"
    r"(?:转载|转发|复制|摘编|引用|采集|镜像|抄袭|刊载|使用).{0,20}$",
    r"^.{0,50}(?:禁止转载|(?:本文|本站|本网|本报)版权归.{1,20}所有).{0,20}$",
    r"^.{0,20}转载请(?:注明|联系|标明|保留).{0,60}$",
    r"^.{0,20}(?:版权所有|All [Rr]ights [Rr]eserved|Copyright\s*(?:©|\(c\)|\d{4})).{0,60}$",
)
_PICTURE = r"(?:题图|封面图?|头图|图片|配图|图)"
_CREDIT = (
    rf"^[▲△◎]?\s*(?:{_PICTURE}|摄影|供图)(?:来自于?|来源于?|源自|出处|源|自)?\s*[:：/／|｜丨]\s*.{{1,30}}$",
    rf"^{_PICTURE}(?:来自|来源于|源自|自)[^。！？]{{1,30}}。?$",
    r"^\(?(?:[Mm]ain )?(?:[Ii]mage|[Pp]hoto|[Pp]icture|[Pp]hotograph)s?(?: credit| by|:).{1,60}$",
)
_BUTTON = (
    r"^(?:分享到?|分享至|收藏|点赞|举报|转发|打印|关闭|返回顶部|返回首页|展开全文|阅读全文|查看更多|加载更多|"
    r"点击加载更多|上一页|下一页|复制链接|我要(?:反馈|评论)|[上下]一篇\s*[:：].{0,60}|"
    r"Print|Tweet|Comments?|Back to top|Skip to .{0,20}|"
    r"Share(?: (?:this|on).{0,30})?|Follow us.{0,60})$",
)
_RULES = {
    "editor line": (r"^[(（【\[]?(?:责任编辑|值班编辑|责编)\s*[:：丨|].{0,40}$",),
    "template tag": (r"^\{%.{0,200}%\}$",),
    "advertisement": (r"^炒股就看.{0,60}$", r"^(?:广告|推广|Advertisement|ADVERTISEMENT|Ad|Sponsored)$"),
    "copyright line": _COPYRIGHT,
    "image credit": _CREDIT,
    "video placeholder": (
        r"^您?(?:的)?浏览器.{0,8}(?:不支持|无法播放|版本过低).{0,30}$",
        r"^(?:视频)?(?:加载中|正在加载|Loading)[.…。]*$",
    ),
    "page furniture": _BUTTON,
}
_EVERYWHERE = tuple((re.compile("|".join(rules)), reason) for reason, rules in _RULES.items())
LONGEST = 250
"""Characters; no rule matches a longer line."""

_PROMPT = re.compile(
    r"扫(?:一扫|描|码).{0,20}(?:关注|下载|二维码|阅读|加入|添加|分享)|(?:长按|识别|扫描).{0,10}二维码|"
    r"(?:下载|打开|尽在).{0,14}(?:APP|客户端)|关注.{0,20}(?:公众号|微信号|官方微信|官方微博|头条号)|"
    r"点击.{0,10}(?:阅读原文|关注|上方|下方|蓝字|订阅)|(?:欢迎|请|给|为).{0,12}(?:打赏|赞赏|投稿|star)|"
    r"打赏.{0,12}(?:作者|支持|鼓励)|(?:点赞|在看|收藏|转发).{0,8}(?:关注|支持|三连)|"
    r"更多.{0,12}(?:精彩|资讯|内容|新闻).{0,16}(?:请|关注|点击|尽在|下载)|"
    r"subscribe to|sign up (?:for|to)|get the latest .{0,40}inbox",
    re.I,
)
_IMPERATIVE = re.compile(
    r"(?:请|欢迎|更多.{0,20}?[，,！!]|想.{0,20}?[，,！!？?])?\s*"
    r"(?:扫|长按|识别|下载|打开|关注|点击|尽在|给|为|如果|喜欢|觉得)"
)
_LIST_OF = (
    "延伸|相关|推荐|更多|热门|精彩|往期|精选|猜你|编辑|猜您|您可能|你可能|为你|大家都在|最新|本周|今日|"
    "Related|Recommended|Read|See|More|You may|Most|Popular|Trending"
)
_WHAT = (
    "阅读|推荐|新闻|文章|链接|报道|资讯|专题|喜欢|感兴趣|回顾|精选|精彩|内容|看|热点|要闻|"
    r"(?:articles?|stories|reading|posts?|news|more|next|also|also like|from|popular|read|now|on)\b"
)
_RELATED = re.compile(rf"^[【\[（(■◆●▪➤»>\s]*(?:{_LIST_OF})[\s·•・]{{0,3}}(?:{_WHAT})?.{{0,12}}$", re.I)
_READ_MORE = re.compile(
    r"^(?:Read more|Read also|See also|More|Related|Read|相关|延伸阅读|推荐阅读)\s*[:：].{4,}$", re.I
)
_REFERENCES = re.compile(r"参考|引用|文献|资料|出处|注释|脚注|附录|Reference|Source|Citation|Footnote|Further", re.I)


def judge(text: str) -> Verdict | None:
    """Why a line's words are the feed's wherever in an article they stand; None where they may be the article's."""
    if len(text) > LONGEST:
        return None
    title = judge_title(text)
    if title or _is_prompt(text):
        return title or Verdict("prompt")
    return next((Verdict(reason) for rule, reason in _EVERYWHERE if rule.match(text)), None)


def _is_prompt(text: str) -> bool:
    """Whether a line asks to scan, subscribe or download, says hardly anything else, and is no sentence about it."""
    prompt = _PROMPT.search(text)
    if prompt is None or size(text) > PROMPT_MAX or size(text[: prompt.start()]) > PROMPT_STARTS:
        return False
    goes_on = sum(character > "\u2e7f" for character in text[prompt.end() :]) > PROMPT_GOES_ON
    is_statement = text.endswith("。") and not _IMPERATIVE.match(text)
    return not (goes_on or is_statement or "。" in text[:-1])


def announces_links(text: str) -> bool:
    """Whether a short line is the heading of a list of other articles."""
    return bool(_RELATED.match(text)) and not _REFERENCES.search(text)


def announces_references(text: str) -> bool:
    """Whether a line is the heading of what the article itself refers to."""
    return len(text) <= PROMPT_MAX and bool(_REFERENCES.search(text))


def is_read_more(text: str) -> bool:
    """Whether a line leads to another article, as 延伸阅读：… does."""
    return bool(_READ_MORE.match(text))
