"""Bounds and settings that several parts share: each stands here once.

How constants were found, here and elsewhere, stands in ``docs/measurements.md``, by section.
"""

MAX_QUESTION = 1000
"""Characters of a question. A longer one is refused: the model reads some 500 tokens of it at most."""
MAX_FILTER_NAME = 2_000
"""Characters of a name that is filtered by, with those above it: front-matter values are kept to 500."""
MAX_COPIES_SHOWN = 5
"""Copies of an extract that are named wherever it is shown; of the others, the number."""
READ_DEPTH = 4
"""Hits that are read for an answer, and so reranked in any case (measurements: ranking)."""
ANSWER_THRESHOLD = 0.1
"""Confidence from which the articles are said to answer, unless the asker says otherwise: low, since an extract that
does not answer is seen through at a glance, and one that is withheld is lost (measurements: answerability)."""
MAX_COMMENT = 500
"""Characters of what a reader may add to a thumb in words."""
