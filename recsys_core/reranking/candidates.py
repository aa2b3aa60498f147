"""Candidates: the best unseen items of each user with their scores, from which a re-ranked list is chosen."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.rank_items import top_items
from recsys_core.threads import for_each_block

_BLOCK_USERS = 128


@dataclass(frozen=True, eq=False)
class Candidates:
    """The best unseen items of u users by a model: `items` (u, c) int32, best first and -1 past the end, with `scores`
    (u, c) beside them, scaled to 1 for the best and 0 for the last of each user."""

    items: np.ndarray
    scores: np.ndarray

    @classmethod
    def of(
        cls,
        model: FactorModel | ItemModel,
        seen: Interactions,
        users: np.ndarray,
        depth: int,
        *,
        allowed: np.ndarray | None = None,
    ) -> "Candidates":
        """The `depth` best items of each of `users` that are not `seen`, of those with `allowed[i]`, boolean (n,)."""
        users = np.asarray(users, np.int64)
        items = top_items(model if allowed is None else _Limited(model, allowed), seen, users, depth)
        listed = (items >= 0) if allowed is None else (items >= 0) & allowed[items]
        blocks = [slice(start, start + _BLOCK_USERS) for start in range(0, len(users), _BLOCK_USERS)]

        def scores_of_block(at: slice) -> np.ndarray:
            return np.take_along_axis(model.scores(users[at]), np.maximum(items[at], 0), axis=1)

        scores = np.concatenate([np.zeros((0, depth), np.float32), *for_each_block(scores_of_block, blocks)])
        return cls(items, _scaled(scores.astype(np.float64), listed))._only(listed)

    def keep(self, allowed: np.ndarray) -> "Candidates":
        """Only the items i with `allowed[i]`, boolean (n,); the others close up."""
        return self._only((self.items >= 0) & allowed[self.items])

    def cap_groups(self, attributes: np.ndarray, most: int, k: int) -> "Candidates":
        """The first k items of each user such that no attribute, a column of `attributes` (n, t), occurs more than
        `most` times; an item that would exceed it is skipped."""
        n_users, depth = self.items.shape
        counts = np.zeros((n_users, attributes.shape[1]))
        chosen = np.zeros((n_users, depth), bool)
        for position in range(depth):
            items = self.items[:, position]
            has = attributes[items] > 0
            fits = (items >= 0) & ~np.any(has & (counts >= most), axis=1) & (chosen.sum(axis=1) < k)
            chosen[:, position] = fits
            counts += has & fits[:, None]
        return self._only(chosen)

    def choose(self, order: np.ndarray) -> np.ndarray:
        """(u, k) the items at the positions `order` (u, k); -1 where a position is -1."""
        return np.where(order >= 0, np.take_along_axis(self.items, np.maximum(order, 0), axis=1), -1)

    def _only(self, keep: np.ndarray) -> "Candidates":
        order = np.argsort(~keep, axis=1, kind="stable")
        kept = np.take_along_axis(keep, order, axis=1)
        items = np.where(kept, np.take_along_axis(self.items, order, axis=1), -1).astype(np.int32)
        return replace(self, items=items, scores=np.where(kept, np.take_along_axis(self.scores, order, axis=1), 0.0))


@dataclass(frozen=True, eq=False)
class _Limited:
    """A model that puts all items below those with `allowed[i]`."""

    model: FactorModel | ItemModel
    allowed: np.ndarray

    predicts_ratings = False

    @property
    def n_users(self) -> int:
        return self.model.n_users

    @property
    def n_items(self) -> int:
        return self.model.n_items

    def scores(self, users: np.ndarray) -> np.ndarray:
        scores = self.model.scores(users)
        scores[:, ~self.allowed] = self._below[~self.allowed]
        return scores

    def scores_of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.where(self.allowed[items], self.model.scores_of(users, items), self._below[items])

    @cached_property
    def _below(self) -> np.ndarray:
        """(n,) float32 for items that are not allowed; no two are equal, so that no ties have to be put in order."""
        return np.linspace(-1, -0.5, self.n_items, dtype=np.float32) * np.finfo(np.float32).max

    def is_finite(self) -> bool:
        return self.model.is_finite()


def _scaled(scores: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """Each row from 0 to 1 over what is filled; all 1 where all are equal, 0 where nothing is."""
    least = np.min(scores, axis=1, keepdims=True, where=filled, initial=np.inf)
    most = np.max(scores, axis=1, keepdims=True, where=filled, initial=-np.inf)
    span = most - least
    with np.errstate(invalid="ignore"):
        scaled = np.divide(scores - least, span, out=np.ones_like(scores), where=span > 0)
    return np.where(filled, scaled, 0.0)
