"""What a comparison says, in sentences that a stakeholder can repeat."""

from collections.abc import Callable, Mapping, Sequence

from recsys_core.comparison.user_groups import GroupDifference
from recsys_core.comparison.verdicts import BETTER, SAME, UNCLEAR, WORSE, Verdict
from recsys_core.data.nouns import count_noun, join_words, singular, write_number
from recsys_core.data.split import Split
from recsys_core.evaluation.bootstrap import FEWEST_USERS, LEVEL, Interval
from recsys_core.evaluation.significant_digits import format_interval, format_mean
from recsys_core.metrics.metric import ROUNDING
from recsys_core.metrics.ranking import CUTOFF

ONE_SPLIT = (
    "The intervals show how much the numbers depend on which people are scored. They all belong to one split; another "
    "split of the same data would also change the numbers."
)
MEANS_NOTE = "Means over people with their 95% intervals, with no digit beyond what these support."
JUDGED_GROUPS = (
    "The intervals hold for all groups together in 95% of samples, by the same rule as the verdicts. Groups of fewer "
    f"than {FEWEST_USERS} people get no verdict."
)
LEAD_OF_TUNED = (
    "A tuned model was chosen because it scored high on validation. So the interval of its lead is wider the more "
    "settings of it were tried: it holds for all of them together in 95% of samples."
)
ON_SUBSET = {"validation": "on validation", "test": "on the test"}
COMPARED = {
    BETTER: "better than",
    SAME: "practically the same as",
    UNCLEAR: "not clearly different from",
    WORSE: "worse than",
}
"""How a verdict reads before the name of the other model."""


def judged(n_defined: int, n_users: int, n_models: int) -> str:
    """Return the rule by which the verdicts on all pairs of models were found.

    Of the `n_users` people who are scored, the metric is defined for `n_defined`.
    """
    together = "" if n_models < 3 else " Intervals and tests hold for all pairs together."
    whom = "" if n_defined == n_users else f" of {n_users:,} for whom the metric is defined"
    verb = "is" if n_defined == 1 else "are"
    return (
        f"The {count_noun(n_defined, 'people')}{whom} {verb} compared one by one. ▲ better and ▼ worse: the whole 95% "
        "interval lies beyond the smallest difference that matters, and a randomisation test has p < 5%. = practically "
        f"the same: the whole interval lies within it. ? no clear difference: everything else.{together}"
    )


def headline(
    names: Sequence[str],
    title: str,
    subset: str,
    means: Sequence[Interval],
    verdicts: Mapping[tuple[int, int], Verdict],
    possibly_leaked: Sequence[bool],
    *,
    higher_is_better: bool = True,
) -> str:
    """Return who is best by the metric called `title`, and whether the lead over each other is more than chance.

    A model that may have been trained on the held-out `subset` is never said to lead.
    """
    sign = 1 if higher_is_better else -1
    extreme, more, ahead = ("highest", "more", "ahead of") if higher_is_better else ("lowest", "less", "below")
    best, *others = sorted(range(len(names)), key=lambda index: round(-sign * means[index].mean, 12))
    value = f"{format_mean(means[best])} {ON_SUBSET[subset]}"
    if not others:
        return f"{names[best]} has {title} {value}."
    difference, second = verdicts[best, others[0]].difference, names[others[0]]
    lead = format_interval(difference if higher_is_better else -difference)
    if possibly_leaked[best]:
        return (
            f"{names[best]} has {title} {value}, {lead} {more} than {second}, but it may have been trained on that "
            "data, so this is no lead."
        )
    if abs(difference.mean) <= ROUNDING:
        return f"{names[best]} and {second} have the {extreme} {title}, {value}."
    level = {word: [names[other] for other in others if verdicts[best, other].word == word] for word in _LEVEL}
    if not any(level.values()):
        return f"{names[best]} is best: {title} {value}, {lead} {ahead} {second}; more than chance."
    if [second] == [name for names_of_word in level.values() for name in names_of_word]:
        doubts = [_describe_unclear_lead(verdicts[best, others[0]])]
    else:
        doubts = [
            f"{words} {everyone if len(level[word]) == len(others) else _enumerate(level[word])}"
            for word, (words, everyone) in _LEVEL.items()
            if level[word]
        ]
    return f"{names[best]} has the {extreme} {title}, {value}, {lead} {ahead} {second}; {', '.join(doubts)}."


