"""Bounds and settings that several parts share: each stands here once."""

MAX_QUESTION = 1000
"""Characters of a question. A longer one is refused: the model reads some 500 tokens of it at most."""
MAX_FILTER_NAME = 2_000
"""Characters of a name that is filtered by, with those above it: front-matter values are kept to 500."""
MAX_COPIES_SHOWN = 5
"""Copies of an extract that are named wherever it is shown; of the others, the number."""
READ_DEPTH = 4
"""Hits that are read for an answer, and so compared token by token in any case. Read 2, 3, 4 or 5, an extract holds the
answer for .918 .937 .940 .940 of the questions (means of ten groups of sets and languages), and for .851 .881 .896 .896
of those about real articles."""
ANSWER_THRESHOLD = 0.1
"""How sure it must be, unless the asker says otherwise, that the articles are said to answer: low, since an extract
that does not answer is seen through at a glance, and one that is withheld is lost. ``python -m benchmarks.abstention``
tells what it keeps and what it lets through."""
MAX_COMMENT = 500
"""Characters of what a reader may add to a thumb in words."""
