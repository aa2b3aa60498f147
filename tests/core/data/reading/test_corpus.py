"""The corpus of files that go wrong: each is met as its index says, and the server hardly grows by them."""

import csv
import subprocess
import sys

import pytest

from recsys_core.data.reading import guess_layout, read_items, read_ratings
from recsys_core.errors import InputError
from tests.bad_inputs import CORPUS, MISSING, ROOT, needs_corpus
from tests.corpus import CASES, EXPECTED, SHARED, index_rows, meet_case, meet_indexed
from tests.peak_memory import needs_peak

MAX_GROWTH = 100  # MB

# Reads every file of the folder given, after one good file of each kind has loaded what the kinds need.
GROWTH = """
import sys
from pathlib import Path
from recsys_core.data.reading import read_ratings, read_items
from recsys_core.errors import InputError
from tests.peak_memory import peak_bytes

def read(path):
    try:
        (read_items if "_movies_" in path.name else read_ratings)(path.read_bytes(), path.name)
    except InputError:
        pass

corpus = Path(sys.argv[1])
for name in ("s00_clean.csv", "q01_ok.parquet"):
    read(corpus / name)
before = peak_bytes()
for path in sorted(corpus.iterdir()):
    read(path)
print((peak_bytes() - before) / 1e6)
"""


def corpus_rows():
    index = CORPUS / "index.csv"
    if not index.is_file():
        return [pytest.param({}, marks=pytest.mark.skip(reason=MISSING))]
    with index.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["file"][:40]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("row", corpus_rows())
def test_each_bad_file_is_met_as_the_index_says(row, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = CORPUS / row["file"]
    read = read_items if "_movies_" in row["file"] else read_ratings
    try:
        _, receipt = read(path.read_bytes(), path.name)
    except InputError as error:
        assert row["expected"] == "reject", str(error)
        assert error.__cause__ is None, "a check should have met this file, not the guard at the edge"
        said = str(error)
    else:
        assert row["expected"] != "reject", receipt.text()
        assert receipt.n_read == receipt.n_kept + receipt.n_left_out + receipt.n_merged
        assert receipt.lines is None or receipt.lines.n_unaccounted == 0, receipt.text()
        assert receipt.n_kept == int(row["rows_kept"])
        if row["expected"] == "accept-with-warning":
            assert receipt.warnings or receipt.left_out or receipt.merged
        said = receipt.text()
    if row["expected"] != "accept":
        for words in row["message_must_mention"].lower().split(";"):
            assert any(word in said.lower() for word in words.split("|")), said
    assert list(tmp_path.iterdir()) == [], "nothing may be unpacked to disk, and no pickle run"


def second_rows():
    folder = CORPUS.parent / "bad_inputs_2"
    if not (folder / "index.csv").is_file():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"the second corpus is not at {folder}"))]
    return [pytest.param(row, id=row["file"]) for row in index_rows(folder)]


@pytest.mark.parametrize("row", second_rows())
def test_each_file_that_was_kept_back_is_met_as_the_index_says(row):
    how, said = meet_indexed(CORPUS.parent / "bad_inputs_2", row)
    assert how == EXPECTED, said


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
def test_each_file_of_the_public_cases_is_met(case):
    if not (SHARED / "cases" / case.file).is_file():
        pytest.skip(f"the cases are not at {SHARED / 'cases'} (set RECSYS_DATA)")
    how, said = meet_case(case)
    assert how == EXPECTED, said


@needs_corpus
def test_what_can_be_read_can_be_previewed():
    for row in csv.DictReader((CORPUS / "index.csv").open(encoding="utf-8", newline="")):
        if row["expected"] != "reject" and "_movies_" not in row["file"]:
            preview = guess_layout((CORPUS / row["file"]).read_bytes(), row["file"])
            assert preview.rows and preview.sentence


@needs_corpus
@needs_peak
def test_the_server_hardly_grows_over_the_whole_corpus():
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(CORPUS)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < MAX_GROWTH
