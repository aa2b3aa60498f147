"""Evaluations and popular lists as arrays, in which a child process hands them to the server, and back."""

from collections.abc import Mapping

import numpy as np

from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.list_context import PopularLists
from recsys_core.runner.mapped_arrays import Arrays


def evaluations_to_arrays(evaluations: Mapping[str, Evaluation]) -> dict[str, np.ndarray]:
    """Return evaluations as arrays whose names begin with theirs."""
    return {f"{name}-{key}": array for name, each in evaluations.items() for key, array in each.to_arrays().items()}


def evaluations_from_arrays(arrays: Arrays) -> dict[str, Evaluation]:
    """Restore the evaluations that `evaluations_to_arrays` took apart, by name."""
    own: dict[str, dict[str, np.ndarray]] = {}
    for key, array in arrays.items():
        name, _, part = key.partition("-")
        own.setdefault(name, {})[part] = array
    return {name: Evaluation.from_arrays(each) for name, each in own.items()}


def popular_to_arrays(lists: PopularLists | None) -> dict[str, np.ndarray]:
    """Return the lists of the most popular items as arrays; none where there are no lists."""
    return {} if lists is None else {"users": lists.users, "top_items": lists.top_items}


def popular_from_arrays(arrays: Arrays) -> PopularLists | None:
    """Restore the lists that `popular_to_arrays` took apart."""
    return PopularLists(**arrays) if arrays else None
