"""Blocks → those that are the article's and those that are not, by what stands around them and what they say.

The rules stand in ``BY_PLACE`` and ``BY_WORDS``, in their order. Each looks at a page and at the numbers of the blocks
that are kept so far, and tells what else is to be left out, changing nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import groupby
from operator import attrgetter, itemgetter

from rag.core.articles import Body, Byline, Kind, Paragraph, Reason, Removed
from rag.corpus.cleaning import credit_lines, lines, links
from rag.corpus.cleaning.bylines import byline_of, merged
from rag.corpus.cleaning.page import ElementRange, Page, Piece, left_out, sums_of
from rag.corpus.cleaning.page_chrome import MAX_PROSE
from rag.corpus.cleaning.region import article_stretch
from rag.corpus.cleaning.text import bare

A_WORD = 20
"""Prose, in characters, that any furniture may hold: a button's or a prompt's."""
OF_PAGES_ONLY = (Reason.AUTHOR_CARD, Reason.GALLERY)
"""What an article's own text may hold, and is furniture only in a page that was saved whole."""
OF_WORDS_ALONE = (Reason.PROMPT, Reason.COPYRIGHT_LINE, Reason.IMAGE_CREDIT, Reason.DISCLAIMER, Reason.FEED_CONTACT)
"""What may be all that an article says."""
EDGE = 8
"""Blocks before the first sentence and after the last in which credits stand."""
NEXT_TO = 8
"""Blocks of a whole page before and after the article in which its credits may stand."""


