"""Which runs count as the same training from another seed."""

from dataclasses import replace

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.runner.execute import execute
from recsys_core.store.other_seeds import other_seeds
from recsys_core.store.run import DIVERGED, STOPPED
from recsys_core.store.store import RunStore
from tests.core.report.ended_runs import SPLIT, executed

PLANTED = generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0))
BPR = ALGORITHMS["bpr"](n_factors=4, n_epochs=9)


@pytest.fixture
def store(tmp_path):
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def bpr(store, n_epochs, *, seed=1):
    return replace(executed(store, PLANTED, "bpr", n_factors=4, n_epochs=n_epochs), seed=seed)


def stopped_after(store, epoch, *, seed):
    """A run that was to have nine epochs."""
    run_id = store.queue.add_run(store.split(PLANTED.fingerprint, SPLIT), "bpr", BPR, seed)
    with pytest.MonkeyPatch.context() as patch:
        record = store.queue.record_epoch
        patch.setattr(store.queue, "record_epoch", lambda run, each: record(run, each) or each.number == epoch)
        execute(store, store.queue.claim("test"))
    return store.run(run_id)


def test_other_seeds_are_those_of_the_same_recipe_the_newest_of_each_seed(store):
    run, longer = bpr(store, 2), bpr(store, 3, seed=5)
    five, six, six_again = (bpr(store, 2, seed=seed) for seed in (5, 6, 6))
    assert other_seeds(store, run, [six_again, six, five, longer, run]) == [five, six_again]


def test_a_run_that_was_stopped_is_another_seed_of_those_that_were_as_short(store):
    whole, short = bpr(store, 9), bpr(store, 2, seed=6)
    stopped, at_once = stopped_after(store, 2, seed=5), stopped_after(store, 0, seed=7)
    assert {stopped.state, at_once.state} == {STOPPED}
    scored = [at_once, stopped, short, whole]
    assert other_seeds(store, whole, scored) == other_seeds(store, at_once, scored) == []
    assert other_seeds(store, stopped, scored) == [short] and other_seeds(store, short, scored) == [stopped]


def test_a_run_that_diverged_is_no_other_seed_and_has_none(store):
    run = bpr(store, 2)
    diverged = replace(run, seed=5, state=DIVERGED)
    assert other_seeds(store, run, [diverged, run]) == other_seeds(store, diverged, [diverged, run]) == []
