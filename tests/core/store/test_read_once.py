"""While a page is drawn, the store is asked once for the same thing, and a change by this process is seen at once."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from recsys_core.algorithms.svd import SVD
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.runner.execute import execute
from recsys_core.store.history import DELETED, set_status
from recsys_core.store.read_once import reads_once
from recsys_core.store.store import RunStore
from tests.core.store.queued import queue_runs


@contextmanager
def asked(store):
    """Yield the list that every statement of this store is added to."""
    statements: list[str] = []

    def note(connection, cursor, statement, *rest) -> None:
        statements.append(statement)

    event.listen(store.database._engine, "before_cursor_execute", note)
    yield statements
    event.remove(store.database._engine, "before_cursor_execute", note)


@pytest.fixture
def store_and_split(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    split = store.split(store.add_dataset(generate(SyntheticRecipe(n_users=30, n_items=20))), SplitRecipe())
    queue_runs(store, split, 2)
    return store, split


def test_the_same_question_is_asked_once_inside_and_each_time_outside(store_and_split):
    store, split = store_and_split
    with asked(store) as statements:
        with reads_once():
            first, again = (store.runs(split.fingerprint) for _ in range(2))
            everything = store.runs()
            assert len(statements) == 2
        store.runs(split.fingerprint)
        assert len(statements) == 3
    assert first == again == everything and len(first) == 2
    first.clear()
    assert len(again) == 2, "what one caller does to its list is nothing to the other"


def test_what_this_process_writes_is_seen_at_once_and_what_others_write_in_the_next_drawing(store_and_split):
    store, split = store_and_split
    elsewhere = RunStore(store.url)
    with reads_once():
        known = [run.id for run in store.runs()]
        elsewhere.queue.add_run(split, "svd", SVD(n_factors=3), 0)
        assert [run.id for run in store.runs()] == known
        set_status(store, known[:1], DELETED)
        assert len(store.runs()) == 2 and known[0] not in [run.id for run in store.runs()]
        mine = store.queue.add_run(split, "svd", SVD(n_factors=4), 0)
        assert store.runs()[0].id == store.run(mine).id == mine
    elsewhere.queue.add_run(split, "svd", SVD(n_factors=5), 0)
    with reads_once():
        assert len(store.runs()) == 4


def test_two_stores_do_not_answer_for_one_another(store_and_split, tmp_path):
    store, _ = store_and_split
    other = RunStore(f"sqlite:///{tmp_path / 'other.sqlite'}")
    with reads_once():
        assert (len(store.runs()), len(other.runs())) == (2, 0)


def test_a_run_that_ends_meanwhile_has_ended_in_every_list_of_runs_or_in_none(store_and_split):
    store, split = store_and_split
    elsewhere = RunStore(store.url)
    with reads_once():
        assert not store.runs_with("model", split.fingerprint)
        execute(elsewhere, elsewhere.queue.claim("a worker"))
        assert all(run.is_live for run in store.runs(split.fingerprint))
        assert not store.runs_with("validation", split.fingerprint)
    ended = [run for run in store.runs(split.fingerprint) if not run.is_live]
    assert len(ended) == 1 and ended == store.runs_with("model", split.fingerprint)
