"""The generator plants a truth, the truth travels, and a plain factorisation finds it again."""

import dataclasses
from functools import cache

import numpy as np
import pytest
from scipy import stats

from recsys_core.algorithms.epochs import last_model
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.reference_models import Oracle, Popularity
from recsys_core.algorithms.svd import SVD
from recsys_core.data.cleaning import Binarise, KCore, RelevantFrom, SwapSides, clean
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import (
    SyntheticRecipe,
    as_generated,
    expected_picks,
    generate,
    pick_chances,
    synthetic_recipe,
)
from recsys_core.data.synthetic_names import make_item_names, make_taste_names, make_user_names
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.store.npz_codec import pack_dataset, unpack_dataset

SEEDS = range(5)
PLANTED_K = 8
SMALL = SyntheticRecipe(n_users=60, n_items=40, n_tastes=3, picks=8)


@cache
def default_data(seed=0):
    return generate(SyntheticRecipe(seed=seed))


@cache
def ndcg_by_rank(seed=0) -> np.ndarray:
    """Held-out test NDCG@10 of truncated SVD with 1 to 16 factors on the default data and split."""
    split = make_split(default_data(seed))
    return np.array(
        [
            evaluate(epoch.model, split).mean("ndcg", 10)
            for epoch in SVD(n_factors=16, regularization=0).epochs(split.train)
        ]
    )


def ndcg_of(model, seed=0) -> float:
    return evaluate(model, make_split(default_data(seed))).mean("ndcg", 10)


def ndcg_of_popularity(seed=0) -> float:
    (epoch,) = Popularity().epochs(make_split(default_data(seed)).train)
    return ndcg_of(epoch.model, seed)


def test_the_untouched_data_are_400_people_200_items_and_8_tastes_with_about_30_picks_each():
    data = default_data()
    assert (data.interactions.n_users, data.interactions.n_items, data.ground_truth.n_tastes) == (400, 200, PLANTED_K)
    assert data.interactions.items_per_user.mean() == pytest.approx(30, abs=1.5)
    assert data.interactions.items_per_user.min() >= 1
    assert data.feedback == "implicit" and not data.is_graded
    assert set(data.interactions.values) == {1}


@pytest.mark.parametrize("picks", [10, 30, 100, 300])
def test_people_pick_as_many_items_as_expected_and_at_most_half(picks):
    recipe = SyntheticRecipe(n_users=1000, picks=picks)
    n_picked = generate(recipe).interactions.items_per_user
    assert n_picked.max() <= 100
    assert n_picked.mean() == pytest.approx(expected_picks(recipe), rel=0.04)
    assert (expected_picks(recipe) > 0.95 * picks) == (picks <= 30)


def test_noise_is_the_share_of_the_first_picks_and_later_ones_have_more():
    def share_by_noise(picks):
        data = generate(SyntheticRecipe(n_users=2000, noise=0.3, picks=picks))
        ratings, popularity = data.interactions, data.ground_truth.popularity
        by_noise = 0.3 * popularity / popularity.sum() / pick_chances(data)
        return by_noise[ratings.users, ratings.items].mean()

    assert share_by_noise(1) == pytest.approx(0.3, abs=0.03) and share_by_noise(30) > 0.33


def test_the_same_seed_generates_the_same_data_and_another_seed_other_data():
    assert generate(SMALL).fingerprint == generate(SMALL).fingerprint
    fingerprints = {generate(dataclasses.replace(SMALL, seed=seed)).fingerprint for seed in SEEDS}
    assert len(fingerprints) == len(SEEDS)


@pytest.mark.parametrize(
    "change", [{"n_tastes": 5}, {"picks": 12.0}, {"popularity_skew": 0.0}, {"noise": 0.5}, {"feedback": "explicit"}]
)
def test_every_setting_of_the_recipe_changes_the_data(change):
    assert generate(dataclasses.replace(SMALL, **change)).fingerprint != generate(SMALL).fingerprint


def test_the_explicit_flavour_has_all_of_1_to_5_stars_and_the_same_picks():
    implicit, explicit = default_data(), generate(SyntheticRecipe(feedback="explicit"))
    assert set(explicit.interactions.values) == {1, 2, 3, 4, 5}
    assert explicit.feedback == "explicit" and explicit.is_graded
    np.testing.assert_array_equal(explicit.interactions.items, implicit.interactions.items)


def test_stars_follow_the_planted_affinity():
    data = generate(SyntheticRecipe(feedback="explicit"))
    ratings, ground_truth = data.interactions, data.ground_truth
    affinity = np.einsum("ek,ek->e", ground_truth.user_tastes[ratings.users], ground_truth.item_tastes[ratings.items])
    mean_affinity = [affinity[ratings.values == stars].mean() for stars in range(1, 6)]
    assert mean_affinity == sorted(mean_affinity)


