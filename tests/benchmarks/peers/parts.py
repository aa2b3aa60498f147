"""Runs the comparison part by part, a part being one task on one data set with one number of factors."""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.numerics import numerical_environment
from tests.benchmarks.peers.arena import DATA, OURS, SVD_FACTORS, Arena
from tests.benchmarks.peers.compare import (
    ALS_EXACT,
    EVALUATIONS,
    SVDS,
    TUNED_AT,
    compare_als,
    compare_bpr,
    compare_ranking,
    compare_svd,
)
from tests.benchmarks.peers.environment import python_of, versions
from tests.benchmarks.peers.publish import keep, kept_numbers, write_table_and_picture
from tests.benchmarks.peers.targets import against_targets, print_rows, print_targets

COMPARISONS = {"svd": compare_svd, "als": compare_als, "ranking": compare_ranking, "bpr": compare_bpr}
FACTORS = {"ML-100K": (64,), "ML-1M": (16, 64, 128)}


@dataclass(frozen=True)
class Part:
    """One task (a key of COMPARISONS) on one data set (a key of DATA) with one number of factors."""

    task: str
    data: str
    factors: int

    def __str__(self) -> str:
        return f"{self.task}:{self.data}:{self.factors}"


def all_parts() -> Iterator[Part]:
    """Yield every part, in the order in which they are run: BPR begins with the factors at which it is tuned."""
    for data in DATA:
        yield from (Part("svd", data, factors) for factors in SVD_FACTORS)
        some = FACTORS.get(data, ())
        yield from (Part(task, data, factors) for factors in some for task in ("als", "ranking"))
        yield from (Part("bpr", data, factors) for factors in sorted(some, key=lambda factors: factors != TUNED_AT))


def main(environment: Path, json_path: Path, patterns: list[str]) -> None:
    """Run the parts whose names match one of `patterns` (such as `als:*:16`), print and keep what they measure.

    What is kept of a part is replaced as soon as it has ended, so that a run may be broken off. README's table and the
    picture are written at the end, or then by `python -m tests.benchmarks.peers.publish`. All numbers of this run,
    curves included, go to `json_path`.
    """
    parts = [part for part in all_parts() if any(fnmatch(str(part), pattern) for pattern in patterns)]
    if not parts:
        raise SystemExit(f"No part matches. They are: {', '.join(map(str, all_parts()))}.")
    python = python_of(environment)
    started, rows, about = time.time(), [], describe_run(python)
    for name in dict.fromkeys(part.data for part in parts):
        dataset = DATA[name]()
        if dataset is None:
            print(f"{name}: left out, its data is not on this machine (RECSYS_DATA says where to look).")
            continue
        with tempfile.TemporaryDirectory() as folder:
            arena = Arena(name, make_split(dataset, SplitRecipe(validation=0, test=0.2)), python, Path(folder))
            print(f"\n{name}: {dataset.sentence()}", flush=True)
            for part in parts:
                if part.data == name:
                    arena.known = kept_numbers()["rows"]
                    measured = run_part(part, arena)
                    keep(str(part), measured, about)
                    rows += measured
    json_path.parent.mkdir(parents=True, exist_ok=True)
    json_path.write_text(json.dumps({"about": about, "rows": rows}, indent=1))
    print(f"\n{(time.time() - started) / 60:.0f} minutes. All numbers: {json_path}")
    if {part for part in all_parts() if part.data == "ML-1M" and part.factors == TUNED_AT} <= set(parts):
        print_targets(against_targets(rows))
    write_table_and_picture()


def run_part(part: Part, arena: Arena) -> list[dict]:
    """Return the rows of a part."""
    started, load = time.time(), os.getloadavg()[0]
    arena.rows = []
    COMPARISONS[part.task](arena, part.factors)
    print_rows(arena.rows)
    print(f"{part}: {time.time() - started:.0f} s, load {load:.1f} to {os.getloadavg()[0]:.1f}", flush=True)
    return arena.rows


def describe_run(python: Path) -> dict:
    """Tell when, on what and with what is measured."""
    libraries = {contestant.library for contestant in (*ALS_EXACT, *SVDS, *EVALUATIONS)} - {OURS} | {"scikit-learn"}
    installed = dict(line.split("==") for line in versions(python) if "==" in line)
    ours = numerical_environment()
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {ours['processor']}",
        "python": ours["python"],
        "libraries": {"numpy": ours["numpy"], "scipy": ours["scipy"]}
        | {name: installed[name] for name in sorted(libraries) if name in installed},
    }
