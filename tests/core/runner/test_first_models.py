"""Which first models are planned for new data, and what is estimated before they start."""

from dataclasses import replace

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.runner import first_models
from recsys_core.runner.execute import execute
from recsys_core.runner.first_models import (
    FIRST_MODELS,
    LONGEST_SECONDS,
    estimate_seconds,
    plan_first_models,
    queue_first_models,
)
from recsys_core.store.run import FAILED
from recsys_core.store.store import RunStore


@pytest.fixture
def store(tmp_path):
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def split(store):
    data = store.add_dataset(generate(SyntheticRecipe(n_users=40, n_items=30, n_tastes=2)))
    return store.split(data, SplitRecipe())


def test_four_are_planned_at_their_defaults_and_none_of_them_twice(store, split):
    planned = plan_first_models(store, split)
    assert [each.algorithm for each in planned] == list(FIRST_MODELS) and len(FIRST_MODELS) == 4
    assert all(
        each.is_quick and each.recipe == ALGORITHMS[each.algorithm].defaults_for(split.train) for each in planned
    )
    assert planned[1].seconds == max(each.seconds for each in planned)  # the other worker trains all others meanwhile
    run_ids = queue_first_models(store, split, planned)
    assert [store.run(run_id).algorithm for run_id in run_ids] == list(FIRST_MODELS)
    assert not any(store.run(run_id).in_background for run_id in run_ids)
    assert plan_first_models(store, split) == queue_first_models(store, split, planned) == []
    execute(store, store.queue.claim("w"))
    store.queue.end_run(store.queue.claim("w"), FAILED)
    assert [each.algorithm for each in plan_first_models(store, split)] == [
        FIRST_MODELS[1]
    ]  # what failed is offered again
    other = store.split(split.data_fingerprint, replace(split.recipe, seed=1))
    assert len(plan_first_models(store, other)) == 4


def test_a_run_of_a_sweep_does_not_stand_for_a_first_model(store, split):
    store.queue.add_run(split, "bpr", ALGORITHMS["bpr"](n_epochs=2), 0, in_background=True)
    assert len(plan_first_models(store, split)) == 4


def test_what_cannot_be_trained_says_why_and_is_not_queued(store, split, monkeypatch):
    monkeypatch.setattr("recsys_core.runner.memory.memory_limit", lambda: 1_000)
    planned = plan_first_models(store, split)
    assert not any(each.is_quick for each in planned) and "must fit into memory" in planned[0].obstacle
    assert queue_first_models(store, split, planned) == [] and store.runs() == []


def test_the_estimate_grows_with_ratings_items_and_epochs(split):
    recipe = ALGORITHMS["bpr"]()
    once = estimate_seconds("bpr", recipe, split)
    assert 0 < once < 1
    assert estimate_seconds("bpr", replace(recipe, n_epochs=2 * recipe.n_epochs), split) == pytest.approx(2 * once)
    assert estimate_seconds("bpr", replace(recipe, n_factors=128), split) > once
    slow = first_models.FirstModel("bpr", recipe, LONGEST_SECONDS + 1)
    assert not slow.is_quick
