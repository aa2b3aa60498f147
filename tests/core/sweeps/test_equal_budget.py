"""An equal budget ends with equal counts, trains nothing twice, and varies more than two hyperparameters."""

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.tuning import budget_sentence, tuning_record
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.runner.execute import process_run
from recsys_core.store.store import RunStore
from recsys_core.sweeps.equal_budget import find_best_settings, plan_equal_budget
from recsys_core.sweeps.plan import Sweep, plan_grid, plan_random
from recsys_core.sweeps.search import queue_sweep


@pytest.fixture
def store(tmp_path):
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def split(store):
    return store.split(
        store.add_dataset(generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0))), SplitRecipe()
    )


@pytest.fixture
def pinned(store, split):
    for key, settings in (("svd", {"n_factors": 4}), ("svd", {"n_factors": 6}), ("ease", {}), ("item_knn", {})):
        store.queue.add_run(split, key, ALGORITHMS[key](**settings), 0)
    execute_all(store)
    return sorted(store.runs(split.fingerprint), key=lambda run: run.id)[1:]


def execute_all(store) -> None:
    while (run := store.queue.claim("test")) is not None:
        process_run(store, run)


def give(store, split, pinned, n_settings, *, is_search=False):
    budget = plan_equal_budget(store, split, pinned, n_settings, is_search=is_search)
    if budget.plans:
        queue_sweep(store, split, store.add_sweep(split.fingerprint, Sweep(budget.plans).description()))
    return budget


def tuning_of(store, split, pinned):
    tried = [(run.recipe, run.seed) for run in store.runs_with("validation", split.fingerprint)]
    return [tuning_record(run.recipe, tried) for run in pinned]


@pytest.mark.parametrize("is_search", [False, True])
def test_after_the_budget_all_have_the_same_number_and_nothing_is_trained_twice(store, split, pinned, is_search):
    if is_search:
        pytest.importorskip("optuna", reason="Optuna is not installed: it is an extra")
    budget = give(store, split, pinned, 7, is_search=is_search)
    assert (budget.n_settings, budget.n_new) == (7, 5 + 6 + 6)
    assert plan_equal_budget(store, split, pinned, 7).n_settings == 7
    execute_all(store)
    records = tuning_of(store, split, pinned)
    assert [record.n_settings for record in records] == [7, 7, 7]
    assert budget_sentence(records) == "Each model was tuned with 7 settings on validation."
    runs = store.runs(split.fingerprint)
    assert len({run.fingerprint for run in runs}) == len(runs) == 21
    assert give(store, split, pinned, 7).n_new == 0 and store.queue.claim("test") is None


def test_what_is_queued_counts_and_who_has_more_sets_the_number(store, split, pinned):
    give(store, split, pinned[:1], 5)
    assert plan_equal_budget(store, split, pinned[:1], 5).n_new == 0
    budget = give(store, split, pinned, 2)
    assert (budget.n_settings, budget.n_new) == (5, 4 + 4)
    execute_all(store)
    assert [record.n_settings for record in tuning_of(store, split, pinned)] == [5, 5, 5]


def test_every_number_is_varied_around_its_default_and_choices_stay_as_pinned(store, split):
    store.queue.add_run(split, "implicit_als", ALGORITHMS["implicit_als"](penalty="weighted", n_epochs=2), 0)
    execute_all(store)
    (plan,) = plan_equal_budget(store, split, store.runs(split.fingerprint), 6).plans
    assert len(plan.names) > 2 and "penalty" not in plan.names
    assert {recipe.penalty for recipe in plan.recipes()} == {"weighted"}
    assert all(len(set(values)) > 1 for values in zip(*plan.points, strict=True))


def test_the_best_setting_is_best_on_average_over_its_seeds(store, split, pinned):
    scores = {run.id: score for run, score in zip(pinned, (0.2, 0.3, 0.1), strict=True)}
    others = [run for run in store.runs(split.fingerprint) if run.id not in scores]
    scores |= {run.id: 0.5 for run in others}
    best = find_best_settings(store.runs(split.fingerprint), lambda run: scores[run.id])
    assert best["svd"] == others[0] and best["ease"].algorithm == "ease"


def test_a_grid_stays_at_two_and_random_settings_may_vary_all():
    names, ranges = ["n_factors", "regularization", "alpha"], [(2, 8), (1, 10), (1, 4)]
    with pytest.raises(InputError, match="one or two"):
        plan_grid("implicit_als", names, ranges, [2, 2, 2])
    assert len(plan_random("implicit_als", names, ranges, 5).points) == 5
