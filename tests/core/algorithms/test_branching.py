"""Going another way from an epoch on: one training up to there, another after."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.epochs import branched_epochs, check_branch
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.runner.execute import execute
from recsys_core.store.run import FINISHED, Branch
from recsys_core.store.store import RunStore
from tests.small_trainings import recipe as recipe_of

DATA = generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0, feedback="explicit"))
TRAIN = make_split(DATA).train
CHANGES = [(key, name) for key, recipe in ALGORITHMS.items() for name in recipe.adjustable]
PARTING = 3


def before_of(key):
    return recipe_of(ALGORITHMS[key], n_factors=4, n_epochs=6, regularization=0.1)


def objectives(epochs) -> list[tuple[int, float]]:
    return [(epoch.number, epoch.objective) for epoch in epochs]


def first(epochs):
    return [epoch for epoch in epochs if epoch.number <= PARTING]


@pytest.mark.parametrize(("key", "name"), CHANGES)
def test_up_to_the_parting_all_is_the_same_to_the_last_bit_and_nothing_after(key, name):
    before = before_of(key)
    after = replace(before, **{name: 3 * getattr(before, name)})
    as_it_was = list(before.epochs(TRAIN, seed=5))
    branched = list(branched_epochs(before, PARTING, after, TRAIN, seed=5))
    assert objectives(first(branched)) == objectives(first(as_it_was))
    np.testing.assert_array_equal(first(branched)[-1].model.item_factors, first(as_it_was)[-1].model.item_factors)
    assert [epoch.number for epoch in branched] == [epoch.number for epoch in as_it_was]
    for ours, theirs in zip(branched, as_it_was, strict=True):
        if ours.number > PARTING:
            assert not np.array_equal(ours.model.item_factors, theirs.model.item_factors)


@pytest.mark.parametrize("key", dict.fromkeys(key for key, _ in CHANGES))
def test_going_on_with_the_same_recipe_changes_nothing(key):
    before = before_of(key)
    assert objectives(branched_epochs(before, PARTING, before, TRAIN)) == objectives(before.epochs(TRAIN))


@pytest.mark.parametrize("key", dict.fromkeys(key for key, _ in CHANGES))
def test_it_may_go_on_for_longer(key):
    before = before_of(key)
    longer = replace(before, n_epochs=9)
    assert objectives(branched_epochs(before, PARTING, longer, TRAIN)) == objectives(longer.epochs(TRAIN))


def test_als_goes_on_as_if_it_had_begun_at_the_state_it_reached():
    """Exact ALS knows nothing of its past but the item factors."""
    before = before_of("als")
    after = replace(before, regularization=0.7)
    often = replace(before, regularization=0.7, n_epochs=60)
    end = list(branched_epochs(before, PARTING, replace(after, n_epochs=60), TRAIN))[-1]
    assert end.objective == pytest.approx(list(often.epochs(TRAIN))[-1].objective, rel=0.02)


@pytest.mark.parametrize("key", [key for key, recipe in ALGORITHMS.items() if not recipe.adjustable])
def test_what_learns_at_once_says_that_it_cannot(key):
    with pytest.raises(InputError, match="train it anew"):
        check_branch(ALGORITHMS[key](), ALGORITHMS[key]())


def test_another_k_is_another_training():
    with pytest.raises(InputError, match=r"Regularisation λ and Learning rate only\. More differs"):
        check_branch(ALGORITHMS["bpr"](n_factors=4), ALGORITHMS["bpr"](n_factors=5))


def test_a_worker_trains_a_branch_and_the_store_keeps_where_it_came_from(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    split = store.split(store.add_dataset(DATA), SplitRecipe())
    before = before_of("bpr")
    after = replace(before, learning_rate=0.5)
    parent = store.queue.add_run(split, "bpr", before, 2)
    branch = store.queue.add_run(split, "bpr", after, 2, branch=Branch(parent, PARTING, before))
    anew = store.queue.add_run(split, "bpr", after, 2)
    for _ in range(3):
        execute(store, store.queue.claim("here"))
    runs = [store.run(each) for each in (parent, branch, anew)]
    assert {run.state for run in runs} == {FINISHED} and len({run.fingerprint for run in runs}) == 3
    assert runs[1].branch == Branch(parent, PARTING, before) and runs[1].label.endswith(f"from #{parent} at epoch 3")
    as_it_was, branched, from_start = (
        [(record.objective, record.validation) for record in store.epochs(run.id)] for run in runs
    )
    assert branched[: PARTING + 1] == as_it_was[: PARTING + 1] != from_start[: PARTING + 1]
    assert branched[PARTING + 1] != as_it_was[PARTING + 1]
