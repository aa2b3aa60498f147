"""In how many of all reasonable ways to test does a model win, and which choice decides that?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.specifications import CHOICES, Specification, SpecificationGrid, value_label, varied_choices
from recsys_core.comparison.verdicts import BETTER, SAME, Verdict
from recsys_core.data.nouns import join_words
from recsys_core.data.split import SplitRecipe
from recsys_core.errors import InputError
from recsys_core.percent import percent

NO_WINNER = -1


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one specification: the `verdicts` on all pairs of models, and the mean of each.

    `quality` are the means, with the opposite sign where lower is better. `possibly_leaked` says of each model whether
    it may have been trained on the held-out ratings, which is no way to win.
    """

    specification: Specification
    verdicts: Mapping[tuple[int, int], Verdict]
    quality: tuple[float, ...]
    possibly_leaked: tuple[bool, ...]

    @cached_property
    def winner(self) -> int:
        """The index of the model that is better than every other one by its verdict; NO_WINNER where none is."""
        return NO_WINNER if self.leaked_leader is not None else self._ahead_of_all

    @property
    def leaked_leader(self) -> int | None:
        """The index of the model that would win if it could not have been trained on the held-out ratings."""
        ahead = self._ahead_of_all
        return ahead if ahead != NO_WINNER and self.possibly_leaked[ahead] else None

    @cached_property
    def is_same(self) -> bool:
        """Whether no model wins because some are practically the same: the best, and all that it does not beat."""
        words = {verdict.word for verdict in self._against(int(np.argmax(self.quality)))} - {BETTER}
        return words == {SAME}

    def lead(self, model: int) -> Verdict:
        """Return the verdict on a model compared with the best of the others."""
        others = [index for index in range(len(self.quality)) if index != model]
        return self.verdicts[model, max(others, key=lambda index: self.quality[index])]

    @cached_property
    def _ahead_of_all(self) -> int:
        best = int(np.argmax(self.quality))
        return best if all(verdict.word == BETTER for verdict in self._against(best)) else NO_WINNER

    def _against(self, model: int) -> list[Verdict]:
        return [self.verdicts[model, other] for other in range(len(self.quality)) if other != model]


def judge_specifications(
    comparison: Comparison, specifications: Sequence[Specification], *, margin: float
) -> Iterator[Outcome]:
    """Yield the outcome of each specification of one training, by the rule of every verdict.

    `comparison` is of the models of that training; nothing is ranked again. A specification whose threshold no held-out
    rating reaches is left out: nobody can be scored by it. Raises InputError where less than two models are compared.
    """
    if len(comparison) < 2:
        raise InputError("At least two models must be compared to ask which one wins. Pin a second one.")
    thresholds = {each.threshold for each in specifications}
    reached = {each for each in thresholds if each is None or comparison.evaluations[0].reaches(each)}
    scored = {threshold: _with_threshold(comparison, threshold) for threshold in reached}
    for each in specifications:
        if each.threshold in scored:
            judged = scored[each.threshold].judged_by(each.judged_by, each.k, margin)
            yield Outcome(each, judged.verdicts, tuple(judged.quality), tuple(judged.has_leaked))


def score_by(comparison: Comparison, specification: Specification, margin: float) -> Comparison:
    """Return the comparison of one training as `specification` scores it, whose verdicts are those of its outcome."""
    scored = _with_threshold(comparison, specification.threshold)
    return scored.judged_by(specification.judged_by, specification.k, margin)


def _with_threshold(comparison: Comparison, threshold: float | None) -> Comparison:
    if threshold is None:
        return comparison
    return replace(comparison, evaluations=[each.with_threshold(threshold) for each in comparison.evaluations])


@dataclass(frozen=True)
class ChoiceEffect:
    """How much a choice decides: the share of wins of one model under the two values that differ most in it.

    `low` and `high` are these values, `low_share` and `high_share` the shares of wins there, among `n_matched` pairs of
    specifications that are alike in everything else.
    """

    choice: str
    low: object
    high: object
    low_share: float
    high_share: float
    n_matched: int

    @property
    def difference(self) -> float:
        return self.high_share - self.low_share


