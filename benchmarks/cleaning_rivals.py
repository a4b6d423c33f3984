"""Other extractors of article text, each as a function from HTML to paragraphs. Those not installed are left out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from bs4 import BeautifulSoup

RIVALS: dict[str, Callable[[str], list[str]]] = {}
_BLOCKS = "address article blockquote br dd div dl dt figcaption h1 h2 h3 h4 h5 h6 li p pre section td tr".split()


def every_p(html: str) -> list[str]:
    """The text of every ``<p>``."""
    return [paragraph.get_text() for paragraph in BeautifulSoup(html, "html.parser").find_all("p")]


RIVALS["every <p>"] = every_p

with contextlib.suppress(ImportError):
    import trafilatura

    def by_trafilatura(html: str) -> list[str]:
        """Trafilatura as it comes, without comments."""
        return (trafilatura.extract(html, include_comments=False) or "").split("\n")

    def by_trafilatura_recall(html: str) -> list[str]:
        """Trafilatura told to prefer recall."""
        return (trafilatura.extract(html, include_comments=False, favor_recall=True) or "").split("\n")

    RIVALS["trafilatura"] = by_trafilatura
    RIVALS["trafilatura, recall"] = by_trafilatura_recall

with contextlib.suppress(ImportError):
    import justext

    def by_justext(html: str) -> list[str]:
        """The paragraphs that jusText finds good, without stop words: it has none for Chinese."""
        paragraphs = justext.justext(html, frozenset(), stopwords_low=0.0, stopwords_high=0.0)
        return [paragraph.text for paragraph in paragraphs if not paragraph.is_boilerplate]

    RIVALS["jusText"] = by_justext

with contextlib.suppress(ImportError):
    import readability

    def by_readability(html: str) -> list[str]:
        """The blocks of readability-lxml's summary."""
        soup = BeautifulSoup(readability.Document(html).summary(), "html.parser")
        for block in soup.find_all(_BLOCKS):
            block.insert_before("\n\n")
            block.insert_after("\n\n")
        return soup.get_text().split("\n\n")

    RIVALS["readability-lxml"] = by_readability

with contextlib.suppress(ImportError):
    import gne

    def by_gne(html: str) -> list[str]:
        """GNE, made for Chinese news."""
        return str(gne.GeneralNewsExtractor().extract(html)["content"]).split("\n")

    RIVALS["gne"] = by_gne
