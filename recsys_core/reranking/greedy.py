"""Re-ranking: lists chosen item by item that trade relevance for diversity, or for calibration.

Both take Candidates of u users and a dial `trade` from 0 (the model's own order) to 1 (only the other aim) and return
(u, k) items, best first, -1 past the end of a list. Of equal items the one that the model prefers is taken.
"""

from collections.abc import Callable

import numpy as np

from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.metrics.beyond_accuracy import attribute_shares
from recsys_core.reranking.candidates import Candidates
from recsys_core.threads import for_each_block

_SMOOTHING = 0.01
"""Steck's α: so much of the profile is mixed into the list's distribution, so that its logarithm is finite."""
_BLOCK_CELLS = 2**19


def rerank_for_diversity(candidates: Candidates, features: np.ndarray, trade: float, k: int) -> np.ndarray:
    """Maximal marginal relevance: next comes the item with the largest (1 − trade) s_i − trade max_j cos(f_i, f_j).

    j runs over the items that are chosen already, `features` (n, d) describe the items. Carbonell and Goldstein
    (SIGIR 1998).
    """
    _check(trade)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    directions = np.divide(features, lengths, out=np.zeros(features.shape), where=lengths > 0)

    def rerank(items: np.ndarray, scores: np.ndarray) -> np.ndarray:
        vectors = directions[items]
        likeness = np.zeros(items.shape)
        order = np.full((len(items), k), -1)
        left = items >= 0
        for position in range(min(k, items.shape[1])):
            chosen = _take_best((1 - trade) * scores - trade * likeness, left, order, position)
            cosines = (vectors @ vectors[np.arange(len(items)), chosen, :, None])[:, :, 0]
            likeness = cosines if position == 0 else np.maximum(likeness, cosines)
        return order

    return candidates.choose(_in_blocks(rerank, candidates, features.shape[1]))


def rerank_for_calibration(
    candidates: Candidates, profiles: Interactions, attributes: np.ndarray, trade: float, k: int
) -> np.ndarray:
    """Steck's calibrated recommendations: greedily maximise (1 − trade) Σ s_i − trade KL(p ‖ q̃) of the growing list.

    p is the mix of `attributes` (n, t) in each user's profile, the row of `profiles` (u, n) beside the candidates; q̃ is
    the list's, with a hundredth of p mixed in. Users without a profile keep the model's order. Steck (RecSys 2018).
    """
    _check(trade)
    shares = attribute_shares(attributes)
    n_attributes = shares.shape[1]
    wanted = profiles.binary @ shares
    total = wanted.sum(axis=1, keepdims=True)
    wanted = np.divide(wanted, total, out=np.zeros_like(wanted), where=total > 0)

    def rerank(items: np.ndarray, scores: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        # Beside what the list has, only the attributes of the new item change the divergence: it falls by
        # Σ p log((rest + α-mixed share) / rest) over these. Entries are the cells (user, candidate, attribute) of them.
        of_items = np.where((items >= 0)[:, :, None] & (wanted[:, None, :] > 0), shares[items], 0)
        cells = np.flatnonzero(of_items)
        cell, user_attribute = cells // n_attributes, cells // (items.shape[1] * n_attributes) * n_attributes
        user_attribute += cells % n_attributes
        share, weight = of_items.ravel()[cells], wanted.ravel()[user_attribute]
        mixed = np.zeros(wanted.shape)
        order = np.full((len(items), k), -1)
        left = items >= 0
        for position in range(min(k, items.shape[1])):
            kept = (1 - _SMOOTHING) / (position + 1)
            rest = np.where(wanted > 0, kept * mixed + _SMOOTHING * wanted, 1).ravel()
            falls = weight * (np.log(rest[user_attribute] + kept * share) - np.log(rest)[user_attribute])
            fall = np.bincount(cell, falls, minlength=items.size).reshape(items.shape)
            # Σ s and the divergence of what is chosen already are the same for all, so that only the new item counts.
            chosen = _take_best((1 - trade) * scores + trade * fall, left, order, position)
            mixed += shares[items[np.arange(len(items)), chosen]]
        return order

    return candidates.choose(_in_blocks(rerank, candidates, n_attributes, wanted))


def _check(trade: float) -> None:
    if not 0 <= trade <= 1:
        raise InputError(f"The dial between relevance and the other aim must lie in 0 to 1. Got {trade:g}.")


def _take_best(gain: np.ndarray, left: np.ndarray, order: np.ndarray, position: int) -> np.ndarray:
    """The column with the largest gain of each row among those `left`; noted in `order` and taken out of `left`."""
    best: np.ndarray = np.argmax(np.where(left, gain, -np.inf), axis=1)
    rows = np.arange(len(gain))
    order[:, position] = np.where(left[rows, best], best, -1)
    left[rows, best] = False
    return best


def _in_blocks(
    rerank: Callable[..., np.ndarray], candidates: Candidates, width: int, *per_user: np.ndarray
) -> np.ndarray:
    """`rerank` on blocks of users whose (users, candidates, width) array stays within memory."""
    n_users, depth = candidates.items.shape
    size = max(1, _BLOCK_CELLS // max(1, depth * width))
    blocks = [slice(start, start + size) for start in range(0, n_users, size)]

    def rerank_block(at: slice) -> np.ndarray:
        return rerank(candidates.items[at], candidates.scores[at], *(each[at] for each in per_user))

    return np.concatenate(for_each_block(rerank_block, blocks))
