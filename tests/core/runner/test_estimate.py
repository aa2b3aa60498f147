"""A training that would not fit into memory is refused before it starts, in a sentence that names the lever."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Epoch
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.film.record import Recorder
from recsys_core.runner import execute as running
from recsys_core.runner.memory import check_memory, film_bytes, memory_limit, training_bytes
from recsys_core.store.run import FAILED
from recsys_core.store.store import RunStore
from tests.peak_memory import needs_peak

ROOT = Path(__file__).resolve().parents[3]
# Peak growth of a fresh process that trains two epochs on 12,000 × 3,000 with 200,000 ratings.
PEAK = """
import sys
import numpy as np
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.interactions import Interactions
from recsys_core.runner.memory import film_bytes, training_bytes
from tests.peak_memory import peak_bytes

pairs = np.unique(np.random.default_rng(0).integers(0, 6_000 * 2_000, 100_000))
train = Interactions.from_triples(pairs // 2_000, pairs % 2_000, np.ones(len(pairs)), 6_000, 2_000)
recipe = ALGORITHMS[sys.argv[1]](**({"n_factors": 128} if sys.argv[1] != "ease" else {}))
before = peak_bytes()
for epoch in recipe.epochs(train, seed=0):
    if epoch.number == 2:
        break
print(peak_bytes() - before, training_bytes(recipe, train) - film_bytes(recipe, train))  # without a film
"""


def ratings(m: int, n: int) -> Interactions:
    return Interactions.from_triples(np.arange(m) % m, np.arange(m) % n, np.ones(m), m, n)


@needs_peak
@pytest.mark.parametrize("key", ["implicit_als", "bpr", "ease"])
def test_the_estimate_covers_what_a_training_really_takes_and_not_three_times_that(key):
    done = subprocess.run(
        [sys.executable, "-c", PEAK, key], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    taken, estimated = map(int, done.stdout.split())
    assert taken <= estimated <= 3 * taken


def test_the_estimate_counts_what_a_film_keeps():
    dataset = generate(SyntheticRecipe(n_users=700, n_items=950))
    split = make_split(dataset)
    recipe = ALGORITHMS["bpr"](n_factors=64, n_epochs=8)
    recorder, kept = Recorder(dataset, split), []
    model = next(recipe.epochs(split.train, seed=0)).model
    tracemalloc.start()
    for number in range(9):
        recorder.add(Epoch(number, model, 0.0), None)
        kept.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert 0.9 * kept[-1] <= film_bytes(recipe, split.train) <= 1.3 * kept[-1]
    assert film_bytes(ALGORITHMS["ease"](), split.train) == 0
    assert training_bytes(recipe, split.train) > film_bytes(recipe, split.train) > 3e6


def test_the_refusal_names_need_limit_and_lever():
    with pytest.raises(InputError, match=r"needs about 2\.\d GB, the limit is 1\.0 GB: lower k, or keep fewer users"):
        check_memory(ALGORITHMS["bpr"](n_factors=1000), ratings(100_000, 10), limit=10**9)
    check_memory(ALGORITHMS["bpr"](n_factors=8), ratings(1_000, 10), limit=10**9)
    assert memory_limit() > 1 << 28


def test_a_model_that_no_database_could_keep_is_not_trained():
    """A training of 16,000 items would end after minutes, and then SQLite says that a blob is too big."""
    with pytest.raises(InputError, match=r"holds 1\.0 GB\. EASE on this data makes 1\.0 GB: choose an algorithm"):
        check_memory(ALGORITHMS["ease"](), ratings(100, 16_000), limit=10**12)
    check_memory(ALGORITHMS["ease"](), ratings(100, 15_000), limit=10**12)


def test_a_run_that_would_not_fit_fails_with_the_sentence_and_trains_nothing(tmp_path, monkeypatch):
    store = RunStore(f"sqlite:///{tmp_path}/runs.sqlite")
    fingerprint = store.add_dataset(generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0)))
    run_id = store.queue.add_run(store.split(fingerprint, SplitRecipe()), "bpr", ALGORITHMS["bpr"](), 0)
    monkeypatch.setattr("recsys_core.runner.memory.memory_limit", lambda: 1_000)
    running.execute(store, store.queue.claim("worker"))
    run = store.run(run_id)
    assert (run.state, store.epochs(run_id)) == (FAILED, [])
    assert "lower k" in run.message
