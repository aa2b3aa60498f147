"""What is computed beside the server where the data are large: splits, sweeps, references, files and more.

A task takes a stored data set and comes to (arrays, plain JSON): `compute.py` computes it, and `ComputeProcess` has a
child process do that.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from recsys_core.data.split import SplitRecipe

# Of data: read them, tell what a cleaning step would do, store them after some steps.
DATASET, EFFECT, CLEANED = "dataset", "effect", "cleaned"
# Of a split: make it, check it, corrupt its training data.
SPLIT, CHECK, CORRUPTED = "split", "check", "corrupted"
# Of reference models: score their lists for everybody, all items, or a sample of people.
REFERENCES, ALL_RANKS, LEVELS = "references", "all_ranks", "levels"
# What pages show beside models: the most popular items, items of which no attributes are known, all numbers of factors.
POPULAR, FEATURES, SWEEP = "popular", "features", "sweep"
# Of trained models: fit ensembles, re-rank the lists of one, judge ways to test.
ENSEMBLES, RELISTED, JUDGED = "ensembles", "relisted", "judged"
# Score and store as a run: a blend, re-ranked lists, the model or the lists in a file.
KEPT_BLEND, KEPT_LISTS = "kept_blend", "kept_lists"
IMPORTED_MODEL, IMPORTED_LISTS = "imported_model", "imported_lists"
# Files for download: the split, the lists of a run for everybody.
SPLIT_FILE, LISTS_FILE = "split_file", "lists_file"


@dataclass(frozen=True)
class Task:
    """What to compute of the stored data set with the fingerprint `data`.

    `split` and `subset` say on what; `steps` are cleaning steps, and `corruptions` those of the training data, both
    their settings as JSON. `order` is JSON, too: what some tasks need to know beside that.
    """

    kind: str
    data: str
    split: SplitRecipe = field(default_factory=SplitRecipe)
    subset: str = ""
    steps: str = ""
    corruptions: str = ""
    order: str = ""

    @property
    def slug(self) -> str:
        """The kind of the task, with eight hex digits that tell it from others of its kind."""
        return f"{self.kind}_{hashlib.sha256(json.dumps(self.as_json()).encode()).hexdigest()[:8]}"

    def as_json(self) -> dict[str, Any]:
        """Return the task as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Task":
        """Return the task that `as_json` described."""
        return cls(**{**values, "split": SplitRecipe(**values["split"])})
