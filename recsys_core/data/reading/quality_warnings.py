"""Warn of data that is too poor or too odd, before anyone trains on it."""

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import count_noun, singular
from recsys_core.data.reading.receipt import list_quoted
from recsys_core.percent import percent

FEW_RATINGS = 5
MOST_USERS = 0.98
MOST_RATINGS = 0.5
# Nobody gives so many; an item may well receive them.
SUPERHUMAN = 1_000


def data_warnings(dataset: Dataset) -> list[str]:
    """Return warnings about a data set on which a model or a test would fail or mislead."""
    data, warnings = dataset.interactions, []
    n, noun = data.n_interactions, dataset.rating_noun
    per_user, per_item = data.items_per_user, data.users_per_item
    if n < 3:
        warnings.append(f"There {'is' if n == 1 else 'are'} only {count_noun(n, noun)}: too few to learn from.")
    if data.n_users == 1 < n:
        warnings.append("There is only one person, and nobody else to learn from.")
    if data.n_items == 1 < n:
        warnings.append("There is only one item: ranking it is trivial.")
    if n > 2 and data.n_items > 1 and per_user.max() == 1:
        warnings.append(f"Every person has only one {singular(noun)}: none can be held out for a test.")
    elif data.n_users >= 20 and np.mean(per_user < FEW_RATINGS) >= MOST_USERS:
        few = percent(np.mean(per_user < FEW_RATINGS))
        warnings.append(
            f"{few[0].upper()}{few[1:]} of people have fewer than {FEW_RATINGS} {noun}: a model learns "
            "little about them, and a test on them is noisy. Consider keeping only people with more."
        )
    if n >= 20 and data.n_items > 2 and per_item.max() > MOST_RATINGS * n:
        item = list_quoted([dataset.titles[int(per_item.argmax())]])
        warnings.append(f"One item, {item}, has {percent(per_item.max() / n)} of all {noun}. It will be on every list.")
    if data.n_users > 1 and np.median(per_user) >= max(SUPERHUMAN, np.median(per_item)):
        warnings.append(
            f"Half of the {data.n_users:,} people have {np.median(per_user):,.0f} {noun} or more, which is more than "
            "anybody has. Perhaps people and items are swapped."
        )
    if 1 < min(data.n_users, data.n_items) and data.density == 1:
        did = "rated" if dataset.is_graded else "chosen"
        warnings.append(f"Everyone has {did} every item, so nothing is left to recommend.")
    return warnings + _value_warnings(data, dataset.feedback)


def title_warning(users: np.ndarray, items: np.ndarray, titles: np.ndarray) -> list[str]:
    """Return a warning where titles depend on the user and not on the item: then the two columns are swapped."""

    def is_told_by(ids: np.ndarray) -> bool:
        return len(set(zip(ids.tolist(), titles, strict=True))) == len(np.unique(ids))

    if len(set(titles)) > 1 and is_told_by(users) and not is_told_by(items):
        return ["Every person has one title and items have several, so the columns of people and items seem swapped."]
    return []


def _value_warnings(data: Interactions, feedback: str) -> list[str]:
    """Return warnings about the values of the ratings."""
    distinct, counts = data.distinct_values
    low, high = distinct[0], distinct[-1]
    if high < 0:
        return [
            "All values are below 0, and such a value never counts as relevant: models that learn from choices have "
            "nothing to learn from, and no list can be scored. Add the same number to all values in the file, so that "
            "those of what people like are at least 0."
        ]
    if feedback == "implicit":
        return [f"Some counts are not above 0 (the smallest is {low:g})."] if low <= 0 else []
    warnings = []
    if data.n_interactions > 2 and low == high:
        warnings.append(f"All values are equal ({low:g}), which says nothing about taste.")
    gap = _scale_gap(distinct, counts)
    if gap:
        warnings.append(f"The ratings look like a mix of two scales: there are none between {gap[0]:g} and {gap[1]:g}.")
    return warnings


def _scale_gap(distinct: np.ndarray, counts: np.ndarray) -> tuple[float, float] | None:
    """Return (below, above) of a wide gap between many small and many large values, as of 1–5 beside 0–100, or None."""
    share_below = np.cumsum(counts) / counts.sum()
    if len(distinct) < 4 or distinct[0] < 0 or distinct[-1] <= 10:
        return None
    indices = np.arange(1, len(distinct) - 2)
    is_gap = (
        (distinct[indices + 1] >= 3 * distinct[indices])
        & (distinct[indices] >= 1)
        & (share_below[indices] >= 0.1)
        & (share_below[indices] <= 0.9)
    )
    if not is_gap.any():
        return None
    index = indices[is_gap][0]
    return float(distinct[index]), float(distinct[index + 1])
