"""Group people by activity, popularity of their choices, genre or taste, and judge a difference in each group."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.comparison.verdicts import OPPOSITE, UNCLEAR, Verdict, judge
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.evaluation.bootstrap import (
    DIFFERENCES,
    FEWEST_USERS,
    Interval,
    SeedVariance,
    mean_interval,
)
from recsys_core.evaluation.randomisation import chance_of_groups

_MOST_GROUPS = 8
GROUPING_TITLES = {
    "activity": "By number of ratings in training",
    "popularity": "By popularity of their choices",
    "genre": "By the genre that stands out in their ratings",
    "taste": "By their planted taste",
}
"""What a grouping is called above a chart, by its name."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """Every user in exactly one group: `group_of` (u,) holds indices of `labels`, in the order of the users."""

    name: str
    labels: tuple[str, ...]
    group_of: np.ndarray


@dataclass(frozen=True)
class GroupDifference:
    """The verdict on a difference among the people of one group."""

    label: str
    n_users: int
    verdict: Verdict

    @property
    def difference(self) -> Interval:
        return self.verdict.difference


def by_activity(train: Interactions, users: np.ndarray, n_groups: int = 4) -> Grouping:
    """Group by how many items they have in `train`, the least active first; as equal in size as ties allow."""
    return _by_number("activity", train.items_per_user[users], n_groups, ("{} item", "{} items"))


def by_popularity(train: Interactions, held_out: Interactions, users: np.ndarray, n_groups: int = 4) -> Grouping:
    """Group by how popular their held-out items are in `train` on average, those with the least popular first."""
    popularity = train.users_per_item[held_out.items].astype(np.float64)
    sums = np.bincount(held_out.users, popularity, minlength=held_out.n_users)[users]
    means = sums / np.maximum(held_out.items_per_user[users], 1)
    return _by_number("popularity", means, n_groups, ("{} person per item", "{} people per item"))


def by_genre(dataset: Dataset, train: Interactions, users: np.ndarray) -> Grouping | None:
    """Group by the genre that stands out most among their items in `train`; None where no genres are known.

    That is the genre whose share among the user's items is greatest in proportion to its share among all; without it
    nearly everybody would be a lover of drama.
    """
    names = sorted({genre for genres in dataset.genres for genre in genres})
    if not names:
        return None
    column = {name: index for index, name in enumerate(names)}
    membership = np.zeros((train.n_items, len(names)), np.float32)
    for item, genres in enumerate(dataset.genres):
        membership[item, [column[genre] for genre in genres]] = 1
    counts = train.binary @ membership
    everywhere = counts.sum(axis=0) + 1
    # A user's own share is drawn towards everybody's by ten items, or one odd film would decide.
    expected = everywhere / everywhere.sum()
    shares = (counts + 10 * expected) / (counts.sum(axis=1, keepdims=True) + 10)
    favourite = (shares / expected).argmax(axis=1)[users]
    return _by_name("genre", [names[index] for index in favourite])


def by_taste(dataset: Dataset, users: np.ndarray) -> Grouping | None:
    """Group by the strongest of their planted tastes; None where nothing was planted."""
    if dataset.ground_truth is None:
        return None
    strongest = dataset.ground_truth.user_tastes[users].argmax(axis=1)
    return _by_name("taste", [dataset.ground_truth.taste_names[taste] for taste in strongest])


def differences_by_group(
    differences: np.ndarray,
    groupings: Sequence[Grouping],
    *,
    band: float,
    beside: Sequence[np.ndarray] = (),
    bounds: tuple[float, float] = DIFFERENCES,
    seeds: Callable[[np.ndarray], Sequence[SeedVariance]] = lambda members: (),
    are_alike: bool = False,
    higher_is_better: bool = True,
) -> dict[str, list[GroupDifference]]:
    """Return, by grouping, the verdict on the differences (u,) in each group; the groups add up to all users.

    The groups of all groupings are judged together, by the rule of `verdicts`; groups of fewer than 10 users get no
    verdict. `beside` holds differences (u,) of other recommenders, among which this one may have been chosen: then it
    is judged among all of them. `seeds` gives the variances over seeds among the users of a mask (u,).
    """
    masks = {(each.name, label): each.group_of == i for each in groupings for i, label in enumerate(each.labels)}
    judged = [mask for mask in masks.values() if mask.sum() >= FEWEST_USERS]
    chance = chance_of_groups([differences, *beside], judged) if judged else None

    def judge_group(mask: np.ndarray) -> Verdict:
        of_group = differences[mask]
        if chance is None or len(of_group) < FEWEST_USERS:
            return Verdict(mean_interval(of_group, bounds=bounds), 1.0, UNCLEAR, None, band)
        verdict = judge(of_group, chance, band=band, bounds=bounds, seeds=seeds(mask), are_alike=are_alike)
        return verdict if higher_is_better else replace(verdict, word=OPPOSITE[verdict.word])

    return {
        each.name: [
            GroupDifference(label, int(masks[each.name, label].sum()), judge_group(masks[each.name, label]))
            for label in each.labels
        ]
        for each in groupings
    }


def _by_number(name: str, values: np.ndarray, n_groups: int, wording: tuple[str, str]) -> Grouping:
    """Groups of about equal size by ascending value, labelled with their range; `wording` is singular and plural."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, n_groups + 1)[1:-1], method="lower"))
    group_of = np.searchsorted(edges, values, side="left")
    kept, group_of = np.unique(group_of, return_inverse=True)
    labels = []
    for index in range(len(kept)):
        low, high = values[group_of == index].min(), values[group_of == index].max()
        text = f"{low:,.0f}" if round(low) == round(high) else f"{low:,.0f} to {high:,.0f}"
        labels.append(wording[0 if text == "1" else 1].format(text))
    return Grouping(name, tuple(labels), group_of)


def _by_name(name: str, names: Sequence[str]) -> Grouping:
    """The largest groups by name, and all others in one group."""
    frequent = [label for label, _ in Counter(names).most_common(_MOST_GROUPS)]
    labels = [*frequent, "other"] if len(set(names)) > len(frequent) else frequent
    index = {label: position for position, label in enumerate(frequent)}
    return Grouping(name, tuple(labels), np.array([index.get(each, len(frequent)) for each in names]))


def known_groupings(dataset: Dataset, split: Split, subset: str, users: np.ndarray) -> list[Grouping]:
    """Return the groupings of `users` (u,) that the data allow, activity first; `subset` is what they are scored on."""
    _, held_out = split.seen_and_held_out(subset)
    groupings = [
        by_activity(split.train, users),
        by_popularity(split.train, held_out.relevant, users),
        by_genre(dataset, split.train, users),
        by_taste(dataset, users),
    ]
    return [each for each in groupings if each is not None]
