"""Group people by what they chose, or by their attributes, and judge a difference in each group."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.comparison.verdicts import OPPOSITE, UNCLEAR, Verdict, judge
from recsys_core.data.attributes import UNKNOWN, Attribute, format_number
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
from recsys_core.factors.item_attributes import genres_of, membership_of

_MOST_GROUPS = 8
_MOST_CHOICES = 2  # attributes of items: all groups are judged together, and more of them hide what is there
GROUPING_TITLES = {
    "activity": "By their activity in training",
    "popularity": "By popularity of their choices",
    "genre": "By the genre that stands out for them",
    "taste": "By their planted taste",
}
_LONGEST_LABEL, _KEPT_OF_LABEL = 48, 32


def grouping_title(name: str) -> str:
    """Return what a grouping is called above a chart; one by an attribute of people is called by its own name."""
    return GROUPING_TITLES.get(name, name)


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
    """Group by the genre that stands out most among their items in `train`; None where no genres are known."""
    names, membership = genres_of(dataset)
    return _by_standing_out("genre", names, membership, train, users)


def by_choices(name: str, attribute: Attribute, train: Interactions, users: np.ndarray) -> Grouping | None:
    """Group by an attribute of the items that people chose in `train`: the value that stands out, or the mean number.

    None where nothing is known. Those of whose items nothing is known are a group, if there are such.
    """
    title = f"By {name} of their choices"
    if not attribute.is_ordered:
        found = _by_standing_out(title, *membership_of(attribute), train, users)
        return found and _with_labels_of(name, found)
    known = attribute.is_known
    counts = (train.binary @ known.astype(np.float64))[users]
    if not counts.any():
        return None
    means = (train.binary @ np.where(known, attribute.numbers, 0.0))[users] / np.maximum(counts, 1)
    grouping = _by_number(title, means[counts > 0], 4, ("{}", "{}"), format_number)
    group_of = np.full(len(users), len(grouping.labels))
    group_of[counts > 0] = grouping.group_of
    labels = (*grouping.labels, *([UNKNOWN] if (counts == 0).any() else []))
    return _with_labels_of(name, Grouping(title, labels, group_of))


def _by_standing_out(
    name: str, values: Sequence[str], membership: np.ndarray, train: Interactions, users: np.ndarray
) -> Grouping | None:
    """Group by the value whose share among the user's items is greatest in proportion to its share among all.

    Without that proportion nearly everybody would be a lover of drama.
    """
    if not len(values):
        return None
    counts = train.binary @ membership
    everywhere = counts.sum(axis=0) + 1
    # A user's own share is drawn towards everybody's by ten items, or one odd film would decide.
    expected = everywhere / everywhere.sum()
    shares = (counts + 10 * expected) / (counts.sum(axis=1, keepdims=True) + 10)
    favourite = np.where(counts.any(axis=1), (shares / expected).argmax(axis=1), len(values))[users]
    return _by_name(name, [[*values, UNKNOWN][index] for index in favourite], last=(UNKNOWN,))


def by_taste(dataset: Dataset, users: np.ndarray) -> Grouping | None:
    """Group by the strongest of their planted tastes; None where nothing was planted."""
    if dataset.ground_truth is None:
        return None
    strongest = dataset.ground_truth.user_tastes[users].argmax(axis=1)
    return _by_name("taste", [dataset.ground_truth.taste_names[taste] for taste in strongest])


def by_attribute(attribute: str, texts: Sequence[str], users: np.ndarray) -> Grouping:
    """Group by what is known of each person: `texts` has one for every user of the data, "" where it is unknown.

    Numbers make up to four ranges, anything else a group per value: the most frequent, and all others in one. Those of
    whom nothing is known are a group.
    """
    import pandas as pd  # slow, and the first page does without

    name, distinct = f"By {attribute}", sorted(set(texts) - {""})
    numbers = pd.to_numeric(pd.Series(distinct, dtype="str"), errors="coerce").to_numpy(np.float64)
    if distinct and np.isfinite(numbers).all():
        number_of = dict(zip(distinct, numbers.tolist(), strict=True))
        values = np.array([number_of.get(texts[user], np.nan) for user in users])
        is_known = ~np.isnan(values)
        ranges, labels = np.zeros(len(users), np.int64), tuple[str, ...]()
        if is_known.any():
            grouping = _by_number(name, values[is_known], 4, ("{}", "{}"), _format_number)
            labels, ranges[is_known] = grouping.labels, grouping.group_of
        if not is_known.all():
            labels, ranges[~is_known] = (*labels, UNKNOWN), len(labels)
        grouping = Grouping(name, labels, ranges)
    else:
        grouping = _by_name(name, [texts[user] or UNKNOWN for user in users], last=(UNKNOWN,))
    return _with_labels_of(attribute, grouping)


def _with_labels_of(attribute: str, grouping: Grouping) -> Grouping:
    """Put the name of the attribute before the labels of the groups."""
    named = (f"{attribute}: {label}" for label in grouping.labels)
    return replace(grouping, labels=tuple(_cut(label, number) for number, label in enumerate(named, 1)))


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
    n_settings: tuple[int, int] = (1, 1),
) -> dict[str, list[GroupDifference]]:
    """Return, by grouping, the verdict on the differences (u,) in each group; the groups add up to all users.

    The groups of all groupings are judged together, by the rule of `verdicts`; groups of fewer than 10 users get no
    verdict. `beside` holds differences (u,) of other recommenders, among which this one may have been chosen: then it
    is judged among all of them. `seeds` gives the variances over seeds among the users of a mask (u,). `n_settings`
    says of how many settings this recommender and the other one scored best.
    """
    masks = {(each.name, label): each.group_of == i for each in groupings for i, label in enumerate(each.labels)}
    judged = [mask for mask in masks.values() if mask.sum() >= FEWEST_USERS]
    chance = chance_of_groups([differences, *beside], judged) if judged else None

    def judge_group(mask: np.ndarray) -> Verdict:
        of_group = differences[mask]
        if chance is None or len(of_group) < FEWEST_USERS:
            return Verdict(mean_interval(of_group, bounds=bounds), 1.0, UNCLEAR, None, band)
        verdict = judge(
            of_group, chance, band=band, bounds=bounds, seeds=seeds(mask), are_alike=are_alike,
            n_settings=n_settings if higher_is_better else n_settings[::-1],
        )  # fmt: skip
        return verdict if higher_is_better else replace(verdict, word=OPPOSITE[verdict.word])

    return {
        each.name: [
            GroupDifference(label, int(masks[each.name, label].sum()), judge_group(masks[each.name, label]))
            for label in each.labels
        ]
        for each in groupings
    }


def _cut(label: str, number: int) -> str:
    """Cut a long label to the room beside a chart; its number keeps it distinct."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[:_KEPT_OF_LABEL]}… (group {number})"


