"""One user's value of a list metric, taken apart so that everybody can compute it again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.metrics import METRICS
from recsys_core.metrics.beyond_accuracy import attribute_shares
from recsys_core.metrics.list_context import ListContext
from recsys_core.metrics.metric import Scored


@dataclass(frozen=True)
class WorkedList:
    """`value` is the metric of one user, `sentence` how it follows from the numbers in `rows`.

    All `rows` have the same keys: "item", its index, and what counts of it, or "attribute" and its shares.
    Where the metric is not defined for the user, `value` is NaN, `sentence` says why, and there are no `rows`.
    """

    value: float
    rows: Sequence[Mapping[str, object]]
    sentence: str


def worked_list(
    metric: str, scored: Scored, context: ListContext, position: int, k: int, attribute_names: tuple[str, ...]
) -> WorkedList:
    """Take the list metric `metric` apart for the user at `position` of the scored ones; `k` is the cut-off.

    Raises KeyError for a metric of another kind.
    """
    items = scored.top_items[position, :k]
    items = items[items >= 0]
    work_out = {
        "novelty": _novelty,
        "diversity": _diversity,
        "serendipity": _serendipity,
        "miscalibration": _miscalibration,
        "popularity_lift": _popularity_lift,
        "tail_share": _tail_share,
    }[metric]
    if np.isnan(METRICS[metric].per_user(scored, k)[position]):
        return WorkedList(math.nan, (), _why_undefined(context, position, items))
    return work_out(scored, context, position, items, k, attribute_names)


def _why_undefined(context: ListContext, position: int, items: np.ndarray) -> str:
    if not len(items):
        return "There is no value, because this list is empty."
    if not len(context.profiles[[position]].indices):
        return "There is no value, because this person chose nothing in training that the list could be compared with."
    return "There is no value, because this list has a single item, and the value compares items with each other."


def _novelty(
    scored: Scored, context: ListContext, position: int, items: np.ndarray, k: int, _names: object
) -> WorkedList:
    users = np.maximum(scored.popularity[items], 1)
    bits = -np.log2(users / context.n_train_users) + 0.0  # of an item of everybody 0, not −0
    rows = [dict(item=int(i), users=int(u), bits=float(b)) for i, u, b in zip(items, users, bits, strict=True)]
    value = float(bits.mean())
    sum_ = " + ".join(f"{b:.3f}" for b in bits)
    people = "1 person" if context.n_train_users == 1 else f"{context.n_train_users:,} people"
    return WorkedList(value, rows, f"({sum_}) / {len(items)} = {value:.3f} bits, of {people}.")


def _diversity(
    scored: Scored, context: ListContext, position: int, items: np.ndarray, k: int, _names: object
) -> WorkedList:
    features = context.features[items].astype(np.float64)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    directions = np.divide(features, lengths, out=np.zeros_like(features), where=lengths > 0)
    distances = 1 - directions @ directions.T
    np.fill_diagonal(distances, 0)
    means = distances.sum(axis=1) / (len(items) - 1)
    rows = [dict(item=int(i), distance=float(d)) for i, d in zip(items, means, strict=True)]
    value = float(means.mean())
    return WorkedList(
        value, rows, f"The mean of {len(items)} mean distances to the other items is {value:.3f}; by "
        f"{context.features_name}.",
    )  # fmt: skip


def _serendipity(
    scored: Scored, context: ListContext, position: int, items: np.ndarray, k: int, _: object
) -> WorkedList:
    hits = scored.relevant.hits(scored.top_items.shape[1])[position, : len(items)]
    expected = np.isin(items, context.expected[position, :k])
    rows = [
        dict(item=int(i), held_out=bool(h), popular_list=bool(e)) for i, h, e in zip(items, hits, expected, strict=True)
    ]
    count = int(np.sum(hits & ~expected))
    return WorkedList(
        count / k, rows, f"{count} held out and not in the list of the most popular, of {k}: {count / k:.3f}."
    )


def _miscalibration(
    scored: Scored, context: ListContext, position: int, items: np.ndarray, k: int, names: tuple[str, ...]
) -> WorkedList:
    shares = attribute_shares(context.attributes)
    chosen = context.profiles[[position]].indices
    p, q = shares[chosen].mean(axis=0), shares[items].mean(axis=0)
    middle = (p + q) / 2
    terms = [
        float((a * np.log2(a / m) if a else 0) + (b * np.log2(b / m) if b else 0)) / 2
        for a, b, m in zip(p, q, middle, strict=True)
    ]
    rows: Sequence[Mapping[str, object]] = [
        dict(attribute=name, chosen=float(a), recommended=float(b), term=term)
        for name, a, b, term in zip([*names, "(none)"], p, q, terms, strict=True)
        if a or b
    ]
    value = sum(terms)
    return WorkedList(
        value, rows, f"The terms add up to {value:.3f}, of {len(chosen)} chosen and {len(items)} listed items."
    )


def _popularity_lift(
    scored: Scored, context: ListContext, position: int, items: np.ndarray, k: int, _: object
) -> WorkedList:
    users = scored.popularity[items]
    of_profile = float(scored.popularity[context.profiles[[position]].indices].mean())
    rows = [dict(item=int(i), users=int(u)) for i, u in zip(items, users, strict=True)]
    value = float(users.mean()) / of_profile - 1
    return WorkedList(
        value, rows, f"{users.mean():.2f} people a listed item, {of_profile:.2f} a chosen one: "
        f"{users.mean():.2f} / {of_profile:.2f} − 1 = {value:.3f}.",
    )  # fmt: skip


def _tail_share(
    scored: Scored, context: ListContext, position: int, items: np.ndarray, k: int, _: object
) -> WorkedList:
    popularity = scored.popularity
    head = set(np.argsort(-popularity, kind="stable")[: len(popularity) // 5].tolist())
    rows = [dict(item=int(i), users=int(popularity[i]), tail=int(i) not in head) for i in items]
    count = sum(bool(row["tail"]) for row in rows)
    return WorkedList(
        count / len(items), rows, f"{count} of {len(items)} are outside the {len(head):,} most popular items."
    )
