"""Bayesian factorisation: every draw from the right distribution, intervals that hold, a mean that is the mean."""

import numpy as np
import pytest
from scipy import stats

from recsys_core.algorithms.bayesian import MOST_KEPT, Bayesian
from recsys_core.algorithms.epochs import stop_at_divergence
from recsys_core.algorithms.kernels.mean_product import MeanProduct
from recsys_core.algorithms.kernels.normal_wishart import Gaussian, sample_prior
from recsys_core.algorithms.kernels.posterior_rows import PosteriorRows
from recsys_core.algorithms.posterior import BayesianModel
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.per_user.certainty import predict_intervals
from recsys_core.store.npz_codec import pack_model, unpack_model
from recsys_core.threads import one_blas_thread
from tests.small_trainings import run, scores, small_ratings


def same_person(count: int, items, values, n_items: int) -> Interactions:
    """`count` people with the same ratings."""
    users = np.repeat(np.arange(count), len(items))
    return Interactions.from_triples(users, np.tile(items, count), np.tile(values, count), count, n_items)


@pytest.mark.parametrize("strength", [1.0, 1e7])
def test_a_row_is_drawn_from_its_posterior(strength):
    """Also where the ratings outweigh the prior so far that float32 could not solve the system."""
    rng = np.random.default_rng(0)
    count, d = 20_000, 3
    factors = (np.sqrt(strength) * rng.normal(size=(5, d))).astype(np.float32)
    factors[:, 2] = factors[:, 0]  # a direction about which only the prior knows anything
    prior = Gaussian(np.array([0.5, -1.0, 0.2]), np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.0], [0.1, 0.0, 1.5]]))
    items, values, precision = [0, 2, 3, 4], [1.0, -0.5, 2.0, 0.3], 4.0
    people = same_person(count, items, values, 5)
    offsets = np.array([0.3, 9.0, -0.2, 0.0, 1.0], np.float32)
    drawn, squared_errors = PosteriorRows(people, people.values, d).draw(
        factors, offsets, precision=precision, prior=prior, noise=rng.standard_normal((count, d))
    )
    targets = np.array(values) - offsets[items]
    y = factors[items].astype(np.float64)
    covariance = np.linalg.inv(precision * y.T @ y + prior.precision)
    expected = covariance @ (precision * y.T @ targets + prior.precision @ prior.mean)
    spread = np.sqrt(np.diag(covariance))
    assert np.all(np.abs(drawn.mean(axis=0) - expected) < 4 * spread / np.sqrt(count))
    scaled = np.cov(drawn.T) / np.outer(spread, spread)
    np.testing.assert_allclose(scaled, covariance / np.outer(spread, spread), atol=0.04)
    errors = targets - drawn.astype(np.float64) @ y.T
    largest = max(1, np.abs(y).max())
    np.testing.assert_allclose(squared_errors, (errors**2).sum(axis=1), rtol=1e-4, atol=1e-5 * largest)


def test_errors_are_right_where_ratings_are_fitted_almost_exactly():
    """There they are the small difference of large numbers, which float32 would lose."""
    rng = np.random.default_rng(6)
    y, x = rng.normal(size=(12, 3)).astype(np.float32), np.array([3.0, -2.0, 1.0])
    people = same_person(50, np.arange(12), (y @ x).astype(np.float32), 12)
    drawn, errors = PosteriorRows(people, people.values, 3).draw(
        y, np.zeros(12), precision=1e4, prior=Gaussian(x, np.eye(3)), noise=rng.standard_normal((50, 3))
    )
    expected = ((people.values.reshape(50, 12) - drawn.astype(np.float64) @ y.T) ** 2).sum(axis=1)
    np.testing.assert_allclose(errors, expected, rtol=0.02)


def test_a_row_without_ratings_is_drawn_from_the_prior():
    prior = Gaussian(np.array([3.0, -2.0]), np.array([[4.0, 1.0], [1.0, 2.0]]))
    nobody = Interactions.from_triples([], [], [], 20_000, 1)
    noise = np.random.default_rng(1).standard_normal((20_000, 2))
    rows = PosteriorRows(nobody, nobody.values, 2)
    drawn, _ = rows.draw(np.ones((1, 2), np.float32), np.zeros(1), precision=1.0, prior=prior, noise=noise)
    np.testing.assert_allclose(drawn.mean(axis=0), prior.mean, atol=0.03)
    np.testing.assert_allclose(np.cov(drawn.T), np.linalg.inv(prior.precision), atol=0.02)


