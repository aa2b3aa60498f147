"""Bayesian matrix factorisation: every factor model that the ratings allow, each as often as it is likely."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np

from recsys_core.algorithms import shared_fields
from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.kernels.mean_product import MeanProduct
from recsys_core.algorithms.kernels.normal_wishart import Gaussian, sample_prior
from recsys_core.algorithms.kernels.posterior_rows import PosteriorRows
from recsys_core.algorithms.models import FactorModel, Recommender
from recsys_core.algorithms.posterior import BayesianModel, Posterior, Sample
from recsys_core.data.interactions import Interactions
from recsys_core.parameters import number

MOST_KEPT = 64
"""So many samples are kept at most for intervals, and half as many at least once there were as many."""
_START = 0.1  # standard deviation of the first factors, in standardised ratings


@dataclass(frozen=True)
class Bayesian(Algorithm):
    """Sample users, items, their priors and the noise in turn, each from its distribution given all others (Gibbs).

    r_ui ~ N(b_u + b_i + p_u·q_i, 1/α) in ratings of mean 0 and standard deviation 1; (b_u, p_u) ~ N(μ_U, Λ_U⁻¹) and
    (b_i, q_i) ~ N(μ_I, Λ_I⁻¹), with a normal-Wishart prior on each pair (see `sample_prior`) and α ~ Gamma(1, 1). So
    there is no λ: how strongly factors are held near their mean is learned. An epoch is one draw of everything; the
    model is the mean of all draws after the burn-in, in its k strongest directions.

    Source: Salakhutdinov and Mnih, Bayesian probabilistic matrix factorization using Markov chain Monte Carlo, ICML
    2008; with biases and a learned noise as in Rendle, Zhang and Koren, On the difficulty of evaluating baselines,
    arXiv 1905.01395, 2019.
    """

    label = "Bayesian (ratings)"
    objective_label = "Squared error of the sample on the training ratings"
    equation = (
        r"p(P,Q,\Theta,\alpha\mid r)\propto p(P,Q\mid\Theta)\,p(\Theta)\,p(\alpha)"
        r"\prod_{(u,i)\in\Omega}\mathcal N\big(r_{ui}\mid b_u+b_i+p_u^{\top}q_i,\ \alpha^{-1}\big)"
    )
    meaning = (
        "Instead of the one best set of factors, many sets are drawn, each as often as the ratings make it likely. "
        "Their mean, as nearly as k factors can hold it, is the prediction, and how far they differ is how unsure it "
        "is. Nothing has to be regularised by hand."
    )
    objective_falls = False  # once the chain is where it belongs, draws fit now better, now worse
    divergence_advice = "use fewer factors"
    epoch_word = "sample"
    learns_ratings = True
    caution = (
        "It predicts ratings and learns only from rated cells, not from what people left alone. So its lists are often "
        "worse than those of popularity, however good its RMSE."
    )

    n_factors: int = shared_fields.factors(8)
    n_epochs: int = number(
        120, "Samples", "Draws of all factors, the burn-in included.", bounds=(1, 10_000), typical=(25, 400)
    )
    burn_in: int = number(
        20,
        "Burn-in",
        "So many draws at the beginning are left out of the mean, because they still depend on where the chain began.",
        bounds=(0, 5_000),
        typical=(0, 100),
    )

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        chain = _Chain(train, self.n_factors, rng)
        mean = _Mean(train.n_users, train.n_items, self.n_factors)
        kept: list[Sample] = []
        stride = 1
        for number_ in range(1, self.n_epochs + 1):
            sample, squared_error = chain.draw()
            objective = chain.scale**2 * squared_error
            if number_ <= self.burn_in:
                alone = _Mean(train.n_users, train.n_items, self.n_factors)
                alone.add(sample)
                yield Epoch(
                    number_, BayesianModel.with_posterior(alone.model(chain.offset, chain.scale), None), objective
                )
                continue
            mean.add(sample)
            since = number_ - self.burn_in - 1
            if since % stride == 0:
                kept.append(sample)
                if len(kept) > MOST_KEPT:  # as good a picture from every second one
                    kept, stride = kept[::2], 2 * stride
            posterior = Posterior(tuple(kept), chain.offset, chain.scale)
            yield Epoch(
                number_, BayesianModel.with_posterior(mean.model(chain.offset, chain.scale), posterior), objective
            )

    def training_bytes(self, train: Interactions) -> int:
        return super().training_bytes(train) + self._bytes_of_samples(train) + 16 * train.n_interactions

    def model_bytes(self, train: Interactions) -> int:
        return super().model_bytes(train) + self._bytes_of_samples(train)

    def _bytes_of_samples(self, train: Interactions) -> int:
        kept = min(MOST_KEPT, max(0, self.n_epochs - self.burn_in))
        return 4 * kept * (train.n_users + train.n_items) * (self.n_factors + 1)

    def _fold_in(self, model: Recommender, train: Interactions, users: Interactions) -> Recommender:
        """Draw the users from their posterior under every kept sample; without samples, do as any model of factors."""
        if isinstance(model, BayesianModel) and model.posterior is not None:
            return _fold_in_by_samples(model, model.posterior, users)
        return super()._fold_in(model, train, users)


class _Chain:
    """The state of the Gibbs sampler, and how it moves on."""

    def __init__(self, train: Interactions, k: int, rng: np.random.Generator) -> None:
        self.offset, self.scale = float(train.values.mean(dtype=np.float64)), train.rating_scale
        self._rng, self._k, self._n_ratings = rng, k, train.n_interactions
        self._user_rows, self._item_rows = (self._rows(each) for each in (train, train.transposed))
        self._users = self._first(train.n_users)
        self._items = self._first(train.n_items)
        self._precision = 1.0

    def draw(self) -> tuple[Sample, float]:
        """Draw priors and rows of both sides and the noise; return them and Σ (r − r̂)² in standardised ratings."""
        user_prior = sample_prior(self._users, self._rng)
        self._users, _ = self._draw_side(self._user_rows, self._items, user_prior, len(self._users))
        item_prior = sample_prior(self._items, self._rng)
        self._items, squared_errors = self._draw_side(self._item_rows, self._users, item_prior, len(self._items))
        squared_error = float(squared_errors.sum())
        sample = Sample(self._users, self._items, self._precision, user_prior)
        self._precision = self._rng.gamma(1 + self._n_ratings / 2, 1 / (1 + squared_error / 2))
        return sample, squared_error

    def _draw_side(
        self, rows: PosteriorRows, others: np.ndarray, prior: Gaussian, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        noise = self._rng.standard_normal((count, self._k + 1), np.float32)
        return rows.draw(with_ones(others), others[:, 0], precision=self._precision, prior=prior, noise=noise)

    def _rows(self, ratings: Interactions) -> PosteriorRows:
        standardised = ((ratings.values - self.offset) / self.scale).astype(np.float32)
        return PosteriorRows(ratings, standardised, self._k + 1)

    def _first(self, count: int) -> np.ndarray:
        return np.float32(_START) * self._rng.standard_normal((count, self._k + 1), np.float32)


class _Mean:
    """The running mean of what samples expect, as biases and factors.

    Both sides are taken from their means, so that factors say only what people differ in. Those of a user about whom
    nothing is known are draws from around 0, of which more samples leave less.
    """

    def __init__(self, n_users: int, n_items: int, k: int) -> None:
        self._product = MeanProduct(n_users, n_items, k)
        self._user_bias, self._item_bias = np.zeros(n_users), np.zeros(n_items)
        self._offset, self._count = 0.0, 0

    def add(self, sample: Sample) -> None:
        self._count += 1
        users = sample.users - sample.user_prior.mean.astype(np.float32)
        mean_item = sample.items[:, 1:].mean(axis=0)
        user_bias = users[:, 0] + users[:, 1:] @ mean_item
        item_bias = sample.items[:, 0] + sample.items[:, 1:] @ sample.user_prior.mean[1:]
        self._user_bias += (user_bias - self._user_bias) / self._count
        self._item_bias += (item_bias - self._item_bias) / self._count
        self._offset += (float(sample.user_prior.mean[0]) - self._offset) / self._count
        self._product.add(users[:, 1:], sample.items[:, 1:] - mean_item)

    def model(self, offset: float, scale: float) -> FactorModel:
        """Return the mean in the unit of ratings, of which a sample's 0 is `offset` and its 1 is `scale` more."""
        user_factors, item_factors = self._product.factors()
        root = np.float32(np.sqrt(scale))
        return FactorModel.of(
            root * user_factors,
            root * item_factors,
            user_bias=scale * self._user_bias,
            item_bias=scale * self._item_bias,
            offset=offset + scale * self._offset,
            predicts_ratings=True,
        )


