"""Score one truncated SVD at many numbers of factors, also with the held-out ratings leaked into training."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.svd import SVD
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.evaluation.rank_items import rank, top_items
from recsys_core.metrics.ranking import CUTOFF, ndcg

_FEW_CELLS = 1_000_000  # up to here every step of the scale costs milliseconds
_SCORED_CELLS = 10_000_000  # of a larger matrix as many people are scored as make this many scores
_FINE = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24, 32, 40, 48, 64, 96, 128)
_COARSE = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


@dataclass(frozen=True, eq=False)
class TruncationSweep:
    """The truncated SVDs of one binary matrix, and the NDCG of their lists.

    `model` has the most factors of `ks`; its first k columns are the model of k factors (Eckart and Young 1936).
    `ndcg` (len(ks),) are means of NDCG@10 over `users`, empty where nothing is held out; `explained` (len(ks),)
    is the share of Σ a² that k factors rebuild. `n_leaked` of the `n_held_out` relevant ratings were learned from.
    """

    ks: tuple[int, ...]
    model: FactorModel
    ndcg: np.ndarray
    explained: np.ndarray
    users: np.ndarray
    n_held_out: int
    n_leaked: int

    @property
    def best_k(self) -> int:
        """The number of factors with the highest NDCG, the smallest where several share it."""
        return self.ks[int(self.ndcg.argmax())]

    def truncated(self, k: int) -> FactorModel:
        """Return the model of k factors."""
        return FactorModel.of(self.model.user_factors[:, :k], self.model.item_factors[:, :k])

    def lists(self, seen: Interactions, user: int, depth: int) -> np.ndarray:
        """Return (len(ks), depth) int32: the user's best unseen items at every k, -1 past a list's end."""
        return np.concatenate([top_items(self.truncated(k), seen, np.array([user]), depth) for k in self.ks])


def sweep_truncations(split: Split, subset: str, *, leak: bool = False, planted: int | None = None) -> TruncationSweep:
    """Factorise train once and rank `subset` ("validation" or "test") with its 1, 2, 3, ... strongest factors.

    `leak` factorises train and that subset together and then scores as before: its ratings are looked
    for among the unseen items although the model has learned from them. That is the mistake of a test on
    training data. `planted` is one more k to look at, with its neighbours.

    Of a matrix with many cells fewer k are taken and fewer users scored, drawn once: see `TruncationSweep.users`.
    """
    seen, held_out = split.seen_and_held_out(subset)
    held_out = held_out.relevant
    train = split.train.joined(held_out) if leak else split.train
    fitted = train.relevant
    ks = _numbers_of_factors(split.train, planted)
    scored = sample_users(held_out, _SCORED_CELLS)
    values, explained = [], []
    for epoch in SVD(n_factors=ks[-1], regularization=0.0).epochs(train):
        if epoch.number in ks:
            explained.append(1 - epoch.objective / fitted.n_interactions)
            if scored.n_interactions:
                values.append(
                    ndcg(rank(epoch.model, seen, scored, depth=CUTOFF, top_only=True).relevant, CUTOFF).mean()
                )
    assert isinstance(epoch.model, FactorModel), "an SVD is made of factors"
    return TruncationSweep(
        ks=ks,
        model=epoch.model,
        ndcg=np.array(values),
        explained=np.array(explained),
        users=np.flatnonzero(scored.items_per_user),
        n_held_out=held_out.n_interactions,
        n_leaked=_n_shared(fitted, held_out),
    )


def _numbers_of_factors(train: Interactions, planted: int | None) -> tuple[int, ...]:
    m, n = train.n_users, train.n_items
    usual = _FINE if m * n <= _FEW_CELLS else _COARSE
    more = () if planted is None else (planted - 1, planted, planted + 1)
    return tuple(sorted(k for k in {*usual, *more} if 1 <= k <= min(m, n)))


def sample_users(held_out: Interactions, n_cells: int) -> Interactions:
    """Return the held-out ratings of as many users, drawn once, as make at most `n_cells` scores."""
    users = np.flatnonzero(held_out.items_per_user)
    most = max(1, n_cells // held_out.n_items)
    if len(users) <= most:
        return held_out
    drawn = np.random.default_rng(0).choice(users, most, replace=False)
    return held_out.select(np.isin(held_out.users, drawn))


def _n_shared(one: Interactions, other: Interactions) -> int:
    """How many cells are filled in both."""
    return int(one.binary.multiply(other.binary).nnz)
