"""The leading singular values are those of LAPACK and ARPACK, whatever the spectrum, and never take for ever."""

import tracemalloc
from functools import cache

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from recsys_core.algorithms import SVD
from recsys_core.algorithms.kernels import lanczos
from recsys_core.algorithms.kernels.lanczos import leading_singular_triplets
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.rank_items import top_items
from recsys_core.runner.memory import training_bytes
from tests.real_data import ml_1m, ml_100k, ml_latest_small
from tests.small_trainings import assert_same_epochs, odd_data, run, scores

SIZE = 2_500
K = 48


@cache
def slow_spectrum() -> Interactions:
    """500 people, 300 items and much noise: singular values that hardly differ, on more than LAPACK is asked for."""
    return generate(SyntheticRecipe(n_users=500, n_items=300, noise=0.5)).interactions


def real(load):
    dataset = load()
    if dataset is None:
        pytest.skip(f"The data of {load.__name__} is not on this machine (RECSYS_DATA says where to look)")
    return dataset


def furthest(ours: np.ndarray, exact: np.ndarray) -> float:
    """The greatest distance between unit columns, signs aside."""
    return np.linalg.norm(ours * np.sign(np.sum(ours * exact, axis=0)) - exact, axis=0).max()


@pytest.mark.parametrize("way_up", ["tall", "wide"])
@pytest.mark.parametrize("k", [1, 5, 20, 50])
def test_the_triplets_are_those_of_lapack(way_up, k):
    matrix = slow_spectrum().matrix if way_up == "tall" else slow_spectrum().matrix.T.tocsr()
    u, sigma, v = leading_singular_triplets(matrix, k)
    exact_u, exact_sigma, exact_vt = np.linalg.svd(matrix.toarray().astype(float), full_matrices=False)
    np.testing.assert_allclose(sigma, exact_sigma[:k], rtol=1e-12)
    assert furthest(u, exact_u[:, :k]) < 1e-6 and furthest(v, exact_vt[:k].T) < 1e-6
    assert np.all(v[np.abs(v).argmax(axis=0), np.arange(k)] > 0)


@pytest.mark.parametrize("load", [ml_100k, ml_latest_small])
def test_on_films_every_vector_is_within_a_millionth_of_the_exact_one_for_every_k(load):
    matrix = real(load).interactions.binary.astype(np.float64)
    exact = np.linalg.eigh((matrix @ matrix.T).toarray())[1][:, ::-1]
    for k in (8, 16, 64, 128):
        assert furthest(leading_singular_triplets(matrix, k)[0], exact[:, :k]) < 1e-6


@pytest.mark.parametrize(("load", "k"), [(ml_100k, 8), (ml_100k, 48), (ml_1m, 64)])
def test_on_films_lists_are_those_of_arpack_and_a_prefix_is_the_model_of_fewer_factors(load, k):
    split = make_split(real(load))
    train, everybody = split.train, np.arange(split.train.n_users)
    u, sigma, vt = svds(train.binary.astype(np.float64), k, tol=1e-12, random_state=0)
    *_, alone = SVD(n_factors=k, regularization=0).epochs(train, seed=1)
    *_, more = SVD(n_factors=2 * k, regularization=0).epochs(train, seed=2)
    prefix = FactorModel.of(more.model.user_factors[:, :k], more.model.item_factors[:, :k])
    models = [FactorModel.of(u * sigma, vt.T), alone.model, prefix]
    theirs, *ours = (top_items(model, train, everybody, 10) for model in models)
    for lists in ours:
        assert np.all(lists == theirs, axis=1).mean() >= 0.995
    assert np.ptp([evaluate(model, split).mean("ndcg", 10) for model in models]) < 1e-4


def test_no_bit_depends_on_the_seed_or_on_threads(monkeypatch):
    recipe = SVD(n_factors=20)
    alone = run(recipe, slow_spectrum(), seed=0)
    assert_same_epochs(run(recipe, slow_spectrum(), seed=1), alone)
    monkeypatch.setattr(lanczos, "_FEW_ENTRIES", 0)  # several blocks, on all cores
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            assert_same_epochs(run(recipe, slow_spectrum(), seed=2), alone)


def spectra(n: int) -> dict[str, np.ndarray]:
    """Singular values (n,), descending, by how they fall."""
    rng = np.random.default_rng(0)
    close = np.sort(rng.random(n))[::-1]
    close[40:44] = close[40] * (1 - 1e-6 * np.arange(4))
    return {
        "evenly at random": np.sort(rng.random(n))[::-1],
        "some a millionth apart": np.sort(close)[::-1],
        "by a fiftieth each": np.exp(-np.arange(n) / 50),
        "one large, many level": np.r_[100.0, np.linspace(1.1, 1, n - 1)],
    }


@cache
def directions(seed: int, n: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]


@pytest.mark.parametrize("k", [3, 100])
@pytest.mark.parametrize("falls", spectra(100))
def test_what_is_estimated_of_the_error_keeps_every_vector_within_a_millionth(falls, k):
    n = 420
    left, right = directions(0, n), directions(1, n)
    u, _, v = leading_singular_triplets(sparse.csr_array(left * spectra(n)[falls] @ right.T), k)
    assert furthest(u, left[:, :k]) < 1e-6 and furthest(v, right[:, :k]) < 1e-6


