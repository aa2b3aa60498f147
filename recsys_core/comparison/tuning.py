"""How much a model was tuned: a comparison is only fair where all had the same chance.

Shehzad and Jannach, Everyone's a winner! On hyperparameter tuning of recommendation models (RecSys 2023), show that
nearly every model beats nearly every other where only one of the two is tuned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.parameters import parameters


@dataclass(frozen=True)
class TuningRecord:
    """What was tried of one algorithm on one split: `n_settings` different ones, this model's among them, with
    `n_seeds` seeds at most. `ranges` says of each hyperparameter that was varied its label and its least and greatest
    value, or its options."""

    n_settings: int
    n_seeds: int
    ranges: tuple[tuple[str, str], ...]
    can_be_tuned: bool = True
    is_known: bool = True

    @property
    def is_untuned(self) -> bool:
        """Whether only one setting was tried of an algorithm that has some to choose."""
        return self.can_be_tuned and self.n_settings == 1

    @property
    def count(self) -> str:
        """'20', '1 (untuned)', 'unknown' of what came in a file, or '–' where there is nothing to tune."""
        if not self.is_known:
            return "unknown"
        if not self.can_be_tuned:
            return "–"
        return "1 (untuned)" if self.is_untuned else str(self.n_settings)

    @property
    def sentence(self) -> str:
        """'20 settings tried on validation: factors k 8 to 128, regularisation λ 0.01 to 100; 3 seeds'."""
        if not self.is_known:
            return "It came in a file: how it was tuned is not known"
        if not self.can_be_tuned:
            return "There is nothing to tune"
        if self.is_untuned:
            return "Untuned: only these settings were tried"
        ranges = ", ".join(f"{label[0].lower()}{label[1:]} {values}" for label, values in self.ranges)
        seeds = f"; {self.n_seeds} seeds" if self.n_seeds > 1 else ""
        return f"{self.n_settings} settings tried on validation: {ranges}{seeds}"


def tuning_record(recipe: Algorithm, tried: Sequence[tuple[Algorithm, int]]) -> TuningRecord:
    """The record of `recipe` among all (recipe, seed) that were `tried` on its split, of whichever algorithm."""
    if recipe.was_imported:
        return TuningRecord(0, 0, (), can_be_tuned=False, is_known=False)
    same = [(other, seed) for other, seed in tried if type(other) is type(recipe)]
    settings = {recipe, *(other for other, _ in same)}
    seeds = {setting: {seed for other, seed in same if other == setting} for setting in settings}
    ranges = []
    for name, parameter in parameters(recipe).items():
        values = {getattr(each, name) for each in settings}
        if len(values) > 1:
            numbers = all(isinstance(value, int | float) for value in values)
            text = f"{min(values):g} to {max(values):g}" if numbers else ", ".join(sorted(map(str, values)))
            ranges.append((parameter.label, text))
    n_seeds = max(1, *(len(each) for each in seeds.values()))
    can_be_tuned = bool(parameters(recipe)) and type(recipe) in ALGORITHMS.values()  # not what is made of other runs
    return TuningRecord(len(settings), n_seeds, tuple(ranges), can_be_tuned)


def budget_sentence(records: Sequence[TuningRecord]) -> str:
    """One sentence on how fairly the compared models were tuned, for verdict, table and report."""
    tunable = [record for record in records if record.can_be_tuned]
    counts = sorted({record.n_settings for record in tunable})
    if not counts:
        return "No model here has settings to tune."
    if counts == [1]:
        return "No model was tuned: one setting each."
    if len(counts) == 1:
        return f"Each model was tuned with {counts[0]} settings on validation."
    untuned = sum(record.is_untuned for record in tunable)
    text = f"The models were not tuned alike: from {counts[0]} to {counts[-1]} settings on validation."
    return text + (f" {untuned} of {len(tunable)} are untuned." if untuned else "")
