"""Sends the same tasks to us and to the peers in turn, and sets the answers beside each other.

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
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.split import Split, SplitRecipe, make_split
from recsys_core.data.synthetic import generate
from recsys_core.evaluation.rank_items import rank
from recsys_core.metrics.ranking import ndcg
from tests.benchmarks.peers.environment import python_of, versions
from tests.benchmarks.peers.picture import write_picture
from tests.real_data import ml_1m, ml_100k, ml_latest_small

WORKERS = Path(__file__).parent
ROOT = Path(__file__).parents[3]
THREADS = 2
OURS = "recsys_core"
DATA = {"planted": generate, "ML-latest-small": ml_latest_small, "ML-100K": ml_100k, "ML-1M": ml_1m}
FACTORS = {"ML-100K": (64,), "ML-1M": (16, 64, 128)}
REPETITIONS = 3
TOO_SLOW = 3

# One model for all ALS: confidence 1 + α where there is a choice, penalty λ; near the best on ML-1M.
ALS = {"alpha": 1.0, "regularization": 30.0}
ALS_EPOCHS = 12
EQUAL_NDCG = 0.99  # of what our ALS ends with or the best peer's, whichever is less

BPR_EPOCHS = {"implicit": 100, "cornac": 100, "lenskit": 50}
BPR_EVERY = {"implicit": 5, "cornac": 5, "lenskit": 2}
BPR_GRID = {  # tried at 64 factors; the best serves 16 and 128 too
    "implicit": {"learning_rate": (0.002, 0.005, 0.01), "regularization": (0.001, 0.01)},
    "cornac": {"learning_rate": (0.01, 0.02), "regularization": (0.001, 0.003, 0.01)},
    "lenskit": {"learning_rate": (0.003,), "regularization": (0.1, 0.3)},
}
NEAR_BEST = 0.99  # a peer's time counts to 99 % of its best NDCG, ours to all of it
SVD_FACTORS = (8, 16, 64, 128)
EQUAL_ANGLE = 1e-6  # radians between the item spaces found and exact


@dataclass(frozen=True, eq=False)
class Contestant:
    """Who does what: `with_<library>.py` is asked for `work` with these settings beside the common ones."""

    name: str
    library: str
    work: str
    settings: dict = field(default_factory=dict)


def ours(name: str, algorithm: str, **settings) -> Contestant:
    return Contestant(f"ours, {name}", OURS, "train", {"algorithm": algorithm, "settings": settings})


ALS_EXACT = (
    ours("exact", "implicit_als", unobserved=1.0, penalty="plain", **ALS),
    Contestant("irspack, Cholesky", "irspack", "als", {**ALS, "solver": "cholesky"}),
    Contestant("implicit, Cholesky", "implicit", "als", {**ALS, "solver": "cholesky"}),
    Contestant("lenskit", "lenskit", "als", ALS),
    Contestant("cmfrec, Cholesky", "cmfrec", "als", {**ALS, "solver": "cholesky"}),
)
ALS_INEXACT = (
    ours("CG", "implicit_als", unobserved=1.0, penalty="plain", solver="conjugate gradient", **ALS),
    Contestant("irspack, CG", "irspack", "als", {**ALS, "solver": "cg"}),
    Contestant("irspack, iALS++", "irspack", "als", {**ALS, "solver": "ialspp", "subspace": 16}),
    Contestant("implicit, CG", "implicit", "als", {**ALS, "solver": "cg"}),
    Contestant("cmfrec, CG", "cmfrec", "als", {**ALS, "solver": "cg"}),
)
SVDS = (
    Contestant("ours", OURS, "svd"),
    *(
        Contestant(f"scipy, ARPACK, {dtype}, tol {tol:g}", "sklearn", "svd", {"solver": "arpack"} | settings)
        for dtype, tol in (("float64", 0), ("float64", 1e-3), ("float32", 0))
        for settings in [{"dtype": dtype, "tol": tol}]
    ),
    *(
        Contestant(f"scikit-learn, randomised, n_iter {n_iter}", "sklearn", "svd", {"solver": "randomised"} | settings)
        for n_iter in (4, "auto", 12)
        for settings in [{"n_iter": n_iter}]
    ),
)
EVALUATIONS = tuple(
    Contestant("ours" if library == OURS else library, library, "evaluate")
    for library in (OURS, "irspack", "implicit", "ranx", "cornac")
)
LISTS = tuple(
    Contestant("ours" if library == OURS else library, library, "lists") for library in (OURS, "irspack", "implicit")
)


class Arena:
    """One data set, cut and written down for all, and the means to send a task to a worker."""

    def __init__(self, name: str, split: Split, peers_python: Path, folder: Path):
        self.name, self.split, self.peers_python, self.folder = name, split, peers_python, folder
        self.rows: list[dict] = []
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
        return answer | {"from_start": answer["ended_at"] - started}

    def judged(self, contestant: Contestant, **task) -> dict:
        """As `ask`, and `ndcg` after each of the answer's epochs."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            answer = self.ask(contestant, save=f"{folder}/model", **task)
            answer["ndcg"] = [self.ndcg_of(f"{folder}/model-{epoch}.npz") for epoch in answer["epochs"]]
        return answer

    def ndcg_of(self, path: str) -> float:
        with np.load(path) as arrays:
            model = FactorModel.of(arrays["users"], arrays["items"], item_bias=arrays["item_bias"])
        return float(ndcg(rank(model, self.split.train, self.split.test, depth=10).relevant, 10).mean())

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

    def add(self, what: str, factors: int, contestant: Contestant, seconds: list[float], **more) -> dict:
        row = {
            "what": what,
            "data": self.name,
            "factors": factors,
            "name": contestant.name,
            "ours": contestant.library == OURS,
            "seconds": statistics.median(seconds),
            "all_seconds": seconds,
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


def epoch_seconds(answer: dict) -> float:
    """Median seconds of an epoch, without the first one, in which things are set up."""
    return float(np.median(np.diff(answer["elapsed"]) / np.diff(answer["epochs"])))


def seconds_to(answer: dict, quality: float) -> float | None:
    """Seconds of training after which the NDCG first was at least `quality`."""
    pairs = zip(answer["elapsed"], answer["ndcg"], strict=True)
    return next((elapsed for elapsed, value in pairs if value >= quality), None)


def compare_als(arena: Arena, factors: int) -> None:
    """Seconds of an epoch, seconds to equal NDCG, and at 64 factors the cold start to it."""

    def ask(contestant, round_):
        if round_ == 0:
            return arena.judged(contestant, factors=factors, epochs=ALS_EPOCHS)
        return arena.ask(contestant, factors=factors, epochs=5)

    answers = {
        **alternate(ALS_EXACT, ask, epoch_seconds),
        **alternate(ALS_INEXACT, ask, epoch_seconds),
    }
    last = {contestant: given[0]["ndcg"][-1] for contestant, given in answers.items()}
    target = EQUAL_NDCG * min(
        max(value for contestant, value in last.items() if (contestant.library == OURS) is side)
        for side in (True, False)
    )
    cold = {}
    for contestant, given in answers.items():
        what = "exact ALS, an epoch" if contestant in ALS_EXACT else "CG/subspace ALS, an epoch"
        row = arena.add(
            what,
            factors,
            contestant,
            [epoch_seconds(answer) for answer in given],
            ndcg=last[contestant],
            peak_mb=given[-1]["peak_mb"],
            curve=[given[0]["elapsed"], given[0]["ndcg"]],
        )
        first = given[0]
        epochs = next((e for e, value in zip(first["epochs"], first["ndcg"], strict=True) if value >= target), None)
        if epochs is not None:
            # The first epoch with its setting up as measured, the further ones at the median of all rounds.
            seconds = first["elapsed"][0] + (epochs - 1) * row["seconds"]
            arena.add(f"ALS to NDCG {target:.3f}", factors, contestant, [seconds], ndcg=target, epochs=epochs)
            cold[contestant] = epochs
    if factors == 64:
        compare_cold_starts(arena, factors, cold, target)


def compare_cold_starts(arena: Arena, factors: int, epochs: dict[Contestant, int], target: float) -> None:
    """From an empty process to an ALS of equal NDCG: interpreter, imports, reading the data, training."""
    answers = alternate(
        epochs,
        lambda contestant, _: arena.ask(contestant, factors=factors, epochs=epochs[contestant]),
        lambda answer: answer["from_start"],
    )
    for contestant, given in answers.items():
        arena.add(
            f"cold process to NDCG {target:.3f}",
            factors,
            contestant,
            [answer["from_start"] for answer in given],
            ndcg=target,
            peak_mb=given[-1]["peak_mb"],
        )


def tuned_bpr(arena: Arena, factors: int) -> dict[Contestant, list[dict]]:
    """The peers' BPR, each with the setting of its grid that gets furthest on the test part, and its answer."""
    chosen = {}
    for library, grid in BPR_GRID.items():
        tried = {}
        for values in product(*grid.values()):
            name = f"{library} BPR, " + ", ".join(f"{key} {value}" for key, value in zip(grid, values, strict=True))
            contestant = Contestant(name, library, "bpr", dict(zip(grid, values, strict=True)))
            tried[contestant] = trained_bpr(arena, factors, contestant)
            print(f"  tried {name}: NDCG@10 up to {max(tried[contestant]['ndcg']):.4f}", flush=True)
        best = max(tried, key=lambda contestant: max(tried[contestant]["ndcg"]))
        chosen[best] = [tried[best]]
    return chosen


def trained_bpr(arena: Arena, factors: int, contestant: Contestant) -> dict:
    epochs = BPR_EPOCHS.get(contestant.library, ALGORITHMS["bpr"]().n_epochs)
    return arena.judged(contestant, factors=factors, epochs=epochs, every=BPR_EVERY.get(contestant.library, 1))


def compare_bpr(arena: Arena, factors: int, peers: dict[Contestant, list[dict]], repetitions: int) -> None:
    """Seconds until the best peer's best NDCG; and of LambdaRank until the best of our BPR."""
    own = [ours("BPR", "bpr"), ours("LambdaRank", "lambdarank")]
    answers = {contestant: [] for contestant in own} | {contestant: list(given) for contestant, given in peers.items()}
    for round_ in range(repetitions):
        for contestant, given in answers.items():
            if len(given) <= round_:
                given.append(trained_bpr(arena, factors, contestant))
    for contestant, given in answers.items():
        arena.add(
            "BPR, an epoch",
            factors,
            contestant,
            [epoch_seconds(answer) for answer in given],
            ndcg=statistics.median(answer["ndcg"][-1] for answer in given),
            peak_mb=given[-1]["peak_mb"],
            curve=[given[0]["elapsed"], given[0]["ndcg"]],
        )
    best_of = {contestant: statistics.median(max(a["ndcg"]) for a in given) for contestant, given in answers.items()}
    peer = max(answers.keys() - set(own), key=best_of.get)
    bpr, lambdarank = own
    for what, ahead, behind in (("BPR", bpr, peer), ("LambdaRank", lambdarank, bpr)):
        for contestant, quality in ((ahead, best_of[behind]), (behind, NEAR_BEST * best_of[behind])):
            reached = [seconds_to(answer, quality) for answer in answers[contestant]]
            if None not in reached:
                arena.add(f"{what} to the best NDCG of {behind.library}", factors, contestant, reached, ndcg=quality)


def compare_svd(arena: Arena, factors: int) -> None:
    """Seconds of a factorisation; `angle` says how far the space that it found is from the exact one."""
    angles = {}

    def ask(contestant, round_):
        path = f"{arena.folder}/svd"
        answer = arena.ask(contestant, factors=factors, repetitions=3, save=path)
        angles[contestant] = arena.angle_of(f"{path}.npz")
        return answer

    answers = alternate(SVDS, ask, lambda answer: statistics.median(answer["seconds"]))
    for contestant, given in answers.items():
        arena.add(
            "truncated SVD",
            factors,
            contestant,
            [seconds for answer in given for seconds in answer["seconds"]],
            angle=angles[contestant],
            peak_mb=given[-1]["peak_mb"],
        )


def compare_ranking(arena: Arena, factors: int) -> None:
    """Evaluating one and the same model @10, and top-10 lists of it for all users."""
    with tempfile.TemporaryDirectory(dir=arena.folder) as folder:
        arena.ask(ALS_EXACT[0], factors=factors, epochs=5, every=5, save=f"{folder}/model")
        for what, contestants in (("evaluation @10", EVALUATIONS), ("top-10 lists for all", LISTS)):
            answers = alternate(
                contestants,
                lambda it, _: arena.ask(it, factors=factors, model=f"{folder}/model-5.npz", repetitions=3),
                lambda answer: statistics.median(answer["seconds"]),
            )
            for contestant, given in answers.items():
                seconds = [value for answer in given for value in answer["seconds"]]
                arena.add(what, factors, contestant, seconds, ndcg=given[0]["ndcg"], peak_mb=given[-1]["peak_mb"])


def compare_learners(arena: Arena) -> None:
    """ALS, ranking and BPR at every number of factors."""
    for factors in FACTORS[arena.name]:
        for compare in (compare_als, compare_ranking):
            shown = len(arena.rows)
            compare(arena, factors)
            print_rows(arena.rows[shown:])
    peers = tuned_bpr(arena, 64)
    for factors in FACTORS[arena.name]:
        shown = len(arena.rows)
        if factors == 64:
            compare_bpr(arena, factors, peers, REPETITIONS)
        else:
            compare_bpr(arena, factors, {peer: [] for peer in peers}, 1)
        print_rows(arena.rows[shown:])


def print_rows(rows: list[dict]) -> None:
    """Each comparison as a block, the fastest first, with the ratio to our best in it."""
    for what, factors in dict.fromkeys((row["what"], row["factors"]) for row in rows):
        block = sorted((row for row in rows if (row["what"], row["factors"]) == (what, factors)), key=_seconds)
        best_of_ours = min((row["seconds"] for row in block if row["ours"]), default=None)
        print(f"\n{what}, {block[0]['data']}, {factors} factors")
        for row in block:
            ratio = f"{row['seconds'] / best_of_ours:6.2f} × ours" if best_of_ours else " " * 13
            quality = f"NDCG {row['ndcg']:.4f}" if "ndcg" in row else f"angle {row['angle']:.0e}"
            memory = f"{row['peak_mb']:6.0f} MB" if "peak_mb" in row else " " * 9
            print(f"  {row['name']:58} {row['seconds']:8.3f} s {ratio}  {quality:18} {memory}  load {row['load']:.1f}")
    print(flush=True)


def _seconds(row: dict) -> float:
    return row["seconds"]


def against_targets(rows: list[dict]) -> list[dict]:
    """The aims on ML-1M with 64 factors: ours over the best peer."""
    rows = [row for row in rows if (row["data"], row["factors"]) == ("ML-1M", 64)]

    def pair(start: str, key: str = "seconds", keep=lambda row: True):
        chosen = [row for row in rows if row["what"].startswith(start) and keep(row)]
        mine, theirs = ([row for row in chosen if row["ours"] is side] for side in (True, False))
        return (min(side, key=lambda row: row[key], default={key: float("nan")}) for side in (mine, theirs))

    checks = [
        ("exact ALS, an epoch", 0.9, *pair("exact ALS")),
        ("ALS to equal NDCG", 1.0, *pair("ALS to NDCG")),
        ("BPR to the peer's best NDCG", 0.25, *pair("BPR to")),
        ("truncated SVD, equal angle", 0.6, *pair("truncated SVD", keep=lambda r: r["angle"] <= EQUAL_ANGLE)),
        ("evaluation @10", 0.5, *pair("evaluation")),
        ("top-10 lists for all", None, *pair("top-10")),
        ("cold process to a trained model", 0.7, *pair("cold")),
        ("peak memory, exact ALS", None, *pair("exact ALS", "peak_mb")),
    ]
    table = []
    for what, aim, mine, theirs in checks:
        key = "peak_mb" if what.startswith("peak") else "seconds"
        table.append(
            {"what": what, "ours": mine[key], "peer": theirs[key], "name": theirs.get("name", "nobody"), "most": aim}
            | {"ratio": mine[key] / theirs[key]}
        )
    curves = [row for row in rows if row["what"] == "BPR, an epoch" and row["name"] != "ours, LambdaRank"]
    final = next(row["ndcg"] for row in curves if row["ours"])
    best = max((row for row in curves if not row["ours"]), key=lambda row: max(row["curve"][1]))
    peak = max(best["curve"][1])
    table.append(
        {"what": "BPR, final NDCG@10", "ours": final, "peer": peak, "name": best["name"], "least": 1.2}
        | {"ratio": final / peak}
    )
    return table


def print_targets(table: list[dict]) -> None:
    print("ML-1M, 64 factors: ours against the best peer")
    for row in table:
        aim, verdict = "", ""
        if row.get("most"):
            aim, verdict = f"≤ {row['most']}", "met" if row["ratio"] <= row["most"] else "MISSED"
        if row.get("least"):
            aim, verdict = f"≥ {row['least']}", "met" if row["ratio"] >= row["least"] else "MISSED"
        print(
            f"  {row['what']:34} {row['ours']:9.3f} {row['peer']:9.3f}  ratio {row['ratio']:5.2f}  "
            f"{aim:7} {verdict:7} {row['name']}"
        )


def main(environment: Path, json_path: Path) -> None:
    """Everything: prints tables as it goes, writes the numbers to `json_path` and the picture beside it."""
    python = python_of(environment)
    started = time.time()
    rows = []
    for name, load in DATA.items():
        dataset = load()
        if dataset is None:
            print(f"{name}: left out, its data is not on this machine (RECSYS_DATA says where to look).")
            continue
        with tempfile.TemporaryDirectory() as folder:
            arena = Arena(name, make_split(dataset, SplitRecipe(validation=0, test=0.2)), python, Path(folder))
            print(f"\n{name}: {dataset.sentence()}; load {os.getloadavg()[0]:.1f}", flush=True)
            for factors in SVD_FACTORS:
                compare_svd(arena, factors)
            print_rows(arena.rows)
            if name in FACTORS:
                compare_learners(arena)
            rows += arena.rows
    targets = against_targets(rows)
    print_targets(targets)
    about = {"machine": platform.processor(), "cores": os.cpu_count(), "python": platform.python_version()}
    about |= {"numpy": np.__version__, "peers": versions(python), "minutes": (time.time() - started) / 60}
    json_path.parent.mkdir(parents=True, exist_ok=True)
    json_path.write_text(json.dumps({"about": about, "targets": targets, "rows": rows}, indent=1))
    picture = json_path.with_suffix(".html")
    write_picture(rows, picture)
    print(f"\n{about['minutes']:.1f} minutes. Numbers: {json_path}, picture: {picture}")
