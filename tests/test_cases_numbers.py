"""What other libraries have stumbled over, by the issue that tells of it: labels, emptiness, ranks, cut-offs, files."""

import math
import warnings
from collections import Counter

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.comparison.verdicts import BETTER, WORSE, judge_all
from recsys_core.data.cleaning import KCore, clean
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.errors import InputError
from recsys_core.evaluation.bootstrap import mean_interval
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.rank_items import top_items
from recsys_core.exchange.reading import align_to_dataset, read_model
from tests import oracles
from tests.core.exchange.files import npz
from tests.small_trainings import run, scores


def interactions(rng, m: int, n: int, share: float, values=None) -> Interactions:
    users, items = np.nonzero(rng.random((m, n)) < share)
    values = np.ones(len(users)) if values is None else rng.choice(values, len(users))
    return Interactions.from_triples(users, items, values, m, n)


def dataset(data: Interactions, item_ids=None) -> Dataset:
    people, items = tuple(map(str, range(data.n_users))), tuple(map(str, item_ids or range(data.n_items)))
    return Dataset("x", data, people, items, "explicit", items)


# --- Labels ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [range(6), range(46), range(101), range(0, 2001, 50), range(-10, 256, 5)], ids=str)
def test_graded_gains_of_large_labels_train_without_overflow(values):
    """xgboost 6352, 6707 and 11517, LightGBM 4078: gains of labels beyond 31."""
    data = interactions(np.random.default_rng(0), 30, 25, 0.4, list(values))
    for epoch in run(ALGORITHMS["lambdarank"](gains="graded", n_epochs=2), data):
        assert 0 < epoch.objective <= 1 and epoch.model.is_finite()


@pytest.mark.parametrize("top", [5, 31, 45])
def test_graded_metrics_of_large_labels_are_those_of_the_loops(top):
    split = make_split(dataset(interactions(np.random.default_rng(1), 30, 25, 0.4, list(range(top + 1)))))
    evaluation = evaluate(run(ALGORITHMS["bpr"](n_epochs=2), split.train)[-1].model, split)
    ranked = evaluation.relevant
    for metric, gain in (("ndcg_graded", lambda grades: 2.0**grades - 1), ("ndcg_linear", lambda grades: grades)):
        expected = []
        for start, stop in zip(ranked.indptr[:-1], ranked.indptr[1:], strict=True):
            ranks, gains = ranked.ranks[start:stop], gain(ranked.relevance[start:stop].astype(float))
            dcg = sum(g / math.log2(r + 1) for r, g in zip(ranks, gains, strict=True) if r <= 10)
            ideal = sum(g / math.log2(r + 1) for r, g in enumerate(sorted(gains, reverse=True)[:10], start=1))
            expected.append(dcg / ideal if ideal else 0)
        np.testing.assert_allclose(evaluation.per_user(metric, 10), expected, atol=1e-12)


# --- Hardly any data, and all of it ----------------------------------------------------------------------


@pytest.mark.parametrize("key", ALGORITHMS)
@pytest.mark.parametrize("n_items", [1, 2, 10])
def test_for_who_has_everything_training_ends_and_the_list_is_empty(key, n_items):
    """librec 44, recommenders 2164, RecBole 2193: drawing an item that a person does not have never ends."""
    users, items = np.nonzero((np.arange(6)[:, None] < 2) | ((np.arange(6)[:, None] + np.arange(n_items)) % 2 == 1))
    data = Interactions.from_triples(users, items, np.ones(len(users)), 6, n_items)
    cls = ALGORITHMS[key]
    for changes in [{}, {"negatives": "uniform"}] if hasattr(cls, "negatives") else [{}]:
        last = run(cls(**changes), data)[-1]
        assert np.isfinite(scores(last.model)).all() and np.isfinite(last.objective)
        assert np.all(top_items(last.model, data, np.arange(2), 5) == -1)


