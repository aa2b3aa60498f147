"""From a training to its model."""

from collections.abc import Iterator

from recsys_core.algorithms.base import Epoch, Recommender


def trained(epochs: Iterator[Epoch], until: int | None = None) -> Recommender:
    """The model after the last epoch, or after number `until`: `trained(BPR().epochs(train, seed=0))`."""
    for epoch in epochs:
        if epoch.number == until:
            break
    return epoch.model
