"""Say what the members of a group have in common."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import bdtrc, ndtr

from recsys_core.data.attributes import Attribute, format_number
from recsys_core.percent import percent

_MOST_NAMED, _LEAST_SHIFT = 2, 0.2
_CHANCE = 0.05  # of a random group of this size to have any phrase


def what_they_share(attributes: Mapping[str, Attribute], members: Sequence[int], *, plain: str = "") -> list[str]:
    """Return phrases on what tells `members` from all, the most telling first: two values at most, and one number.

    A value is telling where it is frequent among them and more so than among all: its share times the logarithm of its
    lift. A number is, where its mean lies a fifth of a standard deviation or more from that of all. Only what chance
    does not explain is said: of random groups of this size at most one in twenty has any phrase. Each value is judged
    by the binomial tail of its count, each number by the normal distribution of its mean, and the level is divided by
    how many there are (Bonferroni); values that a single one of all has are in common to nobody. Values of the
    attribute called `plain` are named without it, as genres are.
    """
    n_judged = sum(each.is_ordered or sum(count > 1 for count in each.counts.values()) for each in attributes.values())
    level = _CHANCE / max(n_judged, 1)
    phrases, tellings = list[tuple[float, str]](), list[tuple[float, str]]()
    for name, attribute in attributes.items():
        if attribute.is_ordered:
            tellings += _number(name, attribute, members, level)
            continue
        counts = Counter(value for member in members for value in attribute.values[member])
        for value, count in counts.items():
            share, overall = count / len(members), attribute.counts[value] / len(attribute.texts)
            lift = share / overall
            by_chance = bdtrc(count - 1, len(members), overall)  # at least so many of as many drawn from all
            if attribute.counts[value] > 1 and lift > 1 and by_chance < level:
                what = value if name == plain else f"{name} {value}"
                text = f"{what} {percent(share)} ({lift:.1f} times the share among all)"
                phrases.append((share * float(np.log2(lift)), text))
    best = sorted(phrases, key=lambda pair: -pair[0])[:_MOST_NAMED] + sorted(tellings, key=lambda pair: -pair[0])[:1]
    return [text for _, text in best]


def _number(name: str, attribute: Attribute, members: Sequence[int], level: float) -> list[tuple[float, str]]:
    numbers = attribute.numbers
    own = numbers[np.asarray(members, int)]
    own, known = own[np.isfinite(own)], numbers[np.isfinite(numbers)]
    spread = float(known.std()) if len(known) else 0.0
    if not len(own) or spread < 1e-12:
        return []
    shift = abs(float(own.mean() - known.mean())) / spread
    if shift < _LEAST_SHIFT or 2 * ndtr(-shift * np.sqrt(len(own))) >= level:
        return []
    means = [format_number(float(f"{mean:.4g}")) for mean in (own.mean(), known.mean())]
    return [(shift, f"{name} {means[0]} on average ({means[1]} among all)")]