# --- Spectra without gaps --------------------------------------------------------------------------------


def ones_at(rows, columns, shape) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def hard_matrices(n: int) -> dict:
    """By what is hard about them: the matrix (n, n) and its largest singular values, as far as known in closed form."""
    rng = np.random.default_rng(0)
    everyone = np.arange(n)
    once = rng.integers(0, n, n)
    copies = np.sqrt(np.sort(np.bincount(once, minlength=n))[::-1])
    levels = np.repeat([9.0, 7.0, 4.0, 2.0], [1, 30, 40, n - 71])
    nearly = 1 - 1e-8 * np.arange(n) / n
    few = sparse.csr_array((rng.random((n, 5)) < 0.2).astype(float)) @ sparse.csr_array(
        (rng.random((5, n)) < 0.1).astype(float)
    )
    large = n // 4
    rows, columns = np.indices((large, large)).reshape(2, -1)
    cliques = sparse.csr_array(sparse.block_diag([np.ones((5, 5))] * (n // 5)))
    return {
        "identity": (ones_at(everyone, everyone, (n, n)), np.ones(n)),
        "permutation": (ones_at(everyone, rng.permutation(n), (n, n)), np.ones(n)),
        "one rating per person": (ones_at(everyone, once, (n, n)), copies),
        "one rating per item": (ones_at(once, everyone, (n, n)), copies),
        "one huge block": (ones_at(rows, columns, (n, n)), np.r_[float(large), np.zeros(n)]),
        "many equal blocks": (cliques, np.full(n // 5, 5.0)),
        "a few levels": (sparse.csr_array(sparse.diags_array(rng.permutation(levels))), levels),
        "nearly equal": (sparse.csr_array(sparse.diags_array(rng.permutation(nearly))), nearly),
        "of rank below k": (few, None),
        "zeros": (0 * ones_at(everyone, everyone, (n, n)), np.zeros(n)),
    }


def n_products(matrix: sparse.csr_array, k: int) -> tuple[int, tuple]:
    """How many vectors were multiplied by the matrix or its transpose, and the triplets."""
    counts, product = [], lanczos._product

    def counted(blocks, vectors):
        counts.append(vectors.shape[1])
        return product(blocks, vectors)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanczos, "_product", counted)
        triplets = leading_singular_triplets(matrix, k)
    return sum(counts), triplets


@cache
def products_without_structure(n: int, k: int) -> int:
    rng = np.random.default_rng(0)
    return n_products(ones_at(rng.integers(0, n, 20 * n), rng.integers(0, n, 20 * n), (n, n)), k)[0]


@pytest.mark.parametrize("k", [8, K, 128])
@pytest.mark.parametrize("what", hard_matrices(100))
def test_a_spectrum_without_gaps_takes_no_longer_than_a_matrix_without_structure(what, k):
    matrix, exact = hard_matrices(SIZE)[what]
    count, (u, sigma, v) = n_products(matrix, k)
    assert count <= products_without_structure(SIZE, k)
    if exact is not None:
        np.testing.assert_allclose(sigma, exact[:k], atol=1e-9 * max(1, exact[0]), rtol=2e-8 * (what == "nearly equal"))
    np.testing.assert_allclose(v.T @ v, np.eye(k), atol=1e-10)
    np.testing.assert_allclose(matrix @ v, u * sigma, atol=1e-7 * max(1, sigma[0]))
    assert not u[:, sigma == 0].any() and np.isfinite(v).all()


def test_ten_thousand_equal_values_take_no_longer_either():
    n = 10_000
    count, (_, sigma, _) = n_products(ones_at(np.arange(n), np.random.default_rng(0).permutation(n), (n, n)), 8)
    np.testing.assert_allclose(sigma, 1, rtol=1e-12)
    assert count <= products_without_structure(SIZE, 8)  # which needs fewer than one of this size


def test_where_nothing_is_told_apart_the_steps_are_limited(monkeypatch):
    """Values that fall evenly over a thousandth: each is determined, and no number of steps would be enough."""
    matrix = sparse.csr_array(sparse.diags_array(np.linspace(1, 0.999, SIZE)))
    count, (_, sigma, v) = n_products(matrix, 8)
    assert count < 3 * lanczos._MOST_VECTORS * (8 + lanczos._SPARE)
    np.testing.assert_allclose(sigma, np.linspace(1, 0.999, SIZE)[:8], rtol=1e-5)
    np.testing.assert_allclose(v.T @ v, np.eye(8), atol=1e-10)


def test_memory_is_that_of_the_vectors_and_not_of_the_square():
    n, recipe = 30_000, SVD(n_factors=K, regularization=0)
    train = Interactions.from_triples(np.arange(n), np.arange(n), np.ones(n), n, n)
    tracemalloc.start()
    next(recipe.epochs(train))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < training_bytes(recipe, train) < 0.05 * 8 * n**2


def test_constant_ratings_without_their_mean_are_factorised(monkeypatch):
    monkeypatch.setattr(lanczos, "_WHOLE", 0)
    monkeypatch.setattr(lanczos, "_SPARE", 1)
    monkeypatch.setattr(lanczos, "_WIDTH", 8)  # of 10 items
    (*_, epoch) = run(SVD(n_factors=2, centering="user mean"), odd_data()["constant values"])
    np.testing.assert_allclose(scores(epoch.model), 3)
