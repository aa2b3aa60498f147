"""What a page waits for, on ML-1M with 64 factors: SVD at any k, one person folded in, ranking anew.

Each with the functions that the app's pages call; medians of some calls, after one that warms up. The person is the
most active one, who is the dearest.
"""

import statistics
import time
from collections.abc import Callable

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.svd import SVD
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.parameters import parameters
from recsys_core.per_user.ranked_list import rank_unseen_items, select_user
from tests.real_data import ml_1m

FACTORS, CALLS, MOST_MS = 64, 9, 50
QUICK = {"n_epochs": 2}  # what is timed does not depend on how long a model was trained


def main() -> list[dict]:
    """Print and return one row a cost."""
    dataset = ml_1m()
    if dataset is None:
        print("ML-1M: left out, its data is not on this machine (RECSYS_DATA says where to look).")
        return []
    split = make_split(dataset, SplitRecipe())
    train = split.train
    user = int(train.items_per_user.argmax())
    person = select_user(train, user)
    rows = []

    def report(what: str, work: Callable) -> None:
        milliseconds = median_ms(work)
        rows.append({"what": what, "ms": milliseconds})
        print(f"  {what:52} {milliseconds:8.2f} ms  {'met' if milliseconds <= MOST_MS else 'MISSED'}", flush=True)

    print(f"interactive costs on ML-1M, {FACTORS} factors, a person with {person.n_interactions:,} ratings")
    *_, whole = SVD(n_factors=FACTORS).epochs(train)
    model = whole.model
    for k in (2, 8, 32, FACTORS):
        report(
            f"SVD at k = {k}: its model, and a person's list",
            lambda k=k: rank_unseen_items(prefix(model, k), train, user),
        )
    for algorithm in ALGORITHMS.values():
        known = parameters(algorithm)
        settings = {name: value for name, value in {"n_factors": FACTORS, **QUICK}.items() if name in known}
        recipe = algorithm(**settings)
        *_, last = recipe.epochs(train)
        report(f"{algorithm.label}: folding a person in", lambda r=recipe, m=last.model: r.fold_in(m, train, person))
        folded = recipe.fold_in(last.model, train, person)
        report(f"{algorithm.label}: ranking anew", lambda m=folded: rank_unseen_items(m, person, 0))
    evaluation = evaluate(model, split, "validation")
    report("NDCG of all people at another k, from kept ranks", lambda: evaluation.mean("ndcg", 20))
    return rows


def prefix(model: FactorModel, k: int) -> FactorModel:
    """The SVD with k factors, out of one with more."""
    return FactorModel.of(model.user_factors[:, :k], model.item_factors[:, :k])


def median_ms(work: Callable) -> float:
    work()
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


if __name__ == "__main__":
    main()
