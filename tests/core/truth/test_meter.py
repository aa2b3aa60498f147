"""The truth meter: tests agree with the truth where they must, and are wrong where popularity decides what is rated."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.data.cleaning import RelevantFrom, clean
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate, pick_chances
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.sampled_candidates import rank_candidates
from recsys_core.truth.additive_metrics import ADDITIVE_METRICS
from recsys_core.truth.estimators import ESTIMATED, ESTIMATORS, FULL, IPS, SAMPLED, SNIPS, UNIFORM
from recsys_core.truth.held_out_choices import held_out_choices
from recsys_core.truth.meter import TASTE_ORACLE, measure_truth, self_normalised, taste_oracle, unseen_ranks
from recsys_core.truth.propensity_weighted import propensity_weighted
from recsys_core.truth.sampled_metric import N_CANDIDATES, expected_sampled_term, sampled_ranks
from recsys_core.truth.sentences import (
    describe_estimator,
    describe_meter,
    describe_strengths,
    describe_worlds,
    explain_confidence,
    mark_confidence,
)
from recsys_core.truth.worlds import RIGHT, WRONG, judge_world, small_models, tally
from tests.core.truth.worlds import errors, t_values

POPULARITY, ORACLE = 1, 4


def world(strength: float, **split):
    dataset = generate(SyntheticRecipe(popularity_strength=strength))
    return dataset, make_split(dataset, SplitRecipe(**split))


@pytest.fixture(scope="module")
def meters():
    found = {}
    for strength in (0.0, 1.0, 2.0):
        dataset, split = world(strength)
        found[strength] = measure_truth(small_models(dataset, split), dataset, split)
    return found


def test_without_popularity_the_usual_test_agrees_with_the_truth_within_noise():
    error = errors(0.0, 60)
    for name in (FULL, IPS, SNIPS):
        assert np.all(np.abs(t_values(error[name])) < 1.96), name
    np.testing.assert_allclose(error[IPS], error[FULL], atol=1e-8)
    assert np.all(np.abs(error[FULL].mean(axis=0)) < 0.02), "the noise in which they agree is small"


def test_self_normalised_weights_are_unbiased_over_200_worlds_and_the_usual_test_is_not():
    error = errors(1.0, 200)
    for name in (IPS, SNIPS):
        assert np.all(np.abs(t_values(error[name])) < 1.96), name
    assert np.all(np.abs(t_values(error[UNIFORM])) < 3), "drawn from the truth itself: only chance"
    popularity, oracle = t_values(error[FULL])
    assert popularity > 10 and oracle < -10
    assert np.all(np.abs(error[ESTIMATED].mean(axis=0)) < np.abs(error[FULL].mean(axis=0)) / 3)


def test_popularity_overtakes_the_oracle_in_the_usual_test_while_the_truth_stays(meters):
    offline = {strength: meter.means(FULL) for strength, meter in meters.items()}
    assert offline[0.0][ORACLE] > 5 * offline[0.0][POPULARITY]
    assert offline[2.0][POPULARITY] > 2 * offline[2.0][ORACLE]
    true = [meter.true_means[ORACLE] for meter in meters.values()]
    assert max(true) - min(true) < 0.01
    for meter in meters.values():
        assert meter.names[meter.true_winner] == TASTE_ORACLE
        assert meter.true_means[POPULARITY] < 0.2 * meter.true_means[ORACLE]
    assert meters[1.0].winner(FULL) != ORACLE, "already in the data that the app generates"
    assert all(meters[1.0].winner(name) == ORACLE for name in (IPS, SNIPS, ESTIMATED, UNIFORM))


def test_the_usual_test_is_that_of_an_evaluation():
    for method in ("random per user", "leave one out"):
        dataset = generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=12))
        split = make_split(dataset, SplitRecipe(method=method))
        models = small_models(dataset, split)
        for subset in ("validation", "test"):
            for metric in ADDITIVE_METRICS:
                meter = measure_truth(models, dataset, split, subset, metric=metric, k=7)
                for index, model in enumerate(models.values()):
                    expected = evaluate(model, split, subset).per_user(metric, 7)
                    np.testing.assert_allclose(meter.estimates[FULL][:, index], expected, atol=1e-12)


def test_no_ranking_is_truly_better_than_that_of_the_preferences():
    dataset, split = world(2.0)
    choices = held_out_choices(dataset, split, "test")
    np.testing.assert_allclose(choices.preferences.sum(axis=1), choices.n_held_out)
    np.testing.assert_allclose(choices.propensities.sum(axis=1), choices.n_held_out)
    assert np.all(choices.propensities[choices.is_held_out] > 0)
    best = np.sort(np.where(choices.is_unseen, choices.preferences, 0))[:, ::-1][:, :10]
    ideal = (best / np.log2(np.arange(2, 12))).sum(axis=1)
    meter = measure_truth({TASTE_ORACLE: taste_oracle(dataset.ground_truth)}, dataset, split, choices=choices)
    scale = ADDITIVE_METRICS["ndcg"].scale(choices.n_held_out, 10)
    np.testing.assert_allclose(meter.true[:, 0], ideal * scale, rtol=1e-6)


def test_sampled_metrics_are_on_average_those_of_the_closed_form():
    dataset, split = world(1.0)
    choices, metric = held_out_choices(dataset, split, "test"), ADDITIVE_METRICS["ndcg"]
    seen, _ = split.seen_and_held_out("test")
    model = small_models(dataset, split)["ALS (implicit)"]
    ranks = unseen_ranks(model, seen, choices)
    pool = choices.is_unseen & ~choices.is_held_out
    rows, items = np.nonzero(choices.is_held_out)
    n_above = np.sum(pool[rows] & (ranks[rows] < ranks[rows, items][:, None]), axis=1)
    expected = expected_sampled_term(n_above, pool.sum(axis=1)[rows], metric, 10)
    drawn = [metric.term(sampled_ranks([ranks], choices.is_held_out, choices.is_unseen, np.random.default_rng(seed))[0],
                         10) for seed in range(8)]  # fmt: skip
    error = np.mean(drawn, axis=0) - expected
    assert abs(error.mean()) < 3 * error.std() / np.sqrt(len(error))
    assert expected.mean() > 1.2 * metric.term(ranks[rows, items], 10).mean(), "the numbers are higher than in full"

    candidates = np.stack([np.random.default_rng(row).choice(np.flatnonzero(pool[row]), N_CANDIDATES, replace=False)
                           for row in rows[:200]])  # fmt: skip
    published = rank_candidates(model, choices.users[rows[:200]], items[:200], candidates)
    error = metric.term(published.ranks, 10) - expected[:200]
    assert abs(error.mean()) < 3 * error.std() / np.sqrt(len(error)), "as the candidates of published tests are ranked"


def test_what_real_data_get_is_what_the_meter_estimates_from_popularity():
    dataset, split = world(1.0)
    models = small_models(dataset, split)
    meter = measure_truth(models, dataset, split, estimators=(ESTIMATED,))
    found = [propensity_weighted(evaluate(model, split, "test"), split, 10) for model in models.values()]
    np.testing.assert_allclose(found, meter.means(ESTIMATED))
    usual = evaluate(models["ALS (implicit)"], split, "test")
    unweighted = propensity_weighted(usual, split, 10, metric="recall", power=0)
    np.testing.assert_allclose(unweighted, usual.mean("recall", 10))


def test_a_self_normalised_mean_is_the_ratio_of_sums():
    rng = np.random.default_rng(0)
    weights = rng.exponential(size=50)
    values = weights[:, None] * rng.random((50, 2))
    np.testing.assert_allclose(self_normalised(values, weights).mean(axis=0), values.sum(axis=0) / weights.sum())
    np.testing.assert_allclose(
        self_normalised(weights[:, None] * 0.3, weights), 0.3, err_msg="a constant has no spread"
    )


def test_normalising_within_each_person_leans_towards_the_usual_test():
    dataset, split = world(1.0)
    choices = held_out_choices(dataset, split, "test")
    models = small_models(dataset, split)
    meter = measure_truth(models, dataset, split, choices=choices, estimators=(FULL, SNIPS))
    seen, _ = split.seen_and_held_out("test")
    metric = ADDITIVE_METRICS["ndcg"]
    terms = metric.term(unseen_ranks(models["Popularity"], seen, choices), 10)
    weights = np.where(choices.is_held_out, choices.preferences / np.maximum(choices.propensities, 1e-300), 0)
    within = (weights * terms).sum(axis=1) / weights.sum(axis=1) * choices.n_held_out
    within_each = (within * metric.scale(choices.n_held_out, 10)).mean()
    true, together = meter.true_means[POPULARITY], meter.means(SNIPS)[POPULARITY]
    assert within_each - true > 0.2 * true > 2 * abs(together - true)


def test_the_sentences_say_who_wins_and_how_often_that_is_true(meters):
    wrong, right = (describe_meter(meters[strength]) for strength in (1.0, 0.0))
    assert "wrong model first: ALS (implicit)" in wrong and f"{meters[1.0].means(FULL)[3]:.3f}" in wrong
    assert f"{meters[1.0].true_means[3]:.3f}" in wrong and f"{meters[1.0].true_means[ORACLE]:.3f}" in wrong
    assert "it puts the best first" in wrong and "right model first" in right
    overtaken = describe_strengths([0, 1, 2], list(meters.values()), TASTE_ORACLE)
    assert overtaken.startswith("From strength 2 on") and f"{meters[2.0].means(FULL)[POPULARITY]:.3f}" in overtaken
    there_and_back = describe_strengths([0, 0.5, 1, 2], [meters[each] for each in (0.0, 2.0, 1.0, 2.0)], TASTE_ORACLE)
    assert "back and forth" in there_and_back and "has it at strength 0.5 and 2 only: at 2 it" in there_and_back
    only_once = describe_strengths([0, 1, 2], [meters[each] for each in (0.0, 2.0, 1.0)], TASTE_ORACLE)
    assert "has it at strength 1 only" in only_once and f"{meters[1.0].means(FULL)[POPULARITY]:.3f}" in only_once
    assert "never overtakes" in describe_strengths([0, 1], [meters[0.0], meters[1.0]], TASTE_ORACLE)
    assert "the right model first" in describe_estimator(meters[1.0], SNIPS)
    counted = tally([judge_world(meters[strength]) for strength in (0.0, 2.0)])
    said = describe_worlds(counted)
    assert "model in 1, a wrong one in 1," in said and f"{counted[FULL].n_better} verdicts" in said
    assert "At least one was false in 1 of 2 worlds, no more than chance explains" in said


def test_the_verdicts_of_a_world_are_held_against_the_truth(meters):
    fair, biased = judge_world(meters[0.0]), judge_world(meters[2.0])
    assert fair.winner == TASTE_ORACLE and set(fair.outcomes.values()) == {RIGHT}
    assert biased.outcomes[FULL] == WRONG and biased.outcomes[SAMPLED] == WRONG and biased.outcomes[UNIFORM] == RIGHT
    assert biased.n_truly_better[FULL] < biased.n_better[FULL]
    counted = tally([fair, biased])
    assert set(counted) == set(ESTIMATORS) and tally([]) == {}
    assert (counted[FULL].right, counted[FULL].wrong, counted[UNIFORM].right) == (0.5, 0.5, 1)
    assert counted[FULL].truly_better < 0.95 <= counted[UNIFORM].truly_better
    assert (counted[FULL].n_misled, counted[UNIFORM].n_misled) == (1, 0)
    assert judge_world(meters[1.0].without_oracle()).winner != TASTE_ORACLE


def test_a_test_is_blamed_only_for_more_false_verdicts_than_chance_explains(meters):
    fair, biased = judge_world(meters[0.0]), judge_world(meters[2.0])
    silent = replace(fair, n_better=dict.fromkeys(ESTIMATORS, 0), n_truly_better=dict.fromkeys(ESTIMATORS, 0))
    unlucky = replace(fair, n_better=dict.fromkeys(ESTIMATORS, 1), n_truly_better=dict.fromkeys(ESTIMATORS, 0))
    once, often, never = tally([silent] * 59 + [unlucky]), tally([fair] * 50 + [biased] * 10), tally([silent] * 60)
    assert once[UNIFORM].truly_better == 0 and {mark_confidence(each) for each in once.values()} == {"✓"}
    assert "No test has one in so many" in explain_confidence(once)
    assert "in 1 of 60 worlds, no more than" in describe_worlds(once)
    assert [mark_confidence(often[name]) for name in (FULL, SAMPLED, UNIFORM)] == ["✗", "✗", "✓"]
    assert "than chance explains: usual test, 99 candidates" in explain_confidence(often)
    assert "in 10 of 60 worlds, more than" in describe_worlds(often)
    assert {mark_confidence(each) for each in never.values()} == {"–"}
    assert "No test has given a verdict" in explain_confidence(never) and "false" not in describe_worlds(never)


def test_only_data_as_they_were_generated_have_a_known_truth():
    dataset, split = world(1.0)
    assert pick_chances(dataset).shape == (400, 200)
    np.testing.assert_allclose(pick_chances(dataset, without_popularity=True).sum(axis=1), 1)
    stars = generate(SyntheticRecipe(feedback="explicit"))
    for other in (load_example_5x5(), clean(stars, (RelevantFrom(3.0),))[0]):
        with pytest.raises(InputError, match="as they were generated"):
            held_out_choices(other, make_split(other), "test")
    with pytest.raises(InputError, match="NDCG, Recall, Precision"):
        measure_truth({}, dataset, split, metric="map")
    large = generate(SyntheticRecipe(n_users=1001, n_items=2000, picks=1))
    with pytest.raises(InputError, match="up to 2,000,000"):
        held_out_choices(large, make_split(large), "test")