def _format_whole(value: float) -> str:
    return f"{value:,.0f}"


def _format_number(value: float) -> str:
    """Format without rounding, so that ranges differ, and without a comma in years."""
    return f"{value:{',' if abs(value) >= 10_000 else ''}.15g}".replace("-", "−")


def _by_number(
    name: str,
    values: np.ndarray,
    n_groups: int,
    wording: tuple[str, str],
    format_value: Callable[[float], str] = _format_whole,
) -> Grouping:
    """Groups of about equal size by ascending value, labelled with their range; `wording` is singular and plural."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, n_groups + 1)[1:-1], method="lower"))
    group_of = np.searchsorted(edges, values, side="left")
    kept, group_of = np.unique(group_of, return_inverse=True)
    labels = []
    for index in range(len(kept)):
        members = values[group_of == index]
        low, high = format_value(members.min()), format_value(members.max())
        text = low if low == high else f"{low} to {high}"
        labels.append(wording[0 if text == "1" else 1].format(text))
    return Grouping(name, tuple(labels), group_of)


def _by_name(name: str, names: Sequence[str], last: Sequence[str] = ()) -> Grouping:
    """The largest groups by name, all others in one group, and those of `last`, if there are any.

    People whose own group is called "other" are among all others: there is one group of a name.
    """
    counts = Counter(names)
    frequent = [label for label, _ in counts.most_common(_MOST_GROUPS + len(last)) if label not in ("other", *last)]
    behind = [label for label in last if label in counts]
    frequent = frequent[:_MOST_GROUPS]
    rest = ["other"] if counts.keys() - {*frequent, *behind} else []
    labels = [*frequent, *rest, *behind]
    index = {label: position for position, label in enumerate(labels)}
    return Grouping(name, tuple(labels), np.array([index.get(each, len(frequent)) for each in names], np.int64))


def known_groupings(dataset: Dataset, split: Split, subset: str, users: np.ndarray) -> list[Grouping]:
    """Return the groupings of `users` (u,) that the data allow, activity first; `subset` is what they are scored on."""
    _, held_out = split.seen_and_held_out(subset)
    chosen = list(dataset.item_attributes.items())[:_MOST_CHOICES]
    groupings = [
        by_activity(split.train, users),
        by_popularity(split.train, held_out.relevant, users),
        by_genre(dataset, split.train, users),
        by_taste(dataset, users),
        *(by_choices(name, each, split.train, users) for name, each in chosen),
        *(by_attribute(name, texts, users) for name, texts in dataset.user_attributes.items()),
    ]
    return [each for each in groupings if each is not None]
