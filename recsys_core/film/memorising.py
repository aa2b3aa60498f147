"""From which epoch on a training only memorises: it knows its training choices better and better, and nothing else.

Two things must be known of that epoch. Validation NDCG@10 no longer rises by more than a margin too small to matter:
averaged over an eighth of the training, no later stretch is better than the stretch that begins with this epoch. For
every later one the paired differences over users are, with 95% confidence, below the margin. All of these must hold for
one statement, and epochs are tried from the end backwards until the first that fails, so that neither needs a
correction (intersection-union and fixed-sequence tests: Berger 1982; Maurer, Hothorn and Lehmacher 1995). And of pairs
of a training choice and an item not chosen, fewer are in the wrong order at the end: by at least 5%, and with a 95%
interval over users above 0. Not the objective is asked, since a penalty alone can make it fall.

Where few people are scored intervals are wide, and nothing is claimed.
"""

from dataclasses import dataclass

import numpy as np

from recsys_core.comparison.verdicts import MARGIN
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.bootstrap import DIFFERENCES, FEWEST_USERS, difference_interval, mean_intervals

STILL_LEARNS = 0.05
"""The least share of the pairs in the wrong order that a training must put right to go on learning its choices."""
_PAIRS, _SEED = 16, 0  # a user
_TWICE_5_PERCENT = 0.1
_STRETCHES = 8
_FEWEST_FRAMES = 4  # of fewer no trend is told


def plateau_start(ndcg: np.ndarray) -> int | None:
    """Return the first frame after which validation NDCG is known to rise by less than the margin; None if unknown.

    `ndcg` (f, u) holds the values of u users in f frames. The margin is 2%, as in all verdicts, of the best mean.
    """
    n_frames, n_users = ndcg.shape
    if n_users < FEWEST_USERS or n_frames < _FEWEST_FRAMES:
        return None
    length = -(-n_frames // _STRETCHES)
    sums = np.concatenate([np.zeros((1, n_users)), np.cumsum(ndcg, axis=0, dtype=np.float64)])
    stretches = (sums[length:] - sums[:-length]) / length
    band = MARGIN * float(stretches.mean(axis=1).max())
    start = None
    for frame in range(len(stretches) - 2, -1, -1):
        differences = (stretches[frame + 1 :] - stretches[frame]).T
        changed = differences[:, np.any(differences != 0, axis=0)]  # where nobody's value differs, nothing has risen
        intervals = mean_intervals(changed, bounds=DIFFERENCES, alpha=_TWICE_5_PERCENT)  # of two sides, one counts
        if not all(each.high <= band for each in intervals):
            break
        start = frame
    return start if start is not None and n_frames - start >= _FEWEST_FRAMES else None


def share_put_right(fit: np.ndarray, frame: int) -> float:
    """Return the share of the training pairs in the wrong order in a frame that are right in the last; 0 if unclear.

    `fit` (f, a) holds the shares in the right order of a users, NaN for one without pairs.
    """
    known = ~np.isnan(fit).any(axis=0)
    if known.sum() < FEWEST_USERS:
        return 0.0
    before, after = 1 - fit[frame, known].astype(np.float64), 1 - fit[-1, known].astype(np.float64)
    fewer = difference_interval(before, after)
    return fewer.mean / before.mean() if fewer.low > 0 else 0.0


def still_improves(ndcg: np.ndarray) -> bool:
    """Return whether the last eighth of the frames is known to have a higher mean NDCG than the eighth before it."""
    n_frames, n_users = ndcg.shape
    length = -(-n_frames // _STRETCHES)
    if n_users < FEWEST_USERS or n_frames < _FEWEST_FRAMES:
        return False
    return difference_interval(ndcg[-length:].mean(axis=0), ndcg[-2 * length : -length].mean(axis=0)).low > 0


@dataclass(frozen=True, eq=False)
class Pairs:
    """For each of a users 16 pairs of an item chosen in training and one that was not, as indices of the items drawn.

    All arrays are (a, 16). Pairs are not `valid` where a user has chosen none or all of the items.
    """

    chosen: np.ndarray
    other: np.ndarray
    valid: np.ndarray


def draw_pairs(train: Interactions, users: np.ndarray, items: np.ndarray) -> Pairs:
    """Draw pairs for `users` among `items`, always the same ones."""
    rng = np.random.default_rng(_SEED)
    index_of = np.full(train.n_items, -1)
    index_of[items] = np.arange(len(items))
    chosen, valid = np.zeros((len(users), _PAIRS), np.int64), np.zeros((len(users), _PAIRS), bool)
    other = rng.integers(0, max(1, len(items)), (len(users), _PAIRS))
    for row, user in enumerate(users):
        own = index_of[train.items[train.of(user)]]
        own = own[own >= 0]
        if len(own):
            chosen[row] = rng.choice(own, _PAIRS)
            valid[row] = ~np.isin(other[row], own)
    return Pairs(chosen, other, valid)


def share_in_order(users: np.ndarray, items: np.ndarray, item_bias: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Return (a,): the share of each user's pairs whose chosen item has the higher score; equal scores count half.

    Factors of users (a, k) and items (b, k), and the biases (b,) of the items.
    """
    chosen, other = (
        np.einsum("ak,apk->ap", users, items[index]) + item_bias[index] for index in (pairs.chosen, pairs.other)
    )
    in_order = np.where(pairs.valid, (chosen > other) + 0.5 * (chosen == other), 0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        shares: np.ndarray = (in_order / pairs.valid.sum(axis=1)).astype(np.float32)
    return shares
