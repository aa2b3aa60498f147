"""Find the runs that differ from another in the seed alone."""

from collections.abc import Sequence

from recsys_core.store.run import DIVERGED, STOPPED, Run, all_but_seed, as_finished
from recsys_core.store.store import RunStore


def trained_as_long(store: RunStore, run: Run) -> Run | None:
    """Return `run` as one that was to be as long as it was, where somebody stopped it; see `as_finished`.

    None if no other can be as long: it diverged, or was stopped before its first epoch had ended.
    """
    if run.state == DIVERGED:
        return None
    if run.state != STOPPED:
        return run
    records = store.epochs(run.id)
    return as_finished(run, records[-1].number) if records and records[-1].number else None


def other_seeds(store: RunStore, run: Run, scored: Sequence[Run]) -> list[Run]:
    """Return those of `scored`, the newest first, that differ from `run` in the seed alone, the newest of each seed.

    They were trained as long as it was: else the difference would not be that of the seeds. None has diverged.
    """
    whole, twins = trained_as_long(store, run), {}
    for other in reversed(scored):
        if whole is None or other.seed == run.seed or other.algorithm != run.algorithm:
            continue
        as_long = trained_as_long(store, other)
        if as_long is not None and all_but_seed(as_long) == all_but_seed(whole):
            twins[other.seed] = other
    return list(twins.values())
