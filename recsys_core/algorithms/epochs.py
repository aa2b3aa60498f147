"""Ending a training that has left the rails."""

from collections.abc import Iterator

import numpy as np

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.data.interactions import Interactions

_FAR_ABOVE = 10.0
_ROUNDING = 1e-4  # of the empty objective: a fit that good is perfect but for rounding, and may rise within it


class Diverged(ArithmeticError):
    """The training left every sensible range. The message says what happened and which slider to move."""


def stop_at_divergence(epochs: Iterator[Epoch], recipe: Algorithm, train: Interactions) -> Iterator[Epoch]:
    """Pass epochs on; raise Diverged instead of one whose numbers are not finite or whose objective, where it should
    fall, is more than ten times its first value. The epochs before it remain good.

    A first value next to 0 counts as a ten-thousandth of the objective of an empty model of `train`.
    """
    first, least = None, _ROUNDING * recipe.empty_objective(recipe.learns_from(train))
    with np.errstate(over="ignore", invalid="ignore"):  # overflow is what we are here to notice
        for epoch in epochs:
            where = f"In epoch {epoch.number} the {recipe.objective_label.lower()}"
            if not np.isfinite(epoch.objective) or not epoch.model.is_finite():
                raise Diverged(f"{where} is no longer a finite number: {recipe.mend}.")
            if first is None:
                first = epoch.objective
            if recipe.objective_falls and epoch.objective > _FAR_ABOVE * max(first, least):
                raise Diverged(
                    f"{where} has risen from {first:.4g} to {epoch.objective:.4g} instead of falling: {recipe.mend}."
                )
            yield epoch
