"""What a comparison says, in sentences that a stakeholder can repeat."""

from collections.abc import Mapping, Sequence

from recsys_core.comparison.user_groups import GroupDifference
from recsys_core.comparison.verdicts import BETTER, CANNOT_TELL, SAME, WORSE, Verdict
from recsys_core.data.split import Split
from recsys_core.evaluation.bootstrap import FEWEST_USERS, LEVEL, Interval
from recsys_core.evaluation.significant_digits import TOO_FEW, format_interval, format_mean

ONE_SPLIT = (
    "The intervals say how much depends on who was asked. All of them are of one split: another split of the same "
    "ratings would move the numbers, too."
)

MEANS_NOTE = "Means over people with their 95% intervals, with no digit beyond what these support."

JUDGED_GROUPS = (
    "With intervals that hold for all groups together in 95% of samples, by the rule of the verdicts. Of groups below "
    f"{FEWEST_USERS} people nothing is said."
)


COMPARED = {
    BETTER: "better than",
    SAME: "practically the same as",
    CANNOT_TELL: "not clearly different from",
    WORSE: "worse than",
}
"""How a verdict reads before the name of the other model."""


def judged(n_users: int, n_models: int) -> str:
    """By which rule the verdicts on all pairs of models were found."""
    together = "" if n_models < 3 else " Intervals and tests hold for all pairs together."
    return (
        f"Paired over {n_users:,} people. ▲ better and ▼ worse: the whole 95% interval lies beyond what counts as the "
        "same, and a randomisation test has p < 5%. = practically the same: the whole interval lies within it. "
        f"? cannot tell: all else.{together}"
    )


def headline(
    names: Sequence[str],
    title: str,
    subset: str,
    means: Sequence[Interval],
    verdicts: Mapping[tuple[int, int], Verdict],
    possibly_leaked: Sequence[bool],
) -> str:
    """Return who is best by the metric called `title`, and whether the lead over each other is more than chance.

    A model that may have been trained on the held-out `subset` is never said to lead.
    """
    order = sorted(range(len(names)), key=lambda index: -means[index].mean)
    best = order[0]
    if len(order) == 1:
        return f"{names[best]} has {title} {format_mean(means[best])} on the {subset} ratings."
    second = order[1]
    lead = format_interval(verdicts[best, second].difference)
    if possibly_leaked[best]:
        return (
            f"{names[best]} has {title} {format_mean(means[best])} on the {subset} ratings, {lead} more than "
            f"{names[second]}, but it may have been trained on them, so this is no lead."
        )
    level = {word: [names[other] for other in order[1:] if verdicts[best, other].word == word] for word in _LEVEL}
    if not any(level.values()):
        return (
            f"{names[best]} is best: {title} {format_mean(means[best])} on the {subset} ratings, {lead} ahead of "
            f"{names[second]}; more than chance."
        )
    if [names[second]] == [name for told in level.values() for name in told]:
        said = [_unclear(verdicts[best, second])]
    else:
        said = [
            f"{words} {everyone if len(level[word]) == len(order) - 1 else _listed(level[word])}"
            for word, (words, everyone) in _LEVEL.items()
            if level[word]
        ]
    return (
        f"{names[best]} has the highest {title}, {format_mean(means[best])} on the {subset} ratings, {lead} ahead of "
        f"{names[second]}; {', '.join(said)}."
    )


_LEVEL = {
    SAME: ("practically the same as", "all others"),
    CANNOT_TELL: ("no clear difference from", "any other"),
}


def _unclear(lead: Verdict) -> str:
    """What is said of a lead that is not told."""
    if lead.word == CANNOT_TELL and lead.difference.low > 0 and lead.p_value < 1 - LEVEL:
        return "more than chance, but perhaps too small to matter"
    return "practically the same" if lead.word == SAME else "no clear difference"


