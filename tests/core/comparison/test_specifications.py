"""Reasonable ways to test: which there are, what comes of each, and how the outcomes are counted and put into words."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.epochs import last_model
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.robustness import NO_WINNER, Outcome, Robustness, judge_specifications
from recsys_core.comparison.specifications import (
    CHOICES,
    EVERYBODY,
    METRIC_CHOICES,
    Specification,
    SpecificationGrid,
    Training,
    default_grid,
    pruning_choices,
    split_choices,
    value_label,
)
from recsys_core.comparison.verdicts import BETTER, SAME, UNCLEAR, Verdict
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.metrics import METRICS
from recsys_core.metrics.conventions import CONVENTIONS

HERE = SplitRecipe()
STARS = generate(SyntheticRecipe(n_users=300, n_items=120, feedback="explicit"))
TRAINING = Training(0, HERE)


@cache
def stars():
    return make_split(STARS, HERE)


@cache
def scored(algorithm: str, seed: int = 0, **settings):
    model = last_model(ALGORITHMS[algorithm](**settings).epochs(stars().train, seed=seed))
    return evaluate(model, stars(), "validation")


def outcomes_of(*evaluations, grid=None, **settings) -> list[Outcome]:
    grid = grid or SpecificationGrid((HERE,), **settings)
    comparison = Comparison([f"#{number}" for number in range(len(evaluations))], evaluations)
    return list(judge_specifications(comparison, grid.of_training(TRAINING), margin=0.02))


# The grid


def test_a_grid_has_every_combination_once():
    grid = SpecificationGrid((HERE, replace(HERE, seed=1)), (0, 1), (EVERYBODY, 10), thresholds=(None, 4.0))
    found = grid.specifications()
    assert len(set(found)) == len(found) == 2 * 2 * 2 * (3 + 2 + 1) * 3 * 2
    assert found[0].training == Training(0, HERE) and len(grid.trainings) == 8
    assert set(CHOICES) == {"split", "seed_offset", "min_ratings", "metric", "convention", "k", "threshold"}


def test_where_ratings_do_not_differ_a_gain_by_rating_is_no_other_way():
    graded, alike = (SpecificationGrid((HERE,), is_graded=is_graded) for is_graded in (True, False))
    assert set(graded.measures) - set(alike.measures) == {("ndcg", "trec_eval")}
    data = generate(SyntheticRecipe(n_users=60, n_items=40))
    split = make_split(data, HERE)
    found = evaluate(last_model(ALGORITHMS["ease"]().epochs(split.train)), split, "validation")
    np.testing.assert_allclose(found.per_user("ndcg", 10), found.per_user("ndcg_linear", 10))


@pytest.mark.parametrize("library", ["recbole", "trec_eval"])
@pytest.mark.parametrize("metric", ["ndcg", "map"])
def test_a_convention_is_that_of_the_library_it_is_named_after(library, metric):
    chosen = Specification(TRAINING, metric, CONVENTIONS[library].label, 5)
    found = scored("ease")
    theirs = CONVENTIONS[library].functions[metric](found.relevant, 5)
    np.testing.assert_allclose(found.per_user(chosen.judged_by, 5), theirs, rtol=1e-12)


def test_pruning_the_test_is_refused_with_the_reason():
    with pytest.raises(InputError, match="no longer measures the people whom the model will serve"):
        SpecificationGrid((HERE,), min_ratings=(EVERYBODY, 10), pruned="training and test")


@pytest.mark.parametrize(
    "wrong",
    [
        {"splits": ()},
        {"metrics": ("rmse",)},
        {"conventions": ("mine",)},
        {"cutoffs": (0,)},
        {"seed_offsets": (-1,)},
        {"cutoffs": tuple(range(1, 400)), "thresholds": (None, 2.0, 3.0)},
        {"metrics": ("ndcg",), "conventions": ("trec_eval",), "is_graded": False},
    ],
    ids=lambda wrong: "-".join(wrong),
)
def test_what_is_no_choice_is_refused(wrong):
    with pytest.raises(InputError):
        SpecificationGrid(**{"splits": (HERE,), **wrong})


def test_the_first_choices_make_a_difference_on_these_data():
    few = default_grid(STARS, stars(), varies_training=False, is_stochastic=True)
    assert len(few.trainings) == 1 and few.thresholds == (None, 4.0)
    many = default_grid(STARS, stars(), varies_training=True, is_stochastic=True)
    assert (len(many.splits), many.seed_offsets) == (3, (0, 1)) and many.splits[0] == HERE
    counts = stars().train.items_per_user
    assert 0 < np.mean(counts[counts > 0] < many.min_ratings[1]) <= 0.25
    assert pruning_choices(stars())[0] == many.min_ratings[1]
    assert default_grid(STARS, stars(), varies_training=True, is_stochastic=False).seed_offsets == (0,)
    assert split_choices(STARS, HERE) == list(many.splits), "without times there is no split by time"
    timed = replace(STARS, times=np.arange(STARS.interactions.n_interactions, dtype=float))
    last = split_choices(timed, HERE)[-1]
    assert last.method == "strictly by time" and value_label("split", last, HERE).startswith("strictly by time")


# What comes of one


@pytest.mark.parametrize("threshold", [3.0, 4.0, 5.0])
def test_a_threshold_scores_as_if_the_held_out_ratings_had_been_given_it(threshold):
    model = last_model(ALGORITHMS["ease"]().epochs(stars().train))
    with_it = replace(stars(), validation=replace(stars().validation, relevance_threshold=threshold),
                      train=replace(stars().train, relevance_threshold=threshold))  # fmt: skip
    expected = evaluate(model, with_it, "validation")
    found = evaluate(model, stars(), "validation").with_threshold(threshold)
    assert np.array_equal(found.users, expected.users) and found.n_left_out == expected.n_left_out
    assert np.array_equal(found.top_items, expected.top_items)
    for metric in [*METRIC_CHOICES, "auc", "ndcg_graded"]:
        assert np.array_equal(found.per_user(metric, 5), expected.per_user(metric, 5)), metric


def test_a_threshold_that_nothing_reaches_or_that_asks_for_more_is_refused():
    with pytest.raises(InputError, match="Nothing reaches 6"):
        scored("ease").with_threshold(6)
    with pytest.raises(InputError, match="must be at least the one"):
        scored("ease").with_threshold(4).with_threshold(3)


def test_a_threshold_that_nothing_held_out_reaches_is_left_out_and_that_is_said():
    models, grid = (scored("ease"), scored("svd")), SpecificationGrid((HERE,), thresholds=(None, 4.0, 6.0))
    found = outcomes_of(*models, grid=grid)
    assert {outcome.specification.threshold for outcome in found} == {None, 4.0}
    summary = Robustness.of(["#1", "#2"], [found], grid)
    assert (summary.n_planned, summary.n_left_out, summary.known) == (36, 18, "")
    assert summary.left_out.startswith("18 more ways to test are left out: no held-out rating is high enough")
    assert Robustness.of(["#1", "#2"], [outcomes_of(*models)], SpecificationGrid((HERE,))).left_out == ""
    other = replace(grid, splits=(HERE, replace(HERE, seed=1)))
    assert Robustness.of(["#1", "#2"], [found, []], other).known.startswith("36 of 90 ways to test are known")


def test_each_outcome_is_bit_for_bit_that_of_the_comparison_by_itself():
    models = scored("svd", n_factors=1), scored("ease"), scored("bpr", n_epochs=3)
    for outcome in outcomes_of(*models, thresholds=(None, 4.0)):
        chosen = outcome.specification
        alone = models if chosen.threshold is None else [each.with_threshold(4) for each in models]
        single = Comparison(["a", "b", "c"], alone, metric=chosen.judged_by, k=chosen.k)
        assert outcome.verdicts == single.verdicts and list(outcome.quality) == single.means
        best = single.best
        beats_all = all(single.verdicts[best, other].word == BETTER for other in {0, 1, 2} - {best})
        assert outcome.winner == (best if beats_all else NO_WINNER)


def test_one_model_alone_cannot_win():
    with pytest.raises(InputError, match="At least two models"):
        outcomes_of(scored("ease"))


def test_a_recipe_under_two_seeds_wins_nowhere():
    """Where it is known that only the seed differs, no verdict names a winner, whatever the numbers."""
    recipe = ALGORITHMS["bpr"](n_epochs=3)
    pair = [scored("bpr", seed, n_epochs=3) for seed in (0, 1)]
    comparison = Comparison(["a", "b"], pair, recipes=[recipe, recipe])
    grid = SpecificationGrid((HERE,))
    found = list(judge_specifications(comparison, grid.of_training(TRAINING), margin=0.02))
    assert [outcome.winner for outcome in found] == [NO_WINNER] * len(found)


@cache
def null_outcomes() -> list[Outcome]:
    """Two seeds of one recipe as if they were two models, on twelve planted data sets, six ways to score each."""
    found = []
    for number in range(12):
        split = make_split(generate(SyntheticRecipe(n_users=150, n_items=80, seed=number)), replace(HERE, seed=number))
        recipe = ALGORITHMS["bpr"](n_epochs=10, n_factors=8)
        pair = [
            evaluate(last_model(recipe.epochs(split.train, seed=seed)), split, "validation")
            for seed in (2 * number, 2 * number + 1)
        ]
        grid = SpecificationGrid((HERE,), metrics=("ndcg", "recall"), cutoffs=(5, 10), is_graded=False)
        comparison = Comparison(["a", "b"], pair)
        found += judge_specifications(comparison, grid.of_training(TRAINING), margin=0.02)
    return found


def test_where_nobody_knows_that_only_the_seed_differs_there_is_hardly_ever_a_winner():
    winners = [outcome.winner for outcome in null_outcomes()]
    assert len(winners) == 72 and np.mean(np.equal(winners, NO_WINNER)) >= 0.9


# Counted and put into words


def outcome_of(words: str, *, k: int = 10, metric: str = "ndcg", seed_offset: int = 0, convention: str = "") -> Outcome:
    """An outcome of two models: the word of the first compared with the second, as its first letter."""
    word = {"A": BETTER, "B": BETTER, "s": SAME, "u": UNCLEAR}[words]
    verdict = Verdict(Interval(0.1, 0.05, 0.15), 0.01, word, None, 0.01)
    verdicts = {(0, 1): verdict, (1, 0): -verdict}
    quality = (0.3, 0.2)
    if words == "B":
        verdicts, quality = {(0, 1): -verdict, (1, 0): verdict}, (0.2, 0.3)
    convention = convention or ("RecBole" if metric in ("ndcg", "map") else "one way only")
    return Outcome(Specification(Training(seed_offset, HERE), metric, convention, k), verdicts, quality, (False, False))


def robustness(words: str, n_planned: int = 0) -> Robustness:
    found = [outcome_of(word, seed_offset=number) for number, word in enumerate(words)]
    return Robustness(["#1 ALS", "#2 SVD"], found, n_planned or len(found))


def test_wins_are_counted_and_add_up():
    found = robustness("AAAABus")
    assert found.wins == [4, 1] and (found.n_same, found.n_unclear) == (1, 1) and found.leader == 0
    assert found.sentence.startswith("#1 ALS wins in 4 of 7 reasonable ways to test, #2 SVD in 1. In 1 there is no")
    assert "in 1 they are practically the same" in found.sentence and found.known == ""
    assert robustness("AAA").sentence == "#1 ALS wins in all 3 reasonable ways to test."
    assert robustness("BB").leader == 1
    none = robustness("uus", n_planned=96)
    assert none.sentence.startswith("No model wins in any of 3 reasonable ways to test. In 2")
    assert none.known.startswith("3 of 96")


def test_a_model_that_may_have_seen_the_answers_wins_nowhere():
    found = [replace(outcome_of(word, seed_offset=at), possibly_leaked=(False, True)) for at, word in enumerate("BBAu")]
    summary = Robustness(["#1 ALS", "#2 lists"], found, 4)
    assert summary.wins == [1, 0] and summary.leader == 0 and (summary.n_same, summary.n_unclear) == (0, 1)
    assert summary.sentence == (
        "#1 ALS wins in 1 of 4 reasonable ways to test. In 1 there is no clear difference and in 2 #2 lists is ahead "
        "but may have been trained on that data, so this is no win."
    )
    assert Robustness(["#1 ALS", "#2 lists"], found[:2], 2).sentence.startswith("No model wins in any of 2")


def test_the_choice_that_decides_is_found_among_specifications_alike_in_all_else():
    """Here N decides all and the seed nothing, though seed 1 was only tried where the first model loses."""
    found = [outcome_of("A", k=20), outcome_of("u", k=5), outcome_of("u", k=5, seed_offset=1)]
    summary = Robustness(["#1", "#2"], found, 3)
    by_choice = {effect.choice: effect for effect in summary.effects}
    assert summary.effects[0].choice == "k"
    top = by_choice["k"]
    assert (top.low, top.high, top.low_share, top.high_share, top.n_matched) == (5, 20, 0, 1, 1)
    assert by_choice["seed_offset"].difference == 0
    said = summary.what_decides(HERE)
    assert "length of the list" in said and "0% with “N = 5”" in said and "100% with “N = 20”" in said


def test_a_choice_that_was_never_varied_alone_is_not_said_to_decide():
    found = [outcome_of("A", k=20, metric="ndcg"), outcome_of("u", k=5, metric="recall")]
    summary = Robustness(["#1", "#2"], found, 2)
    assert summary.effects == [] and summary.what_decides(HERE) == ""
    assert robustness("AA").what_decides(HERE) == "No choice changes that."


def test_the_table_and_the_file_say_what_was_counted():
    found = [outcome_of(word, k=k) for word, k in zip("AAuB", (5, 10, 20, 50), strict=True)]
    summary = Robustness(["#1", "#2"], found, 4)
    header, rows = summary.table(HERE)
    assert header[2:] == ["ways to test", "#1 wins", "#2 wins", "no winner"]
    assert [row[1:] for row in rows] == [
        ["N = 5", "1", "1", "0", "0"],
        ["N = 10", "1", "1", "0", "0"],
        ["N = 20", "1", "0", "0", "1"],
        ["N = 50", "1", "0", "1", "0"],
    ]
    numbers = summary.numbers(HERE)
    assert [row["winner"] for row in numbers] == ["#1", "#1", "", "#2"]
    assert [row["value"] for row in numbers] == [each.lead(0).difference.mean for each in found]


def test_of_three_models_a_winner_beats_both_others():
    first, second, third = scored("svd", n_factors=1), scored("ease"), scored("svd", n_factors=8)
    for outcome in outcomes_of(first, second, third):
        best = int(np.argmax(outcome.quality))
        rival = max({0, 1, 2} - {best}, key=lambda index: outcome.quality[index])
        assert outcome.lead(best) == outcome.verdicts[best, rival]
        assert METRICS[outcome.specification.judged_by].higher_is_better


def test_of_three_models_none_of_which_beats_the_others_the_highest_is_named():
    pair = outcome_of("u")
    verdicts = {(a, b): pair.verdicts[0, 1] for a in range(3) for b in range(3) if a != b}
    found = [Outcome(replace(pair.specification, k=k), verdicts, (0.1, 0.3, 0.2), (False,) * 3) for k in (5, 10)]
    summary = Robustness(["#1", "#2", "#3"], found, 2)
    assert summary.sentence == (
        "No model beats all the others in any of 2 reasonable ways to test. #2 has the highest mean in 2 of 2."
    )
