"""A Run: one recipe on one split with one seed, and how far it has come."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from recsys_core.algorithms import RECIPES
from recsys_core.algorithms.base import Algorithm
from recsys_core.data.corruption import Corruption
from recsys_core.data.split import SplitRecipe
from recsys_core.parameters import parameters

QUEUED, RUNNING = "queued", "running"
FINISHED, STOPPED, DIVERGED = "finished", "stopped", "diverged"
INTERRUPTED, FAILED = "interrupted", "failed"
LIVE = (QUEUED, RUNNING)
USABLE = (FINISHED, STOPPED, DIVERGED)  # may have a model and evaluations


@dataclass(frozen=True)
class Branch:
    """A run goes as run number `parent` went, by that one's `recipe`, up to `epoch`, and only then its own way."""

    parent: int
    epoch: int
    recipe: Algorithm

    def settings(self) -> dict:
        return {"parent": self.parent, "epoch": self.epoch, "settings": self.recipe.settings()}


@dataclass(frozen=True)
class Run:
    """A row of the table of runs, in the words of the core. `message` says why it ended, where that needs words.

    A run `in_background` belongs to a sweep: those that a person waits for go before it. `branch` says from which run
    it branched off, and `corruptions` what was done to its training ratings before; mostly neither.
    `name`, `notes` and `tags` are what people say about it; `archived` is when it was put out of the way, if it was.
    `environment` is what its numbers were rounded by (`numerics.numerical_environment`), None where that is not known.
    """

    id: int
    data_fingerprint: str
    split: SplitRecipe
    split_fingerprint: str
    algorithm: str
    recipe: Algorithm
    seed: int
    numerics_version: str
    state: str
    message: str
    stop_requested: bool
    created: float
    started: float | None
    ended: float | None
    in_background: bool = False
    branch: Branch | None = None
    corruptions: tuple[Corruption, ...] = ()
    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    archived: float | None = None
    environment: Mapping[str, str] | None = field(default=None, hash=False)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def label(self) -> str:
        """The run's number and the name that it was given; without one what it is, as '#3 BPR k=32 λ=1'."""
        if self.name:
            return f"#{self.id} {self.name}"
        letters = [
            f"{parameter.symbol}={getattr(self.recipe, name):g}"
            for name, parameter in parameters(self.recipe).items()
            if parameter.symbol
        ]
        words = [f"#{self.id}", self.recipe.label, *letters[:2]]
        if self.branch:
            words.append(f"from #{self.branch.parent} at epoch {self.branch.epoch}")
        return " ".join(words)

    @property
    def short_label(self) -> str:
        """What the run is called in a sentence, as '#3 BPR'."""
        return f"#{self.id} {self.recipe.label}"

    @property
    def has_factors(self) -> bool:
        """Whether its model is made of factors that can be looked at."""
        return self.recipe.n_factors > 0

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits over data, split, recipe, seed and version of the numerics.

        Equal ones show equal numbers to the last digit in equal environments.
        """
        return run_fingerprint(
            self.split_fingerprint, self.algorithm, self.recipe, self.seed, self.numerics_version, branch=self.branch
        )


@dataclass(frozen=True)
class EpochRecord:
    """One point of the curves: `seconds` of training so far; on validation, where there is one, NDCG@10 and, of
    models that predict ratings, the RMSE."""

    number: int
    objective: float
    validation: float | None
    seconds: float
    rmse: float | None = None


def run_fingerprint(
    split_fingerprint: str, algorithm: str, recipe: Algorithm, seed: int, version: str, *, branch: Branch | None = None
) -> str:
    """What `Run.fingerprint` is or would be."""
    parts = [split_fingerprint, algorithm, recipe.settings(), seed, version]
    if branch:
        parts.append([branch.epoch, branch.recipe.settings()])
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def restore_recipe(algorithm: str, settings: dict) -> Algorithm:
    """The recipe that `settings` were taken from; fields that this code no longer has are left out."""
    recipe = RECIPES[algorithm]
    known = {each.name for each in fields(recipe)}
    return recipe(**{name: value for name, value in settings.items() if name in known})


def all_but_seed(run: Run) -> tuple:
    """All that two runs must share to differ by nothing but the seed."""
    return run.algorithm, run.recipe, run.branch


def other_seeds(run: Run, scored: Sequence[Run]) -> list[Run]:
    """Those of `scored` that differ from `run` by nothing but the seed, one a seed."""
    twins = [other for other in scored if all_but_seed(other) == all_but_seed(run) and other.seed != run.seed]
    return list({other.seed: other for other in twins}.values())
