"""What does a large file cost in the app? `python -m tests.benchmarks.large` makes one: 20 million ratings as Parquet.

It reads, stores, splits, trains and evaluates them as the app does, and prints seconds, processor seconds and peak
memory of each step (Linux). Reading happens in a child process too, whose peak is its own.
"""

import os
import resource
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.reading import guess_layout, read_ratings
from recsys_core.data.split import SplitRecipe
from recsys_core.evaluation.best_epoch import score_on_validation
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.store.store import RunStore
from tests.benchmarks.growth import SHAPES, generated

N_RATINGS, N_USERS, N_ITEMS = SHAPES[-1]
EPOCHS = 3


def write_ratings(path: Path) -> None:
    """In the layout of MovieLens: by user, with the times of each within an hour."""
    rng = np.random.default_rng(0)
    data = generated(N_RATINGS, N_USERS, N_ITEMS, rng)
    users = np.repeat(np.arange(N_USERS), data.items_per_user)
    times = rng.integers(8 * 10**8, 14 * 10**8, N_USERS)[users] + rng.integers(0, 3600, N_RATINGS)
    columns = {"userId": users.astype(np.int32), "movieId": data.items, "rating": data.values, "timestamp": times}
    pq.write_table(pa.table(columns), path)


@contextmanager
def step(name: str):
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    wall, before = time.perf_counter(), os.times()
    yield
    wall, busy = time.perf_counter() - wall, sum(os.times()[:4]) - sum(before[:4])
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) / 1e6
    print(f"{name:28} {wall:7.1f} s {busy:7.1f} s of processors {peak:6.2f} GB", flush=True)


def main(folder: Path) -> None:
    path = folder / "ratings.parquet"
    write_ratings(path)
    content = path.read_bytes()
    print(f"{N_RATINGS:,} ratings, {N_USERS:,} × {N_ITEMS:,}, a file of {len(content) / 1e6:.0f} MB")
    with step("look at the file"):
        guess_layout(content, path.name)
    with step("read it"):
        dataset, _ = read_ratings(content, path.name)
    print(f"{'':28} the child's peak: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6:.2f} GB")
    store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}")
    with step("store it"):
        fingerprint = store.add_dataset(dataset)
    del dataset, content
    with step("load it"):
        store.dataset(fingerprint)
    with step("split it"):
        split = store.split(fingerprint, SplitRecipe())
    with step(f"{EPOCHS} epochs of ALS, k = 32"):
        *_, last = ALGORITHMS["implicit_als"](n_factors=32, n_epochs=EPOCHS).epochs(split.train, seed=0)
    with step("NDCG@10 after an epoch"):
        score_on_validation(last.model, split)
    with step("the evaluation at the end"):
        evaluate(last.model, split, "test")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made))
