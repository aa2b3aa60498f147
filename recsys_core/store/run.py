"""A Run: one recipe on one split with one seed, and how far it has come."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.algorithm import Algorithm
from recsys_core.data.split import SplitRecipe
from recsys_core.parameters import parameters

QUEUED, RUNNING = "queued", "running"
FINISHED, STOPPED, DIVERGED = "finished", "stopped", "diverged"
INTERRUPTED, FAILED = "interrupted", "failed"
LIVE = (QUEUED, RUNNING)
USABLE = (FINISHED, STOPPED, DIVERGED)  # may have a model and evaluations


@dataclass(frozen=True)
class Run:
    """A row of the table of runs, in the words of the core. `message` says why it ended, where that needs words."""

    id: int
    data_fingerprint: str
    split: SplitRecipe
    split_fingerprint: str
    algorithm: str
    recipe: Algorithm
    seed: int
    code_version: str
    state: str
    message: str
    stop_requested: bool
    created: float
    started: float | None
    ended: float | None

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def label(self) -> str:
        """The run's name: its number and what it is, with its two first letters, as '#3 BPR k=32 λ=1'."""
        letters = [
            f"{parameter.symbol}={getattr(self.recipe, name):g}"
            for name, parameter in parameters(self.recipe).items()
            if parameter.symbol
        ]
        return " ".join([f"#{self.id}", self.recipe.label, *letters[:2]])

    @property
    def has_factors(self) -> bool:
        """Whether its model is made of factors that can be looked at."""
        return "n_factors" in parameters(self.recipe)

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits over data, split, recipe, seed and code: equal ones show equal numbers."""
        parts = [self.split_fingerprint, self.algorithm, self.recipe.settings(), self.seed, self.code_version]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class EpochRecord:
    """One point of the curves: `seconds` of training so far; on validation, where there is one, NDCG@10 and, of
    models that predict ratings, the RMSE."""

    number: int
    objective: float
    validation: float | None
    seconds: float
    rmse: float | None = None


def restore_recipe(algorithm: str, settings: dict) -> Algorithm:
    """The recipe that `settings` were taken from; fields that this code no longer has are left out."""
    recipe = ALGORITHMS[algorithm]
    known = parameters(recipe)
    return recipe(**{name: value for name, value in settings.items() if name in known})


@cache
def code_version() -> str:
    """Sixteen hex digits over the sources that numbers depend on: data, algorithms, metrics, evaluation."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for room in ("data", "algorithms", "metrics", "evaluation"):
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
