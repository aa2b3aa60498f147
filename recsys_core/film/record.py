"""Record a training epoch by epoch, and make the film of it."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.base import Epoch
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.evaluation.rank_items import Ranking
from recsys_core.film.film import LIST_LENGTH, Film, quantise
from recsys_core.film.memorising import draw_pairs, share_in_order
from recsys_core.film.parting import item_groups, large_groups, nearest_own, parting_p_values
from recsys_core.film.projection import fix_map
from recsys_core.metrics.ranking import CUTOFF, ndcg
from recsys_core.threads import one_blas_thread

MOST_POINTS, MOST_USERS = 1_500, 600
MOST_FRAMES = 121
"""Of longer trainings every second, fourth, eighth … epoch is kept."""
_MOST_SCORED = 1_000  # users whose NDCG is kept for what is claimed of all
_FEWEST_CHOICES = 5  # of an item in training: the factors of fewer hardly leave the centre
_SEED = 20_260


@dataclass(frozen=True, eq=False)
class _Frame:
    """What is kept of one epoch: factors of what is drawn, lists and scores."""

    number: int
    users: np.ndarray
    items: np.ndarray
    item_bias: np.ndarray
    tops: np.ndarray
    ndcg: np.ndarray


class Recorder:
    """Keeps what a film needs of every epoch of a training on `split`; `film` may be called at any time.

    At most 1,500 people and items are drawn. What there is more of is drawn at random, always the same: people who have
    training and validation ratings, and items with at least five training ratings.
    """

    def __init__(self, dataset: Dataset, split: Split):
        train, scored = split.train.relevant, split.validation.relevant.items_per_user > 0
        can_be_seen = train.items_per_user > 0
        with_lists = np.flatnonzero(can_be_seen & scored)
        self.users = _draw(with_lists if len(with_lists) else np.flatnonzero(can_be_seen), MOST_USERS)
        self._train = train
        counts = train.users_per_item
        often = np.flatnonzero(counts >= _FEWEST_CHOICES)
        self.items = _draw(often if len(often) > 1 else np.flatnonzero(counts), MOST_POINTS - len(self.users))
        self._scored = _draw(np.flatnonzero(scored), _MOST_SCORED)
        names, group_of = item_groups(dataset)
        self._groups, self._group_of = large_groups(names, group_of[self.items])
        self._frames: list[_Frame] = []
        self._last: tuple[Epoch, FactorModel, Ranking | None] | None = None
        self._stride = 1

    def add(self, epoch: Epoch, ranking: Ranking | None) -> None:
        """Keep what the film needs of an epoch; `ranking` is that of the validation ratings, None without any."""
        if not isinstance(epoch.model, FactorModel):
            return
        if self._last and self._last[1].n_factors != epoch.model.n_factors:
            self._frames.clear()  # other factors are another film
        self._last = epoch, epoch.model, ranking
        if epoch.number % self._stride:
            return
        self._frames.append(self._frame(epoch, epoch.model, ranking))
        if len(self._frames) > MOST_FRAMES:
            self._stride *= 2
            self._frames = [frame for frame in self._frames if frame.number % self._stride == 0]

    def film(self, *, has_ended: bool) -> Film | None:
        """Return the film so far, on the map of the newest epoch; None of fewer than two epochs.

        What is claimed of a training (`parting`, `memorising`) is only worked out where it `has_ended`.
        """
        with one_blas_thread():  # more threads only wait for one another over matrices this small
            return self._film(has_ended)

    def _film(self, has_ended: bool) -> Film | None:
        if self._last is None:
            return None
        epoch, model, ranking = self._last
        frames = self._frames
        if not frames or frames[-1].number != epoch.number:
            frames = [*frames, self._frame(epoch, model, ranking)]
        if len(frames) < 2:
            return None
        fixed = fix_map(model)
        placed = [fixed.place(frame.users, frame.items) for frame in frames]
        positions, scale = quantise(np.stack(placed))
        n_groups = len(self._groups)
        p_values, shares = np.full(n_groups, np.nan), np.full((len(frames), n_groups), np.nan)
        fit = np.full((len(frames), len(self.users)), np.nan, np.float32)
        if has_ended:
            shares = np.stack([nearest_own(frame.items, self._group_of, n_groups) for frame in frames])
            pairs = draw_pairs(self._train, self.users, self.items)
            fit = np.stack([share_in_order(frame.users, frame.items, frame.item_bias, pairs) for frame in frames])
            p_values = parting_p_values(model.item_factors[self.items], self._group_of, n_groups)
        return Film(
            numbers=np.array([frame.number for frame in frames]),
            users=self.users,
            items=self.items,
            positions=positions,
            scale=scale,
            shares=fixed.shares,
            tops=np.stack([frame.tops for frame in frames]),
            ndcg=np.stack([frame.ndcg for frame in frames]),
            groups=self._groups,
            group_of=self._group_of,
            nearest_own=shares,
            p_values=p_values,
            fit=fit,
            has_ended=has_ended,
        )

    def _frame(self, epoch: Epoch, model: FactorModel, ranking: Ranking | None) -> _Frame:
        items = model.item_factors[self.items]
        tops, scores = np.zeros((0, LIST_LENGTH), np.int32), np.zeros(0, np.float32)
        if ranking is not None and len(ranking.users):
            tops = ranking.top_items[np.searchsorted(ranking.users, self.users), :LIST_LENGTH]
            scores = ndcg(ranking.relevant, CUTOFF)[np.searchsorted(ranking.users, self._scored)].astype(np.float32)
        bias = model.item_bias[self.items]
        return _Frame(epoch.number, model.user_factors[self.users], items, bias, tops, scores)


def _draw(candidates: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many of the candidates, drawn at random, always the same, ascending."""
    if len(candidates) <= most:
        return candidates
    return np.sort(np.random.default_rng(_SEED).choice(candidates, most, replace=False))
