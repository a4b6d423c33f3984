"""Models that were chosen on this machine: an index that comes from elsewhere can have no other loaded.

A model is code and data from wherever its name leads, and an index is only a folder that somebody wrote.
"""

from __future__ import annotations

from contextlib import suppress

from rag.core.files import cache_folder
from rag.errors import ModelError, shortened

DEFAULT_MODEL = "multilingual-e5-small"
_RECORD = "models.txt"


def note_model(name: str) -> None:
    """Remember that a model was chosen here. Where that can't be written down, it has to be trusted anew each time.

    So it is with a name of several lines, of which each would be remembered as a model.
    """
    if name == DEFAULT_MODEL or name in _noted() or "\n" in name:
        return
    with suppress(OSError):
        cache_folder().mkdir(parents=True, exist_ok=True)
        with (cache_folder() / _RECORD).open("a", encoding="utf-8") as record:
            record.write(name + "\n")


def check_model(name: str) -> None:
    """See that a model which an index names is the packaged one, or was chosen here.

    :raises ModelError: It was not.
    """
    if name != DEFAULT_MODEL and name not in _noted():
        raise ModelError(
            f"the index names the model {shortened(name)}, which nobody chose on this machine: "
            "if you trust where the index comes from, say --trust-model once"
        )


def _noted() -> set[str]:
    try:
        return set((cache_folder() / _RECORD).read_text(encoding="utf-8").split("\n"))
    except (OSError, UnicodeDecodeError):
        return set()
