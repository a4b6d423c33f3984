"""What stands around the conversation → HTML: the line above it, and where questions are typed."""

from __future__ import annotations

from rag.core.limits import MAX_QUESTION
from rag.interfaces.page.markup import button
from rag.interfaces.page.words import Words


def header_html(words: Words) -> str:
    """The page's name, and what can be done at any time. The script hides what does not apply."""
    tools = [
        button(words.collection, "collection", "rag-tool rag-to-collection"),
        button(words.chat, "chat", "rag-tool rag-to-chat"),
        button(words.export, "export", "rag-tool rag-export"),
        button(words.new_conversation, "clear"),
        button(words.other, "language", language="en" if words.language != "en" else "zh-CN"),
        button(words.to_dark, "theme", "rag-tool rag-to-dark"),
        button(words.to_light, "theme", "rag-tool rag-to-light"),
    ]
    return (
        f'<header class="rag-header" data-language="{words.language}"><h1 class="rag-name">Article RAG</h1>'
        f'<div class="rag-tools">{"".join(tools)}</div></header>'
    )


def composer_html(words: Words) -> str:
    """Where a question is typed, with what sends and stops it."""
    return (
        f'<form class="rag-composer" id="rag-composer"><p class="rag-note rag-editing" hidden>{words.editing} '
        f"{button(words.cancel, 'cancel')}</p>"
        f'<p class="rag-note rag-full" role="alert" hidden>{words.busy}</p>'
        f'<textarea rows="1" maxlength="{10 * MAX_QUESTION}" aria-label="{words.ask_label}" '
        f'placeholder="{words.ask}"></textarea>'
        f'<button type="submit" class="rag-send">{words.send}</button>'
        f"{button(words.stop, 'stop', 'rag-stop')}</form>"
    )
