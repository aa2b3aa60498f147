"""Ending a training that has left the rails."""

from collections.abc import Iterator

import numpy as np

from recsys_core.algorithms.algorithm import Algorithm, Epoch

_FAR_ABOVE = 10.0
_SMALL = 1e-6  # below, a rise is the rounding of a fit that is perfect already


class Diverged(ArithmeticError):
    """The training left every sensible range. The message says what happened and which slider to move."""


def stop_at_divergence(epochs: Iterator[Epoch], recipe: Algorithm) -> Iterator[Epoch]:
    """Pass epochs on; raise Diverged instead of one whose numbers are not finite or whose objective, where it
    should fall, is more than ten times its first value. The epochs before it remain good."""
    first = None
    with np.errstate(over="ignore", invalid="ignore"):  # overflow is what we are here to notice
        for epoch in epochs:
            where = f"In epoch {epoch.number} the {recipe.objective_label.lower()}"
            if not np.isfinite(epoch.objective) or not epoch.model.is_finite():
                raise Diverged(f"{where} is no longer a finite number: {recipe.mend}.")
            if first is None:
                first = epoch.objective
            if recipe.objective_falls and epoch.objective > max(_FAR_ABOVE * first, _SMALL):
                raise Diverged(
                    f"{where} has risen from {first:.4g} to {epoch.objective:.4g} instead of falling: {recipe.mend}."
                )
            yield epoch
