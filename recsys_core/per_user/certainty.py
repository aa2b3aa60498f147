"""How sure a Bayesian model is of one user: of ratings, of ranks, of the factors, and what would teach it most."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.posterior import Posterior
from recsys_core.data.interactions import Interactions

LEVEL = 0.9
"""The probability with which a rating should lie in its interval."""


def predict_intervals(posterior: Posterior, user: int, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the intervals in which the user's ratings of `items` (j,) lie with probability `LEVEL`.

    The variance of a rating is that of its expectation over the samples plus that of single ratings around it; the
    interval is the normal one. Where nothing bounds it, it may end beyond the scale of the ratings.
    """
    drawn = posterior.scores_of(np.full(len(items), user), items).astype(np.float64)
    spread = np.sqrt(drawn.var(axis=0, ddof=1 if len(drawn) > 1 else 0) + posterior.noise**2)
    reach = float(ndtri((1 + LEVEL) / 2)) * spread
    middle = drawn.mean(axis=0)
    return middle - reach, middle + reach


@dataclass(frozen=True, eq=False)
class RankCertainty:
    """In how many of `n_samples` the items (j,) of a list are the best of the list, and among the first j of all.

    `beats_next` has j − 1 entries: in how many item p is above item p + 1.
    """

    n_samples: int
    best: np.ndarray
    in_top: np.ndarray
    beats_next: np.ndarray


def rank_certainty(posterior: Posterior, user: int, unseen: np.ndarray, length: int) -> RankCertainty:
    """Return how often the samples agree with a list, the first `length` of the `unseen` items, best first."""
    drawn = posterior.scores_of_user(user)[:, unseen]
    own = drawn[:, :length]
    depth = own.shape[1]
    ranks = np.array([(drawn > own[:, [column]]).sum(axis=1) for column in range(depth)])  # (j, samples)
    return RankCertainty(
        n_samples=posterior.n_samples,
        best=np.bincount(own.argmax(axis=1), minlength=depth),
        in_top=(ranks < depth).sum(axis=1),
        beats_next=(own[:, :-1] > own[:, 1:]).sum(axis=0),
    )


def factor_cloud(model: FactorModel, posterior: Posterior, user: int) -> np.ndarray:
    """Return (samples, k): where each sample would put the user among the factors of `model`.

    A sample has axes of its own. What it expects of the user beyond an average one is a function of the items; the
    cloud is its projection on the items' biases and factors in `model`.
    """
    beyond = [
        (sample.users[user, 1:] - sample.user_prior.mean[1:]) @ sample.items[:, 1:].T.astype(np.float64)
        for sample in posterior.samples
    ]
    basis = np.column_stack([np.ones(model.n_items), model.item_factors]).astype(np.float64)
    cloud: np.ndarray = posterior.scale * (np.array(beyond) @ np.linalg.pinv(basis).T)[:, 1:]
    return cloud


def expected_learning(posterior: Posterior, rated: Interactions, targets: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return (a,): by what share a rating of each item `asked` (a,) would lower the variance of the `targets` (t,).

    `rated` (1, n) is what the user has rated. Under one sample the user's factors are N(x, A⁻¹), so that a rating of
    item j with noise 1/α takes (y_tᵀA⁻¹y_j)² / (y_jᵀA⁻¹y_j + 1/α) from the variance of target t, whatever the rating
    is. Summed over the targets and averaged over the samples, divided by the variance there is within a sample: what
    is uncertain about the items counts in neither. This is the criterion of A-optimal design (Rubens, Elahi, Sugiyama
    and Kaplan, Active learning in recommender systems, 2015).
    """
    taken, there = np.zeros(len(asked)), 0.0
    for sample in posterior.samples:
        y = np.column_stack([np.ones(len(sample.items)), sample.items[:, 1:]]).astype(np.float64)
        own = y[rated.items]
        covariance = np.linalg.inv(sample.precision * own.T @ own + sample.user_prior.precision)
        of_targets = y[targets] @ covariance
        between = of_targets @ y[asked].T  # (t, a)
        variance = np.einsum("ad,de,ae->a", y[asked], covariance, y[asked])
        taken += (between**2).sum(axis=0) / (variance + 1 / sample.precision)
        there += float(np.einsum("td,td->", of_targets, y[targets]))
    return taken / there
