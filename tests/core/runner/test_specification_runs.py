"""Other trainings of the same models are queued as a sweep is, found again, and judged as each would be alone."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.epochs import last_model
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.robustness import judge_specifications
from recsys_core.comparison.specifications import EVERYBODY, SpecificationGrid
from recsys_core.data.corruption import KeepActive, corrupt_split
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.runner import specification_runs
from recsys_core.runner.execute import execute
from recsys_core.runner.specification_runs import (
    compare_training,
    estimate_specification_seconds,
    find_specification_runs,
    queue_specification_runs,
)
from recsys_core.store.run import FAILED, QUEUED

DATA = generate(SyntheticRecipe(n_users=80, n_items=50, picks=12, seed=3))
HERE = SplitRecipe()
RECIPES = {"bpr": ALGORITHMS["bpr"](n_epochs=2, n_factors=4), "svd": ALGORITHMS["svd"](n_factors=3)}
GRID = SpecificationGrid((HERE, SplitRecipe(seed=1)), (0, 1), (EVERYBODY, 8), is_graded=False, cutoffs=(5,))


def work_off(store, at_most: int = 1000) -> None:
    while at_most and (run := store.queue.claim("worker")):
        execute(store, run)
        at_most -= 1


@pytest.fixture
def chosen(store):
    split = store.split(store.add_dataset(DATA), HERE)
    ids = [store.queue.add_run(split, name, recipe, 0) for name, recipe in RECIPES.items()]
    work_off(store)
    return [store.run(run_id) for run_id in ids]


def queue_missing(store, found, deadline=None) -> list[int]:
    splits = {
        each.training_data: corrupt_split(DATA, store.split(DATA.fingerprint, each.split), each.corruptions)
        for each in found.missing
    }
    return queue_specification_runs(store, found, splits, deadline=deadline)


def judged(store, found) -> dict:
    outcomes = {}
    for training in found.known:
        comparison = compare_training(
            found.known[training], found.chosen, lambda run: store.evaluation(run.id, "validation")
        )
        for outcome in judge_specifications(comparison, GRID.of_training(training), margin=0.02):
            outcomes[outcome.specification] = outcome
    return outcomes


def test_every_way_to_test_is_bit_for_bit_the_single_run_of_its_recipe_and_split(store, chosen):
    found = find_specification_runs(store, chosen, GRID)
    assert list(found.known) == [GRID.trainings[0]] and found.known[GRID.trainings[0]] == tuple(chosen)
    # BPR on 2 splits from 2 seeds for everybody or the active, SVD without seeds, less the two that there are.
    assert len(found.missing) == 8 + 4 - 2
    queued = queue_missing(store, found)
    assert all(store.run(run_id).in_background for run_id in queued) and len(queued) == 10
    work_off(store)
    found = find_specification_runs(store, chosen, GRID)
    assert len(found.known) == 8 and not found.missing and not found.live
    outcomes = judged(store, found)
    assert list(outcomes) == GRID.specifications()
    for training in GRID.trainings:
        split = make_split(DATA, training.split)
        if training.min_ratings > EVERYBODY:
            split = corrupt_split(DATA, split, [KeepActive(training.min_ratings)])
        seeds = {"bpr": training.seed_offset, "svd": 0}
        alone = [
            evaluate(last_model(recipe.epochs(split.train, seed=seeds[name])), split, "validation")
            for name, recipe in RECIPES.items()
        ]
        for specification in GRID.of_training(training):
            single = Comparison(["a", "b"], alone, metric=specification.judged_by, k=specification.k)
            assert outcomes[specification].verdicts == single.verdicts


def test_pruning_leaves_people_out_of_training_and_scores_them_all_the_same(store, chosen):
    grid = SpecificationGrid((HERE,), min_ratings=(EVERYBODY, 8))
    queue_missing(store, find_specification_runs(store, chosen, grid))
    work_off(store)
    found = find_specification_runs(store, chosen, grid)
    everybody, active = (
        [store.evaluation(run.id, "validation") for run in found.known[training]] for training in grid.trainings
    )
    assert np.array_equal(everybody[0].users, active[0].users)
    few = make_split(DATA, HERE).train.items_per_user[active[0].users] < 8
    assert few.any() and active[0].popularity.sum() < everybody[0].popularity.sum()


def test_what_was_interrupted_is_trained_on_and_nothing_twice(store, chosen):
    first = queue_missing(store, find_specification_runs(store, chosen, GRID))
    work_off(store, 3)
    found = find_specification_runs(store, chosen, GRID)
    assert len(found.live) == 7 and not found.missing, "what waits is not queued again"
    for run in found.live:
        store.queue.request_stop(run.id)  # as a budget that has run out, or a server that was killed, leaves them
    found = find_specification_runs(store, chosen, GRID)
    assert len(found.missing) == len(found.interrupted) == 7
    again = queue_missing(store, found)
    assert sorted(again) == sorted(first[3:]) and store.run(again[0]).state == QUEUED
    work_off(store)
    assert len(find_specification_runs(store, chosen, GRID).known) == 8


def test_after_the_deadline_nothing_starts(store, chosen):
    queue_missing(store, find_specification_runs(store, chosen, GRID), deadline=1.0)
    work_off(store)
    assert len(find_specification_runs(store, chosen, GRID).missing) == 10


def test_the_estimate_is_of_what_is_missing(store, chosen):
    found = find_specification_runs(store, chosen, GRID)
    seconds = [run.ended - run.started for run in chosen]
    assert estimate_specification_seconds(found, 2) == pytest.approx((7 * seconds[0] + 3 * seconds[1]) / 2)
    queue_missing(store, found)
    assert estimate_specification_seconds(find_specification_runs(store, chosen, GRID), 2) == 0


def test_too_many_trainings_are_refused_before_any_is_queued(store, chosen, monkeypatch):
    n_runs = len(store.runs())
    monkeypatch.setattr(specification_runs, "MOST_TRAININGS", 5)
    with pytest.raises(InputError, match="choose fewer splits or seeds"):
        queue_missing(store, find_specification_runs(store, chosen, GRID))
    assert len(store.runs()) == n_runs


def test_a_model_that_cannot_be_trained_here_can_only_be_scored_in_other_ways(store, chosen):
    imported = replace(chosen[0], algorithm="imported")
    with pytest.raises(InputError, match="unpin it"):
        find_specification_runs(store, [imported, chosen[1]], GRID)
    alone = find_specification_runs(store, [imported, chosen[1]], SpecificationGrid((HERE,)))
    assert alone.known == {alone_training: (imported, chosen[1]) for alone_training in alone.wanted}
    both = (imported, replace(chosen[1], algorithm="imported"))
    alone = find_specification_runs(store, both, SpecificationGrid((HERE,)))
    assert list(alone.known.values()) == [both], "two imported models are not taken for one"


def test_two_seeds_of_one_recipe_share_what_they_ask_for(store, chosen):
    split = store.split(chosen[0].data_fingerprint, HERE)
    store.queue.add_run(split, "bpr", RECIPES["bpr"], 1)
    work_off(store)
    second = store.runs(split.fingerprint)[0]
    grid = SpecificationGrid((HERE,), (0, 1))
    found = find_specification_runs(store, [chosen[0], second], grid)
    assert found.known[grid.trainings[0]] == (chosen[0], second)
    assert [each.slug.seed for each in found.missing] == [2]


def test_a_failed_run_answers_since_it_would_fail_again(store, chosen):
    grid = SpecificationGrid((HERE,), (0, 1))
    (run_id,) = queue_missing(store, find_specification_runs(store, chosen, grid))
    store.queue.end_run(store.queue.claim("worker"), FAILED, "Out of memory.")
    found = find_specification_runs(store, chosen, grid)
    assert [run.id for run in found.failed] == [run_id] and not found.missing and len(found.known) == 1