def test_the_prior_of_a_side_is_drawn_from_its_posterior():
    """Λ is compared with SciPy's Wishart, and μ with a normal distribution given Λ."""
    rng = np.random.default_rng(2)
    rows = rng.normal([1.0, -0.5], [0.7, 1.5], size=(6, 2))
    mean, m, d = rows.mean(axis=0), 6, 2
    inverse_scale = np.eye(d) + (rows - mean).T @ (rows - mean) + 2 * m / (2 + m) * np.outer(mean, mean)
    oracle = stats.wishart(d + m, np.linalg.inv(inverse_scale)).rvs(4_000, random_state=3)
    drawn = [sample_prior(rows, rng) for _ in range(4_000)]
    ours = np.array([each.precision for each in drawn])
    for entry in ((0, 0), (0, 1), (1, 1)):
        assert stats.ks_2samp(ours[:, *entry], oracle[:, *entry]).pvalue > 1e-3
    assert stats.ks_2samp(np.linalg.det(ours), np.linalg.det(oracle)).pvalue > 1e-3
    centred = np.array([each.mean for each in drawn]) - m / (2 + m) * mean
    whitened = [np.linalg.cholesky((2 + m) * p).T @ c for p, c in zip(ours, centred, strict=True)]
    assert stats.kstest(np.ravel(whitened), "norm").pvalue > 1e-3


def test_the_posterior_of_a_three_by_three_table_is_the_exact_one():
    """One factor a side with a standard normal prior: the people are integrated by hand, the items by quadrature."""
    observed = np.array([[1.2, 0.4, np.nan], [np.nan, -0.6, 1.0], [-1.5, np.nan, 0.7]])
    precision = 4.0
    grid = np.linspace(-4, 4, 49)
    y = np.stack(np.meshgrid(grid, grid, grid, indexing="ij"), axis=-1).reshape(-1, 3)
    log_density = -0.5 * (y**2).sum(axis=1)
    expected_x = np.empty_like(y)
    for user, row in enumerate(observed):
        known = ~np.isnan(row)
        weight, pull = 1 + precision * (y[:, known] ** 2).sum(axis=1), precision * y[:, known] @ row[known]
        log_density += -0.5 * np.log(weight) + 0.5 * pull**2 / weight
        expected_x[:, user] = pull / weight
    density = np.exp(log_density - log_density.max())
    exact = np.einsum("g,gu,gi->ui", density / density.sum(), expected_x, y)

    users, items = np.nonzero(~np.isnan(observed))
    data = Interactions.from_triples(users, items, observed[users, items], 3, 3)
    by_item, prior, rng = data.transposed, Gaussian(np.zeros(1), np.eye(1)), np.random.default_rng(4)
    rows, columns = PosteriorRows(data, data.values, 1), PosteriorRows(by_item, by_item.values, 1)
    q, none = np.ones((3, 1), np.float32), np.zeros(3)
    products = []
    with one_blas_thread():
        for _ in range(6_000):
            noise = rng.standard_normal((2, 3, 1))
            p, _ = rows.draw(q, none, precision=precision, prior=prior, noise=noise[0])
            q, _ = columns.draw(p, none, precision=precision, prior=prior, noise=noise[1])
            products.append(p @ q.T)
    batches = np.array(products).reshape(40, -1, 3, 3).mean(axis=1)
    error = batches.std(axis=0, ddof=1) / np.sqrt(len(batches))
    assert np.all(np.abs(batches.mean(axis=0) - exact) < 4 * error)
    assert error.max() < 0.05  # or the line before says nothing


def test_intervals_hold_as_often_as_they_say():
    """Planted stars, whole numbers with ends at 1 and 5; the intervals know neither."""
    covered = {0.9: [], 0.95: []}
    for seed in range(3):
        split = make_split(generate(SyntheticRecipe(feedback="explicit", seed=seed)))
        model = run(Bayesian(), split.train, seed=seed)[-1].model
        low, high = (end for end in predict_pairs(model, split.test))
        middle, reach = (low + high) / 2, (high - low) / 2
        for level, cases in covered.items():
            wider = stats.norm.ppf((1 + level) / 2) / stats.norm.ppf(0.95)
            cases.append(np.abs(split.test.values - middle) <= wider * reach)
    assert 0.88 <= np.mean(np.concatenate(covered[0.9])) <= 0.92
    assert 0.93 <= np.mean(np.concatenate(covered[0.95])) <= 0.97


