"""Times each algorithm's epoch, its whole default training, and a full evaluation, on the data at hand.

Prints a table; `--json FILE` writes the same numbers. Real data is read from RECSYS_DATA (default
../shared/data) and left out, with a word, where it is absent.
"""

import argparse
import json
import platform
import statistics
import time

import numpy as np
from scipy import __version__ as scipy_version

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.planted import generate
from recsys_core.data.split import Split, SplitRecipe, split
from recsys_core.evaluation.evaluate import evaluate
from tests.real_data import ml_1m, ml_100k

_FACTORS = 32
_EPOCHS = 5  # timed, after one that warms up


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the numbers to FILE too")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy_version}, {platform.machine()}")
    rows = []
    for name, load in (("planted", generate), ("ML-100K", ml_100k), ("ML-1M", ml_1m)):
        dataset = load()
        if dataset is None:
            print(f"{name}: left out, its data is not on this machine (RECSYS_DATA says where to look).")
            continue
        print(f"\n{name}: {dataset.sentence()}, k = {_FACTORS}")
        print(f"{'algorithm':16} {'epoch ms':>9} {'default s':>10} {'evaluate ms':>12} {'NDCG@10':>8}")
        cut = split(dataset, SplitRecipe())
        for key, recipe_type in ALGORITHMS.items():
            row = {"data": name, "algorithm": key, **time_algorithm(recipe_type(n_factors=_FACTORS), cut)}
            rows.append(row)
            print(
                f"{recipe_type.label:16} {row['epoch_ms']:9.1f} {row['default_s']:10.2f} "
                f"{row['evaluate_ms']:12.1f} {row['ndcg']:8.4f}"
            )
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(rows, file, indent=1)


def time_algorithm(recipe, cut: Split) -> dict:
    """Median milliseconds of an epoch, seconds to the default end, milliseconds of a full evaluation."""
    started = time.perf_counter()
    stamps = [(epoch, time.perf_counter()) for epoch in recipe.epochs(cut.train)]
    default_s = stamps[-1][1] - started
    times = [stamp for _, stamp in stamps][: _EPOCHS + 2]
    epoch_ms = 1000 * statistics.median(np.diff(times)) if len(times) > 1 else 1000 * default_s
    model = stamps[-1][0].model
    evaluate_ms = []
    for _ in range(3):
        started = time.perf_counter()
        evaluation = evaluate(model, cut)
        evaluate_ms.append(1000 * (time.perf_counter() - started))
    return {
        "epoch_ms": epoch_ms,
        "default_s": default_s,
        "evaluate_ms": statistics.median(evaluate_ms),
        "ndcg": evaluation.mean("ndcg", 10),
    }


if __name__ == "__main__":
    main()