_LEVEL = {
    SAME: ("practically the same as", "all others"),
    UNCLEAR: ("no clear difference from", "any other"),
}


def _describe_unclear_lead(lead: Verdict) -> str:
    if lead.word == UNCLEAR and lead.difference.excludes_zero and lead.p_value < 1 - LEVEL:
        return "more than chance, but perhaps too small to matter"
    return "practically the same" if lead.word == SAME else "no clear difference"


def _enumerate(names: Sequence[str]) -> str:
    """'#1 and #2', '#1, #2 and 3 others'."""
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} others"
    return join_words(names)


def against_baseline(
    names: Sequence[str], verdicts: Mapping[tuple[int, int], Verdict], is_alike: Sequence[bool]
) -> str:
    """Return the verdicts on all models but the first, which is the baseline.

    'Compared with the baseline #1 ALS: #2 SVD ▼ worse, #3 BPR ? no clear difference (about 2,300 test people would be
    needed to tell in 80% of tests, if the true difference were as observed).' Of a model that `is_alike` the baseline
    but for its seed no number of people is given: only luck tells them apart.
    """
    results, condition = [], " to tell in 80% of tests, if the true difference were as observed"  # said once
    for index in range(1, len(names)):
        verdict = verdicts[index, 0]
        result = f"{names[index]} {verdict.marked}"
        if not verdict.difference.is_known:
            result += f" ({verdict.difference.why_unknown})"
        elif verdict.word == UNCLEAR and verdict.users_needed and not is_alike[index]:
            result += f" (about {_two_digits(verdict.users_needed)} test people would be needed{condition})"
            condition = ""
        results.append(result)
    return f"Compared with the baseline {names[0]}: {', '.join(results)}."


def doubt_leaked(names: Sequence[str]) -> str:
    """Return why the numbers of these models, which may have been trained on the held-out ratings, prove nothing.

    '' without any.
    """
    if not names:
        return ""
    they_are, their = ("they are", "their") if len(names) > 1 else ("it is", "its")
    return (
        f"{_enumerate(names)} may have been trained on the data that {they_are} scored on, so {their} numbers prove "
        "nothing."
    )


def what_matters(title: str, band: float, margin: float) -> str:
    """'Differences in NDCG@10 below 2%, here 0.0047, count as practically the same.'"""
    if not band:
        return f"Any difference in {title} counts, however small."
    return f"Differences in {title} below {margin:.0%}, here {write_number(band)}, count as practically the same."


def _two_digits(count: int) -> str:
    """Two digits: more of a power calculation would be false precision."""
    return f"{float(f'{count:.2g}'):,.0f}"


def for_whom(name: str, title: str, verdict: Verdict, groups_by_name: Mapping[str, Sequence[GroupDifference]]) -> str:
    """Return who clearly gains and who clearly loses by `name` compared with the baseline; chance is not mentioned.

    That newcomers pay for the gain of others comes first. `groups_by_name` holds groups by the name of their grouping;
    "activity", the least active first, is among them.
    """
    difference = format_mean(verdict.difference, sign=True)
    start = f"{name} has {difference} {title} compared with the baseline ({verdict.word})"
    if not groups_by_name:
        return f"{start}. {title} belongs to all lists together, so groups of people are not compared by it."
    newest = groups_by_name["activity"][0]
    if verdict.word == BETTER and newest.verdict.word == WORSE:
        return (
            f"⚠ {start}, but newcomers pay for it: the {count_noun(newest.n_users, 'people')} with {newest.label} lose "
            f"{format_mean(-newest.difference)}."
        )
    groups = [group for groups in groups_by_name.values() for group in groups]
    gaining = [group for group in groups if group.verdict.word == BETTER]
    losing = [group for group in groups if group.verdict.word == WORSE]
    if not gaining and not losing:
        return f"{start}. No group of people clearly gains or loses."
    gain = _describe_extreme(gaining, "gain", max) if gaining else "no group clearly gains"
    loss = _describe_extreme(losing, "lose", min) if losing else "no group clearly loses"
    return f"{start}. Of the groups, {gain}; {loss}."


