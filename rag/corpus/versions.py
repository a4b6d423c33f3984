"""Versions of what makes passages of files: an index that another one made is brought up to date.

Raise one whenever the same input would give another result.
"""

CLEANING_VERSION = 3
"""Of ``cleaning``, ``decoding``, ``front_matter`` and ``articles``: a file gives other paragraphs."""
PASSAGES_VERSION = 3
"""Of ``passages`` and ``ArticleInfo.indexed_text``: the same paragraphs give other passages, or other indexed texts."""
COPIES_VERSION = 1
"""Of ``near_duplicates`` and ``rag.text.wording``: the same passages give other groups."""
