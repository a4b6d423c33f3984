"""Lines that are the feed's words rather than the article's, wherever they stand, told by what they say."""

from __future__ import annotations

import re

from rag.core.articles import Reason
from rag.corpus.cleaning.text import either_script
from rag.text.writing_systems import size

MAX_PROMPT = 60
"""A prompt to scan, subscribe or download is short; a longer paragraph that mentions one is article text."""
PROMPT_STARTS = 16
"""And it comes to its point: what stands before is an invitation, not a sentence of the article's."""
PROMPT_GOES_ON = 20
"""Chinese characters after its point: more are another sentence that ran into it."""

_COPYRIGHT = (
    r"^.{0,30}未经.{0,12}(?:许可|授权|同意|允许).{0,6}(?:不得|禁止|请勿|严禁).{0,12}"
    r"(?:转载|转发|复制|摘编|引用|采集|镜像|抄袭|刊载|使用).{0,20}$",
    r"^.{0,50}(?:禁止转载|(?:本文|本站|本网|本报)版权归.{1,20}所有).{0,20}$",
    r"^.{0,20}转载请(?:注明|联系|标明|保留).{0,60}$",
    r"^.{0,20}(?:版权所有(?![人者权])|All [Rr]ights [Rr]eserved|Copyright\s*(?:©|\(c\)|\d{4})).{0,60}$",
)
_PICTURE = r"(?:题图|封面图?|头图|图片|配图|图)"
_CREDIT = (
    rf"^[▲△◎]?\s*(?:{_PICTURE}|摄影|供图)(?:来自于?|来源于?|源自|出处|源|自)?\s*[:：/／|｜丨]\s*.{{1,30}}$",
    rf"^{_PICTURE}(?:来自|来源于|源自|自)[^。！？]{{1,30}}。?$",
    r"^\(?(?:[Mm]ain )?(?:[Ii]mage|[Pp]hoto|[Pp]icture|[Pp]hotograph)s?(?: credit| by|:).{1,60}$",
)
_BUTTONS = (
    "分享让更多人看到|分享到|分享至|分享|收藏本文|收藏|推荐该文|推荐|点赞|举报|反馈|转发|评论|打印本页|打印|关闭窗口|关闭|"
    "返回顶部|返回首页|返回目录|返回列表|返回搜狐|返回|展开全文|阅读全文|阅读原文|点击加载更多|查看更多|加载更多|"
    "上一页|下一页|阅读下一篇|上一篇|下一篇|复制链接|我要反馈|我要评论|纠错|关注博主|关注作者|关注我们|关注|订阅|下载附件|"
    "登录|注册|收起|展开|share|print|tweet|email|save|comments|comment|related|subscribe|more|next|previous|advertisement"
)
_SHARED_TO = "新浪微博|腾讯微博|微博|朋友圈|微信好友|微信|qq空间|qq好友|qq|豆瓣|facebook|twitter|weibo|wechat"
_BETWEEN = r"[\s【】\[\]()（）|｜/·•:：,，\d]"
_BUTTON_LINE = re.compile(rf"(?:{_BETWEEN}*(?:{_BUTTONS}|{_SHARED_TO}))+{_BETWEEN}*", re.I)
_BUTTON = re.compile(_BUTTONS, re.I)
_BUTTONS_IN_WORDS = re.compile(
    r"^(?:back to top|skip to .{0,20}|skip advertisement|share (?:this|on).{0,30}|follow us.{0,60}|read more|read next|"
    r"more on this story|related topics|listen to this (?:story|article)|sign up here\W*|get alerts.{0,30}|"
    r"purchase licensing rights|(?:返回\S{2,4}\W+)?[上下]一[篇页]\s*[:：].{0,80})$",
    re.I,
)
_RULES = {
    Reason.EDITOR_LINE: (r"^[(（【\[]?(?:责任编辑|值班编辑|责编)\s*[:：丨|].{0,40}$",),
    Reason.TEMPLATE_TAG: (r"^\{%[^%]{0,200}%\}$",),
    Reason.ADVERTISEMENT: (r"^炒股就看.{0,60}$", r"^(?:广告|推广|Advertisement|ADVERTISEMENT|Ad|Sponsored)$"),
    Reason.COPYRIGHT_LINE: _COPYRIGHT,
    Reason.IMAGE_CREDIT: _CREDIT,
    Reason.VIDEO_PLACEHOLDER: (
        r"^您?(?:的)?浏览器.{0,8}(?:不支持|无法播放|版本过低).{0,30}$",
        r"^.{0,60}enable JavaScript.{0,60}$",
        r"^(?:视频)?(?:加载中|正在加载|Loading)[.…。]*$",
    ),
    Reason.ORNAMENT: (r"^[-—–=_*·~•◇◆□■☆★※]{3,}$", r"^[-—–=_*·~\s]*(?:END|End|The End|全文完|完)[-—–=_*·~\s]*$"),
    Reason.PAGE_FURNITURE: (
        r"^本帖最后由.{1,30}于.{6,24}编辑$",
        r"^.{0,60}\(?[\d.]+ ?[KM]B, ?下载次数.{0,10}$",
        r"^\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{2} 上传$",
        r"^您是(?:本站)?第.{0,20}位(?:访客|访问者).{0,60}$",
        r"^The post .{1,160} appeared first on .{1,60}$",
    ),
}
_EVERYWHERE = tuple((re.compile("|".join(rules)), reason) for reason, rules in _RULES.items())
MAX_LINE = 250
"""Characters; no rule matches a longer line."""

