"""What a comparison says in plain words: hits in a list, people who find something, and how many more than before.

Everything is computed from precision, hit rate and their intervals, and no number is rounded beyond what its interval
allows. That one model finds more than another is said by the rule of all verdicts.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.popularity_bias import longest_list
from recsys_core.comparison.verdicts import BETTER, SAME, WORSE, Verdict
from recsys_core.data.dataset import Dataset
from recsys_core.data.item_noun import ITEMS, item_noun
from recsys_core.data.nouns import count_noun, singular, write_number
from recsys_core.data.split import Split
from recsys_core.evaluation.bootstrap import FEWEST_USERS, LEVEL, Interval
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.significant_digits import decimals, format_interval
from recsys_core.metrics import METRICS

_LATER = ("leave last out", "strictly by time")
_SCALES = (1, 10, 100, 1000)
_MORE_THAN_CHANCE = "more than chance"


@dataclass(frozen=True)
class Wording:
    """How the items and what people did with them are called: `noun` is a plural, `did` as in 'this person chose'.

    `is_later` says whether what is held out was done after all that the model has learned from that person.
    """

    noun: str = ITEMS
    did: str = "chose"
    is_later: bool = False

    @property
    def relevant(self) -> str:
        """What a hit is, after 'are ones that'."""
        if self.is_later:
            infinitive = {"chose": "choose", "rated": "rate"}.get(self.did, self.did.replace("rated", "rate"))
            return f"this person went on to {infinitive}"
        return f"this person {self.did} but the model has not seen"


def wording_of(dataset: Dataset, split: Split) -> Wording:
    """Return the words that fit the data: films or songs, chose or rated, later or held back."""
    threshold = dataset.relevance_threshold
    did = "rated" if dataset.is_graded else "chose"
    if threshold is None and dataset.is_graded and dataset.interactions.values.min() < 0:
        threshold = 0
    if dataset.is_graded and threshold is not None:
        did = f"rated {threshold:g} or more".replace("-", "−")
    return Wording(item_noun(dataset), did, split.recipe.method in _LATER)


@dataclass(frozen=True, eq=False)
class PlainWords:
    """The plain words on a `comparison`: on the best model by its metric, beside the baseline or the next best.

    `by_precision` compares the same models by precision.
    """

    comparison: Comparison
    by_precision: Comparison
    wording: Wording

    @classmethod
    def of(cls, comparison: Comparison, wording: Wording, by_precision: Comparison | None = None) -> "PlainWords":
        """Return the plain words on a comparison by any metric; `by_precision` is computed unless it is given."""
        if by_precision is None:
            is_it = comparison.metric == "precision"
            by_precision = comparison if is_it else replace(comparison, metric="precision")
        return cls(comparison, by_precision, wording)

    @property
    def subject(self) -> int:
        """The index of the model that is told of: the best by the chosen metric."""
        return self.comparison.best

    @property
    def other(self) -> int | None:
        """The index of the model beside it: the baseline or, if that is best, the best of the others."""
        return self.comparison.challenger if self.subject == 0 else 0

    @cached_property
    def text(self) -> str:
        """All sentences: what the lists are worth, and whether that is more than the other model's."""
        return " ".join(filter(None, [self.level, self.against]))

    @property
    def level(self) -> str:
        """'With #4 SVD, of 10 films shown, 1.6 are ones that … 8 in 10 people find at least one.'"""
        name = self.comparison.names[self.subject]
        if self._has_leaked(self.subject):
            return (
                f"{name} may have been trained on the data that it is scored on, so it cannot be said how good its "
                "lists are."
            )
        hits = self.by_precision.intervals("precision")[self.subject]
        finders = self.by_precision.intervals("hit_rate")[self.subject]
        return f"With {name}, {_level(_scaled(hits, self.comparison.k), finders, self._length, self.wording)}"

    @property
    def against(self) -> str:
        """'Against #1 ALS that is 1 more for every 10 people; more than chance.'; '' of one model alone."""
        other = self.other
        if other is None or self._has_leaked(self.subject):
            return ""
        name = self.comparison.names[other]
        if self._has_leaked(other):
            return f"{name} may have been trained on this data, so the two are not compared."
        recipes = self.comparison.recipes
        are_alike = bool(recipes) and recipes[self.subject] == recipes[other]
        verdict = self.by_precision.verdicts[self.subject, other]
        said = difference_in_plain_words(verdict, name, self.comparison.k, are_alike=are_alike)
        by_metric = self.comparison.verdicts[self.subject, other].word
        if _MORE_THAN_CHANCE not in said or by_metric in (BETTER, WORSE):
            return said
        finding = "the two are practically the same" if by_metric == SAME else "there is no clear difference"
        return f"{said.removesuffix('.')}; by {METRICS[self.comparison.metric].title(self.comparison.k)} {finding}."

    @property
    def note(self) -> str:
        """The numbers with their intervals, and whom they are of."""
        hits = self.by_precision.intervals("precision")[self.subject]
        finders = self.by_precision.intervals("hit_rate")[self.subject]
        if not hits.is_known or self._has_leaked(self.subject):
            return ""
        in_list = format_interval(_scaled(hits, self.comparison.k))
        n_users, subset = self.comparison.n_users, self.comparison.subset
        return (
            f"Hits in a list of {self._length}: {in_list}; people of 100 with at least one: "
            f"{format_interval(_scaled(finders, 100))}. 95% intervals over the "
            f"{count_noun(n_users, 'people')} scored on {subset}."
        )

    @property
    def _length(self) -> int:
        """How many items are shown: fewer than k where nobody has so many unseen."""
        return longest_list(self.comparison.evaluations[self.subject], self.comparison.k)

    def _has_leaked(self, index: int) -> bool:
        return self.comparison.has_leaked[index]


