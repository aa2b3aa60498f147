"""Verdicts over several splits: counted, put into words, and their spread told apart."""

import math
from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.other_splits import (
    DifferenceOverSplits,
    compare_over_splits,
    numbers_over_splits,
    other_split_recipes,
    split_label,
    split_unit,
)
from recsys_core.comparison.spread import Spread
from recsys_core.comparison.verdicts import BETTER, SAME, UNCLEAR, Verdict
from recsys_core.data.split import SplitRecipe, make_split, split_fingerprint
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.evaluate import evaluate

RECIPES = (ALGORITHMS["svd"](n_factors=1), ALGORITHMS["bpr"](n_factors=8, n_epochs=3), ALGORITHMS["ease"]())


def scored(split, recipe, seed=0):
    *_, last = recipe.epochs(split.train, seed=seed)
    return evaluate(last.model, split, "validation")


@pytest.fixture(scope="module")
def three():
    """The same three models on three splits of planted data; on the first one, BPR with three seeds."""
    data, current = generate(SyntheticRecipe(n_users=300, n_items=120)), SplitRecipe()
    comparisons = []
    for recipe in (current, *other_split_recipes(current)):
        split = make_split(data, recipe)
        others = [scored(split, RECIPES[1], seed) for seed in (1, 2)] if recipe == current else []
        comparisons.append(
            Comparison(["SVD", "BPR", "EASE"], [scored(split, each) for each in RECIPES], other_seeds=[[], others, []])
        )
    return comparisons


def test_verdicts_and_spreads_are_those_of_each_split(three):
    bpr, ease = compare_over_splits(three, [each.is_stochastic for each in RECIPES])
    assert ease.verdicts == tuple(each.verdicts[2, 0] for each in three)
    means = [each.means[2] - each.means[0] for each in three]
    assert ease.spread.split == pytest.approx(np.std(means, ddof=1))
    assert math.isnan(ease.spread.seed) and ease.spread.n_splits == 3
    baseline = three[0].values("ndcg")[:, 0]
    evaluations = [three[0].evaluations[1], *three[0].other_seeds[1]]
    by_seed = [float((each.per_user("ndcg", 10) - baseline).mean()) for each in evaluations]
    assert bpr.spread.seed == pytest.approx(np.std(by_seed, ddof=1)) and bpr.spread.n_seeds == 3


def test_what_is_better_by_far_is_better_on_all_planted_splits(three):
    """The planted data has several tastes: one factor cannot hold them."""
    _, ease = compare_over_splits(three, [each.is_stochastic for each in RECIPES])
    assert [verdict.word for verdict in ease.verdicts] == [BETTER] * 3
    assert ease.sentence("#3 EASE", "#1 SVD", "splits") == "#3 EASE is better than #1 SVD in 3 of 3 splits."


def test_verdicts_that_do_not_hold_are_counted_apart():
    verdicts = tuple(
        Verdict(Interval(0.1, 0, 0.2), 0.01, word, None, 0.01) for word in (UNCLEAR, BETTER, UNCLEAR, SAME)
    )
    found = DifferenceOverSplits(verdicts, Spread(0.1, math.nan, 0.1, 1, 4))
    assert found.n_held == 2
    said = found.sentence("A", "B", "windows of time")
    assert "in 2 of 4 windows of time" in said and "better in 1" in said and "practically the same in 1" in said


def test_the_numbers_for_a_file_are_those_of_the_verdicts_on_each_split(three):
    differences = compare_over_splits(three, [each.is_stochastic for each in RECIPES])
    rows = numbers_over_splits(differences, three[0].labels, ["a", "b", "c"], "NDCG@10", "splits")
    assert [(row["run"], row["split"]) for row in rows] == [(run, at) for run in ("BPR", "EASE") for at in "abc"]
    ease = [row for row in rows if row["run"] == "EASE"]
    assert [row["value"] for row in ease] == [each.verdicts[2, 0].difference.mean for each in three]
    assert {row["verdict held in"] for row in ease} == {"3 of 3 splits"}


def test_comparisons_by_different_metrics_are_refused(three):
    other = Comparison(three[1].labels, three[1].evaluations, metric="map")
    with pytest.raises(InputError, match="one metric"):
        compare_over_splits([three[0], other], [False] * 3)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_other_splits_have_other_seeds(seed):
    recipes = other_split_recipes(SplitRecipe(seed=seed))
    assert len({recipe.seed for recipe in recipes} | {seed}) == 3
    assert split_label(recipes[-1]) == f"split seed {recipes[-1].seed}" and split_unit(recipes[0]) == "splits"


def test_by_time_without_a_test_each_window_is_another_one():
    """Windows are then as long as validation: three equal ones would hold any verdict three times."""
    recipe = SplitRecipe(method="strictly by time", test=0.0, validation=0.2)
    data = generate(SyntheticRecipe(n_users=60, n_items=40))
    times = np.random.default_rng(0).permutation(data.interactions.n_interactions).astype(float)
    data = replace(data, times=times)
    splits = [make_split(data, each) for each in (recipe, *other_split_recipes(recipe))]
    pairs = [set(zip(each.validation.users.tolist(), each.validation.items.tolist(), strict=True)) for each in splits]
    assert len(pairs) == 3 and all(map(len, pairs)) and not (pairs[0] & pairs[1] or pairs[1] & pairs[2])


def test_as_many_windows_as_are_allowed():
    recipe = SplitRecipe(method="strictly by time", windows_back=19)
    assert [each.windows_back for each in other_split_recipes(recipe)] == [20]


def test_by_time_they_are_earlier_windows():
    """Each window is judged on its own people, and the spread is over the windows' means."""
    recipe = SplitRecipe(method="strictly by time")
    recipes = [recipe, *other_split_recipes(recipe)]
    assert [split_label(each) for each in recipes] == ["latest window", "1 window earlier", "2 windows earlier"]
    assert split_unit(recipe) == "windows of time"
    data = generate(SyntheticRecipe(n_users=300, n_items=120))
    times = np.random.default_rng(0).permutation(data.interactions.n_interactions).astype(float)
    splits = [make_split(replace(data, times=times), each) for each in recipes]
    pair = [Comparison(["SVD", "EASE"], [scored(split, each) for each in (RECIPES[0], RECIPES[2])]) for split in splits]
    (ease,) = compare_over_splits(pair, [False, False])
    assert [len(each.evaluations[0].users) for each in pair] != [pair[0].n_users] * 3, "people differ"
    assert ease.verdicts == tuple(each.verdicts[1, 0] for each in pair)
    assert ease.spread.split == pytest.approx(np.std([each.means[1] - each.means[0] for each in pair], ddof=1))


def test_there_is_one_split_only_where_nothing_is_random():
    assert other_split_recipes(SplitRecipe(method="leave last out")) == []


def test_a_split_is_known_by_its_fingerprint_before_it_is_made():
    data = generate(SyntheticRecipe(n_users=60, n_items=40))
    for recipe in (SplitRecipe(seed=3), SplitRecipe(learn_from="training and validation")):
        assert split_fingerprint(data.fingerprint, recipe) == make_split(data, recipe).fingerprint