def test_the_truth_travels_with_the_data():
    data = default_data()
    ground_truth = data.ground_truth
    assert ground_truth.user_tastes.shape == (400, PLANTED_K) and ground_truth.item_tastes.shape == (200, PLANTED_K)
    np.testing.assert_allclose(ground_truth.user_tastes.sum(axis=1), 1)
    np.testing.assert_allclose(ground_truth.item_tastes.sum(axis=1), 1)
    zipf = np.arange(1.0, 201) ** -0.8
    np.testing.assert_allclose(np.sort(ground_truth.popularity)[::-1], zipf)


def test_an_items_genres_are_its_largest_tastes():
    data = default_data()
    for mix, genres in zip(data.ground_truth.item_tastes, data.genres, strict=True):
        assert genres[0] == data.ground_truth.taste_names[mix.argmax()]
        assert all(mix[data.ground_truth.taste_names.index(genre)] >= 0.25 for genre in genres[1:])


def test_the_origin_is_enough_to_generate_the_data_again():
    data = generate(dataclasses.replace(SMALL, seed=3, noise=0.2))
    settings = {name: value for name, value in data.origin.items() if name != "kind"}
    assert data.origin["kind"] == "planted"
    assert generate(SyntheticRecipe(**settings)).fingerprint == data.fingerprint


def test_people_prefer_what_the_truth_says_and_noise_takes_that_away():
    def mean_percentile_of_picks(noise):
        data = generate(SyntheticRecipe(noise=noise, popularity_skew=0.0))
        affinity = data.ground_truth.user_tastes @ data.ground_truth.item_tastes.T
        percentile = affinity.argsort(axis=1).argsort(axis=1) / (affinity.shape[1] - 1)
        return percentile[data.interactions.users, data.interactions.items].mean()

    assert mean_percentile_of_picks(0.0) > 0.75
    assert mean_percentile_of_picks(1.0) == pytest.approx(0.5, abs=0.02)


def test_more_skew_makes_the_popular_more_popular():
    def share_of_top_tenth(skew):
        counts = np.sort(generate(SyntheticRecipe(popularity_skew=skew)).interactions.users_per_item)[::-1]
        return counts[:20].sum() / counts.sum()

    assert share_of_top_tenth(0.0) < share_of_top_tenth(0.8) < share_of_top_tenth(1.5)


@pytest.mark.parametrize("recipe", [{"n_users": 2, "n_items": 2, "n_tastes": 1}, {"n_items": 2, "n_tastes": 64}])
def test_the_smallest_data_can_be_generated(recipe):
    data = generate(SyntheticRecipe(**recipe, feedback="explicit"))
    assert data.interactions.items_per_user.min() >= 1
    assert np.isfinite(data.interactions.values).all()


def test_names_are_all_different_for_20_000_items_100_000_people_and_64_tastes():
    main_tastes = np.random.default_rng(0).integers(0, 64, 20_000)
    for names in (
        make_item_names(main_tastes),
        make_item_names(np.zeros(20_000, int)),
        make_user_names(100_000),
        make_taste_names(64),
    ):
        assert len(set(names)) == len(names)
    assert len(make_item_names(main_tastes)) == 20_000


def test_an_item_keeps_its_name_when_more_items_follow():
    assert make_item_names([3, 1, 3, 0, 2])[:3] == make_item_names([3, 1, 3])
    assert make_user_names(50)[:7] == make_user_names(7)


def test_truncated_svd_finds_the_planted_number_of_tastes():
    by_rank = ndcg_by_rank()
    assert by_rank.shape == (16,)
    assert by_rank.argmax() + 1 == PLANTED_K
    assert by_rank.max() > 1.5 * ndcg_of_popularity()


def test_over_five_seeds_the_mean_curve_peaks_at_the_planted_number_too():
    curves = np.array([ndcg_by_rank(seed) for seed in SEEDS])
    assert curves.mean(axis=0).argmax() + 1 == PLANTED_K
    assert curves.mean(axis=0).max() > 1.5 * np.mean([ndcg_of_popularity(seed) for seed in SEEDS])


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_learnt_scores_above_the_oracle(seed):
    assert ndcg_of(Oracle(default_data(seed)), seed) > max(ndcg_by_rank(seed).max(), ndcg_of_popularity(seed))


def relevant_from(dataset, threshold):
    return clean(dataset, [RelevantFrom(threshold)])[0] if threshold else dataset


