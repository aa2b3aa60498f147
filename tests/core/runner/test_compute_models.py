"""What a child makes of trained models of large data is what the server would make of them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.biases import Biases
from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.reranked import Reranked
from recsys_core.algorithms.svd import SVD
from recsys_core.comparison.robustness import judge_specifications
from recsys_core.comparison.specifications import SpecificationGrid
from recsys_core.data.split import make_split
from recsys_core.evaluation.blending import EnsembleFitter, fit_ensembles
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.list_context import list_context, popular_lists
from recsys_core.reranking.owned import read_owned
from recsys_core.reranking.rerank import find_candidates, rerank
from recsys_core.runner.compute import compute
from recsys_core.runner.compute_process import ComputeProcess
from recsys_core.runner.ensemble_arrays import blend_to_arrays, ensembles_from_arrays, order_to_store_blend
from recsys_core.runner.execute import execute
from recsys_core.runner.judge_trainings import order_to_judge, outcomes_from_json
from recsys_core.runner.relist import order_to_relist, owned_to_arrays, relisted_from_arrays
from recsys_core.runner.specification_runs import compare_training
from recsys_core.runner.task import (
    ENSEMBLES,
    JUDGED,
    KEPT_BLEND,
    KEPT_LISTS,
    RELISTED,
    Task,
)
from tests.core.runner.small_runs import through_files


def test_ensembles_and_a_blend_survive_too(store, dataset, folder):
    stars = np.random.default_rng(0).integers(1, 6, dataset.interactions.n_interactions).astype(np.float32)
    graded = replace(dataset, interactions=replace(dataset.interactions, values=stars), feedback="explicit")
    fingerprint, split = store.add_dataset(graded), make_split(graded)
    recipes = {"svd": SVD(n_factors=3), "biases": Biases(n_epochs=2), "als": ALS(n_factors=2, n_epochs=2)}
    ids = [store.queue.add_run(split, name, recipe, 0) for name, recipe in recipes.items()]
    while run := store.queue.claim("here"):
        execute(store, run)
    for for_lists, chosen, n_blends in ((True, ids, 6), (False, ids[1:], 1)):
        models = [store.model(run_id) for run_id in chosen]
        expected = fit_ensembles(EnsembleFitter(models, split, for_lists=for_lists))
        order = json.dumps({"runs": [("", run_id) for run_id in chosen], "for_lists": for_lists})
        arrays, plain = compute(store, Task(ENSEMBLES, fingerprint, order=order))
        plain, arrays = json.loads(json.dumps(plain)), through_files(folder, arrays)
        ours = ensembles_from_arrays(arrays, plain, models, split, for_lists=for_lists)
        assert "models" not in vars(ours.components), "they are large, and nobody needs them yet"
        for told in ("on_others", "for_lists", "n_fitted", "n_users"):
            assert getattr(ours, told) == getattr(expected, told)
        assert len(ours.blends) == n_blends
        for one, other in zip(ours.blends, expected.blends, strict=True):
            assert one.n_factors == other.n_factors
            for part in ("path", "losses", "slopes", "weights"):
                np.testing.assert_array_equal(getattr(one, part), getattr(other, part))
            np.testing.assert_array_equal(one.model.user_factors, other.model.user_factors)
            np.testing.assert_array_equal(one.evaluation.top_items, other.evaluation.top_items)
            assert one.evaluation.rmse == other.evaluation.rmse and (one.evaluation.rmse is None) == for_lists
            of_all_ranks = evaluate(one.model, split, "validation")
            for metric, k in (("ndcg", 10), ("precision", 10), ("ndcg", 50)):
                np.testing.assert_array_equal(one.evaluation.per_user(metric, k), of_all_ranks.per_user(metric, k))
        for one, other in zip(ours.singles, expected.singles, strict=True):
            np.testing.assert_array_equal(one.per_user("ndcg", 10), other.per_user("ndcg", 10))
    recipe, notes = Blend(n_factors=3, parts=(("a", "SVD", 0.7), ("b", "ALS", 0.3)), standardised=True), "Fitted."
    order, given = order_to_store_blend(recipe, notes, 2.5), blend_to_arrays(expected.uncapped.model)
    _, run_id = compute(store, Task(KEPT_BLEND, fingerprint, order=order), given=through_files(folder, given))
    run = store.run(run_id)
    assert (run.recipe, run.notes, run.state) == (recipe, notes, "finished") and store.epochs(run_id)[-1].seconds == 2.5
    np.testing.assert_array_equal(store.model(run_id).user_factors, expected.uncapped.model.user_factors)
    for subset in ("validation", "test"):
        scored = evaluate(expected.uncapped.model, split, subset)
        np.testing.assert_array_equal(store.evaluation(run_id, subset).relevant.ranks, scored.relevant.ranks)


@pytest.mark.parametrize("owns", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {"aim": "diversity", "dial": 0.4, "most_people": 0.3},
        {"aim": "calibration", "dial": 0.6},
        {"most_per_genre": 2, "length": 10},
    ],
)
def test_re_ranked_lists_survive_too(store, dataset, folder, settings, owns):
    fingerprint, split = store.add_dataset(dataset), make_split(dataset)
    run_id = store.queue.add_run(split, "svd", SVD(n_factors=3), 0)
    execute(store, store.queue.claim("here"))
    rows = "".join(f"{dataset.user_ids[user]},{dataset.item_ids[user % 7]}\n" for user in range(12))
    owned = read_owned(f"user,item\n{rows}".encode(), "owned.csv", dataset) if owns else None
    more = {"owned": owned.fingerprint, "n_owned": owned.n_pairs} if owned else {}
    recipe = Reranked(parent="a", parent_label="SVD", **settings, **more)
    expected = {}
    for subset in ("validation", "test"):
        found = find_candidates(store.model(run_id), dataset, split, subset, recipe, owned)
        context = list_context(dataset, split, popular_lists(split, subset))
        expected[subset] = rerank(found, dataset, split, recipe, context)
    order = order_to_relist(run_id, "a", recipe, "Made of it.")
    given = through_files(folder, owned_to_arrays(owned))
    for subset, lists in expected.items():
        arrays, seconds = compute(store, Task(RELISTED, fingerprint, subset=subset, order=order), given=given)
        ours = relisted_from_arrays(through_files(folder, arrays), seconds, lists.n_items)
        np.testing.assert_array_equal(ours.model.lists, lists.lists)
        scored = evaluate(lists, split, subset)
        assert ours.evaluation.subset == subset and ours.seconds > 0
        np.testing.assert_array_equal(ours.evaluation.relevant.ranks, scored.relevant.ranks)
    _, kept = compute(store, Task(KEPT_LISTS, fingerprint, order=order), given=given)
    run = store.run(kept)
    assert (run.recipe, run.notes) == (recipe, "Made of it.")
    assert store.epochs(kept)[-1].seconds > store.epochs(run_id)[-1].seconds
    np.testing.assert_array_equal(store.model(kept).lists, expected["validation"].lists)
    for subset, lists in expected.items():
        evaluation = store.evaluation(kept, subset)
        np.testing.assert_array_equal(evaluation.top_items, lists.lists[evaluation.users])


def test_what_is_not_given_to_a_child_as_it_was_asked_for_is_refused(store, dataset, folder):
    fingerprint, split = store.add_dataset(dataset), make_split(dataset)
    run_id = store.queue.add_run(split, "svd", SVD(n_factors=3), 0)
    execute(store, store.queue.claim("here"))
    owned = read_owned(f"{dataset.user_ids[0]},{dataset.item_ids[0]}\n".encode(), "owned.csv", dataset)
    order = order_to_relist(run_id, "a", Reranked(owned=owned.fingerprint, n_owned=1))
    task = Task(RELISTED, fingerprint, subset="validation", order=order)
    without, given = ComputeProcess(store, task), ComputeProcess(store, task, owned_to_arrays(owned))
    for process in (without, given):
        process.wait(60)
    assert "give the file that they were made with" in str(without.error) and without.result is None
    assert given.error is None and given.result is not None
    assert owned.pairs.items[0] not in given.result[0]["model"][owned.pairs.users[0]]
    assert list(folder.iterdir()) == []


def test_ways_to_test_survive_too(store, dataset):
    stars = np.random.default_rng(0).integers(1, 6, dataset.interactions.n_interactions).astype(np.float32)
    graded = replace(dataset, interactions=replace(dataset.interactions, values=stars), feedback="explicit")
    fingerprint, split = store.add_dataset(graded), make_split(graded)
    grid = SpecificationGrid(
        (split.recipe, replace(split.recipe, seed=1)),
        metrics=("ndcg", "map"),
        cutoffs=(5, 10),
        thresholds=(6.0, None, 4.0),
    )
    recipes = {"svd": SVD(n_factors=3), "biases": Biases(n_epochs=2), "als": ALS(n_factors=2, n_epochs=2)}
    for of_split in map(store.split, [fingerprint] * 2, grid.splits):
        for name, recipe in recipes.items():
            store.queue.add_run(of_split, name, recipe, 0)
    while run := store.queue.claim("here"):
        execute(store, run)
    runs = sorted(store.runs(), key=lambda run: run.id)
    chosen, other = runs[:3], runs[3:]
    trainings = dict(zip(grid.trainings, (chosen, other), strict=True))
    order = order_to_judge(trainings, chosen, grid, 0.03)
    _, judged = compute(store, Task(JUDGED, fingerprint, split.recipe, "validation", order=order))
    ours = outcomes_from_json(json.loads(json.dumps(judged)), grid)
    assert list(ours) == grid.trainings
    for training, of_training in trainings.items():
        comparison = compare_training(of_training, chosen, lambda run: store.evaluation(run.id, "validation"))
        expected = judge_specifications(comparison, grid.of_training(training), margin=0.03)
        assert [vars(each) for each in ours[training]] == [vars(each) for each in expected]
    assert len({each.quality for of_training in ours.values() for each in of_training}) > 10