DISCLAIMER_MAX = 400
"""Characters of the longest statement of rights or views."""
_AT_THE_END = {
    Reason.DISCLAIMER: re.compile(
        r"^[“\"(（【*※\s]*(?:特别|平台|免责|版权|广告|重要|郑重|本站|作者)?声明\s*+(?:】\s*+)?[:：]|^Notice: |"
        r"(?:本文|该文|此文|文章|内容|以上)[^。]{0,16}(?:代表|为)(?:原?作者)?(?:本人|个人|作者)[^。]{0,4}观点|"
        r"不代表.{1,16}(?:观点|立场)|仅提供信息存储|(?:异议|投诉|侵权)[^。]{0,8}(?:请|可)?联系"
    ),
    Reason.COPYRIGHT_LINE: re.compile(
        r"版权归.{1,20}(?:所有|共有)|知识共享.{0,20}(?:许可|协议)|创意共享|Creative Commons|\bCC[ -]BY|"
        r"^(?:本文|该文).{0,16}(?:独家|原创)(?:稿件|内容|首发).{0,40}(?:转载|授权)"
    ),
    Reason.FEED_CONTACT: re.compile(
        r"^.{0,16}(?:投稿|报料|爆料|线索|商务合作|广告合作).{0,8}(?:邮箱|热线|电话|微信|联系|[:：])"
    ),
}
_PROMPT = re.compile(
    either_script(
        r"扫(?:一扫|描|码).{0,20}(?:关注|下载|二维码|阅读|加入|添加|分享)|(?:长按|识别|扫描).{0,10}二维码|"
        r"(?:下载|打开|尽在|都在).{0,14}(?:APP|客户端)|关注.{0,20}(?:公众号|微信号|官方微信|官方微博|头条号|小红书|抖音号|视频号|B站)(?!的)|"
        r"点击.{0,10}(?:阅读原文|关注|上方|下方|蓝字|订阅)|^点击.{0,10}(?:查看|进入)|(?:欢迎|请|给|为).{0,12}(?:打赏|赞赏|投稿|star)|"
        r"打赏.{0,12}(?:作者|支持|鼓励)|(?:点赞|在看|收藏|转发).{0,8}(?:关注|支持|三连)|"
        r"更多.{0,12}(?:精彩|资讯|内容|新闻).{0,16}(?:请|关注|点击|尽在|下载)|"
        r"点个.{0,4}(?:赞|在看|❤)|一键三连|关注我们?[，,。！!]|newsletter provides|subscribe to|"
        r"sign up (?:for|to)|get the latest .{0,40}inbox"
    ),
    re.I,
)
_SURE_PROMPT = re.compile(r"点个.{0,4}(?:赞|在看|❤)|一键三连|关注我们?[，,。！!]")
_IMPERATIVE = re.compile(
    r"[>＞\s]*+(?:(?:更多.{0,20}?[，,！!]|想.{0,20}?[，,！!？?]|喜欢.{0,10}?[，,])\s*+)?(?:(?:请|欢迎|敬请)\s*+)?"
    r"(?:扫|长按|识别|下载|打开|关注|点击|尽在|给|为|如果|喜欢|觉得|点个)"
)


def judge(text: str) -> Reason | None:
    """Why a line's words are the feed's wherever in an article they stand; None where they may be the article's."""
    if len(text) > MAX_LINE:
        return None
    if _is_prompt(text):
        return Reason.PROMPT
    if _is_buttons(text):
        return Reason.PAGE_FURNITURE
    return next((reason for rule, reason in _EVERYWHERE if rule.match(text)), None)


def judge_end(text: str) -> Reason | None:
    """Why a line that follows an article's last words is none of its own: whose views it holds, whose rights it is."""
    if len(text) > DISCLAIMER_MAX:
        return None
    return next((reason for reason, rule in _AT_THE_END.items() if rule.search(text)), None)


def _is_buttons(text: str) -> bool:
    """Whether a line is nothing but the names of buttons side by side."""
    if len(text) > MAX_PROMPT:
        return False
    pressed = _BUTTON_LINE.fullmatch(text) is not None and _BUTTON.search(text) is not None
    return pressed or _BUTTONS_IN_WORDS.match(text) is not None


def _is_prompt(text: str) -> bool:
    """Whether a line asks to scan, subscribe or download, says hardly anything else, and is no sentence about it."""
    prompt = _PROMPT.search(text)
    if prompt is None or size(text) > MAX_PROMPT or size(text[: prompt.start()]) > PROMPT_STARTS:
        return False
    goes_on = sum(character > "\u2e7f" for character in text[prompt.end() :]) > PROMPT_GOES_ON
    is_statement = text.endswith("。") and not _IMPERATIVE.match(text)
    is_sure = _SURE_PROMPT.search(text) is not None
    return is_sure or not (goes_on or is_statement or "。" in text[:-1])
