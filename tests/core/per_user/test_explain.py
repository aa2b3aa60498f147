"""A score taken apart adds up again: by factor, by past rating, and with the decimals that are shown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.algorithms import ALS, EASE, SVD, ImplicitALS, ItemKNN
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.significant_digits import round_keeping_sum
from recsys_core.per_user.score_terms import bias_terms, keep_largest, rating_terms
from tests.small_trainings import run, small_ratings

ITEMS = np.array([0, 11, 39])
RECIPES = [
    ImplicitALS(n_factors=5, regularization=0.5, alpha=2.0, unobserved=0.3, n_epochs=3),
    ImplicitALS(n_factors=5, regularization=0.01, penalty="weighted", n_epochs=3),
    ALS(n_factors=5, n_epochs=3),
    ALS(n_factors=5, n_epochs=3, penalty="plain", centering="user mean"),
    ALS(n_factors=30, n_epochs=2, regularization=0.0, centering="none"),  # more factors than ratings a person
    SVD(n_factors=5),
    SVD(n_factors=5, centering="biases", regularization=0.0),
    EASE(regularization=5.0),
    ItemKNN(n_neighbours=5),
]


def person(user: int) -> Interactions:
    data = small_ratings()
    own = data.of(user)
    return Interactions.from_triples([0] * (own.stop - own.start), data.items[own], data.values[own], 1, data.n_items)


@pytest.mark.parametrize("algorithm", RECIPES, ids=str)
def test_past_ratings_and_biases_add_up_to_the_score_of_the_person_solved_again(algorithm):
    train = small_ratings()
    model = run(algorithm, train)[-1].model
    for user in (0, 7):
        folded = algorithm.fold_in(model, train, person(user))
        parts = rating_terms(algorithm, model, train, person(user), ITEMS)
        assert parts.shape == (train.items_per_user[user], len(ITEMS))
        biases = [sum(bias_terms(folded, 0, item).values()) for item in ITEMS]
        np.testing.assert_allclose(biases + parts.sum(axis=0), folded.scores(np.array([0]))[0, ITEMS], atol=1e-4)


def test_a_rating_gives_what_the_papers_formula_says():
    """Hu, Koren and Volinsky, section 5: W = (YᵀCY + λI)⁻¹, s_ij = y_iᵀWy_j, a part is s_ij c_j p_j."""
    algorithm = ImplicitALS(n_factors=4, regularization=0.7, alpha=3.0, unobserved=1.0, n_epochs=2)
    model, who = run(algorithm, small_ratings())[-1].model, person(4)
    y = model.item_factors.astype(float)
    confidence = np.ones(len(y))
    confidence[who.items] += 3.0 * who.values / small_ratings().values.mean()
    w = np.linalg.inv(y.T @ np.diag(confidence) @ y + 0.7 * np.eye(4))
    expected = [[y[item] @ w @ y[j] * confidence[j] for item in ITEMS] for j in who.items]
    np.testing.assert_allclose(
        rating_terms(algorithm, model, small_ratings(), who, ITEMS), expected, rtol=1e-4, atol=1e-6
    )


def test_item_weights_are_the_parts():
    algorithm = EASE(regularization=5.0)
    model, who = run(algorithm, small_ratings())[-1].model, person(2)
    expected = [[model.weights[j, item] for item in ITEMS] for j in who.items]
    np.testing.assert_allclose(rating_terms(algorithm, model, small_ratings(), who, ITEMS), expected)


parts_of_a_score = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=80)


@given(parts_of_a_score, st.integers(0, 4))
def test_rounded_parts_add_up_to_the_rounded_sum_as_they_are_written(parts, digits):
    shown, total = round_keeping_sum(parts, digits)
    written = [round(float(f"{part:.{digits}f}") * 10**digits) for part in shown]
    assert sum(written) == round(float(f"{total:.{digits}f}") * 10**digits)
    assert abs(total - sum(parts)) <= 0.5 / 10**digits + 1e-6
    assert all(abs(part - exact) <= 1 / 10**digits + 1e-6 for part, exact in zip(shown, parts, strict=True))


def test_rounding_moves_only_what_it_must():
    assert round_keeping_sum([0.25, 0.5, -0.125], 3) == ([0.25, 0.5, -0.125], 0.625)
    assert round_keeping_sum([0.334, 0.333, 0.333], 2) == ([0.34, 0.33, 0.33], 1.0)
    assert round_keeping_sum([-0.0004, 0.0], 3) == ([0.0, 0.0], 0.0)


@given(parts_of_a_score, st.integers(1, 12))
def test_gathering_a_tail_keeps_the_sum(parts, most):
    names, kept = keep_largest([f"rating {place}" for place in range(len(parts))], np.array(parts), most, "ratings")
    assert sum(kept) == pytest.approx(sum(parts), abs=1e-6)
    assert len(names) == len(kept) <= most + 1
    assert list(np.abs(kept[:most])) == sorted(np.abs(parts), reverse=True)[:most]
    assert (" other rating" in names[-1]) == (len(parts) > most)
