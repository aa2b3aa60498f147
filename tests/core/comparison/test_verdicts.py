"""Verdicts: one rule, false alarms that are seldom however many are judged, and words that follow from the band."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recsys_core.comparison.verdicts import BETTER, SAME, UNCLEAR, WORSE, judge_all, users_needed
from recsys_core.evaluation import randomisation
from recsys_core.evaluation.bootstrap import SeedVariance
from recsys_core.evaluation.randomisation import N_DRAWS, chance_of_groups, chance_of_pairs, statistic
from tests.simulations import KINDS, alarms_among_equals, told, told_after_tuning


@pytest.fixture
def rng():
    return np.random.default_rng(7)


# --- Randomisation ----------------------------------------------------------------------------------------------


def chance_by_loops(values: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """The largest statistic of all pairs in every draw, pair by pair."""
    largest = np.zeros(len(signs))
    for first in range(values.shape[1]):
        for second in range(first):
            d = values[:, first] - values[:, second]
            for draw, sign in enumerate(signs):
                largest[draw] = max(largest[draw], abs(np.sum(sign * d)) / np.sqrt(np.sum(d**2)))
    return largest


def drawn_signs(n_users: int) -> np.ndarray:
    """(2000, u) of -1.0 and 1.0: the sign of each user in every draw."""
    return np.unpackbits(randomisation._draw_bits(n_users, 0), axis=1, count=n_users) * 2.0 - 1


def test_the_largest_of_all_pairs_is_that_of_each_pair_by_loops(rng):
    values = rng.beta(1, 3, (20, 4))
    signs = drawn_signs(20)
    assert chance_of_pairs(values).largest == pytest.approx(chance_by_loops(values, signs))
    assert chance_of_pairs(values).n_comparisons == 6


def test_groups_share_the_signs_of_their_users(rng):
    differences, everybody, half = rng.normal(0, 0.1, 40), np.ones(40, bool), np.arange(40) < 20
    alone = chance_of_groups([differences], [everybody])
    both = chance_of_groups([differences], [everybody, half])
    signs = drawn_signs(40)
    first, second = (np.abs(signs[:, mask] @ differences[mask]) for mask in (everybody, half))
    assert alone.largest == pytest.approx(first / np.sqrt(np.sum(differences**2)))
    assert both.largest == pytest.approx(np.maximum(alone.largest, second / np.sqrt(np.sum(differences[half] ** 2))))


def test_where_a_single_person_is_served_differently_every_draw_is_a_tie(rng):
    for user in range(5):
        values = np.repeat(rng.beta(1, 3, (50_000, 1)), 2, axis=1)
        values[user * 10_000, 1] += 1e-4
        assert chance_of_pairs(values).p_value(values[:, 1] - values[:, 0]) == 1.0


def test_for_one_pair_the_test_is_that_of_scipy(rng):
    for shift in (0.0, 0.02, 0.04):
        d = rng.normal(shift, 0.1, 60)
        ours = chance_of_pairs(np.stack([d, np.zeros(60)], axis=1)).p_value(d)
        theirs = stats.permutation_test(
            (d,), np.mean, permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(0)
        ).pvalue
        assert ours == pytest.approx(theirs, abs=4 * np.sqrt(theirs * (1 - theirs) / N_DRAWS) + 1e-3)


def test_the_statistic_grows_with_students_t(rng):
    samples = rng.normal(0.01, 0.1, (200, 25))
    t = np.abs(stats.ttest_1samp(samples, 0, axis=1).statistic)
    ours = np.array([statistic(each) for each in samples])
    assert (np.argsort(t) == np.argsort(ours)).all()
    assert t == pytest.approx(ours * np.sqrt(24 / (25 - ours**2)))


def test_how_many_draws_are_made_at_a_time_changes_nothing(monkeypatch, rng):
    values = rng.beta(1, 3, (300, 3))
    at_once = chance_of_pairs(values).largest
    monkeypatch.setattr(randomisation, "_CHUNK", 7 * 300)
    assert chance_of_pairs(values).largest == pytest.approx(at_once, rel=1e-12)


def test_every_user_keeps_the_sign_in_half_of_the_draws_whatever_the_others_do():
    signs = drawn_signs(29)
    assert np.abs(signs.mean(axis=0)).max() < 4 / np.sqrt(N_DRAWS)
    correlations = signs.T @ signs / N_DRAWS - np.eye(29)
    assert np.abs(correlations).max() < 5 / np.sqrt(N_DRAWS)


# --- False alarms, and what is told -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("count", "samples"), [(2, 300), (6, 300), (20, 100)])
def test_among_equal_settings_hardly_anybody_is_told_from_the_best(kind, count, samples):
    rate = alarms_among_equals(kind, 100, count, samples=samples, margin=0.0)
    assert rate <= 0.06 + 2 * np.sqrt(0.05 * 0.95 / samples)


def test_of_200_settings_one_that_is_better_is_told():
    """By four standard deviations over users from all others; by six standard errors of a difference from most."""
    assert told(200, 4 * np.sqrt(300 / 2), samples=1) == 1.0
    assert told(200, 6, samples=2) > 0.8


def test_the_best_of_many_equal_settings_is_hardly_ever_called_better_and_one_that_is_better_is():
    """As plain pairs, 11% of the best of 20 and 27% of the best of 200 were called better than an equal one."""
    for n_first, n_second in ((20, 1), (20, 20), (200, 1)):
        assert told_after_tuning(100, n_first, n_second, samples=100) <= 0.02
    assert told_after_tuning(100, 20, 20, samples=30, standard_errors=6) > 0.9


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_only_the_lead_of_a_tuned_recommender_needs_to_be_larger(rng, higher_is_better):
    users = rng.beta(1, 3, 200)
    values = [users, users + (1 if higher_is_better else -1) * (0.02 + rng.normal(0, 0.1, 200))]

    def verdict(*n_settings):
        return judge_all(values, margin=0.0, higher_is_better=higher_is_better, n_settings=n_settings)[1, 0]

    assert verdict(1, 1).word == verdict(100, 1).word == BETTER and verdict(1, 100).word == UNCLEAR
    assert verdict(1, 1) == verdict(100, 1) and not verdict(1, 100).difference.excludes_zero


def test_a_clear_difference_is_told_both_ways_round_and_a_slight_one_is_not(rng):
    users = rng.beta(1, 3, 300)
    good, alike, poor = users + 0.1, users + 0.1 + rng.normal(0, 0.2, 300), users
    verdicts = judge_all([good, alike, poor])
    assert verdicts[0, 2].word == BETTER and verdicts[2, 0].word == WORSE
    assert verdicts[0, 2].difference.mean == pytest.approx(0.1)
    assert verdicts[2, 0].difference.low == -verdicts[0, 2].difference.high
    assert verdicts[0, 1].word == UNCLEAR
    assert len(verdicts) == 6


# --- Practical equivalence ----------------------------------------------------------------------------------------


@given(
    mean=st.floats(-0.05, 0.05),
    spread=st.floats(0.001, 0.2),
    n_users=st.integers(10, 200),
    margin=st.sampled_from([0.0, 0.02, 0.1]),
)
def test_the_four_outcomes_follow_from_the_interval_against_the_band(mean, spread, n_users, margin):
    rng = np.random.default_rng(0)
    reference = np.clip(rng.normal(0.3, 0.05, n_users), 0, 1)
    first = reference + mean + spread * rng.uniform(-1, 1, n_users)
    verdict = judge_all([reference, first], margin=margin)[1, 0]
    low, high, band = verdict.difference.low, verdict.difference.high, verdict.band
    assert band == pytest.approx(margin * reference.mean())
    assert (verdict.word == BETTER) == (low > band and verdict.p_value < 0.05)
    assert (verdict.word == WORSE) == (high < -band and verdict.p_value < 0.05)
    assert (verdict.word == SAME) == (-band < low and high < band)


def test_what_is_certain_but_too_small_to_matter_is_practically_the_same(rng):
    users = rng.beta(1, 3, 20_000)
    slightly = users * 1.001 + rng.normal(0, 0.005, 20_000)
    verdict = judge_all([users, slightly])[1, 0]
    assert verdict.p_value < 0.01 and verdict.difference.low > 0 and verdict.word == SAME
    assert judge_all([users, slightly], margin=0.0)[1, 0].word == BETTER


def test_one_by_exactly_the_margin_is_seldom_called_better_or_practically_the_same():
    rng = np.random.default_rng(3)
    words = []
    for _ in range(400):
        users = rng.beta(2, 3, 300)
        words.append(judge_all([users, 1.02 * users + rng.normal(0, 0.03, 300)])[1, 0].word)
    assert words.count(BETTER) / 400 <= 0.05 and words.count(SAME) / 400 <= 0.05


def test_a_recipe_is_never_better_than_itself_whatever_its_seeds_did(rng):
    users = rng.beta(1, 3, 300)
    lucky, unlucky = users + 0.05 + rng.normal(0, 0.01, 300), users
    assert judge_all([lucky, unlucky], recipes=["BPR", "BPR"])[0, 1].word == UNCLEAR
    assert judge_all([lucky, unlucky], recipes=["BPR", "ALS"])[0, 1].word == BETTER
    luck = [[SeedVariance(0.04**2, 1)], []]
    assert judge_all([lucky, unlucky], recipes=["BPR", "ALS"], seeds=luck)[0, 1].word == UNCLEAR


def test_nothing_is_told_of_few_people_whatever_they_say():
    for count in (1, 5, 9):
        verdict = judge_all([np.full(count, 0.9), np.full(count, 0.1)])[0, 1]
        assert verdict.word == UNCLEAR and not verdict.difference.is_known and verdict.users_needed is None


def test_lists_that_are_all_alike_are_not_called_the_same_before_there_are_people_enough():
    few, many = (judge_all([np.full(count, 0.3)] * 2)[0, 1] for count in (30, 2000))
    assert (few.word, few.p_value) == (UNCLEAR, 1.0) and few.difference.low < 0 < few.difference.high
    assert many.word == SAME


# --- How many people it takes -------------------------------------------------------------------------------------


def test_with_the_users_needed_a_difference_shows_in_four_of_five_tests():
    rng = np.random.default_rng(5)
    needed = users_needed(rng.normal(0.02, 0.2, 500), 0.0)
    draws = rng.normal(0.02, 0.2, 1_000_000)
    needed = users_needed(np.concatenate([draws[:400] - draws[:400].mean() + 0.02]), 0.0)
    samples = [rng.normal(0.02, 0.2, needed) for _ in range(400)]
    told_ = [judge_all([each, np.zeros(needed)], margin=0.0)[0, 1].word == BETTER for each in samples]
    assert np.mean(told_) == pytest.approx(0.8, abs=0.07)


@pytest.mark.parametrize("share_of_band", [0, 0.1, 0.3, 0.6])
def test_with_the_users_needed_a_difference_that_does_not_matter_is_told_in_four_of_five_tests(share_of_band):
    rng = np.random.default_rng(5)
    band, spread = 0.06, 0.2
    needed = users_needed(shifted(rng, share_of_band * band, spread, 30), band)
    samples = [np.clip(rng.normal(share_of_band * band, spread, needed), -1, 1) for _ in range(400)]
    words = [judge_all([np.ones(needed), 1 - each], margin=band)[0, 1].word for each in samples]
    assert words.count(SAME) / len(words) == pytest.approx(0.8, abs=0.06)


def shifted(rng, mean, spread, count):
    values = rng.normal(0, 1, count)
    return mean + spread * (values - values.mean()) / values.std(ddof=1)


def test_the_users_needed_know_the_band_the_correction_and_the_seeds(rng):
    d = shifted(rng, 0.02, 0.2, 300)
    plain = users_needed(d)
    assert plain == int(np.ceil((2.8015852 * 0.2 / 0.02) ** 2))
    assert users_needed(d, 0.01) == pytest.approx(4 * plain, abs=4), "half the distance takes four times as many"
    assert users_needed(d, alpha=0.005) > 1.5 * plain
    assert users_needed(d, seeds=[SeedVariance(0.003**2, 1)]) > plain
    assert users_needed(d, seeds=[SeedVariance(0.01**2, 1)]) is None, "no number of people makes up for that luck"


def test_nothing_is_said_where_no_more_people_are_needed_or_too_many(rng):
    assert users_needed(shifted(rng, 0.1, 0.2, 300)) is None, "fewer are needed than there are"
    assert users_needed(shifted(rng, 1e-17, 0.2, 300)) is None, "no 3e33 people"
    assert users_needed(shifted(rng, 0.02, 0.2, 300), 0.02) is None, "just at the end of the band"
    assert users_needed(np.array([0.5])) is None


def test_a_verdict_that_is_given_needs_nobody_more(rng):
    users = rng.beta(1, 3, 300)
    values = [users, users + 0.1, users + rng.normal(0.006, 0.1, 300)]
    for verdict in judge_all(values).values():
        assert (verdict.users_needed is None) or (verdict.word == UNCLEAR and verdict.users_needed > 300)
