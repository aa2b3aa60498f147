"""Times each algorithm's epoch, its whole default training, and a full evaluation, on the data at hand.

`--peers` sets us beside the compiled libraries and writes README's table of them (an hour; `--parts` does some of it),
`--growth` follows time and memory from 100K to 20M generated ratings, `--interactive` times what a page waits for,
`--views` every view of Compare, `--first-page` the first page in a browser beside an empty one, `--sessions` pages
while several people use them. Prints tables; `--json FILE` writes the numbers of the others. Real data is read from
RECSYS_DATA (default ../shared/data) and left out, with a word, where it is absent.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import __version__ as scipy_version

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import Split, SplitRecipe, make_split
from recsys_core.data.synthetic import generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.parameters import parameters
from tests.benchmarks import first_page, growth, interactive, sessions, views
from tests.benchmarks.peers import environment, parts
from tests.real_data import ml_1m, ml_100k

_FACTORS = 32
_EPOCHS = 5  # timed, after one that warms up


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", metavar="FILE", type=Path, help="where to write the numbers")
    parser.add_argument("--peers", action="store_true", help="compare with other libraries")
    parser.add_argument("--growth", action="store_true", help="follow time and memory as the data grows")
    parser.add_argument("--interactive", action="store_true", help="time what a page waits for")
    parser.add_argument("--views", action="store_true", help="time every view of Compare, another metric, another N")
    parser.add_argument("--first-page", action="store_true", help="time the first page beside an empty one")
    parser.add_argument("--sessions", action="store_true", help="time pages for 8 and 16 sessions beside two trainings")
    parser.add_argument(
        "--peers-env", metavar="PATH", type=Path, default=environment.DEFAULT, help="the peers' virtual environment"
    )
    parser.add_argument(
        "--parts",
        metavar="PATTERN",
        nargs="+",
        default=["*"],
        help="of the comparison with other libraries only these, such as 'als:ML-1M:16' or 'svd:*'",
    )
    arguments = parser.parse_args()
    results = Path(tempfile.gettempdir()) / "recsys-benchmarks"
    if arguments.peers:
        parts.main(arguments.peers_env, arguments.json or results / "peers.json", arguments.parts)
    if arguments.growth:
        growth.main(arguments.json or results / "growth.json")
    if arguments.interactive:
        interactive.main()
    if arguments.views:
        views.main()
    if arguments.first_page:
        first_page.main()
    if arguments.sessions:
        sessions.main()
    others = ("peers", "growth", "interactive", "views", "first_page", "sessions")
    if not any(getattr(arguments, name) for name in others):
        time_ourselves(arguments.json)


def time_ourselves(json_path: Path | None) -> None:
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy_version}, {platform.machine()}")
    rows = []
    for name, load in (("planted", generate), ("ML-100K", ml_100k), ("ML-1M", ml_1m)):
        dataset = load()
        if dataset is None:
            print(f"{name}: left out, its data is not on this machine (RECSYS_DATA says where to look).")
            continue
        print(f"\n{name}: {dataset.sentence()}, k = {_FACTORS}")
        print(f"{'algorithm':16} {'epoch ms':>9} {'default s':>10} {'evaluate ms':>12} {'NDCG@10':>8}")
        split = make_split(dataset, SplitRecipe())
        for key, recipe_type in ALGORITHMS.items():
            row = {"data": name, "algorithm": key, **time_algorithm(recipe_with_factors(recipe_type), split)}
            rows.append(row)
            print(
                f"{recipe_type.label:16} {row['epoch_ms']:9.1f} {row['default_s']:10.2f} "
                f"{row['evaluate_ms']:12.1f} {row['ndcg']:8.4f}"
            )
    if json_path:
        json_path.write_text(json.dumps(rows, indent=1))


def recipe_with_factors(recipe_type):
    """The default recipe, with our number of factors where it has any."""
    return recipe_type(**{"n_factors": _FACTORS} if "n_factors" in parameters(recipe_type) else {})


def time_algorithm(recipe, split: Split) -> dict:
    """Median milliseconds of an epoch, seconds to the default end, milliseconds of a full evaluation."""
    started = time.perf_counter()
    stamps = [(epoch, time.perf_counter()) for epoch in recipe.epochs(split.train)]
    default_s = stamps[-1][1] - started
    times = [stamp for _, stamp in stamps][: _EPOCHS + 2]
    epoch_ms = 1000 * statistics.median(np.diff(times)) if len(times) > 1 else 1000 * default_s
    model = stamps[-1][0].model
    evaluate_ms = []
    for _ in range(3):
        started = time.perf_counter()
        evaluation = evaluate(model, split)
        evaluate_ms.append(1000 * (time.perf_counter() - started))
    return {
        "epoch_ms": epoch_ms,
        "default_s": default_s,
        "evaluate_ms": statistics.median(evaluate_ms),
        "ndcg": evaluation.mean("ndcg", 10),
    }


if __name__ == "__main__":
    main()
