"""Re-rank the lists of a stored run and make a run of them: in the server, or in a child process that it asks."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.algorithms.reranked import Reranked
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.data.split_check import scored_subsets
from recsys_core.evaluation.evaluate import TOP_DEPTH, Evaluation, evaluate
from recsys_core.evaluation.list_context import PopularLists, list_context
from recsys_core.metrics.list_context import ListContext
from recsys_core.reranking.candidates import Candidates
from recsys_core.reranking.owned import OwnedItems
from recsys_core.reranking.rerank import find_candidates, rerank
from recsys_core.runner.evaluation_arrays import evaluations_from_arrays, evaluations_to_arrays
from recsys_core.runner.mapped_arrays import Arrays
from recsys_core.store.history import add_finished_run
from recsys_core.store.store import RunStore

_NOBODY = PopularLists(np.zeros(0, np.int64), np.zeros((0, TOP_DEPTH), np.int32))
_OWNED = ("indptr", "items")


@dataclass(frozen=True, eq=False)
class Relisted:
    """Re-ranked lists, what they score on the subset that they are for, and the seconds that they took."""

    model: ListModel
    evaluation: Evaluation
    seconds: float


def relist(
    find: Callable[[], Candidates],
    dataset: Dataset,
    split: Split,
    subset: str,
    recipe: Reranked,
    described: ListContext,
) -> Relisted:
    """Return the lists that `recipe` makes of the candidates that it `find`s, scored on `subset`.

    `described` says what the items are, as in `rerank`. Raises InputError where nothing is known that is needed.
    """
    started = time.perf_counter()
    model = rerank(find(), dataset, split, recipe, described)
    seconds = time.perf_counter() - started
    return Relisted(model, evaluate(model, split, subset), seconds)


def order_to_relist(parent: int, parent_fingerprint: str, recipe: Reranked, notes: str = "") -> str:
    """Return the order of a task that re-ranks a run, as JSON."""
    order = {"run": parent, "fingerprint": parent_fingerprint, "recipe": recipe.settings()}
    return json.dumps({**order, "notes": notes})


def owned_to_arrays(owned: OwnedItems | None) -> dict[str, np.ndarray]:
    """Return the pairs that are owned as arrays; none where there is no file of them."""
    return {} if owned is None else {name: getattr(owned.pairs, name) for name in _OWNED}


def compute_relisted(
    store: RunStore, dataset: Dataset, split: Split, subset: str, order: str, given: Arrays
) -> tuple[dict[str, np.ndarray], float]:
    """Re-rank as `order_to_relist` asks, without what is owned, for `relisted_from_arrays`."""
    relisted = _relist_as_ordered(store, dataset, split, subset, json.loads(order), given)
    arrays = evaluations_to_arrays({"lists": relisted.evaluation})
    return {**arrays, "model": relisted.model.lists}, relisted.seconds


def relisted_from_arrays(arrays: Arrays, seconds: float, n_items: int) -> Relisted:
    """Restore what `compute_relisted` took apart."""
    (evaluation,) = evaluations_from_arrays({name: each for name, each in arrays.items() if name != "model"}).values()
    return Relisted(ListModel(arrays["model"], n_items), evaluation, seconds)


def store_relisted(store: RunStore, dataset: Dataset, split: Split, order: str, given: Arrays) -> int:
    """Re-rank for every subset as `order_to_relist` asks, store that as a run, and return its number.

    The lists of the run are those of the open subset, and their seconds are added to those of its parent's training.
    """
    asked = json.loads(order)
    made = {name: _relist_as_ordered(store, dataset, split, name, asked, given) for name in scored_subsets(split)}
    recipe, lists = Reranked(**asked["recipe"]), made[split.open_subset]
    seconds = lists.seconds + (0.0 if recipe.was_imported else store.epochs(asked["run"])[-1].seconds)
    evaluations = [each.evaluation for each in made.values()]
    return add_finished_run(store, split, recipe, lists.model, evaluations, asked["notes"], seconds=seconds)


def _relist_as_ordered(
    store: RunStore, dataset: Dataset, split: Split, subset: str, order: dict[str, Any], given: Arrays
) -> Relisted:
    model, recipe = store.model(order["run"]), Reranked(**order["recipe"])
    assert isinstance(model, FactorModel | ItemModel), "only models that score every item are offered"
    owned = _owned_from_arrays(given, split.train)

    def find() -> Candidates:
        return find_candidates(model, dataset, split, subset, recipe, owned)

    return relist(find, dataset, split, subset, recipe, list_context(dataset, split, _NOBODY, recipe.attribute))


def _owned_from_arrays(given: Arrays, train: Interactions) -> OwnedItems | None:
    """Restore what is owned; the file that it came from is described elsewhere."""
    if not given:
        return None
    indptr, items = (given[name] for name in _OWNED)
    pairs = Interactions(indptr, items, np.ones(len(items), np.float32), train.n_items)
    return OwnedItems(pairs, pairs.n_interactions, 0, 0, (), 0, (), 0)