@dataclass(frozen=True, eq=False)
class Robustness:
    """The outcomes of many specifications for the same models, of which `n_planned` are asked for in all.

    `names` are what the models are called in sentences. `n_left_out` more are not counted, since no held-out rating
    reaches their threshold.
    """

    names: Sequence[str]
    outcomes: Sequence[Outcome]
    n_planned: int
    n_left_out: int = 0

    @classmethod
    def of(cls, names: Sequence[str], judged: Iterable[Sequence[Outcome]], grid: SpecificationGrid) -> "Robustness":
        """Return what is known of a grid: `judged` are the outcomes of each training, none where it has no score."""
        known = [outcomes for outcomes in judged if outcomes]
        n_all = len(grid.specifications())
        n_left_out = sum(n_all // len(grid.trainings) - len(outcomes) for outcomes in known)
        return cls(names, [outcome for outcomes in known for outcome in outcomes], n_all - n_left_out, n_left_out)

    @cached_property
    def wins(self) -> list[int]:
        """In how many specifications each model wins."""
        winners = [outcome.winner for outcome in self.outcomes]
        return [winners.count(model) for model in range(len(self.names))]

    @cached_property
    def n_same(self) -> int:
        """In how many the best models are practically the same."""
        return sum(outcome.winner == NO_WINNER and outcome.is_same for outcome in self.outcomes)

    @cached_property
    def leaked_leaders(self) -> list[int]:
        """The model that would have won, for each of those where it may have been trained on the held-out ratings."""
        return [leader for outcome in self.outcomes if (leader := outcome.leaked_leader) is not None]

    @property
    def n_unclear(self) -> int:
        """In how many it cannot be told."""
        return len(self.outcomes) - sum(self.wins) - self.n_same - len(self.leaked_leaders)

    @cached_property
    def leader(self) -> int:
        """The model with the most wins; of equally many, the one that more often has the highest mean.

        A model that may have been trained on the held-out ratings comes after all others.
        """
        highest = [int(np.argmax(outcome.quality)) for outcome in self.outcomes]
        leaked = [any(outcome.possibly_leaked[model] for outcome in self.outcomes) for model in range(len(self.names))]
        return max(
            range(len(self.names)),
            key=lambda model: (not leaked[model], self.wins[model], highest.count(model), -model),
        )

    @property
    def rivals(self) -> str:
        """What the leader is compared with, in a sentence: the other model, or the best of the others."""
        return self.names[1 - self.leader] if len(self.names) == 2 else "the best of the others"

    @cached_property
    def effects(self) -> list[ChoiceEffect]:
        """How much each choice that varies decides, the most decisive first."""
        varied = varied_choices([outcome.specification for outcome in self.outcomes])
        effects = [effect for choice, values in varied.items() if (effect := self._effect(choice, values))]
        return sorted(effects, key=lambda effect: -effect.difference)

    @cached_property
    def sentence(self) -> str:
        """'#1 ALS wins in 83 of 96 reasonable ways to test, #2 SVD in 4. In 9 there is no clear difference.'"""
        n, are_two = len(self.outcomes), len(self.names) == 2
        ways = f"{n:,} reasonable ways to test" if n > 1 else "the one way to test"
        order = sorted(range(len(self.names)), key=lambda model: -self.wins[model])
        if not self.wins[order[0]]:
            wins = "No model wins" if are_two or self.leaked_leaders else "No model beats all the others"
            text = f"{wins} in any of {ways}." if n > 1 else f"{wins} in {ways}."
            highest = [] if are_two or self.leaked_leaders else [self._highest(n)]
            return " ".join([text, *self._without_winner(n), *highest])
        said = [f"{self.names[order[0]]} wins in {_of(self.wins[order[0]], n)} {ways}"]
        said += [f"{self.names[model]} in {self.wins[model]:,}" for model in order[1:] if self.wins[model]]
        return " ".join([f"{', '.join(said)}.", *self._without_winner(n)])

    def _without_winner(self, n: int) -> Iterator[str]:
        """Yield in how many there is no winner, and why; nothing where that has been said."""
        are_two = len(self.names) == 2
        unclear = "there is no clear difference" if are_two else "none beats all the others"
        same = "they are practically the same" if are_two else "the best of them are practically the same"
        counts = [(self.n_unclear, unclear), (self.n_same, same)]
        if not are_two and self.n_unclear == n:
            return
        if self.leaked_leaders:
            leaders = [self.names[model] for model in sorted(set(self.leaked_leaders))]
            are = "are" if len(leaders) > 1 else "is"
            ahead = f"{join_words(leaders)} {are} ahead but may have been trained on that data, so this is no win"
            counts.append((len(self.leaked_leaders), ahead))
        parts = [f"in {'all of them' if count == n else f'{count:,}'} {what}" for count, what in counts if count]
        if parts:
            text = " and ".join(parts)
            yield f"{text[0].upper()}{text[1:]}."

    def _highest(self, n: int) -> str:
        highest = sum(int(np.argmax(outcome.quality)) == self.leader for outcome in self.outcomes)
        return f"{self.names[self.leader]} has the highest mean in {highest:,} of {n:,}."

    def what_decides(self, current: SplitRecipe) -> str:
        """Return which choice decides most, with the shares of wins behind it; '' where nothing varies."""
        name = self.names[self.leader]
        if not self.effects:
            return ""
        top = self.effects[0]
        if top.difference <= 0:
            outcomes = {outcome.winner for outcome in self.outcomes}
            return "No choice changes that." if len(outcomes) == 1 else "No single choice decides that."
        low, high = (value_label(top.choice, value, current) for value in (top.low, top.high))
        return (
            f"What decides most is {CHOICES[top.choice]}: all else being equal, {name} wins in "
            f"{percent(top.low_share)} with “{low}” and in {percent(top.high_share)} with “{high}”."
        )

    @property
    def known(self) -> str:
        """How many of the planned specifications are not known yet; '' where all are."""
        n = len(self.outcomes)
        return f"{n:,} of {self.n_planned:,} ways to test are known so far." if n < self.n_planned else ""

    @property
    def left_out(self) -> str:
        """How many specifications are not counted, and why; '' where all are."""
        if not self.n_left_out:
            return ""
        are = "way to test is" if self.n_left_out == 1 else "ways to test are"
        return (
            f"{self.n_left_out:,} more {are} left out: no held-out rating is high enough to count as relevant there, "
            "so nobody could be scored."
        )

    def table(self, current: SplitRecipe) -> tuple[list[str], list[list[str]]]:
        """Return a header and a row for each value of each choice that varies: who wins how often there."""
        header = ["choice", "value", "ways to test", *(f"{name} wins" for name in self.names), "no winner"]
        rows = []
        for choice, values in varied_choices([outcome.specification for outcome in self.outcomes]).items():
            for value in values:
                winners = [each.winner for each in self.outcomes if each.specification.value(choice) == value]
                counts = [winners.count(model) for model in [*range(len(self.names)), NO_WINNER]]
                label = value_label(choice, value, current)
                cells = [label, f"{len(winners):,}", *(f"{count:,}" for count in counts)]
                rows.append([CHOICES[choice].removeprefix("the ").capitalize(), *cells])
        return header, rows

    def numbers(self, current: SplitRecipe) -> list[dict[str, object]]:
        """Return a row for each specification, with its choices and the lead of the leader, as plain numbers."""
        return [
            {
                **{name: value_label(name, each.specification.value(name), current) for name in CHOICES},
                "winner": "" if each.winner == NO_WINNER else self.names[each.winner],
                "run": self.names[self.leader],
                "against": self.rivals,
                **each.lead(self.leader).numbers,
            }
            for each in self.outcomes
        ]

    def _effect(self, choice: str, values: Sequence[object]) -> ChoiceEffect | None:
        """Return the two values between which the share of wins of the leader differs most, all else being equal."""
        groups: dict[tuple[object, ...], dict[object, bool]] = {}
        for outcome in self.outcomes:
            of_group = groups.setdefault(outcome.specification.all_but(choice), {})
            of_group[outcome.specification.value(choice)] = outcome.winner == self.leader
        effects = []
        for first, second in combinations(values, 2):
            pairs = [(group[first], group[second]) for group in groups.values() if first in group and second in group]
            if not pairs:
                continue
            shares = np.mean(pairs, axis=0)
            low, high = sorted(((shares[0], 0), (shares[1], 1)))
            ends = (first, second)
            effects.append(ChoiceEffect(choice, ends[low[1]], ends[high[1]], float(low[0]), float(high[0]), len(pairs)))
        return max(effects, key=lambda effect: effect.difference, default=None)


def _of(count: int, n: int) -> str:
    """'83 of', 'all' before the number of all, and nothing where there is one."""
    if n == 1:
        return ""
    return "all" if count == n else f"{count:,} of"


def how_to_read(margin: float) -> str:
    """Return what counts as a win, and what the counts do not say."""
    return (
        f"A model wins where it is better than every other one by more than {100 * margin:g}% of the baseline’s mean, "
        "by the verdict of that way to test alone, with its one seed and whatever number of settings was tried before. "
        "Leads are in % of that mean. Ways to test share people and data, so they are not independent trials: the "
        "counts describe how far the result depends on choices, and are no probability."
    )
