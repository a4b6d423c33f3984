"""The page: ``python app.py`` opens it over ``index/`` beside it, which is built of the samples where it is missing."""

import sys
from pathlib import Path

from rag.interfaces.cli import Beside, main

HERE = Path(__file__).parent

if __name__ == "__main__":
    main(["page", *sys.argv[1:]], Beside(HERE / "index", HERE / "samples"))
