"""Contestants, the data on which they meet, the processes in which they work, and the rules.


Fair play, in one place:
- One random 80/20 split per person, cut once with seed 0; every worker reads the same file.
- Two threads for all. OPENBLAS_NUM_THREADS is 1 for the peers: implicit asks for it, the others have threads of
  their own or (scikit-learn's SVDs) are faster so; ours is 2, since we hold BLAS back ourselves.
- Fresh processes, A B A B; who is thrice as slow as the first in one round sits out the next ones.
- The first epoch or call, in which a library sets up or compiles, is no part of a time per epoch or call, but
  it is part of a time to a quality (without PyTorch's compilation: LensKit's clock starts after it).
- NDCG@10 of all models is measured by our `rank` and `ndcg`, from the factors that the workers save.
- The peers' BPR is tuned on the test part itself, which favours them; ours has its default settings.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from recsys_core.algorithms.models import FactorModel
from recsys_core.data.split import Split
from recsys_core.data.synthetic import generate
from recsys_core.evaluation.rank_items import rank
from recsys_core.metrics.ranking import ndcg
from tests.real_data import ml_1m, ml_100k, ml_latest_small

WORKERS = Path(__file__).parent
ROOT = Path(__file__).parents[3]
THREADS = 2
OURS = "recsys_core"
DATA = {"planted": generate, "ML-latest-small": ml_latest_small, "ML-100K": ml_100k, "ML-1M": ml_1m}
REPETITIONS = 3
TOO_SLOW = 3
SVD_FACTORS = (8, 16, 64, 128)
EQUAL_ANGLE = 1e-6  # radians between the item spaces found and exact
CLOCKS = {"seconds": "elapsed", "processor": "processor"}  # in a row of numbers, and in an answer about a training

Times = dict[str, list[float]]  # by clock


@dataclass(frozen=True, eq=False)
class Contestant:
    """Who does what: `with_<library>.py` is asked for `work` with these settings beside the common ones."""

    name: str
    library: str
    work: str
    settings: dict = field(default_factory=dict)


def ours(name: str, algorithm: str, **settings) -> Contestant:
    return Contestant(f"ours, {name}", OURS, "train", {"algorithm": algorithm, "settings": settings})


class Arena:
    """One data set, cut and written down for all, and the means to send a task to a worker."""

    def __init__(self, name: str, split: Split, peers_python: Path, folder: Path):
        self.name, self.split, self.peers_python, self.folder = name, split, peers_python, folder
        self.rows: list[dict] = []
        self.known: list[dict] = []  # rows of other parts
        self.data = folder / "data.npz"
        np.savez(
            self.data,
            train_indptr=split.train.indptr,
            train_items=split.train.items,
            test_indptr=split.test.indptr,
            test_items=split.test.items,
            n_items=split.train.n_items,
        )

    def ask(self, contestant: Contestant, **task) -> dict:
        """The worker's answer, with the seconds from its start to its end, interpreter and imports included."""
        task = {"work": contestant.work, "data": str(self.data), "threads": THREADS, "seed": 0} | task
        is_ours = contestant.library == OURS
        surroundings = os.environ | {
            "OPENBLAS_NUM_THREADS": str(THREADS if is_ours else 1),
            "OMP_NUM_THREADS": str(THREADS),
            "NUMBA_NUM_THREADS": str(THREADS),
            "LK_NUM_THREADS": str(THREADS),
            "PYTHONPATH": str(ROOT) if is_ours else "",
            "PYTHONWARNINGS": "ignore",
        }
        python = sys.executable if is_ours else self.peers_python
        started = time.time()
        done = subprocess.run(
            [python, WORKERS / f"with_{contestant.library}.py"],
            input=json.dumps(task | contestant.settings),
            env=surroundings,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{contestant.name} failed at {task}:\n{done.stderr[-2000:]}")
        answer = json.loads(done.stdout.splitlines()[-1])
        return answer | {"seconds_in_all": answer["ended_at"] - started}

    def judged(self, contestant: Contestant, **task) -> dict:
        """As `ask`, and `ndcg` after each of the answer's epochs."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            answer = self.ask(contestant, save=f"{folder}/model", **task)
            answer["ndcg"] = [self.ndcg_of(f"{folder}/model-{epoch}.npz") for epoch in answer["epochs"]]
        return answer

    def ndcg_of(self, path: str) -> float:
        with np.load(path) as arrays:
            model = FactorModel.of(arrays["users"], arrays["items"], item_bias=arrays["item_bias"])
        ranking = rank(model, self.split.train, self.split.test, depth=10, top_only=True)
        return float(ndcg(ranking.relevant, 10).mean())

    @cached_property
    def exact_directions(self) -> np.ndarray:
        """(n, 128) right singular vectors of the binary train matrix, by LAPACK in float64."""
        a = self.split.train.binary.astype(np.float64)
        if a.shape[0] >= a.shape[1]:
            return np.linalg.eigh((a.T @ a).toarray())[1][:, ::-1][:, : SVD_FACTORS[-1]]
        values, people = np.linalg.eigh((a @ a.T).toarray())
        values, people = values[::-1][: SVD_FACTORS[-1]], people[:, ::-1][:, : SVD_FACTORS[-1]]
        return (a.T @ people) / np.sqrt(values)

    def angle_of(self, path: str) -> float:
        """The largest principal angle (radians) between the space of a model's item factors and the exact one."""
        with np.load(path) as arrays:
            found = np.linalg.qr(arrays["items"].astype(np.float64))[0]
        exact = self.exact_directions[:, : found.shape[1]]
        return float(np.arcsin(min(1.0, np.linalg.norm(found - exact @ (exact.T @ found), 2))))

    def add(self, what: str, factors: int, contestant: Contestant, times: Times, **more) -> dict:
        """Note the medians of `times`, and whatever else is known of it."""
        row = {
            "what": what,
            "data": self.name,
            "factors": factors,
            "name": contestant.name,
            "ours": contestant.library == OURS,
            **{clock: statistics.median(values) for clock, values in times.items()},
            "measured": len(times["seconds"]),
            "load": os.getloadavg()[0],
            **more,
        }
        self.rows.append(row)
        return row


def alternate(contestants, ask, cost) -> dict[Contestant, list[dict]]:
    """Ask all contestants in turn, REPETITIONS rounds; who is far behind in `cost` sits out the later ones."""
    answers = {contestant: [ask(contestant, 0)] for contestant in contestants}
    least = min(cost(given[0]) for given in answers.values())
    for round_ in range(1, REPETITIONS):
        for contestant, given in answers.items():
            if contestant.library == OURS or cost(given[0]) <= TOO_SLOW * least:
                given.append(ask(contestant, round_))
    return answers


def epoch_seconds(answer: dict, clock: str = "elapsed") -> float:
    """Median seconds of an epoch, without the first one, in which things are set up."""
    return float(np.median(np.diff(answer[clock]) / np.diff(answer["epochs"])))


def epoch_times(answers: list[dict]) -> Times:
    return {clock: [epoch_seconds(answer, name) for answer in answers] for clock, name in CLOCKS.items()}


def call_times(answers: list[dict]) -> Times:
    """The times of all calls, of a task that is done several times in each process."""
    return {clock: [value for answer in answers for value in answer[clock]] for clock in CLOCKS}


def times_to(answers: list[dict], quality: float) -> Times | None:
    """Times of training after which the NDCG first was at least `quality`; None where it never was."""
    reached = [next((e for e, value in enumerate(a["ndcg"]) if value >= quality), None) for a in answers]
    if None in reached:
        return None
    return {clock: [a[name][e] for a, e in zip(answers, reached, strict=True)] for clock, name in CLOCKS.items()}