def outside_the_article(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """What stands around the article in a whole page; credits that stand next to it are read before."""
    if not page.whole:
        return
    begin, end = article_stretch(page)
    before, after = [number for number in kept if number < begin], [number for number in kept if number >= end]
    for number in [*before[: -NEXT_TO - 1 : -1], *after[:NEXT_TO]]:
        if credit := _credits_in(page, number):
            yield credit
    yield Piece(before, Reason.OUTSIDE_THE_ARTICLE)
    yield Piece(after, Reason.OUTSIDE_THE_ARTICLE)


def title_said_again(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """The title, where a whole page says it again before its first sentence, with or without the name of the site."""
    wanted = bare(page.title)
    if not page.whole or not wanted:
        return
    for number in kept:
        block, said = page.blocks[number], bare(page.blocks[number].text)
        if said == wanted or (block.kind is Kind.HEADING and wanted.startswith(said)):
            yield Piece([number], Reason.TITLE)
        if block.prose:
            return


def named_page_chrome(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """Elements that are furniture by name, unless they hold the article, or quote a post from where it is shared."""
    own = set(kept)
    prose = sums_of(block.prose if number in own else 0.0 for number, block in enumerate(page.blocks))
    quotes = sums_of(block.kind is Kind.QUOTE for block in page.blocks)
    linked = sums_of(block.linked > 0 for block in page.blocks)
    sentences = sums_of(block.prose > 0 for block in page.blocks)
    gone = ElementRange("", 0, 0)
    for box in reversed(page.boxes):  # the outer before the inner
        is_gone = gone.begin <= box.begin and box.end <= gone.end
        if is_gone or not box.reason or (box.reason in OF_PAGES_ONLY and not page.whole):
            continue
        is_text = _is_text(box.reason, *map(box.held, (quotes, linked, sentences)), whole=page.whole)
        if not is_text and box.held(prose) <= max(A_WORD, MAX_PROSE[box.reason] * prose[-1]):
            yield Piece(range(box.begin, box.end), box.reason)
            gone = box


def _is_text(reason: Reason, quotes: float, linked: float, sentences: float, *, whole: bool) -> bool:
    """A post that is quoted where it is shared, and an article's own recommendation in words, without a link."""
    if reason is Reason.SHARE_BAR:
        return quotes > 0
    return reason is Reason.RELATED_LINKS and not whole and not linked and sentences > 0


def title_in_the_text(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """原标题 and the title, where they run into the first sentence."""
    for number in kept[:2]:
        begin = credit_lines.title_at_start(page.blocks[number].text, page.title)
        if 0 < begin < len(page.blocks[number].text):
            yield Piece([number], Reason.ORIGINAL_TITLE, Byline(original_title=page.title), (0, begin))
            return


def lines_of_the_feed(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """Lines that tell by themselves that they are none of the article's."""
    for number in kept:
        block = page.blocks[number]
        if block.kind is Kind.CODE:
            continue
        if title := credit_lines.judge_title(block.text):
            yield Piece([number], *title)
        elif reason := lines.judge(block.text):
            yield Piece([number], reason)


def credits_at_the_edges(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """Credits before the first sentence and after the last, and after it what a feed says of rights and views."""
    gone: set[int] = set()
    for at_end, edge in enumerate((kept[:EDGE], kept[: -EDGE - 1 : -1])):
        for number in edge:
            if number in gone:
                continue
            block, piece = page.blocks[number], _credits_in(page, number)
            if at_end and not piece and block.kind is not Kind.CODE and (reason := lines.judge_end(block.text)):
                piece = Piece([number], reason)
            if piece:
                gone.add(number)
                yield piece
            elif block.prose:
                break


def _credits_in(page: Page, number: int) -> Piece | None:
    """A block that is credits; a caption names the source of its picture only."""
    block = page.blocks[number]
    verdict = None if block.kind is Kind.CODE else credit_lines.judge_edge(block.text, whole=page.whole)
    if verdict is None:
        return None
    return Piece([number], verdict.reason) if block.kind is Kind.CAPTION else Piece([number], *verdict)


def credits_in_the_text(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """Credits that stand in the last sentences of the last paragraphs."""
    for number in [number for number in kept if page.blocks[number].prose][-2:]:
        text = page.blocks[number].text
        begin, verdict = credit_lines.credits_at_end(text)
        if verdict:
            yield Piece([number], *verdict, (begin, len(text)))


Rule = Callable[[Page, Sequence[int]], Iterator[Piece]]
BY_PLACE: tuple[Rule, ...] = (
    outside_the_article,  # first: what furniture may hold is a share of the prose that is left
    title_said_again,
    named_page_chrome,
)
"""Rules for blocks as the elements of a page part them. What inline elements part is joined after them, since only
then it is known which of these are furniture."""
BY_WORDS: tuple[Rule, ...] = (
    links.announced_in_an_element,  # before the lines, which take some headings of links for buttons
    links.announced_by_a_heading,
    title_in_the_text,  # before the lines, which take all of a short paragraph that begins so for a title
    lines_of_the_feed,
    links.read_more,
    credits_at_the_edges,
    links.at_the_edges,
    credits_at_the_edges,  # again: those that links stood around
    credits_in_the_text,
)
"""Rules for lines and sentences as readers see them."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A page as far as its blocks are filtered.

    :param page: Its blocks without what was cut from them.
    :param gone: The piece with which a block is left out, by the block's number.
    :param cut: What was cut from blocks, each with the block's number.
    """

    page: Page
    gone: Mapping[int, Piece] = field(default_factory=dict)
    cut: Sequence[tuple[int, Removed]] = ()
    byline: Byline = field(default_factory=Byline)

    @property
    def kept(self) -> list[int]:
        return [number for number, block in enumerate(self.page.blocks) if block.text and number not in self.gone]


def filter_blocks(page: Page) -> Body:
    """Leave out what is none of the article's, and tell what it says of where it comes from."""
    draft = reduce(_after, BY_PLACE, _Draft(page))
    draft = reduce(_after, BY_WORDS, _joined(draft))
    if not draft.kept:  # such a rule is likelier wrong than the article is empty
        gone = {number: piece for number, piece in draft.gone.items() if piece.reason not in OF_WORDS_ALONE}
        draft = replace(draft, gone=gone)
    return _account(draft)


def _after(draft: _Draft, rule: Rule) -> _Draft:
    """The draft after a rule; a block that is left out already stays with its piece."""
    blocks, gone, cut, byline = list(draft.page.blocks), dict(draft.gone), list(draft.cut), draft.byline
    for piece in rule(draft.page, draft.kept):
        byline = merged(byline, piece.byline)
        if piece.cut is None:
            for number in piece.blocks:
                gone.setdefault(number, piece)
        else:
            (number,), (begin, end) = piece.blocks, piece.cut
            text = blocks[number].text
            cut.append((number, left_out(text[begin:end], blocks[number].line, piece.reason)))
            blocks[number] = replace(blocks[number], text=text[:begin].rstrip() + text[end:].lstrip())
    return _Draft(replace(draft.page, blocks=blocks), gone, cut, byline)


def _joined(draft: _Draft) -> _Draft:
    """What an inline element parted that proved to be text put together again; the emptied block stays in its place."""
    blocks, kept = list(draft.page.blocks), set(draft.kept)
    said: dict[int, list[str]] = {}
    first = -1
    for number, block in enumerate(draft.page.blocks):
        if block.joint is None or number not in kept or first not in kept:
            first = number
        else:
            said.setdefault(first, [blocks[first].text]).extend((block.joint, block.text))
            blocks[number] = replace(block, text="")
    for number, pieces in said.items():
        blocks[number] = replace(blocks[number], text="".join(pieces))
    return replace(draft, page=replace(draft.page, blocks=blocks))


def _account(draft: _Draft) -> Body:
    """What is kept, and what is left out and why, in the order of the file."""
    blocks = draft.page.blocks
    paragraphs: list[Paragraph] = []
    removed = [*draft.page.removed, *(piece for _, piece in sorted(draft.cut, key=itemgetter(0)))]
    told = [number for number, block in enumerate(blocks) if block.text]
    for piece, numbers in groupby(told, key=draft.gone.get):
        run = [blocks[number] for number in numbers]
        if piece:
            removed.append(left_out(" ".join(block.text for block in run), run[0].line, piece.reason))
        else:
            paragraphs += [Paragraph(block.text, block.kind, block.line, block.level) for block in run]
    texts = [paragraph.text for paragraph in paragraphs if paragraph.kind is Kind.TEXT]
    byline = merged(draft.byline, byline_of([*texts[:2], *texts[-1:]]))
    shown = sorted((piece for piece in removed if piece.text), key=attrgetter("line"))
    return Body(tuple(paragraphs), tuple(shown), byline, draft.page.head)