def _fold_in_by_samples(model: FactorModel, posterior: Posterior, users: Interactions) -> BayesianModel:
    """Return the model of other `users` (m', n) that the kept samples of the items give.

    Under every sample the user has a posterior as in training. Its mean, beyond the average user's, is a function of
    the items; the mean of these over the samples is projected on the biases and mean factors of the items.
    """
    k = model.n_factors
    r = ((users.values - posterior.offset) / posterior.scale).astype(np.float32)
    rows = PosteriorRows(users, r, k + 1)
    basis = with_ones(np.hstack([np.zeros((model.n_items, 1), np.float32), model.item_factors])).astype(np.float64)
    project = np.linalg.pinv(basis)
    beyond = np.zeros((users.n_users, k + 1))
    samples = []
    rng = np.random.default_rng(0)
    for sample in posterior.samples:
        items = with_ones(sample.items)
        draw = partial(rows.draw, items, sample.items[:, 0], precision=sample.precision, prior=sample.user_prior)
        expected = draw(noise=np.zeros((users.n_users, k + 1)))[0] - sample.user_prior.mean
        beyond += expected @ (project @ items).T / posterior.n_samples
        same_for_all = np.tile(rng.standard_normal(k + 1), (users.n_users, 1))  # so nobody changes another's draws
        samples.append(replace(sample, users=draw(noise=same_for_all)[0]))
    beyond *= posterior.scale
    own = replace(model, user_factors=beyond[:, 1:].astype(np.float32), user_bias=beyond[:, 0].astype(np.float32))
    return BayesianModel.with_posterior(own, replace(posterior, samples=tuple(samples)))


def with_ones(rows: np.ndarray) -> np.ndarray:
    """Return rows (n, d) of biases and factors with 1 in place of the bias: what the other side's rows multiply."""
    ones = rows.copy()
    ones[:, 0] = 1
    return ones
