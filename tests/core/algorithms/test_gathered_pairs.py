"""BPR and LambdaRank on gathered columns: the same learning as on whole rows, at the price of what is touched."""

import numpy as np
import pytest

from recsys_core.algorithms import BPR, LambdaRank, pairwise
from recsys_core.algorithms.lambdarank import discounts
from recsys_core.algorithms.pairwise import NEGATIVES, mean_over_samples, score_gradient
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from tests.small_trainings import run


def sparse_ratings(n_users=60, n_items=3000, each=5) -> Interactions:
    rng = np.random.default_rng(0)
    items = np.concatenate([rng.choice(n_items, each, replace=False) for _ in range(n_users)])
    stars = rng.integers(1, 6, len(items))
    return Interactions.from_triples(np.repeat(np.arange(n_users), each), items, stars, n_users, n_items)


def force(monkeypatch, *, gathers: bool, block_size=10, draws=1000) -> None:
    monkeypatch.setattr(pairwise, "_block", lambda *_: (block_size, gathers))
    monkeypatch.setattr(pairwise, "_BLOCK_DRAWS", draws)


@pytest.mark.parametrize(
    ("m", "n", "n_ratings", "gathers"),
    [
        (943, 1682, 100_000, False),  # MovieLens 100K, 1M and latest-small
        (6040, 3706, 1_000_000, False),
        (610, 9724, 100_836, False),
        (69_878, 10_677, 10_000_000, True),  # 10M and 20M
        (138_000, 27_000, 20_000_000, True),
        (1_000_000, 500_000, 20_000_000, True),
        (10, 1_000_000, 100, True),
    ],
)
def test_columns_are_gathered_where_the_catalogue_is_large_beside_what_a_block_touches(m, n, n_ratings, gathers):
    block_size, ours = pairwise._block(n, m, n_ratings / m)
    assert ours == gathers
    assert block_size >= 1
    columns = min(n, block_size * n_ratings / m + pairwise._BLOCK_DRAWS) if gathers else n
    assert block_size * columns <= pairwise._BLOCK_CELLS


@pytest.mark.parametrize("negatives", NEGATIVES)
@pytest.mark.parametrize("weigh", [mean_over_samples, LambdaRank(floor=0.3, truncation=3000).pair_weights])
def test_the_gradient_of_gathered_columns_is_that_of_whole_rows_for_the_same_pairs(negatives, weigh):
    """With ranks counted alike: whole rows are held to count only the touched items, each for what it stands for."""
    data, rng = sparse_ratings(), np.random.default_rng(1)
    n, users = data.n_items, np.array([7, 0, 31, 32])
    n_pool = pairwise.pool_size(n, negatives)
    whole = pairwise._draw(data, data.values, users, rng.integers(0, n, 300), n_pool, 16, rng)
    columns, stands_for, gathered = pairwise._gather(whole, n)
    s = rng.normal(size=(4, n)).astype(np.float32)
    for_all_items = np.zeros(n)
    for_all_items[columns] = stands_for

    expected, ours = (
        score_gradient(pairs, weigh(pairs))
        for pairs in (
            pairwise._compare(whole, s, for_all_items, n_pool),
            pairwise._compare(gathered, s[:, columns], stands_for, n_pool),
        )
    )
    assert len(columns) < n / 5
    np.testing.assert_allclose(ours, expected[:, columns], atol=1e-6)
    assert np.count_nonzero(expected) == np.count_nonzero(ours) > 0


def test_columns_stand_for_the_whole_catalogue_so_that_ranks_are_right_on_average():
    data, rng = sparse_ratings(), np.random.default_rng(2)
    s = rng.normal(size=data.n_items)
    is_above = s > np.quantile(s, 0.95)
    estimates = []
    for _ in range(400):
        draw = pairwise._draw(data, data.values, np.arange(10), rng.integers(0, data.n_items, 200), 128, 0, rng)
        columns, stands_for, _ = pairwise._gather(draw, data.n_items)
        assert stands_for.sum() == pytest.approx(data.n_items)
        assert stands_for.min() >= 1
        estimates.append(stands_for[is_above[columns]].sum())
    standard_error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - is_above.sum()) < 4 * standard_error
    assert np.std(estimates) > 0