def predict_pairs(model, held_out) -> tuple[np.ndarray, np.ndarray]:
    lows, highs = np.empty(held_out.n_interactions), np.empty(held_out.n_interactions)
    for user in np.unique(held_out.users):
        own = held_out.of(user)
        lows[own], highs[own] = predict_intervals(model.posterior, int(user), held_out.items[own])
    return lows, highs


def test_the_mean_of_products_is_the_mean():
    """Exactly where there is room for all directions, and as well as can be where there is not."""
    rng = np.random.default_rng(5)
    samples = [(rng.normal(size=(30, 3)).astype(np.float32), rng.normal(size=(20, 3)).astype(np.float32)) for _ in "ab"]
    mean = MeanProduct(30, 20, 3)
    for p, q in samples:
        mean.add(p, q)
    exact = np.mean([p @ q.T for p, q in samples], axis=0)
    p, q = mean.factors()
    u, s, vt = np.linalg.svd(exact)
    np.testing.assert_allclose(p @ q.T, (u[:, :3] * s[:3]) @ vt[:3], atol=1e-5)
    assert (p.shape, q.shape) == ((30, 3), (20, 3))


def test_the_model_is_the_mean_of_all_draws_after_the_burn_in():
    """Its k directions lose less than a fiftieth of what people differ in, against the tables of the kept draws."""
    data = generate(SyntheticRecipe(n_users=120, n_items=80, n_tastes=4, picks=20, feedback="explicit")).interactions
    recipe = Bayesian(n_factors=4, n_epochs=70, burn_in=10)
    model = run(recipe, data)[-1].model
    assert model.posterior.n_samples == 60
    exact = np.mean([model.posterior.scores_of_user(user).mean(axis=0) for user in range(120)], axis=0)
    table = np.array([model.posterior.scores_of_user(user).mean(axis=0) for user in range(120)])
    missed = scores(model) - table
    assert np.sqrt(np.mean(missed**2)) < 0.14 * np.std(table - exact)


@pytest.mark.parametrize("size", [2, 3])
def test_a_chain_on_few_ratings_goes_on_however_much_worse_a_draw_fits_than_the_first(size):
    users, items = np.indices((size, size)).reshape(2, -1)
    values = np.random.default_rng(0).integers(1, 6, size * size)
    data, recipe = Interactions.from_triples(users, items, values, size, size), Bayesian()
    for seed in range(10):
        assert len(list(stop_at_divergence(recipe.epochs(data, seed=seed), recipe, data))) == recipe.n_epochs


def test_before_the_burn_in_is_over_the_model_is_the_draw_itself_and_claims_no_certainty():
    epochs = run(Bayesian(n_factors=3, n_epochs=6, burn_in=5), small_ratings())
    assert [epoch.model.posterior is None for epoch in epochs] == [True] * 5 + [False]
    (sample,) = epochs[-1].model.posterior.samples
    drawn = np.array([epochs[-1].model.posterior.scores_of_user(user)[0] for user in range(60)])
    np.testing.assert_allclose(scores(epochs[-1].model), drawn, atol=1e-4)
    assert sample.users.shape == (60, 4)


def test_no_more_draws_are_kept_than_promised_and_they_spread_over_the_whole_chain():
    epochs = list(Bayesian(n_factors=2, n_epochs=2 * MOST_KEPT + 12, burn_in=10).epochs(small_ratings()))
    counts = [epoch.model.posterior.n_samples for epoch in epochs if epoch.model.posterior]
    assert max(counts) == MOST_KEPT and min(counts[MOST_KEPT:]) > MOST_KEPT // 2


def test_what_a_model_knows_of_its_certainty_is_stored_with_it():
    model = run(Bayesian(n_factors=3, n_epochs=9, burn_in=4), small_ratings())[-1].model
    back = unpack_model(pack_model(model))
    assert isinstance(back, BayesianModel)
    np.testing.assert_array_equal(scores(back), scores(model))
    np.testing.assert_array_equal(back.posterior.scores_of_user(7), model.posterior.scores_of_user(7))
    assert back.posterior.noise == model.posterior.noise
    early = run(Bayesian(n_factors=3, n_epochs=2), small_ratings())[-1].model
    np.testing.assert_array_equal(scores(unpack_model(pack_model(early))), scores(early))
