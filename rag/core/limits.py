"""Bounds and settings that several parts share: each stands here once.

How constants were found, here and elsewhere, stands in ``docs/measurements.md``, by section.
"""

MAX_QUESTION = 1000
"""Characters of a question. A longer one is refused: the model reads some 500 tokens of it at most."""
MAX_FILTER_NAMES, MAX_FILTER_TEXT = 100, 2_000
"""Names that are filtered by, of all kinds together, and characters in all of them: as much as a link can hold. One
category with those above it may have as many: front-matter values are kept to 500."""
MAX_LINK = 12 * (MAX_QUESTION + MAX_FILTER_TEXT) + 10 * MAX_FILTER_NAMES + 500
"""Characters of a link's query string: it takes 12 for a character at most, 9 for a Chinese one, 10 for the key before
a name, and has room for the rest. So whatever may be asked has a link."""
MAX_LINK_FIELDS = 200
"""Keys with their values in a link, known ones or not."""
MAX_PASSAGES = 50
"""Passages that a program is given at once."""
MAX_ARTICLE_ID = 4096
"""Characters of an article's id, which is a path: Linux takes no more bytes."""
MAX_TURNS, MAX_CITED = 50, 10
"""Earlier questions that a program may tell with a follow-up, and articles that one of them cites. The last three are
looked back on; an answer has three extracts."""
MAX_COPIES_SHOWN = 5
"""Copies of an extract that are named wherever it is shown; of the others, the number."""
MAX_SHARDS = 1000
"""Parts of a folder that are indexed apart, over a server."""
READ_DEPTH = 7
"""Hits that are read for an answer, at most, and put in order anew by that (measurements: ranking)."""
ANSWER_THRESHOLD = 0.15
"""Confidence from which the articles are said to answer, unless the asker says otherwise: low, since an extract that
does not answer is seen through at a glance, and one that is withheld is lost (measurements: answerability)."""
SURE = 0.6
"""Confidence from which extracts are shown as an answer, and below which as what may be one (measurements: states)."""
PERHAPS_HOLD = 50
"""Of 100 answers shown as what may be one, so many hold the answer, over real news (measurements: states)."""
MAX_COMMENT = 500
"""Characters of what a reader may add to a thumb in words."""