def _describe_extreme(groups: Sequence[GroupDifference], verb: str, extreme: Callable[..., GroupDifference]) -> str:
    """'the 40 people in “Drama” clearly gain (+0.03)', '4 groups clearly gain, most of all the 40 people in …'"""
    group = extreme(groups, key=lambda group: group.difference.mean)
    people = f"the {count_noun(group.n_users, 'people')} in “{group.label}”"
    change = f"({format_mean(group.difference, sign=True)})"
    if len(groups) == 1:
        return f"{people} clearly {verb} {change}"
    return f"{len(groups)} clearly {verb}, most of all {people} {change}"


def learned_from(split: Split) -> str:
    """Return what the models that are scored on the test of `split` were trained on; '' without validation ratings."""
    noun = split.rating_noun
    if split.recipe.learns_from_validation:
        return (
            f"Each model was trained again on the training and validation {noun} together, with the settings chosen "
            "before."
        )
    if split.validation.n_interactions:
        return f"Each model was trained on the training {noun} only and never saw a validation {singular(noun)}."
    return ""


def why_test_differs(split: Split) -> str:
    """Return why a number on the test cannot be compared with one on validation; '' where either has no ratings."""
    counts = []
    for subset in (split.validation, split.test):
        per_user = subset.relevant.items_per_user
        counts.append(float(per_user[per_user > 0].mean()) if per_user.any() else 0.0)
    if not all(counts) or split.recipe.learns_from_validation:
        return ""
    on_validation, on_test = (f"{count:.3g}" for count in counts)
    start = "Numbers on the test cannot be compared with those on validation: "
    if on_validation == on_test:
        return (
            f"{start}other {split.rating_noun} are held out there, and those that were held out for validation are "
            "no longer recommended."
        )
    more = "more" if counts[1] > counts[0] else "less"
    return (
        f"{start}{more} is held out ({on_test} instead of {on_validation} of the {split.rating_noun} of a person on "
        f"average), so that a list has {more} to find."
    )


def reveals_sentence(count: int, people: Sequence[str] = ()) -> str:
    """Return how often a test was revealed, and by whom where that is known."""
    if count == 0:
        return "The test of this split has never been revealed."
    by = f", by {join_words(people)}" if people else ""
    return f"The test of this split has been revealed {'once' if count == 1 else f'{count} times'}{by}."


def flattered(count: int) -> str:
    """Return why the best of `count` settings looks too good on validation; '' where nothing was chosen."""
    if count < 2:
        return ""
    return (
        f"The highest of {count} numbers, one for each setting tried, is flattered by chance. How good that model "
        "really is, only what nothing was chosen by can show, such as a sealed test."
    )


def trained_with_one_seed(who: str, count: int) -> str:
    """Return what the intervals of `count` models, called `who`, leave out that have a single seed; '' for none."""
    if not count:
        return ""
    return (
        f"{who} {'was' if count == 1 else 'were'} trained with one seed only; the intervals do not include luck of "
        "initialisation."
    )


def chosen_by_epoch(names: Sequence[str], comes_from_best: Sequence[bool]) -> str:
    """Return why the validation numbers of models that come from a best epoch are too good; '' without any."""
    coming = [name for name, comes in zip(names, comes_from_best, strict=False) if comes]
    if not coming:
        return ""
    take, their, them = ("takes", "its", "it") if len(coming) == 1 else ("take", "their", "them")
    return (
        f"{_enumerate(coming)} {take} the best epoch of a training, which was chosen by NDCG@{CUTOFF} on "
        f"validation: {their} validation numbers flatter {them}, the test does not."
    )
