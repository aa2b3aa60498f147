"""What a comparison says, in sentences that a stakeholder can repeat."""

from collections.abc import Mapping, Sequence

from recsys_core.algorithms.algorithm import Algorithm
from recsys_core.data.split import Split
from recsys_core.evaluation.digits import honest, honest_range
from recsys_core.evaluation.intervals import Interval
from recsys_core.evaluation.slices import GroupDifference, who_loses
from recsys_core.evaluation.verdicts import BETTER, CANNOT_TELL, WORSE, Verdict
from recsys_core.figures.verdicts import MARKS


def marked(word: str) -> str:
    """'▲ better', '▼ worse', '= cannot tell'."""
    return f"{MARKS[word]} {word}"


def headline(
    names: Sequence[str],
    recipes: Sequence[Algorithm],
    title: str,
    part: str,
    means: Sequence[Interval],
    verdicts: Mapping[tuple[int, int], Verdict],
) -> str:
    """Who leads by the metric called `title`, and whether the lead over the next is more than chance.

    A model that may have seen the held-out `part` is never said to lead.
    """
    order = sorted(range(len(names)), key=lambda place: -means[place].mean)
    best = order[0]
    text = f"{names[best]} leads with {title} {honest(means[best])} on the {part} ratings"
    if len(order) == 1:
        return text + "."
    second = order[1]
    lead = verdicts[best, second]
    if part in recipes[best].may_have_seen:
        return (
            f"{names[best]} has {title} {honest(means[best])} on the {part} ratings, more than {names[second]} "
            f"({honest_range(lead.difference, sign=True)}), but it may have seen them: that is no lead."
        )
    verdict = "a real lead" if lead.word == BETTER else "too close to tell"
    if len(order) > 2 and lead.word == CANNOT_TELL and lead.difference.low > 0:
        # Alone it would do; but with many pairs chance has many tries.
        verdict += f" where {len(order) * (len(order) - 1) // 2} pairs are compared"
    return f"{text}: {honest_range(lead.difference, sign=True)} on {names[second]}, {verdict}."


def against_baseline(
    names: Sequence[str], verdicts: Mapping[tuple[int, int], Verdict], recipes: Sequence[Algorithm]
) -> str:
    """'Against the baseline #1 ALS: #2 SVD ▼ worse, #3 BPR = cannot tell (about 2,300 people could tell).'

    The first is the baseline. Of one whose recipe is the baseline's no number of people is said: only luck differs.
    """
    said = []
    for place in range(1, len(names)):
        verdict = verdicts[place, 0]
        words = f"{names[place]} {marked(verdict.word)}"
        if verdict.word == CANNOT_TELL and verdict.users_needed and recipes[place] != recipes[0]:
            words += f" (about {_rounded(verdict.users_needed)} people could tell)"
        said.append(words)
    return f"Against the baseline {names[0]}: {', '.join(said)}."


def _rounded(count: int) -> str:
    """Two digits: more of a power calculation would be false precision."""
    return f"{float(f'{count:.2g}'):,.0f}"


def for_whom(name: str, title: str, verdict: Verdict, found: Mapping[str, Sequence[GroupDifference]]) -> str:
    """Who gains and who loses by `name` against the baseline; that newcomers pay for the gain of others comes first.

    `found` holds groups by the name of their grouping; "activity", the least active first, is among them.
    """
    start = f"{name} is {honest(verdict.difference, sign=True)} {title} against the baseline ({verdict.word})"
    newest = found["activity"][0]
    losing = [group for groups in found.values() for group in who_loses(groups)]
    if verdict.difference.mean > 0 and newest.difference.verdict() == WORSE:
        return (
            f"⚠ {start}, but newcomers pay for it: the {newest.n_users:,} people with {newest.label} lose "
            f"{honest(newest.difference, sign=True)}."
        )
    gaining = [group for groups in found.values() for group in groups if group.difference.verdict() == BETTER]
    if losing and gaining:
        worst = min(losing, key=lambda group: group.difference.mean)
        best = max(gaining, key=lambda group: group.difference.mean)
        return (
            f"{start}: {_group(best)} gain most ({honest(best.difference, sign=True)}), "
            f"{_group(worst)} lose most ({honest(worst.difference, sign=True)})."
        )
    if gaining:
        best = max(gaining, key=lambda group: group.difference.mean)
        return f"{start}: no group surely loses, {_group(best)} gain most ({honest(best.difference, sign=True)})."
    if losing:
        worst = min(losing, key=lambda group: group.difference.mean)
        return f"{start}: no group surely gains, {_group(worst)} lose most ({honest(worst.difference, sign=True)})."
    return f"{start}: in no group of people can a difference be told."


def _group(group: GroupDifference) -> str:
    return f"the {group.n_users:,} people in “{group.label}”"


def learned_from(cut: Split) -> str:
    """What the models that are scored on the test of `cut` have learned from; '' where nothing else was held out."""
    if cut.recipe.learns_from_validation:
        return (
            "Each model learned again from training and validation ratings together, with the settings chosen before."
        )
    if cut.validation.n_interactions:
        return "Each model learned from the training ratings only and never saw a validation rating."
    return ""


def looks(count: int) -> str:
    """How often a test was looked at."""
    if count == 0:
        return "The test of this split has never been looked at."
    return f"The test of this split has been looked at {'once' if count == 1 else f'{count} times'}."