@pytest.mark.parametrize("threshold", [None, 4, 5])
@pytest.mark.parametrize("noise", [0, 0.3, 0.5, 0.8, 1])
def test_nothing_is_clearly_better_than_the_oracle_whatever_the_noise_and_the_threshold(noise, threshold):
    dataset = relevant_from(generate(SyntheticRecipe(noise=noise, feedback="explicit")), threshold)
    split, truth = make_split(dataset), dataset.ground_truth
    als = last_model(ImplicitALS.defaults_for(split.train).epochs(split.train))
    by_taste_alone = FactorModel.of(truth.user_tastes, truth.item_tastes * truth.popularity[:, None])
    references = evaluate_reference_models(dataset, split, "test")
    best = references.pop("Oracle")
    for other in (*references.values(), evaluate(als, split), evaluate(by_taste_alone, split)):
        assert other.difference(best, "ndcg", 10).low <= 0
        assert other.mean("ndcg", 10) <= best.mean("ndcg", 10) + 0.01


@pytest.mark.parametrize("threshold", [None, 4])
def test_the_oracle_scores_by_the_chances_with_which_items_are_picked_and_relevant(threshold):
    dataset = generate(dataclasses.replace(SMALL, noise=0.4, feedback="explicit"))
    truth, oracle = dataset.ground_truth, Oracle(relevant_from(dataset, threshold))
    affinity = truth.user_tastes @ truth.item_tastes.T
    by_taste = affinity * truth.popularity
    chances = 0.6 * by_taste / by_taste.sum(axis=1)[:, None] + 0.4 * truth.popularity / truth.popularity.sum()
    stars = 1 + 4 * np.sqrt(affinity / affinity.max(axis=1)[:, None])
    expected = chances * (stats.norm.sf(3.5, stars, 0.3 + 2 * 0.4) if threshold else 1)
    np.testing.assert_allclose(oracle.scores(np.arange(60)), expected, rtol=1e-5)
    users, items = np.array([7, 3, 7]), np.array([0, 5, 9])
    np.testing.assert_allclose(oracle.scores_of(users, items), expected[users, items], rtol=1e-5)


def test_there_is_no_oracle_of_data_that_were_changed():
    explicit = generate(dataclasses.replace(SMALL, feedback="explicit"))
    twice = relevant_from(relevant_from(explicit, 4), 5)
    for steps, source, has_oracle in (
        ([RelevantFrom(4)], explicit, True),
        ([RelevantFrom(5)], twice, True),
        ([KCore(n=3)], explicit, False),
        ([Binarise(4)], explicit, False),
        ([KCore(n=3), RelevantFrom(4)], explicit, False),
        ([RelevantFrom(4)], clean(explicit, [KCore(n=3)])[0], False),
        ([SwapSides()], explicit, False),
    ):
        cleaned, _ = clean(source, steps)
        assert ("Oracle" in evaluate_reference_models(cleaned, make_split(cleaned), "test")) == has_oracle
        assert has_oracle == (as_generated(unpack_dataset(pack_dataset(cleaned))) == as_generated(explicit))
    with pytest.raises(InputError, match="as they were generated"):
        Oracle(clean(explicit, [Binarise(4)])[0]).scores(np.arange(3))


def test_the_textbook_matrix_is_the_one_of_the_note():
    data = load_example_5x5()
    expected = [[5, 3, 0, 1, 0], [4, 0, 0, 1, 0], [1, 1, 0, 5, 4], [0, 0, 5, 4, 0], [0, 1, 4, 0, 5]]
    np.testing.assert_array_equal(data.interactions.matrix.toarray(), expected)
    assert data.interactions.n_interactions == 14  # a 0 is unrated, not a rating of 0
    assert data.sentence() == "5 people × 5 items, 14 ratings from 1 to 5, 56% filled"


def test_the_strength_of_popularity_decides_how_popular_the_picks_are():
    by_chance, usual, strong = (generate(SyntheticRecipe(popularity_strength=s)) for s in (0, 1, 2))
    assert usual.fingerprint == generate(SyntheticRecipe()).fingerprint
    assert usual.origin == generate(SyntheticRecipe()).origin and "popularity_strength" not in usual.origin
    assert synthetic_recipe(strong.origin).popularity_strength == 2
    shares = [np.sort(each.interactions.users_per_item)[::-1][:20].sum() / each.interactions.n_interactions
              for each in (by_chance, usual, strong)]  # fmt: skip
    assert shares[0] < shares[1] - 0.1 and shares[1] < shares[2] - 0.1
    np.testing.assert_array_equal(by_chance.ground_truth.popularity, 1)
    np.testing.assert_array_equal(usual.ground_truth.user_tastes, strong.ground_truth.user_tastes)