def level_in_plain_words(evaluation: Evaluation, k: int, wording: Wording) -> str:
    """Return what the lists of one model are worth: 'Of 10 films shown, 1.6 are ones that … find at least one.'"""
    alone = Comparison([""], [evaluation], metric="precision", k=k)
    hits, finders = alone.intervals("precision")[0], alone.intervals("hit_rate")[0]
    text = _level(_scaled(hits, k), finders, longest_list(evaluation, k), wording)
    return f"{text[0].upper()}{text[1:]}"


def difference_in_plain_words(verdict: Verdict, other: str, k: int, *, are_alike: bool = False) -> str:
    """Return how many more hits there are than with the model `other`, and whether that is more than chance.

    `verdict` is on the difference in precision at `k`. Models that `are_alike` differ in their seed only.
    """
    if not verdict.difference.is_known:
        return f"Whether that is more than with {other} cannot be said of so few people."
    lists = _readable_scale(k * max(abs(verdict.difference.mean), 1e-12))
    difference = _scaled(verdict.difference, k * lists)
    people = "person" if lists == 1 else f"{lists:,} people"
    per = f"for every {people}"
    if verdict.word == SAME:
        return f"With {other} it is practically the same."
    if are_alike or not (verdict.difference.excludes_zero and verdict.p_value < 1 - LEVEL):
        ends = f"{_more(difference.low, difference)} and {_more(difference.high, difference)}"
        return f"Whether that is more than with {other} cannot be told: the difference is between {ends} {per}."
    word, size = ("more", difference) if difference.mean > 0 else ("fewer", -difference)
    doubt = "" if verdict.word in (BETTER, WORSE) else ", but perhaps too little to matter"
    mean, high = _two_digits(size.mean, size), _two_digits(size.high, size)
    low = _two_digits(size.low, size)
    if float(low) == 0:  # it is not, or nothing would be more than chance
        low = write_number(size.low, ".1g")
    return f"Against {other} that is {mean} ({low} to {high}) {word} {per}; {_MORE_THAN_CHANCE}{doubt}."


def share_of_people(share: Interval) -> str:
    """Return a share of people in whole people: '8 in 10 people', or a range where the interval is wide.

    No number is said that lies outside of the interval.
    """
    if share.high <= 0 or share.mean < 1 / 1000:
        return f"fewer than {max(1, math.ceil(1000 * share.high)):,} in 1,000 people"
    if share.mean > 0.995:
        return f"more than {min(99, math.floor(100 * share.low))} in 100 people"
    if (share.high - share.low) / 2 > 0.05:
        of = 10 if share.low >= 0.1 and share.high <= 0.9 else 100
        low, high = math.floor(of * share.low), math.ceil(of * share.high)
        return f"{max(0, low)} to {min(of, high)} in {of} people"
    for of in _SCALES[1:]:
        count = round(of * share.mean)
        if 0 < count < of and share.low <= count / of <= share.high:
            return f"{count:,} in {of:,} people"
    return f"about {100 * share.mean:.3g}% of people"


def _level(hits: Interval, finders: Interval, length: int, wording: Wording) -> str:
    """Return how many of the items shown are hits: `hits` are those in a list, `length` is how many it shows.

    Precision at k times k is such a number, since precision is a share of k however short a list is.
    """
    if not hits.is_known:
        return f"fewer than {FEWEST_USERS} people are scored: too few to say how good the lists are."
    lists = _readable_scale(hits.mean)
    shown = length * lists
    noun = singular(wording.noun) if shown == 1 else wording.noun
    count = _two_digits(lists * hits.mean, _scaled(hits, lists))
    are = "is one" if count == "1" else "are ones"
    in_lists = f" in {lists:,} lists" if lists > 1 else ""
    verb = "finds" if (people := share_of_people(finders)).startswith("1 in ") else "find"
    first = f"of {shown:,} {noun} shown{in_lists}, {count} {are} that {wording.relevant}"
    if hits.mean == 0:
        first = f"of {shown:,} {noun} shown{in_lists}, none is one that {wording.relevant}"
    return f"{first}; {people} {verb} at least one."


def _readable_scale(count: float) -> int:
    """Return by how many lists to multiply a count per list so that it is at least 1, or the most that is usual."""
    return next((scale for scale in _SCALES if scale * count >= 1), _SCALES[-1])


def _scaled(interval: Interval, factor: float) -> Interval:
    return replace(interval, mean=interval.mean * factor, low=interval.low * factor, high=interval.high * factor)


def _more(value: float, difference: Interval) -> str:
    """Return an end of a difference in words, as '3 fewer'."""
    return f"{_two_digits(abs(value), difference)} {'fewer' if value < 0 else 'more'}"


def _two_digits(value: float, interval: Interval) -> str:
    """Write a count with the digits that its interval supports, but with no more than the mean's first two."""
    size = max(abs(interval.mean), 1e-12)
    n_decimals = max(0, min(decimals(interval), 1 - math.floor(math.log10(size))))
    return f"{value:.{n_decimals}f}"
