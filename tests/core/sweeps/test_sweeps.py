"""Sweeps: which runs they mean, which are there already, and what is said of their results."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.verdicts import SAME, WORSE
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.parameters import parameters
from recsys_core.runner.execute import execute
from recsys_core.store.run import FINISHED, INTERRUPTED, QUEUED
from recsys_core.store.store import RunStore
from recsys_core.sweeps.plan import Plan, Sweep, plan_grid, plan_random, restore_sweep
from recsys_core.sweeps.progress import estimate_seconds, match_runs, queue_missing, stop_sweep
from recsys_core.sweeps.results import compute_sensitivities, find_plateau, rank_settings, score_setting

SMALL = SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0)


@pytest.fixture
def store(tmp_path):
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def split(store):
    return store.split(store.add_dataset(generate(SMALL)), SplitRecipe())


def three_ks(seeds=(0,)) -> Sweep:
    plan = Plan("implicit_als", ALGORITHMS["implicit_als"](n_epochs=2), ("n_factors",), ((2,), (4,), (8,)))
    return Sweep((plan,), seeds)


def execute_all(store) -> None:
    while (run := store.queue.claim("test")) is not None:
        execute(store, run)


# What is asked


def test_a_grid_meets_every_value_with_every_other_evenly_on_the_scale_of_the_field():
    plan = plan_grid("bpr", ["n_factors", "regularization"], [(4, 64), (0.01, 10)], [4, 4])
    ks, penalties = (sorted(set(values)) for values in zip(*plan.points, strict=True))
    assert ks == [4, 24, 44, 64] and penalties == pytest.approx([0.01, 0.1, 1, 10])
    assert len(plan.points) == 16 and plan.is_grid
    assert [type(k) for k in ks] == [int] * 4


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_field_of_every_algorithm_can_be_swept_over_its_typical_range(algorithm):
    for name, parameter in parameters(ALGORITHMS[algorithm]).items():
        ends = parameter.typical or (0, 0)  # of a choice nobody asks
        for plan in (plan_grid(algorithm, [name], [ends], [3]), plan_random(algorithm, [name], [ends], 3)):
            assert [getattr(recipe, name) for recipe in plan.recipes()] == [point[0] for point in plan.points]


@settings(deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(1, 50))
def test_random_settings_stay_in_their_range_and_the_seed_decides(seed, count):
    plan = plan_random("bpr", ["n_factors", "learning_rate"], [(4, 64), (0.01, 1)], count, seed=seed)
    assert all(4 <= k <= 64 and 0.01 <= rate <= 1 for k, rate in plan.points)
    assert plan == plan_random("bpr", ["n_factors", "learning_rate"], [(4, 64), (0.01, 1)], count, seed=seed)


def test_log_fields_are_drawn_evenly_by_decade():
    plan = plan_random("bpr", ["learning_rate"], [(0.001, 1)], 3000)
    by_decade = np.histogram(np.log10([rate for (rate,) in plan.points]), bins=3, range=(-3, 0))[0]
    assert by_decade.min() > 0.25 * len(plan.points)


def test_all_settings_come_from_the_first_seed_before_any_from_the_second():
    tasks = three_ks(seeds=(0, 1)).tasks()
    assert [(task.recipe.n_factors, task.seed) for task in tasks] == [(2, 0), (4, 0), (8, 0), (2, 1), (4, 1), (8, 1)]


def test_what_is_not_varied_stands_where_a_training_on_these_data_would_begin(split):
    suited = ALGORITHMS["implicit_als"].defaults_for(split.train)
    assert suited != ALGORITHMS["implicit_als"]()
    plan = plan_grid("implicit_als", ["n_factors"], [(2, 8)], [2]).with_defaults_for(split.train)
    assert plan.recipes() == [replace(suited, n_factors=2), replace(suited, n_factors=8)]


def test_a_sweep_survives_json():
    sweep = Sweep((plan_grid("bpr", ["n_factors", "negatives"], [(4, 8), (0, 0)], [2, 1]),), (0, 1))
    assert restore_sweep(sweep.description()) == sweep


@pytest.mark.parametrize(
    ("names", "points", "message"),
    [
        ((), ((1,),), "at least one hyperparameter"),
        (("colour",), ((1,),), "It has no colour"),
        (("n_factors",), (), "at least one value"),
        (("n_factors",), ((0,),), "must be at least 1"),
    ],
)
def test_what_no_sweep_can_be_is_refused(names, points, message):
    with pytest.raises(InputError, match=message):
        Plan("implicit_als", ALGORITHMS["implicit_als"](), names, points)


# Its runs


def test_what_is_there_is_not_trained_again(store, split):
    recipe = ALGORITHMS["implicit_als"](n_epochs=2, n_factors=4)
    mine = store.queue.add_run(split, "implicit_als", recipe, 0)
    execute_all(store)
    assert queue_missing(store, split, three_ks()) == 2
    assert queue_missing(store, split, three_ks()) == 0  # those on their way count too
    execute_all(store)
    found = match_runs(three_ks(), store.runs(), split.fingerprint)
    assert mine in [run.id for run in found.done] and len(found.done) == 3 and not found.missing
    assert len(store.runs()) == 3


def test_other_data_or_code_answers_nothing(store, split):
    queue_missing(store, split, three_ks())
    execute_all(store)
    assert len(match_runs(three_ks(), store.runs(), "0" * 16).missing) == 3
    assert len(match_runs(three_ks(), store.runs(), split.fingerprint, "older").missing) == 3


def test_a_run_that_a_person_waits_for_goes_before_a_sweep(store, split):
    queue_missing(store, split, three_ks())
    mine = store.queue.add_run(split, "svd", ALGORITHMS["svd"](), 0)
    assert store.queue.n_ahead(mine) == 0
    assert store.queue.claim("w").id == mine
    assert store.queue.claim("w").in_background


def test_stop_keeps_what_is_done_and_the_rest_can_be_gone_on_with(store, split):
    queue_missing(store, split, three_ks())
    execute(store, store.queue.claim("w"))
    stop_sweep(store, match_runs(three_ks(), store.runs(), split.fingerprint).live)
    assert sorted(run.state for run in store.runs()) == [FINISHED, INTERRUPTED, INTERRUPTED]
    assert store.queue.claim("w") is None
    assert queue_missing(store, split, three_ks()) == 2
    execute_all(store)
    assert [run.state for run in store.runs()] == [FINISHED] * 3  # and no run more than asked for


def test_stop_takes_what_waits_out_of_the_queue_before_a_worker_is_free_for_it(store, split, monkeypatch):
    queue_missing(store, split, three_ks())
    at_work, waiting = store.queue.claim("w"), []
    request_stop = store.queue.request_stop

    def note(run_id: int) -> None:
        if run_id == at_work.id:
            waiting.extend(store.queue.waiting_in_background())
        request_stop(run_id)

    monkeypatch.setattr(store.queue, "request_stop", note)
    stop_sweep(store, match_runs(three_ks(), store.runs(), split.fingerprint).live)
    assert waiting == [] and store.run(at_work.id).stop_requested


def test_stop_leaves_a_queued_run_alone_that_a_person_has_asked_for(store, split):
    mine = store.queue.add_run(split, "implicit_als", three_ks().tasks()[0].recipe, 0)
    queue_missing(store, split, three_ks())
    stop_sweep(store, match_runs(three_ks(), store.runs(), split.fingerprint).live)
    assert [run.id for run in store.runs() if run.state == QUEUED] == [mine]


def test_after_its_minutes_nothing_begins(store, split):
    queue_missing(store, split, three_ks(), deadline=time.time() - 1)
    assert store.queue.claim("w") is None
    assert {run.state for run in store.runs()} == {INTERRUPTED}
    found = match_runs(three_ks(), store.runs(), split.fingerprint)
    assert len(found.missing) == len(found.interrupted) == 3 and "time budget" in found.interrupted[0].message


def test_the_expected_time_follows_epochs_of_the_nearest_run_in_factors(store, split):
    queue_missing(store, split, three_ks())
    execute_all(store)
    runs = [replace(run, started=0.0, ended=float(run.recipe.n_factors)) for run in store.runs()]
    tasks = three_ks().tasks()
    longer = [replace(task, recipe=replace(task.recipe, n_epochs=6)) for task in tasks]
    assert estimate_seconds(tasks, runs, 1) == pytest.approx(2 + 4 + 8)
    assert estimate_seconds(longer, runs, 2) == pytest.approx(3 * (2 + 4 + 8) / 2)
    assert estimate_seconds(tasks, [], 2) is None


def test_the_store_finds_a_sweep_again(store, split):
    number = store.add_sweep(split.fingerprint, three_ks().description())
    (row,) = RunStore(store.url).sweeps(split.fingerprint)
    assert row["id"] == number and restore_sweep(row["description"]) == three_ks()
    assert store.sweeps("0" * 16) == []


# What came of it


def settings_with(means, *, n_users=400, noise=0.02, names=("n_factors",), points=None):
    """Settings whose users differ much from one another and, setting by setting, by `noise` around the mean."""
    rng = np.random.default_rng(0)
    people = rng.normal(0.5, 0.2, n_users)
    points = tuple((k,) for k in range(1, len(means) + 1)) if points is None else points
    plan = Plan("implicit_als", ALGORITHMS["implicit_als"](), names, points)
    result = []
    for mean, point, recipe in zip(means, points, plan.recipes(), strict=True):
        jitter = rng.normal(0, noise, n_users)
        values = people - people.mean() + mean + jitter - jitter.mean()
        result.append(score_setting(plan, point, recipe, [values], [1.0]))
    return result


def test_the_best_is_named_and_what_is_worse_is_told_from_it():
    found = rank_settings(settings_with([0.2, 0.4, 0.3]))
    assert found.best == 1 and found.is_not_worse.tolist() == [False, True, False]
    assert found.gaps[1].mean == 0 and found.gaps[2].mean == pytest.approx(0.1)
    assert found.intervals[1].low < 0.4 < found.intervals[1].high


def test_a_plateau_runs_over_neighbours_that_cannot_be_told_from_the_best_and_stops_at_one_that_can():
    settings = settings_with([0.4, 0.2, 0.3999, 0.4001, 0.4, 0.3])
    assert find_plateau(settings, rank_settings(settings), "n_factors") == (3, 5)


def test_seeds_widen_what_cannot_be_told():
    settings = settings_with([0.4, 0.396])
    assert rank_settings(settings, margin=0).is_not_worse.tolist() == [True, False]
    by_luck = [replace(each, means=(each.mean - 0.01, each.mean + 0.01)) for each in settings]
    assert rank_settings(by_luck, margin=0).is_not_worse.all()


def test_what_is_behind_by_less_than_matters_is_practically_the_same():
    settings = settings_with([0.4, 0.399, 0.38], n_users=12_000)
    words = [verdict.word for verdict in rank_settings(settings).verdicts]
    assert words == [SAME, SAME, WORSE]
    assert [verdict.word for verdict in rank_settings(settings, margin=0.1).verdicts] == [SAME, SAME, SAME]
    assert [verdict.word for verdict in rank_settings(settings, margin=0).verdicts][1:] == [WORSE, WORSE]


def test_of_200_settings_one_that_is_clearly_better_is_told():
    """With 2,001 as the smallest p-value times 200, nothing could be told before."""
    found = rank_settings(settings_with([0.4, *[0.3] * 199], n_users=100))
    assert found.best == 0 and found.is_not_worse.tolist() == [True] + [False] * 199
    assert found.verdicts[1].p_value == pytest.approx(1 / 2001)


def test_one_setting_alone_is_the_best():
    found = rank_settings(settings_with([0.3]))
    assert found.best == 0 and found.is_not_worse.tolist() == [True]


def test_the_hyperparameter_that_moves_the_mean_comes_first():
    points = tuple((k, alpha) for k in (4, 8) for alpha in (0.5, 1.0, 2.0))
    means = [0.2 + 0.1 * (k == 8) + 0.01 * alpha for k, alpha in points]
    first, second = compute_sensitivities(settings_with(means, names=("n_factors", "alpha"), points=points))
    assert (first.name, second.name) == ("n_factors", "alpha")
    assert first.effect == pytest.approx(0.1) and second.effect == pytest.approx(0.015)


def test_random_settings_are_compared_by_thirds():
    rng = np.random.default_rng(1)
    points = tuple((k, float(alpha)) for k, alpha in zip(range(4, 34), rng.uniform(1, 5, 30), strict=True))
    effects = {
        each.name: each.effect
        for each in compute_sensitivities(
            settings_with([k / 100 for k, _ in points], names=("n_factors", "alpha"), points=points)
        )
    }
    assert effects["n_factors"] == pytest.approx(0.2)  # thirds of ten values each, 0.01 apart
    assert effects["alpha"] < 0.1
