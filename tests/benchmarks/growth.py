"""How time and memory grow: one epoch of each learner from 100K to 20M generated ratings, 64 factors.

Every measurement is a process of its own (`python -m tests.benchmarks.growth` reads a task from its input), so
that its peak memory is its own. The exponent b of seconds = a · ratings^b is fitted by least squares on the
logarithms. An m × n array of float32 would take 15 GB at the largest size: staying below 4 GB shows there is none.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.rank_items import rank
from tests.benchmarks.growth_picture import write_picture
from tests.benchmarks.peers.task import peak_mb

# ratings, users, items: the MovieLens sets 100K, 1M, 10M and 20M
SHAPES = ((100_000, 943, 1682), (1_000_000, 6040, 3706), (10_000_000, 69_878, 10_677), (20_000_000, 138_000, 27_000))
FACTORS = 64
EPOCHS, LONG_ENOUGH = 4, 60  # the first epoch sets things up and is not counted; after a minute two are enough
LEARNERS = ("implicit_als", "als", "bpr", "lambdarank", "svd")
RANKING = "evaluation @10"  # every item for every user: it grows with m · n, whoever does it
MOST_EXPONENT, MOST_MB = 1.1, 4096


def generated(n_ratings: int, m: int, n: int, rng: np.random.Generator) -> Interactions:
    """MovieLens-like: log-normal activity of users (at least 10 each), Zipf-like popularity of items, 16 tastes.

    A user draws from the items of their own taste or from all, half and half; of a pair drawn twice one is left.
    """
    activity = np.maximum(rng.lognormal(0, 1.1, m), 0.1)
    popularity = (np.arange(n) + 0.01 * n) ** -0.9
    tastes, taste_of_item = rng.integers(0, 16, m), rng.permutation(np.arange(n) % 16)
    keys = np.zeros(0, np.int64)
    while len(keys) < n_ratings:
        missing = int(1.1 * (n_ratings - len(keys))) + 1000
        users = rng.choice(m, missing, p=activity / activity.sum())
        items = np.empty(missing, np.int64)
        own_taste = rng.random(missing) < 0.5
        for taste in range(16):
            theirs = np.flatnonzero(own_taste & (tastes[users] == taste))
            of_taste = np.flatnonzero(taste_of_item == taste)
            chances = popularity[of_taste] / popularity[of_taste].sum()
            items[theirs] = rng.choice(of_taste, len(theirs), p=chances)
        items[~own_taste] = rng.choice(n, int(np.sum(~own_taste)), p=popularity / popularity.sum())
        keys = np.union1d(keys, users * n + items)
    keys = np.delete(keys, rng.choice(len(keys), len(keys) - n_ratings, replace=False))
    stars = rng.integers(1, 6, n_ratings)
    return Interactions.from_triples(keys // n, keys % n, stars, m, n)


def measure(task: dict) -> dict:
    """Seconds of one epoch (median), of one factorisation, or of one evaluation, and the peak memory."""
    with np.load(task["data"]) as arrays:
        data = Interactions(arrays["indptr"], arrays["items"], arrays["values"], int(arrays["n_items"]))
    held_in_mb = peak_mb()
    if task["learner"] == RANKING:
        seconds = [time_evaluation(data)]
    else:
        recipe = ALGORITHMS[task["learner"]](n_factors=FACTORS)
        stamps = [time.perf_counter()]
        for epoch in recipe.epochs(data):
            stamps.append(time.perf_counter())
            enough = stamps[-1] - stamps[0] > LONG_ENOUGH and epoch.number >= 2
            if task["learner"] == "svd" or epoch.number == EPOCHS or enough:
                break
        # An SVD is one piece; of the others what came before the end of the first epoch is setting up.
        seconds = np.diff(stamps if task["learner"] == "svd" else stamps[-epoch.number :]).tolist()
    return {"seconds": float(np.median(seconds)), "peak_mb": peak_mb(), "data_mb": held_in_mb}


def time_evaluation(data: Interactions) -> float:
    """Ranking for all users, a tenth of the ratings held out, by random factors."""
    from recsys_core.algorithms.models import FactorModel

    rng = np.random.default_rng(0)
    factors = (rng.normal(size=(count, FACTORS)) for count in (data.n_users, data.n_items))
    model = FactorModel.of(*factors)
    in_test = rng.random(data.n_interactions) < 0.1
    train, test = data.select(~in_test), data.select(in_test)
    started = time.perf_counter()
    rank(model, train, test, depth=10)
    return time.perf_counter() - started


def main(json_path: Path) -> None:
    """Measure all learners on all shapes, print the table with the fitted exponents, write the numbers."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for n_ratings, m, n in SHAPES:
            data = generated(n_ratings, m, n, np.random.default_rng(0))
            path = Path(folder) / "data.npz"
            np.savez(path, indptr=data.indptr, items=data.items, values=data.values, n_items=n)
            print(f"\n{n_ratings:,} ratings, {m:,} × {n:,}", flush=True)
            for learner in (*LEARNERS, RANKING):
                done = subprocess.run(
                    [sys.executable, "-m", "tests.benchmarks.growth"],
                    input=json.dumps({"data": str(path), "learner": learner}),
                    cwd=Path(__file__).parents[2],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                row = {"ratings": n_ratings, "users": m, "items": n, "learner": learner, "load": os.getloadavg()[0]}
                rows.append(row | json.loads(done.stdout))
                print(f"  {learner:16} {rows[-1]['seconds']:9.3f} s {rows[-1]['peak_mb']:7.0f} MB", flush=True)
    print(f"\nfitted exponents (at most {MOST_EXPONENT}) and peak memory at 20M (under {MOST_MB} MB)")
    exponents = {}
    for learner in (*LEARNERS, RANKING):
        own = [row for row in rows if row["learner"] == learner]
        exponents[learner] = fitted_exponent(*([row[key] for row in own] for key in ("ratings", "seconds")))
        memory = own[-1]["peak_mb"]
        met = (exponents[learner] <= MOST_EXPONENT or learner == RANKING) and memory < MOST_MB
        print(f"  {learner:16} {exponents[learner]:5.2f} {memory:7.0f} MB  {'met' if met else 'MISSED'}")
    json_path.parent.mkdir(parents=True, exist_ok=True)
    json_path.write_text(json.dumps({"rows": rows, "exponents": exponents}, indent=1))
    write_picture(rows, json_path.with_suffix(".html"))
    print(f"Numbers: {json_path}, the picture beside it")


def fitted_exponent(sizes: list[float], seconds: list[float]) -> float:
    """The b of seconds = a · sizes^b, by least squares on the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


if __name__ == "__main__":
    print(json.dumps(measure(json.load(sys.stdin))))
