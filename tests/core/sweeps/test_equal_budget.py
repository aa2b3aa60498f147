"""An equal budget ends with equal counts, trains nothing twice, and varies more than two hyperparameters."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from recsys_core.algorithms import ALGORITHMS, RECIPES
from recsys_core.comparison.tuning import budget_sentence, tuning_record
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.runner.execute import execute, process_run
from recsys_core.store.compare_runs import compare_runs
from recsys_core.store.history import DELETED, set_status
from recsys_core.store.run import DIVERGED, Branch
from recsys_core.store.schema import runs as run_table
from recsys_core.store.store import RunStore
from recsys_core.store.trial import trial_of
from recsys_core.store.tried_elsewhere import tried_elsewhere
from recsys_core.sweeps.equal_budget import (
    find_best_settings,
    find_better_settings,
    lacking_minutes,
    plan_equal_budget,
    plan_equal_minutes,
    settings_alike,
)
from recsys_core.sweeps.plan import Sweep, plan_grid, plan_random, restore_sweep
from recsys_core.sweeps.progress import match_runs
from recsys_core.sweeps.search import continue_searches, queue_sweep


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
    trials = [trial_of(run) for run in store.tried_runs(split.fingerprint)]
    return [tuning_record(run.recipe, trials) for run in pinned]


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


def test_only_settings_that_beat_all_pinned_ones_are_offered_and_branches_compete(store, split, pinned):
    svd, ease, knn = pinned
    branch = replace(svd, id=90, branch=Branch(svd.id, 1, svd.recipe))
    leaked = [
        replace(ease, id=91 + at, algorithm=key, recipe=RECIPES[key]()) for at, key in enumerate(("blend", "reranked"))
    ]
    diverged = replace(knn, id=93, recipe=replace(knn.recipe, shrinkage=1.0), state=DIVERGED)
    runs, scores = [*pinned, branch, *leaked, diverged], {svd.id: 0.3, branch.id: 0.2, ease.id: 0.3, knn.id: 0.3}

    def offered(pins):
        return find_better_settings(runs, pins, lambda run: scores.get(run.id, 0.9))

    assert offered([svd, ease, knn, *leaked]) == {}
    assert offered([branch, ease]) == {"svd": svd}
    scores[branch.id] = 0.4
    assert offered([svd, ease]) == {"svd": branch} and offered([svd, branch]) == {} == offered([diverged])


def test_settings_that_were_chosen_among_on_another_split_of_the_data_are_counted(store, split, pinned):
    other = store.split(split.data_fingerprint, SplitRecipe(seed=1))
    for key, settings in (("svd", {"n_factors": 7}), ("svd", {"n_factors": 8}), ("ease", {"regularization": 7.0})):
        store.queue.add_run(other, key, ALGORITHMS[key](**settings), 0)
    execute_all(store)
    tried, elsewhere = (
        store.tried_runs(split.fingerprint),
        tried_elsewhere(store, split.data_fingerprint, split.fingerprint),
    )
    assert {run.split_fingerprint for run in elsewhere} == {other.fingerprint}

    def evaluation_of(run):
        return store.evaluation(run.id, "validation")

    tuning = compare_runs(pinned, evaluation_of, tried=tried, tried_elsewhere=elsewhere).tuning
    assert [record.count for record in tuning] == ["2 here, 2 on other splits", "1 (untuned)", "1 (untuned)"]


def test_a_branch_is_a_setting_that_counts_in_the_budget(store, split, pinned):
    base = store.run(store.queue.add_run(split, "bpr", ALGORITHMS["bpr"](n_epochs=3), 0))
    for epoch in (1, 2):
        store.queue.add_run(split, "bpr", base.recipe, 0, branch=Branch(base.id, epoch, base.recipe))
    execute_all(store)
    assert plan_equal_budget(store, split, [base], 4).n_new == 1


def test_settings_that_change_no_list_are_told(store, split, pinned):
    tried = [replace(pinned[0], id=at, recipe=replace(pinned[0].recipe, n_factors=at)) for at in range(1, 5)]
    said = settings_alike(tried, dict.fromkeys(range(1, 5), 0.3))
    assert said == "The 4 settings of SVD that were tried have only 1 different value of NDCG@10 on validation."
    assert "only 2 different values" in settings_alike(tried, {1: 0.3, 2: 0.3, 3: 0.2, 4: 0.2})
    assert settings_alike(tried, {1: 0.3, 2: 0.3, 3: 0.2, 4: 0.1}) == "" == settings_alike(tried[:1], {1: 0.3})


def test_a_grid_stays_at_two_and_random_settings_may_vary_all():
    names, ranges = ["n_factors", "regularization", "alpha"], [(2, 8), (1, 10), (1, 4)]
    with pytest.raises(InputError, match="one or two"):
        plan_grid("implicit_als", names, ranges, [2, 2, 2])
    assert len(plan_random("implicit_als", names, ranges, 5).points) == 5


def let_each_training_take(store, seconds) -> None:
    """Execute what is queued as one worker whose clock jumps by `seconds(algorithm)` at every training."""
    with store.reading() as connection:
        now = connection.execute(select(run_table.c.ended).order_by(run_table.c.ended.desc()).limit(1)).scalar() + 10
    while (run := store.queue.claim("test")) is not None:
        execute(store, run)
        times = {"started": now, "ended": now + seconds[run.algorithm]}
        with store.writing() as connection:
            connection.execute(update(run_table).where(run_table.c.id == run.id).values(times))
        continue_searches(store, store.split_of(run), run.id)
        now += seconds[run.algorithm] + 5


@pytest.mark.parametrize("is_search", [False, True])
def test_a_search_of_minutes_ends_when_they_are_over_and_says_how_many_settings_it_got(store, split, pinned, is_search):
    if is_search:
        pytest.importorskip("optuna", reason="Optuna is not installed: it is an extra")
    seconds = {"svd": 25.0, "ease": 50.0, "item_knn": 9.0}
    budget = plan_equal_minutes(store, split, pinned, 2, is_search=is_search)
    number = store.add_sweep(split.fingerprint, Sweep(budget.plans).description())
    queue_sweep(store, split, number)
    let_each_training_take(store, seconds)
    records = tuning_of(store, split, pinned)
    assert all(record.seconds_before_last < 120 <= record.seconds for record in records)
    n_settings = [record.n_settings for record in records]
    assert n_settings[0] in (6, 7) and n_settings[1] in (3, 4) and n_settings[2] in (14, 15)  # known ones took moments
    said = budget_sentence(records)
    assert "2 minutes of search" in said and f"{min(n_settings)} to {max(n_settings)} settings" in said
    assert not lacking_minutes(store, split, pinned, 2).seconds
    assert plan_equal_minutes(store, split, pinned, 1).minutes == 2  # less cannot be had any more
    (row,) = store.sweeps(split.fingerprint)
    progress = match_runs(restore_sweep(row["description"]), store.runs(split.fingerprint), split.fingerprint)
    assert not progress.n_missing and not progress.is_active


def test_minutes_that_models_had_unequally_are_no_equal_budget(store, split, pinned):
    budget = plan_equal_minutes(store, split, pinned[:1], 3)
    queue_sweep(store, split, store.add_sweep(split.fingerprint, Sweep(budget.plans).description()))
    let_each_training_take(store, {"svd": 30.0})
    assert "not tuned alike" in budget_sentence(tuning_of(store, split, pinned))
    lacking = lacking_minutes(store, split, pinned, 1)
    assert lacking.minutes == 3 and set(lacking.seconds) == {"ease", "item_knn"}


def test_a_timed_search_stops_at_so_many_settings(store, split, pinned, monkeypatch):
    monkeypatch.setattr("recsys_core.sweeps.search.MOST_SETTINGS", 9)
    budget = plan_equal_minutes(store, split, pinned[:1], 60)
    queue_sweep(store, split, store.add_sweep(split.fingerprint, Sweep(budget.plans).description()))
    execute_all(store)
    assert tuning_of(store, split, pinned[:1])[0].n_settings == 9


@pytest.mark.parametrize("is_search", [False, True])
def test_a_penalty_of_0_tried_before_counts_and_keeps_the_scale_of_a_search(store, split, is_search):
    if is_search:
        pytest.importorskip("optuna", reason="Optuna is not installed: it is an extra")
    default = ALGORITHMS["bpr"](n_epochs=2)
    for recipe in (default, replace(default, regularization=0.0)):
        store.queue.add_run(split, "bpr", recipe, 0)
    execute_all(store)
    pinned = store.runs(split.fingerprint)
    timed = plan_equal_minutes(store, split, pinned, 3, is_search=is_search).plans
    for plan in (*timed, *plan_equal_budget(store, split, pinned, 8, is_search=True).plans * is_search):
        place = plan.names.index("regularization")
        assert plan.search.ranges[place][0] > 0 and all(point[place] > 0 for point in plan.points)
    assert plan_equal_budget(store, split, pinned, 8, is_search=is_search).n_new == 6


def test_what_was_tried_and_deleted_counts_and_is_not_drawn_again(store, split, pinned):
    give(store, split, pinned, 5)
    execute_all(store)
    svds = [run for run in store.runs(split.fingerprint) if run.algorithm == "svd" and run.id != pinned[0].id]
    set_status(store, [run.id for run in svds], DELETED)
    assert [record.n_settings for record in tuning_of(store, split, pinned)] == [5, 5, 5]
    assert plan_equal_budget(store, split, pinned, 5).n_new == 0
    (plan,) = (plan for plan in plan_equal_budget(store, split, pinned, 9).plans if plan.algorithm == "svd")
    assert len(plan.points) == 4 and not {run.recipe for run in svds} & set(plan.recipes())
