"""A Run: one recipe, trained on one split from one seed, with its state."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from recsys_core.algorithms import RECIPES
from recsys_core.algorithms.base import Algorithm
from recsys_core.data.corruption import Corruption
from recsys_core.data.split import SplitRecipe
from recsys_core.parameters import parameters
from recsys_core.store.editors import describe_credits

QUEUED, RUNNING = "queued", "running"
FINISHED, STOPPED, DIVERGED = "finished", "stopped", "diverged"
INTERRUPTED, FAILED = "interrupted", "failed"
LIVE = (QUEUED, RUNNING)
_EDITED = {
    "archived": "Archived", "deleted": "Deleted", "kept": "Restored", "name": "Named", "notes": "Notes", "tags": "Tags",
}  # fmt: skip
USABLE = (FINISHED, STOPPED, DIVERGED)  # may have a model and evaluations


@dataclass(frozen=True)
class Branch:
    """Where a run branches off another: it repeats run `parent`, with that run's `recipe`, up to `epoch`.

    From there on it trains with its own recipe. Stored in the column `fork`.
    """

    parent: int
    epoch: int
    recipe: Algorithm

    def settings(self) -> dict[str, Any]:
        """Return the branch as JSON values."""
        return {"parent": self.parent, "epoch": self.epoch, "settings": self.recipe.settings()}


@dataclass(frozen=True)
class Run:
    """A row of the table of runs.

    `message` says why the run ended, where that needs words. `created`, `started`, `ended` and `archived` are seconds
    since 1970. Runs `in_background` belong to sweeps and start after all others. `branch` says which run it continues,
    `corruptions` how its training ratings were damaged; most runs have neither. `name`, `notes` and `tags` are what
    people wrote. `author` asked for the run, `editors` say who wrote or archived last, by what they changed; both are
    empty where nobody signs in. `worker` trains it, or did last. `environment` is what its numbers were rounded by
    (`numerics.numerical_environment`), None if unknown.
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
    author: str = ""
    worker: str = ""
    environment: Mapping[str, str] | None = field(default=None, hash=False)
    editors: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_live(self) -> bool:
        """Whether the run is queued or running."""
        return self.state in LIVE

    @property
    def label(self) -> str:
        """The run's number with its name or, without a name, with its algorithm and settings: '#3 BPR k=32 λ=1'."""
        if self.name:
            return f"#{self.id} {self.name}"
        words = [f"#{self.id}", self.recipe.label, *(f"{symbol}={value}" for symbol, value in self._symbols)]
        if self.recipe.keeps_best_epoch:
            words.append("best epoch")
        if self.branch:
            words.append(f"from #{self.branch.parent} at epoch {self.branch.epoch}")
        return " ".join(words)

    @property
    def _symbols(self) -> list[tuple[str, str]]:
        """The first two settings that have a symbol, with their values."""
        settings = parameters(self.recipe).items()
        return [(each.symbol, f"{getattr(self.recipe, name):g}") for name, each in settings if each.symbol][:2]

    @property
    def list_label(self) -> str:
        """The label for a narrow list, with its parts set apart: '#3 ALS · k 32 · λ 1' of an 'ALS (implicit)'."""
        if self.name:
            return self.label
        parts = [self.short_label.split(" (")[0], *(f"{symbol} {value}" for symbol, value in self._symbols)]
        parts += ["best epoch"] * self.recipe.keeps_best_epoch
        return " · ".join([*parts, f"from #{self.branch.parent}"] if self.branch else parts)

    @property
    def short_label(self) -> str:
        """What the run is called in a sentence: by its name or, without one, without settings, as '#3 BPR'."""
        return self.label if self.name else f"#{self.id} {self.recipe.label}"

    @property
    def credits(self) -> str:
        """Return who did what, as "Started by ann. Named by bob."; "" where nobody signs in."""
        return describe_credits("Started", self.author, _EDITED, self.editors)

    @property
    def has_factors(self) -> bool:
        """Whether its model has factors."""
        return self.recipe.n_factors > 0

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits of a hash over data, split, recipe, seed and version of the numerics.

        Runs that finished with equal fingerprints have equal numbers to the last digit in equal environments. One that
        somebody stopped has those of the fingerprint of `as_finished`.
        """
        return run_fingerprint(
            self.split_fingerprint, self.algorithm, self.recipe, self.seed, self.numerics_version, branch=self.branch
        )


@dataclass(frozen=True)
class EpochRecord:
    """One point of a run's curves, after epoch `number`.

    `seconds` is the training time so far. `validation` is NDCG@10 and `rmse` the error on the validation set; None if
    there is no such set, `rmse` also if the model predicts no ratings.
    """

    number: int
    objective: float
    validation: float | None
    seconds: float
    rmse: float | None = None


def run_fingerprint(
    split_fingerprint: str, algorithm: str, recipe: Algorithm, seed: int, version: str, *, branch: Branch | None = None
) -> str:
    """Return the fingerprint of a run that exists or would exist; see `Run.fingerprint`."""
    identity: list[Any] = [split_fingerprint, algorithm, recipe.settings(), seed, version]
    if branch:
        identity.append([branch.epoch, branch.recipe.settings()])
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


def restore_recipe(algorithm: str, settings: Mapping[str, Any]) -> Algorithm:
    """Rebuild a recipe from its stored settings; fields that this code no longer has are left out.

    Raises KeyError if this code has no such algorithm, InputError if a value is out of bounds.
    """
    recipe = RECIPES[algorithm]
    known = {each.name for each in fields(recipe)}
    return recipe(**{name: value for name, value in settings.items() if name in known})


def all_but_seed(run: Run) -> tuple[str, Algorithm, Branch | None]:
    """Return what two runs on one split share if they differ in the seed alone."""
    return run.algorithm, run.recipe, run.branch


def as_finished(run: Run, last_epoch: int | None) -> Run:
    """Return `run` as one that was not cut short: stopped by hand after `last_epoch`, it was to have that many."""
    length = next((name for name in ("n_epochs", "n_factors") if name in parameters(run.recipe)), None)
    if run.state != STOPPED or not last_epoch or length is None:
        return run
    return replace(run, recipe=replace(run.recipe, **{length: last_epoch}))
