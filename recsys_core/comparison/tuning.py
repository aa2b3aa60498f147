"""How much a model was tuned: a comparison is only fair where all had the same chance.

Shehzad and Jannach, Everyone's a winner! On hyperparameter tuning of recommendation models (RecSys 2023), show that
nearly every model beats nearly every other where only one of the two is tuned.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.blend import Blend
from recsys_core.parameters import parameters

MOST_SETTINGS = 200
"""With so many tried settings a search ends, however many of its minutes are left."""
_GRACE = 1.0  # seconds that may pass between the end of a training and what is decided from it


Setting = tuple[Algorithm, Hashable]
"""A recipe, and what tells a run that branched off another one from a run that had this recipe all along."""


class Trial(NamedTuple):
    """One setting that was tried: trained with `seed` from `started` to `ended`, in seconds since 1970.

    `branch` says where it branched off another training, if it did.
    """

    recipe: Algorithm
    seed: int
    started: float = 0.0
    ended: float = 0.0
    branch: Hashable = None

    @property
    def setting(self) -> Setting:
        """What trials have in common that differ in nothing but the seed."""
        return self.recipe, self.branch

    @property
    def seconds(self) -> float:
        """How long it was trained and scored."""
        return max(0.0, self.ended - self.started)


@dataclass(frozen=True)
class TuningRecord:
    """What was tried of one algorithm on one split: `n_settings` different ones, this model's among them, with
    `n_seeds` seeds at most. `ranges` says of each hyperparameter that was varied its label and its least and greatest
    value, or its options. `kind` is what these are settings of. `fits_validation` says that it has weights which were
    fitted on the validation ratings. `n_elsewhere` is how many further settings were tried on other splits of the same
    data, where ratings of this test may have been the validation.

    `seconds` is how long the settings were trained and scored, each with its first seed; `seconds_before_last` is how
    much of that was known to be used up when the last of them was started.
    """

    n_settings: int
    n_seeds: int
    ranges: tuple[tuple[str, str], ...]
    kind: str = ""
    can_be_tuned: bool = True
    is_known: bool = True
    fits_validation: bool = False
    seconds: float = 0.0
    seconds_before_last: float = 0.0
    n_elsewhere: int = 0

    @property
    def is_untuned(self) -> bool:
        """Whether only one setting was tried of an algorithm that has some to choose."""
        return self.can_be_tuned and self.n_settings == 1 and not self.n_elsewhere

    @property
    def count(self) -> str:
        """'20', '1 (untuned)', '1 here, 20 on other splits', 'unknown' of a file, '–' with nothing to tune."""
        if not self.is_known:
            return "unknown"
        if not self.can_be_tuned:
            return "–"
        if self.n_elsewhere:
            return f"{self.n_settings} here, {self.n_elsewhere} on other splits"
        return "1 (untuned)" if self.is_untuned else str(self.n_settings)

    @property
    def sentence(self) -> str:
        """'20 settings tried on validation: factors k 8 to 128, regularisation λ 0.01 to 100; 3 seeds'."""
        if not self.is_known:
            return "It came in a file: how it was tuned is not known"
        if self.fits_validation:
            return "Its weights were fitted on validation"
        if not self.can_be_tuned:
            return "There is nothing to tune"
        if self.is_untuned:
            return "Untuned: only these settings were tried"
        ranges = ", ".join(f"{label[0].lower()}{label[1:]} {values}" for label, values in self.ranges)
        seeds = f"; {self.n_seeds} seeds" if self.n_seeds > 1 else ""
        elsewhere = f"; {self.n_elsewhere} more on other splits of these data" if self.n_elsewhere else ""
        number = f"{self.n_settings} setting{'s' if self.n_settings > 1 else ''} tried on validation"
        return f"{number}{f': {ranges}' if ranges else ''}{seeds}{elsewhere}"


def tuning_record(
    recipe: Algorithm, tried: Sequence[Trial], elsewhere: Sequence[Trial] = (), *, branch: Hashable = None
) -> TuningRecord:
    """Return the record of `recipe` among all that was `tried` on its split, of whichever algorithm.

    `elsewhere` is what was tried on other splits of the same data, `branch` where the model branched off another.
    """
    if recipe.was_imported and not isinstance(recipe, Blend):
        return TuningRecord(0, 0, (), can_be_tuned=False, is_known=False)
    same = [trial for trial in tried if type(trial.recipe) is type(recipe)]
    settings = {(recipe, branch), *(trial.setting for trial in same)}
    further = {trial.setting for trial in elsewhere if type(trial.recipe) is type(recipe)} - settings
    seeds = {setting: {trial.seed for trial in same if trial.setting == setting} for setting in settings}
    ranges = []
    for name, parameter in parameters(recipe).items():
        values = {getattr(each, name) for each, _ in settings}
        if len(values) > 1:
            numbers = all(isinstance(value, int | float) for value in values)
            text = f"{min(values):g} to {max(values):g}" if numbers else ", ".join(sorted(map(str, values)))
            ranges.append((parameter.label, text))
    n_seeds = max(1, *(len(each) for each in seeds.values()))
    can_be_tuned = bool(parameters(recipe)) and type(recipe) in ALGORITHMS.values()  # not what is made of other runs
    firsts = first_trials(same)
    last = max((trial.started for trial in firsts), default=0.0)
    return TuningRecord(
        len(settings),
        n_seeds,
        tuple(ranges),
        type(recipe).__name__,
        can_be_tuned,
        fits_validation=isinstance(recipe, Blend),
        seconds=sum(trial.seconds for trial in firsts),
        seconds_before_last=sum(trial.seconds for trial in firsts if trial.ended < last - _GRACE),
        n_elsewhere=len(further) if can_be_tuned else 0,
    )


def count_tried(records: Sequence[TuningRecord]) -> int:
    """Return among how many settings these models were chosen: two models of one kind share theirs."""
    known = {record.kind: record.n_settings for record in records if record.is_known}
    return sum(known.values()) + sum(not record.is_known for record in records)


def first_trials(tried: Sequence[Trial]) -> list[Trial]:
    """Return the first trial of each setting: another seed is no further setting."""
    first: dict[Setting, Trial] = {}
    for trial in sorted(tried, key=lambda each: each.started):
        first.setdefault(trial.setting, trial)
    return list(first.values())


def budget_sentence(records: Sequence[TuningRecord]) -> str:
    """Return how fairly the compared models were tuned, for verdict, table and report."""
    said = [_budget_of_tuned(records)]
    if most := max((record.n_elsewhere for record in records), default=0):
        further = "1 further setting of a model was" if most == 1 else f"up to {most} further settings of a model were"
        said.append(
            f"On other splits of these data, {further} tried; what was held out there for validation may be in this "
            "test."
        )
    if any(record.fits_validation for record in records):
        said.append("The weights of a blend were fitted on validation.")
    return " ".join(said)


def _budget_of_tuned(records: Sequence[TuningRecord]) -> str:
    tunable = [record for record in records if record.can_be_tuned]
    counts = sorted({record.n_settings for record in tunable})
    if not counts:
        return "No model here has settings to tune."
    if counts == [1]:
        here = "on this split" if any(record.n_elsewhere for record in tunable) else ""
        return f"No model was tuned{here and ' '}{here}: one setting each."
    if len(counts) == 1:
        return f"Each model was tuned with {counts[0]} settings on validation."
    if minutes := common_minutes(tunable):
        most = f", {MOST_SETTINGS} settings at most" if counts[-1] >= MOST_SETTINGS else ""
        unit = "minute" if minutes == 1 else "minutes"
        return (
            f"Each model was tuned with {minutes} {unit} of search on validation{most}, which gave from {counts[0]} to "
            f"{counts[-1]} settings."
        )
    untuned = sum(record.is_untuned for record in tunable)
    text = f"The models were not tuned alike: from {counts[0]} to {counts[-1]} settings on validation."
    return text + (f" {untuned} of {len(tunable)} are untuned." if untuned else "")


def common_minutes(records: Sequence[TuningRecord]) -> int:
    """Return how many whole minutes of search each of `records` had; 0 where they had different ones.

    A model had M minutes if its last setting was started before M minutes were used up, and all of them together took
    at least that long or are MOST_SETTINGS.
    """
    timed = [record.seconds for record in records if record.n_settings < MOST_SETTINGS]
    if not timed or any(record.n_settings == 1 for record in records):
        return 0
    minutes = math.floor(min(timed) / 60)
    return minutes if max(record.seconds_before_last for record in records) < 60 * minutes else 0