def _listed(names: Sequence[str]) -> str:
    """'#1 and #2', '#1, #2 and 3 others'."""
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} others"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def against_baseline(
    names: Sequence[str], verdicts: Mapping[tuple[int, int], Verdict], is_alike: Sequence[bool]
) -> str:
    """Return the verdicts on all models but the first, which is the baseline.

    'Against the baseline #1 ALS: #2 SVD ▼ worse, #3 BPR ? cannot tell (about 2,300 people would be needed, if the true
    difference were as observed).' Of a model that `is_alike` the baseline but for its seed no number of people is
    given: only luck tells them apart.
    """
    results, condition = [], ", if the true difference were as observed"  # said once
    for index in range(1, len(names)):
        verdict = verdicts[index, 0]
        result = f"{names[index]} {verdict.marked}"
        if not verdict.difference.is_known:
            result += f" ({TOO_FEW})"
        elif verdict.word == CANNOT_TELL and verdict.users_needed and not is_alike[index]:
            result += f" (about {_rounded(verdict.users_needed)} people would be needed{condition})"
            condition = ""
        results.append(result)
    return f"Against the baseline {names[0]}: {', '.join(results)}."


def what_matters(title: str, band: float, margin: float) -> str:
    """'Differences in NDCG@10 below 2%, here 0.0047, count as practically the same.'"""
    if not band:
        return f"Any difference in {title} counts, however small."
    return f"Differences in {title} below {margin:.0%}, here {band:.2g}, count as practically the same."


def _rounded(count: int) -> str:
    """Two digits: more of a power calculation would be false precision."""
    return f"{float(f'{count:.2g}'):,.0f}"


def for_whom(name: str, title: str, verdict: Verdict, found: Mapping[str, Sequence[GroupDifference]]) -> str:
    """Who clearly gains and who loses by `name` against the baseline; that newcomers pay for the gain of others comes
    first. Nothing is said of what may be chance.

    `found` holds groups by the name of their grouping; "activity", the least active first, is among them.
    """
    start = f"{name} is {format_mean(verdict.difference, sign=True)} {title} against the baseline ({verdict.word})"
    newest = found["activity"][0]
    if verdict.word == BETTER and newest.verdict.word == WORSE:
        return (
            f"⚠ {start}, but newcomers pay for it: the {newest.n_users:,} people with {newest.label} lose "
            f"{format_mean(-newest.difference)}."
        )
    everyone = [group for groups in found.values() for group in groups]
    gaining = [group for group in everyone if group.verdict.word == BETTER]
    losing = [group for group in everyone if group.verdict.word == WORSE]
    if not gaining and not losing:
        return f"{start}: no group of people clearly gains or loses."
    said = [
        _most(groups, what, most) if groups else f"no group clearly {what}s"
        for groups, what, most in ((gaining, "gain", max), (losing, "lose", min))
    ]
    return f"{start}: {', '.join(said)}."


def _most(groups: Sequence[GroupDifference], what: str, most) -> str:
    """'the 40 people in “Drama” clearly gain (+0.03)', 'four groups clearly gain, among them the 40 people in …'"""
    group = most(groups, key=lambda group: group.difference.mean)
    named = f"the {group.n_users:,} people in “{group.label}”"
    change = f"({format_mean(group.difference, sign=True)})"
    if len(groups) == 1:
        return f"{named} clearly {what} {change}"
    return f"{len(groups)} groups clearly {what}, among them {named} {change}"


def learned_from(split: Split) -> str:
    """What the models that are scored on the test of `split` have learned from; '' where nothing else was held out."""
    if split.recipe.learns_from_validation:
        return (
            "Each model learned again from training and validation ratings together, with the settings chosen before."
        )
    if split.validation.n_interactions:
        return "Each model learned from the training ratings only and never saw a validation rating."
    return ""


def reveals_sentence(count: int) -> str:
    """How often a test was looked at."""
    if count == 0:
        return "The test of this split has never been looked at."
    return f"The test of this split has been looked at {'once' if count == 1 else f'{count} times'}."


def flattered(count: int) -> str:
    """What the number of the best of `count` is worth; '' where nothing was chosen."""
    if count < 2:
        return ""
    return (
        f"The highest of {count} numbers flatters: chance helped to choose it. What it is worth, the sealed test on "
        "Compare shows."
    )