def test_an_item_ranks_below_all_that_those_above_it_stand_for():
    s, stands_for = np.array([[0.1, 0.9, 0.5, 0.3]], np.float32), np.array([2.0, 1.0, 3.5, 1.0])
    ranks = np.array([[1 + 1 + 3.5 + 1, 1, 1 + 1, 1 + 1 + 3.5]])
    np.testing.assert_allclose(discounts(s, 10, stands_for), 1 / np.log2(1 + ranks), rtol=1e-6)
    np.testing.assert_allclose(discounts(s, 3, stands_for), (ranks <= 3) / np.log2(1 + ranks), rtol=1e-6)


@pytest.mark.parametrize("gathers", [False, True])
def test_the_penalty_comes_once_an_epoch_and_late_to_items_that_were_passed_over(gathers, monkeypatch):
    """Without pair forces, and with steps that are summed but not taken, an item's gradients add up to its penalty."""
    force(monkeypatch, gathers=gathers, draws=150)
    data, lam, n_epochs = sparse_ratings(), 0.7, 3
    total, steps, last_step = np.zeros((data.n_items, 4)), 0, np.zeros(data.n_items)

    def add_up(values, squares, columns, gradient, learning_rate):
        nonlocal steps
        if values.ndim == 2:
            steps += 1
            total[columns] += gradient
            last_step[columns] = steps
        return values

    monkeypatch.setattr(pairwise, "adagrad_rows", add_up)
    models = pairwise.train_on_pairs(
        BPR(n_factors=4, learning_rate=0.1, regularization=lam, negatives="uniform", start="noise"),
        data,
        np.random.default_rng(0),
        gains=data.values,
        pair_weights=lambda pairs: np.zeros(pairs.valid.shape, np.float32),
    )
    for _ in range(n_epochs + 1):
        item_factors = next(models).item_factors
    assert steps == n_epochs * 6
    np.testing.assert_allclose(total, 2 * lam * item_factors * last_step[:, None] / 6, rtol=1e-4, atol=1e-7)
    assert len(np.unique(last_step)) > 6 if gathers else np.all(last_step == steps)


@pytest.mark.parametrize(
    "recipe", [BPR(n_factors=32, n_epochs=15), LambdaRank(n_factors=32, n_epochs=15)], ids=["BPR", "LambdaRank"]
)
def test_gathered_columns_learn_as_much_as_whole_rows(recipe, monkeypatch):
    """On planted data, where 300 draws leave part of the catalogue out; the mean of two seeds."""
    means = []
    for gathers in (False, True):
        force(monkeypatch, gathers=gathers, draws=300)
        found = []
        for seed in range(2):
            dataset = generate(SyntheticRecipe(feedback="implicit", n_items=1000, seed=seed))
            split = make_split(dataset, SplitRecipe(seed=seed))
            found.append(evaluate(run(recipe, split.train, seed)[-1].model, split, "test").mean("ndcg", 10))
        means.append(np.mean(found))
    assert means[1] == pytest.approx(means[0], rel=0.05)


def test_no_array_of_a_step_is_as_wide_as_the_catalogue():
    data, widths = sparse_ratings(n_users=200, n_items=60_000), []

    def weigh(pairs):
        widths.append(pairs.scores.shape[1])
        return mean_over_samples(pairs)

    models = pairwise.train_on_pairs(
        BPR(n_factors=2, learning_rate=0.1, regularization=0.1, negatives="uniform", start="noise"),
        data,
        np.random.default_rng(0),
        gains=data.values,
        pair_weights=weigh,
    )
    next(models), next(models)
    assert 0 < max(widths) < data.n_items / 20
