"""Wrap iterators of epochs: stop a training that diverges, branch it off, take its last model."""

from collections.abc import Generator, Iterator

import numpy as np

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.models import Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import join_words, write_number
from recsys_core.errors import InputError
from recsys_core.parameters import parameters

_FAR_ABOVE = 10.0
_ROUNDING = 1e-4  # of the empty objective: a fit that good is perfect but for rounding, and may rise within it


class Diverged(ArithmeticError):
    """The training left every sensible range. The message says what happened and which slider to move."""


def stop_at_divergence(epochs: Iterator[Epoch], recipe: Algorithm, train: Interactions) -> Iterator[Epoch]:
    """Yield the same epochs; raise Diverged instead of one that has left every sensible range.

    That is one whose numbers are not finite, or whose objective, where it should fall, is more than ten times its first
    value. The epochs before it remain good.

    A first value next to 0 counts as a ten-thousandth of the objective of an empty model of `train`.
    """
    first, least = None, _ROUNDING * recipe.empty_objective(recipe.learns_from(train))
    with np.errstate(over="ignore", invalid="ignore"):  # overflow is what we are here to notice
        for epoch in epochs:
            advice = f"{recipe.divergence_advice}."
            where = f"In epoch {epoch.number} the {recipe.objective_label.lower()}"
            if not np.isfinite(epoch.objective) or not epoch.model.is_finite():
                raise Diverged(f"{where} is no longer a finite number: {advice}")
            if first is None:
                first = epoch.objective
            if recipe.objective_falls and epoch.objective > _FAR_ABOVE * max(first, least):
                before, after = (write_number(objective, ".4g") for objective in (first, epoch.objective))
                raise Diverged(f"{where} has risen from {before} to {after} instead of falling: {advice}")
            yield epoch


def check_branch(before: Algorithm, after: Algorithm) -> None:
    """Raise InputError unless a training by `before` can go on by `after`: only what is adjustable, the number of
    epochs, and which of their models is kept, may differ."""
    if not before.adjustable:
        raise InputError(
            f"To go on from an epoch, an algorithm must learn in steps that follow λ or the learning rate. "
            f"{before.label} does not: train it anew."
        )
    fixed = set(parameters(before)) - {*before.adjustable, "n_epochs", "kept_model"}
    if type(before) is not type(after) or any(getattr(before, name) != getattr(after, name) for name in fixed):
        allowed = join_words([parameters(before)[name].label for name in before.adjustable])
        raise InputError(f"A training that goes on may differ in {allowed} only. More differs: train it anew.")


def branched_epochs(
    before: Algorithm, epoch: int, after: Algorithm, train: Interactions, *, seed: int = 0
) -> Iterator[Epoch]:
    """Yield the epochs of `before` up to number `epoch`, to the last bit, and from there on those of `after`.

    Nothing of a finished training has to be kept for this: it is deterministic, so it is done again up to there.
    Raises InputError as `check_branch` does.
    """
    check_branch(before, after)
    settings = {**after.settings(), **{name: getattr(before, name) for name in before.adjustable}}
    return _switch(type(before)(**settings).epochs(train, seed=seed), epoch, after)


def _switch(epochs: Generator[Epoch, Algorithm | None, None], at: int, after: Algorithm) -> Iterator[Epoch]:
    """Yield epochs, and send `after` to their generator once number `at` has been yielded."""
    changed: Algorithm | None = None
    while True:
        try:
            epoch = epochs.send(changed)
        except StopIteration:
            return
        yield epoch
        changed = after if epoch.number == at else None


def last_model(epochs: Iterator[Epoch], until: int | None = None) -> Recommender:
    """Return the model after the last epoch, or after number `until`: `last_model(BPR().epochs(train, seed=0))`."""
    for epoch in epochs:
        if epoch.number == until:
            break
    return epoch.model
