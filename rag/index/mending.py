"""What of an index is made anew of the rest of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from rag.errors import IndexFolderError
from rag.index.codes import scripts_in
from rag.index.generations import current_generation
from rag.index.segment_writer import write_codes_of
from rag.index.snapshot import Snapshot


def mend_codes(index: Path) -> None:
    """Write codes of the index in use that are damaged anew, of the vectors. Call only while ``building``.

    What is damaged besides is left for others to tell.
    """
    with suppress(IndexFolderError), Snapshot(current_generation(index)) as now:
        for segment in now.segments:
            for place in scripts_in(segment.form.files):
                if segment.form.scripts[place] not in segment.codes:
                    rows = np.flatnonzero(segment.script_of == place)
                    write_codes_of(segment.folder, segment.vectors, rows, place, segment.sums[place])
