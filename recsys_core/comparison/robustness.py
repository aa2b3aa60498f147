"""In how many of all reasonable ways to test does a model win, and which choice decides that?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, groupby

import numpy as np

from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.specifications import CHOICES, Specification, value_label, varied_choices
from recsys_core.comparison.verdicts import BETTER, SAME, Verdict
from recsys_core.data.split import SplitRecipe
from recsys_core.errors import InputError

NO_WINNER = -1
CAUTION = (
    "Each way to test is judged by itself, at 95%, as somebody would who had only that one. They share people and "
    "ratings, so they are not independent trials: the counts describe how far the result depends on choices, and are "
    "no probability."
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one specification: the `verdicts` on all pairs of models, and the mean of each.

    `quality` are the means, with the opposite sign where lower is better.
    """

    specification: Specification
    verdicts: Mapping[tuple[int, int], Verdict]
    quality: tuple[float, ...]

    @cached_property
    def winner(self) -> int:
        """The index of the model that is better than every other one by its verdict; NO_WINNER where none is."""
        best = int(np.argmax(self.quality))
        return best if all(verdict.word == BETTER for verdict in self._against(best)) else NO_WINNER

    @cached_property
    def is_same(self) -> bool:
        """Whether no model wins because some are practically the same: the best, and all that it does not beat."""
        words = {verdict.word for verdict in self._against(int(np.argmax(self.quality)))} - {BETTER}
        return words == {SAME}

    def lead(self, model: int) -> Verdict:
        """Return the verdict on a model compared with the best of the others."""
        others = [index for index in range(len(self.quality)) if index != model]
        return self.verdicts[model, max(others, key=lambda index: self.quality[index])]

    def _against(self, model: int) -> list[Verdict]:
        return [self.verdicts[model, other] for other in range(len(self.quality)) if other != model]


def judge_specifications(
    comparison: Comparison, specifications: Sequence[Specification], *, margin: float
) -> Iterator[Outcome]:
    """Yield the outcome of each specification of one training, by the rule of every verdict.

    `comparison` is of the models of that training; nothing is ranked again. Raises InputError where less than two
    models are compared, and where no held-out rating reaches a threshold.
    """
    if len(comparison) < 2:
        raise InputError("At least two models must be compared to ask which one wins. Pin a second one.")
    for threshold, group in groupby(specifications, key=lambda each: each.threshold):
        scored = comparison
        if threshold is not None:
            scored = replace(
                comparison, evaluations=[each.with_threshold(threshold) for each in comparison.evaluations]
            )
        for each in group:
            judged = scored.judged_by(each.judged_by, each.k, margin)
            yield Outcome(each, judged.verdicts, tuple(judged.quality))


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

    `names` are what the models are called in sentences.
    """

    names: Sequence[str]
    outcomes: Sequence[Outcome]
    n_planned: int

    @cached_property
    def wins(self) -> list[int]:
        """In how many specifications each model wins."""
        winners = [outcome.winner for outcome in self.outcomes]
        return [winners.count(model) for model in range(len(self.names))]

    @cached_property
    def n_same(self) -> int:
        """In how many the best models are practically the same."""
        return sum(outcome.winner == NO_WINNER and outcome.is_same for outcome in self.outcomes)

    @property
    def n_unclear(self) -> int:
        """In how many it cannot be told."""
        return len(self.outcomes) - sum(self.wins) - self.n_same

    @cached_property
    def leader(self) -> int:
        """The model with the most wins; of equally many, the one that more often has the highest mean."""
        highest = [int(np.argmax(outcome.quality)) for outcome in self.outcomes]
        return max(range(len(self.names)), key=lambda model: (self.wins[model], highest.count(model), -model))

    @cached_property
    def effects(self) -> list[ChoiceEffect]:
        """How much each choice that varies decides, the most decisive first."""
        varied = varied_choices([outcome.specification for outcome in self.outcomes])
        effects = [effect for choice, values in varied.items() if (effect := self._effect(choice, values))]
        return sorted(effects, key=lambda effect: -effect.difference)

    @cached_property
    def sentence(self) -> str:
        """'#1 ALS wins in 83 of 96 reasonable ways to test, #2 SVD in 4. In 9 there is no clear difference.'"""
        n = len(self.outcomes)
        order = sorted(range(len(self.names)), key=lambda model: -self.wins[model])
        winners = [model for model in order if self.wins[model]]
        if not winners:
            ways = f"any of {n:,} reasonable ways to test" if n > 1 else "the one way to test"
            text = f"No model wins in {ways}."
        elif self.wins[winners[0]] == n:
            return f"{self.names[winners[0]]} wins in all {n:,} reasonable ways to test." if n > 1 else self._one()
        else:
            first, *others = winners
            said = [f"{self.names[first]} wins in {self.wins[first]:,} of {n:,} reasonable ways to test"]
            said += [f"{self.names[model]} in {self.wins[model]:,}" for model in others]
            text = f"{', '.join(said)}."
        no_winner = []
        if self.n_unclear:
            no_winner.append(f"in {self.n_unclear:,} there is no clear difference")
        if self.n_same:
            they = "they" if len(self.names) == 2 else "the best of them"
            no_winner.append(f"in {self.n_same:,} {they} are practically the same")
        ending = " and ".join(no_winner)
        return f"{text} {ending[0].upper()}{ending[1:]}." if ending else text

    def _one(self) -> str:
        return f"{self.names[self.leader]} wins in the one way to test."

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
            f"What decides most is {CHOICES[top.choice]}: all else being equal, {name} wins in {top.low_share:.0%} "
            f"with “{low}” and in {top.high_share:.0%} with “{high}”."
        )

    @property
    def known(self) -> str:
        """How many of the planned specifications are not known yet; '' where all are."""
        n = len(self.outcomes)
        return f"{n:,} of {self.n_planned:,} ways to test are known so far." if n < self.n_planned else ""

    def table(self, current: SplitRecipe) -> tuple[list[str], list[list[str]]]:
        """Return a header and a row for each value of each choice that varies: who wins how often there."""
        header = ["choice", "value", "ways to test", *(f"{name} wins" for name in self.names), "no winner"]
        rows = []
        for choice, values in varied_choices([outcome.specification for outcome in self.outcomes]).items():
            for value in values:
                winners = [each.winner for each in self.outcomes if each.specification.value(choice) == value]
                counts = [winners.count(model) for model in [*range(len(self.names)), NO_WINNER]]
                label = value_label(choice, value, current)
                rows.append([CHOICES[choice], label, f"{len(winners):,}", *(f"{count:,}" for count in counts)])
        return header, rows

    def numbers(self, current: SplitRecipe) -> list[dict[str, object]]:
        """Return a row for each specification, with its choices and the lead of the leader, as plain numbers."""
        return [
            {
                **{name: value_label(name, each.specification.value(name), current) for name in CHOICES},
                "winner": "" if each.winner == NO_WINNER else self.names[each.winner],
                "run": self.names[self.leader],
                "against": "the best of the others",
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