@pytest.mark.parametrize("key", ALGORITHMS)
@pytest.mark.parametrize("shape", [(3, 3), (1, 5), (5, 1)], ids=str)
def test_one_single_choice_is_learned_from_without_a_warning(key, shape):
    """implicit 264: a division by zero."""
    data = Interactions.from_triples([shape[0] // 2], [shape[1] // 2], [1.0], *shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        last = run(ALGORITHMS[key].defaults_for(data), data)[-1]
    assert np.isfinite(scores(last.model)).all() and np.isfinite(last.objective)


@pytest.mark.parametrize("value", [1.0, 4.0])
def test_twins_and_more_factors_than_the_rank_raise_no_objective(value):
    """python-recsys 24, implicit 94: 30 people of three kinds, an item that nobody has, 64 factors."""
    rng = np.random.default_rng(0)
    table = (rng.random((3, 12)) < 0.5)[rng.integers(0, 3, 30)]
    table[:, 5] = False
    users, items = np.nonzero(table)
    data = Interactions.from_triples(users, items, np.full(len(users), value), 30, 12)
    plain = dict(regularization=1e-3, penalty="plain", centering="none")
    weak = dict(n_factors=64, regularization=0.01)
    recipes = [
        ALGORITHMS["svd"](n_factors=128, regularization=0),
        ALGORITHMS["svd"](n_factors=128, regularization=0, centering="biases"),
        ALGORITHMS["als"](n_factors=64, n_epochs=8),
        ALGORITHMS["als"](n_factors=64, n_epochs=8, **plain),
        *(ALGORITHMS["implicit_als"](**weak, solver=solver) for solver in ("exact", "conjugate gradient")),
    ]
    for recipe in recipes:
        epochs = run(recipe, data)
        objectives = np.array([epoch.objective for epoch in epochs])
        assert np.isfinite(scores(epochs[-1].model)).all()
        # What rounds are sums as large as what there is to explain, also where hardly anything is left of it.
        assert np.all(np.diff(objectives) <= 1e-6 * recipe.empty_objective(data)), recipe
    np.testing.assert_allclose(scores(run(recipes[0], data)[-1].model), table, atol=1e-5)


@pytest.mark.parametrize("n", [2, 3, 5, 8, 30])
def test_a_core_that_leaves_nothing_is_refused_and_any_other_is_that_of_the_loops(n):
    """hgru4rec 5: all counts were 0, and training went on."""
    rng = np.random.default_rng(0)
    cells = set(zip((rng.zipf(1.4, 700) % 50).tolist(), (rng.zipf(1.4, 700) % 40).tolist(), strict=True))
    users, items = zip(*sorted(cells), strict=True)
    data = dataset(Interactions.from_triples(users, items, np.ones(len(cells)), 50, 40))
    while True:
        of_user, of_item = Counter(user for user, _ in cells), Counter(item for _, item in cells)
        kept = {(user, item) for user, item in cells if of_user[user] >= n and of_item[item] >= n}
        if kept == cells:
            break
        cells = kept
    if not cells:
        with pytest.raises(InputError, match="must leave something"):
            clean(data, [KCore(n=n)])
        return
    left, _ = clean(data, [KCore(n=n)])
    ids = zip(left.interactions.users, left.interactions.items, strict=True)
    assert {(int(left.user_ids[user]), int(left.item_ids[item])) for user, item in ids} == cells


# --- Cut-offs --------------------------------------------------------------------------------------------

METRICS = {
    "ndcg": oracles.ndcg,
    "ndcg_graded": oracles.ndcg_graded,
    "ndcg_linear": oracles.ndcg_linear,
    "map": oracles.average_precision,
    "map_over_relevant": oracles.average_precision_over_relevant,
    "precision": oracles.precision,
    "recall": oracles.recall,
    "hit_rate": oracles.hit_rate,
    "mrr": oracles.reciprocal_rank,
    "auc": oracles.auc,
}


@pytest.mark.parametrize("seed", range(12))
def test_metrics_of_few_candidates_and_lists_longer_than_the_catalogue_are_those_of_the_loops(seed):
    """CDL 3, lightfm 186 (a precision above 1), LightGBM 6823 (one candidate), ranking-metrics-torch 1."""
    rng = np.random.default_rng(seed)
    data = interactions(rng, int(rng.integers(6, 15)), int(rng.integers(3, 13)), rng.choice([0.4, 0.6, 0.95]), range(6))
    split = make_split(dataset(data), SplitRecipe(seed=seed, validation=0.15, test=0.3))
    shape = (data.n_users, 3), (data.n_items, 3)
    model = FactorModel.of(*(rng.normal(size=size) for size in shape), predicts_ratings=True, offset=3)
    evaluation, seen = evaluate(model, split), split.train.joined(split.validation)
    people = [user for user in range(data.n_users) if split.test.items_per_user[user]]
    assert evaluation.users.tolist() == people and evaluation.n_left_out == data.n_users - len(people)
    rows = scores(model)
    for k in (1, 3, 10, 50):
        for name, metric in METRICS.items():
            values = evaluation.per_user(name, k)
            expected = []
            for user in people:
                own = split.test.of(user)
                relevant = dict(zip(split.test.items[own].tolist(), split.test.values[own].tolist(), strict=True))
                ranked = oracles.unseen_items_best_first(rows[user], seen.items[seen.of(user)].tolist())
                expected.append(metric(ranked, relevant, k))
            np.testing.assert_allclose(values, expected, atol=1e-12, err_msg=f"{name}@{k}")
            assert np.all((values >= 0) & (values <= 1 + 1e-12))


# --- Intervals -------------------------------------------------------------------------------------------


def test_of_one_person_twins_and_zeros_nothing_is_told():
    one = mean_interval(np.array([0.3]))
    assert math.isnan(one.low) and math.isnan(one.high)
    some = np.random.default_rng(0).random(50)
    for pair in ([some, some], [some[:1], some[:1] + 0.1], [np.zeros(9), np.zeros(9)]):
        assert judge_all(pair)[1, 0].word not in (BETTER, WORSE)


# --- Factors from elsewhere ------------------------------------------------------------------------------

DATA = dataset(Interactions.from_triples(np.arange(5), np.arange(5) % 4, np.ones(5), 5, 4), item_ids=(10, 20, 30, 40))


def factors() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"user_factors": rng.normal(size=(5, 3)), "item_factors": rng.normal(size=(4, 3))}


def test_ids_that_are_whole_numbers_written_as_floats_join():
    """GaNDLF 900, LibRecommender 67: a column with a gap turns 3 into 3.0."""
    file = npz(**factors(), user_ids=np.arange(5.0), item_ids=np.array([10.0, 20, 30, 40]))
    model, (people, items) = align_to_dataset(read_model(file), DATA)
    assert (people.n_matched, items.n_matched) == (5, 4)
    np.testing.assert_allclose(scores(model), factors()["user_factors"] @ factors()["item_factors"].T, atol=1e-5)


def test_rows_are_joined_by_id_and_not_by_place():
    """lightfm 169: factors in another order than the data."""
    file = npz(**factors(), user_ids=np.array([4, 3, 2, 1, 9]), item_ids=np.array([40, 10, 20, 30]))
    model, _ = align_to_dataset(read_model(file), DATA)
    p, q = factors().values()
    expected = [p[:4].mean(axis=0), p[3], p[2], p[1], p[0]] @ q[[1, 2, 3, 0]].T
    np.testing.assert_allclose(scores(model)[1:], expected[1:], atol=1e-5)


def test_factors_without_ids_are_refused_with_what_to_add():
    """As implicit saves them."""
    with pytest.raises(InputError, match="lacks item_ids, user_ids: add them"):
        read_model(npz(**factors(), regularization=0.01, factors=3, dtype="float32"))
