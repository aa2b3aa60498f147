"""Where the corpus of files that go wrong lies."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("RECSYS_DATA", ROOT / "../shared/data")).parent / "bad_inputs"
MISSING = f"the corpus of bad files is not at {CORPUS} (set RECSYS_DATA)"
needs_corpus = pytest.mark.skipif(not (CORPUS / "index.csv").is_file(), reason=MISSING)
