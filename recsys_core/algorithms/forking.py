"""Going another way from an epoch on: the same training up to there, then with another λ or learning rate."""

from collections.abc import Iterator

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.parameters import parameters


def check_fork(before: Algorithm, after: Algorithm) -> None:
    """Raise InputError unless a training by `before` can go on by `after`: only what is changeable, and the number of
    epochs, may differ."""
    if not before.changeable:
        raise InputError(
            f"To go on from an epoch, an algorithm must learn in steps that follow λ or the learning rate. "
            f"{before.label} does not: train it anew."
        )
    may_differ = {*before.changeable, "n_epochs"}
    ours, theirs = before.settings(), after.settings()
    if type(before) is not type(after) or any(ours[name] != theirs[name] for name in set(ours) - may_differ):
        allowed = " and ".join(parameters(before)[name].label for name in before.changeable)
        raise InputError(f"A training that goes on may differ in {allowed} only. More differs: train it anew.")


def forked_epochs(
    before: Algorithm, epoch: int, after: Algorithm, train: Interactions, *, seed: int = 0
) -> Iterator[Epoch]:
    """The epochs of `before` up to number `epoch`, to the last bit, and from there on those of `after`.

    Nothing of a finished training has to be kept for this: it is deterministic, so it is done again up to there.
    Raises InputError as `check_fork` does.
    """
    check_fork(before, after)
    settings = {**after.settings(), **{name: getattr(before, name) for name in before.changeable}}
    return _switching(type(before)(**settings).epochs(train, seed=seed), epoch, after)


def _switching(epochs, at: int, after: Algorithm) -> Iterator[Epoch]:
    changed = None
    while True:
        try:
            epoch = epochs.send(changed)
        except StopIteration:
            return
        yield epoch
        changed = after if epoch.number == at else None
