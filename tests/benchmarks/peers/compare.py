"""Sends the same tasks to us and to the peers in turn, sets the answers beside each other; `arena.py` has the rules."""

import statistics
import tempfile
from itertools import product

from recsys_core.algorithms import ALGORITHMS
from tests.benchmarks.peers.arena import (
    CLOCKS,
    OURS,
    REPETITIONS,
    Arena,
    Contestant,
    alternate,
    call_times,
    epoch_seconds,
    epoch_times,
    ours,
    times_to,
)
from tests.benchmarks.peers.publish import ALL_RANKS

TUNED_AT = 64  # factors at which the peers' BPR is tuned, and at which the cold start is timed

# One model for all ALS: confidence 1 + α where there is a choice, penalty λ; near the best on ML-1M.
ALS = {"alpha": 1.0, "regularization": 30.0}
ALS_EPOCHS = 12
EQUAL_NDCG = 0.99  # of what our ALS ends with or the best peer's, whichever is less

BPR_EPOCHS = {"implicit": 100, "cornac": 100, "lenskit": 50}
BPR_EVERY = {"implicit": 5, "cornac": 5, "lenskit": 2}
BPR_GRID = {  # tried at TUNED_AT factors; the best serves the other numbers too
    "implicit": {"learning_rate": (0.002, 0.005, 0.01), "regularization": (0.001, 0.01)},
    "cornac": {"learning_rate": (0.01, 0.02), "regularization": (0.001, 0.003, 0.01)},
    "lenskit": {"learning_rate": (0.003,), "regularization": (0.1, 0.3)},
}
NEAR_BEST = 0.99  # a peer's time counts to 99 % of its best NDCG, ours to all of it


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
EVALUATIONS = (  # from all ranks every metric at every cut-off follows; the others find the first ten
    Contestant("ours, ten ranks", OURS, "evaluate", {"top_only": True}),
    Contestant(ALL_RANKS, OURS, "evaluate", {"top_only": False}),
    *(Contestant(library, library, "evaluate") for library in ("irspack", "implicit", "ranx", "cornac")),
)
LISTS = tuple(
    Contestant("ours" if library == OURS else library, library, "lists") for library in (OURS, "irspack", "implicit")
)


def compare_als(arena: Arena, factors: int) -> None:
    """Seconds of an epoch, seconds to equal NDCG, and at TUNED_AT factors the cold start to it."""

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
            epoch_times(given),
            ndcg=last[contestant],
            peak_mb=given[-1]["peak_mb"],
            curve=[given[0]["elapsed"], given[0]["ndcg"]],
        )
        first = given[0]
        epochs = next((e for e, value in zip(first["epochs"], first["ndcg"], strict=True) if value >= target), None)
        if epochs is not None:
            # The first epoch, with what sets things up, and the further ones at the medians of all rounds.
            times = {
                clock: [statistics.median(answer[name][0] for answer in given) + (epochs - 1) * row[clock]]
                for clock, name in CLOCKS.items()
            }
            reached = first["ndcg"][first["epochs"].index(epochs)]
            arena.add(f"ALS to NDCG {target:.3f}", factors, contestant, times, ndcg=reached, epochs=epochs)
            cold[contestant] = epochs
    if factors == TUNED_AT:
        compare_cold_starts(arena, factors, cold, target)


def compare_cold_starts(arena: Arena, factors: int, epochs: dict[Contestant, int], target: float) -> None:
    """From an empty process to an ALS of equal NDCG: interpreter, imports, reading the data, training."""
    answers = alternate(
        epochs,
        lambda contestant, _: arena.ask(contestant, factors=factors, epochs=epochs[contestant]),
        lambda answer: answer["seconds_in_all"],
    )
    for contestant, given in answers.items():
        arena.add(
            f"cold process to NDCG {target:.3f}",
            factors,
            contestant,
            {clock: [answer[f"{clock}_in_all"] for answer in given] for clock in CLOCKS},
            ndcg=target,
            peak_mb=given[-1]["peak_mb"],
        )


def tuned_bpr(arena: Arena) -> dict[Contestant, list[dict]]:
    """The peers' BPR, each with the setting of its grid that gets furthest on the test part, and its answer."""
    chosen = {}
    for library, grid in BPR_GRID.items():
        tried = {}
        for values in product(*grid.values()):
            name = f"{library} BPR, " + ", ".join(f"{key} {value}" for key, value in zip(grid, values, strict=True))
            contestant = Contestant(name, library, "bpr", dict(zip(grid, values, strict=True)))
            tried[contestant] = trained_bpr(arena, TUNED_AT, contestant)
            print(f"  tried {name}: NDCG@10 up to {max(tried[contestant]['ndcg']):.4f}", flush=True)
        best = max(tried, key=lambda contestant: max(tried[contestant]["ndcg"]))
        chosen[best] = [tried[best]]
    return chosen


def known_bpr(arena: Arena) -> dict[Contestant, list[dict]]:
    """The peers' BPR with the settings that were found best at TUNED_AT factors."""
    rows = [row for row in arena.known if (row["data"], row["factors"]) == (arena.name, TUNED_AT) and "settings" in row]
    if not rows:
        raise SystemExit(f"The peers' BPR is tuned at {TUNED_AT} factors: run bpr:{arena.name}:{TUNED_AT} first.")
    return {Contestant(row["name"], row["name"].split()[0], "bpr", row["settings"]): [] for row in rows}


def trained_bpr(arena: Arena, factors: int, contestant: Contestant) -> dict:
    epochs = BPR_EPOCHS.get(contestant.library, ALGORITHMS["bpr"]().n_epochs)
    return arena.judged(contestant, factors=factors, epochs=epochs, every=BPR_EVERY.get(contestant.library, 1))


def compare_bpr(arena: Arena, factors: int) -> None:
    """Seconds until the best peer's best NDCG; and of LambdaRank until the best of our BPR."""
    is_tuned_here = factors == TUNED_AT
    peers, repetitions = (tuned_bpr(arena), REPETITIONS) if is_tuned_here else (known_bpr(arena), 1)
    own = [ours("BPR", "bpr"), ours("LambdaRank", "lambdarank")]
    answers = {contestant: [] for contestant in own} | {contestant: list(given) for contestant, given in peers.items()}
    for round_ in range(repetitions):
        for contestant, given in answers.items():
            if len(given) <= round_:
                given.append(trained_bpr(arena, factors, contestant))
    for contestant, given in answers.items():
        settings = {"settings": contestant.settings} if contestant in peers else {}
        arena.add(
            "BPR, an epoch",
            factors,
            contestant,
            epoch_times(given),
            ndcg=statistics.median(answer["ndcg"][-1] for answer in given),
            peak_mb=given[-1]["peak_mb"],
            curve=[given[0]["elapsed"], given[0]["ndcg"]],
            **settings,
        )
    best_of = {contestant: statistics.median(max(a["ndcg"]) for a in given) for contestant, given in answers.items()}
    peer = max(answers.keys() - set(own), key=best_of.get)
    bpr, lambdarank = own
    for what, ahead, behind in (("BPR", bpr, peer), ("LambdaRank", lambdarank, bpr)):
        for contestant, quality in ((ahead, best_of[behind]), (behind, NEAR_BEST * best_of[behind])):
            times = times_to(answers[contestant], quality)
            if times is not None:
                arena.add(f"{what} to the best NDCG of {behind.library}", factors, contestant, times, ndcg=quality)


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
            call_times(given),
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
                more = {"ndcg": given[0]["ndcg"], "peak_mb": given[-1]["peak_mb"]}
                arena.add(what, factors, contestant, call_times(given), **more)
