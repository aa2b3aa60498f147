"""The truncated and shrunken SVD against NumPy's, and where ALS must come to the same."""

import numpy as np
import pytest

from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.centering import CENTERINGS, Averages
from recsys_core.algorithms.svd import SVD
from recsys_core.data.example_5x5 import load_example_5x5
from tests import oracles
from tests.core.algorithms.random_ratings import drawn_ratings, full_ratings, residual_table, table_of
from tests.small_trainings import run, scores, small_ratings


@pytest.mark.parametrize("n_factors", [1, 4, 16])
def test_without_centring_svd_is_the_truncated_svd_of_who_chose_what(n_factors):
    data = small_ratings()
    u, sigma, vt = np.linalg.svd((data.matrix.toarray() > 0).astype(float), full_matrices=False)
    expected = (u[:, :n_factors] * sigma[:n_factors]) @ vt[:n_factors]
    np.testing.assert_allclose(
        scores(run(SVD(n_factors=n_factors, regularization=0), data)[-1].model), expected, atol=1e-5
    )


@pytest.mark.parametrize("lam", [0.0, 2.0, 6.0])
@pytest.mark.parametrize("centering", CENTERINGS)
def test_the_objective_that_svd_reports_is_the_one_of_its_model_and_falls_with_every_rank(centering, lam):
    data = drawn_ratings()
    filled = np.ones(data.n_interactions) if centering == "none" else Averages.of(data, centering).residuals(data)
    matrix = np.nan_to_num(table_of(data, filled))
    epochs = run(SVD(n_factors=5, regularization=lam, centering=centering), data)
    lam *= 1 if centering == "none" else oracles.rating_scale(table_of(data))
    assert [epoch.model.n_factors for epoch in epochs] == [1, 2, 3, 4, 5]
    for epoch in epochs:
        expected = oracles.all_cells_objective(matrix, epoch.model.user_factors, epoch.model.item_factors, lam)
        assert epoch.objective == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert np.all(np.diff([epoch.objective for epoch in epochs]) <= 1e-9)


@pytest.mark.parametrize("lam", [0.5, 2.0])
def test_no_small_step_away_from_the_shrunken_svd_lowers_its_objective(lam):
    data = full_ratings()
    model = run(SVD(n_factors=3, regularization=lam, centering="item mean"), data)[-1].model
    matrix = residual_table(data, "item mean")
    p, q = model.user_factors.astype(float), model.item_factors.astype(float)
    lam *= oracles.rating_scale(table_of(data))
    at_rest = oracles.all_cells_objective(matrix, p, q, lam)
    rng = np.random.default_rng(0)
    for _ in range(20):
        dp, dq = 1e-2 * rng.normal(size=p.shape), 1e-2 * rng.normal(size=q.shape)
        for sign in (1, -1):
            assert oracles.all_cells_objective(matrix, p + sign * dp, q + sign * dq, lam) > at_rest


@pytest.mark.parametrize("n_factors", [1, 2, 3])
def test_with_all_cells_known_and_no_penalty_als_arrives_at_the_truncated_svd(n_factors):
    """Eckart and Young 1936. Both take the items' means away: without, SVD looks only at who rated what."""
    common = dict(n_factors=n_factors, regularization=0.0, centering="item mean")
    closed = run(SVD(**common), full_ratings())[-1]
    iterated = run(ALS(penalty="plain", n_epochs=150, **common), full_ratings())[-1]
    assert iterated.objective == pytest.approx(closed.objective, rel=1e-4)
    np.testing.assert_allclose(scores(iterated.model), scores(closed.model), atol=2e-3)


@pytest.mark.parametrize("lam", [0.1, 1.0, 3.0])
def test_with_all_cells_known_plain_als_arrives_at_the_shrunken_svd(lam):
    common = dict(n_factors=3, regularization=lam, centering="item mean")
    closed = run(SVD(**common), full_ratings())[-1]
    iterated = run(ALS(penalty="plain", n_epochs=150, **common), full_ratings())[-1]
    assert iterated.objective == pytest.approx(closed.objective, rel=1e-4)
    np.testing.assert_allclose(scores(iterated.model), scores(closed.model), atol=1e-2)


@pytest.mark.parametrize("centering", CENTERINGS)
def test_als_arrives_at_the_same_answer_only_where_averages_are_taken_away_as_the_card_says(centering):
    assert "With averages taken away" in SVD.caution and SVD.caution.endswith(
        "ALS with the plain penalty, the same averages taken away and the same λ then reaches exactly this answer "
        "(Eckart and Young)."
    )
    common = dict(n_factors=3, regularization=0.5, centering=centering)
    ours, als = (
        run(each, full_ratings())[-1].model for each in (SVD(**common), ALS(**common, penalty="plain", n_epochs=150))
    )
    distance = np.abs(scores(ours) - scores(als)).max()
    assert distance > 0.5 if centering == "none" else distance < 1e-2


def test_the_nearest_to_the_whole_table_is_what_no_penalty_gives_as_the_card_says():
    assert "the nearest to the whole table where λ is 0" in SVD.meaning
    matrix = (small_ratings().matrix.toarray() > 0).astype(float)
    errors = [
        np.sum((matrix - scores(run(SVD(n_factors=4, regularization=lam), small_ratings())[-1].model)) ** 2)
        for lam in (0, 1, 3)
    ]
    assert errors[0] == pytest.approx(np.sum(np.linalg.svd(matrix, compute_uv=False)[4:] ** 2), rel=1e-4)
    assert errors[0] < 0.99 * errors[1] < 0.99 * errors[2]


def test_the_last_rank_is_the_last_epoch_on_small_data_too():
    recipe = SVD(n_factors=16)
    assert run(recipe, load_example_5x5().interactions)[-1].number == recipe.last_epoch(load_example_5x5().interactions)
