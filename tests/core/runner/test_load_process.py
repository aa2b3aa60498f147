"""Files are loaded in a child process: with the same result, in words where it fails, and it can be ended."""

import os
import signal
import time
from dataclasses import replace

import pytest

from recsys_core.data.reading import open_ratings, read_ratings
from recsys_core.data.reading.choices import Choices
from recsys_core.errors import InputError
from recsys_core.runner import load_process
from recsys_core.runner.load_data import ITEMS, RATINGS, SPLIT_FILES, LoadJob, _apply_changes, load_data, read_data
from recsys_core.runner.load_process import LoadProcess
from recsys_core.store.store import RunStore

ROWS = [(f"u{user}", f"i{(3 * user + step) % 17}", 1 + step % 5) for user in range(30) for step in range(6)]
CSV = "\n".join(["person;item;stars", *(f"{user};{item};{stars}" for user, item, stars in ROWS)]).encode()
FILES = {RATINGS: (CSV, "r.csv"), ITEMS: (b"item,title\ni1,Up\ni2,Heat\n", "items.csv")}


@pytest.fixture
def store(tmp_path) -> RunStore:
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def test_a_child_stores_what_the_page_would(store):
    stages = []
    read_data(LoadJob(RATINGS, "A"), FILES, progress=lambda share, stage: stages.append((share, stage)))
    here = load_data(store, LoadJob(RATINGS, "A"), FILES)
    receipt = store.receipt(here)
    process = LoadProcess(store, LoadJob(RATINGS, "B", Choices(delimiter=";")), FILES)
    process.wait(60)
    assert not process.is_live and process.error is None and process.share == 1
    dataset = store.dataset(process.fingerprint)
    assert process.fingerprint == here and dataset.name == "B" and "Up" in dataset.titles
    assert store.receipt(here)["count"] == receipt["count"]
    assert [share for share, _ in stages] == sorted({share for share, _ in stages})


def test_what_fails_in_a_child_is_told_in_the_same_words(store):
    parts = {"training": (CSV, "a.csv"), "test": (b"\x89PNG\r\n", "b.csv")}
    with pytest.raises(InputError) as refused:
        load_data(store, LoadJob(SPLIT_FILES, "A"), parts)
    process = LoadProcess(store, LoadJob(SPLIT_FILES, "A"), parts)
    process.wait(60)
    assert isinstance(process.error, InputError) and str(process.error) == str(refused.value)
    assert store.dataset_list() == []


def test_a_child_that_is_killed_or_lacks_memory_is_told_in_words(store, monkeypatch):
    process = LoadProcess(store, LoadJob(RATINGS, "A"), FILES)
    while process._child is None:
        time.sleep(0.01)
    os.kill(process._child.pid, signal.SIGKILL)
    process.wait(60)
    assert "made its reader fail" in str(process.error)
    monkeypatch.setattr(load_process, "_LARGEST", 500 << 20)
    process = LoadProcess(store, LoadJob(RATINGS, "A"), {RATINGS: (CSV * 20_000, "r.csv")})
    process.wait(60)
    assert isinstance(process.error, InputError) and "MB of memory" in str(process.error)
    assert store.dataset_list() == []


def test_one_load_runs_at_a_time_and_each_can_be_cancelled(store):
    with load_process._turns:
        waiting = LoadProcess(store, LoadJob(RATINGS, "A"), FILES)
        assert waiting.is_live and waiting.stage.startswith("Waiting")
        waiting.cancel()
        waiting.wait(10)
        assert not waiting.is_live and waiting.error is None
        running = LoadProcess(store, LoadJob(RATINGS, "A"), FILES)
    while running._child is None:
        time.sleep(0.01)
    running.cancel()
    running.wait(10)
    assert not running.is_live and running.error is None and not running.fingerprint
    assert store.dataset_list() == []


def test_changes_of_the_person_hold_where_the_whole_reads_differently_from_its_head():
    head = open_ratings(b"user,item,rating,x\n1,2,3,9\n2,2,4,9\n", "r.csv").guess
    whole = open_ratings(b'user,item,rating,x\n1,2,"3,5",9\n2,2,4,9\n', "r.csv").guess
    job = LoadJob(RATINGS, "A", guess=head, layout=replace(head, rating=3, settled=("header",)))
    layout, (remark,) = _apply_changes(LoadJob.from_json(job.as_json()), whole)
    assert layout == replace(whole, rating=3, settled=("header",)) and layout.decimal_comma
    assert "reads differently from its beginning" in remark and "the decimal sign" in remark
    assert _apply_changes(job, head) == (job.layout, ())
    assert read_ratings(CSV, "r.csv")[0].interactions.n_interactions == len(set(row[:2] for row in ROWS))
