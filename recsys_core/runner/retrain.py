"""Chosen models, trained again on training and validation ratings before they are scored on the test."""

from collections.abc import Sequence
from dataclasses import replace

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import Split
from recsys_core.links.run_slug import RunSlug, run_slug
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.store.run import STOPPED, USABLE, Run
from recsys_core.store.store import RunStore

LEARN_FROM = "training and validation"


def split_for_retraining(store: RunStore, split: Split) -> Split:
    """Return `split` with its validation ratings among those to learn from; its test is the same."""
    return store.split(split.data_fingerprint, replace(split.recipe, learn_from=LEARN_FROM))


def can_retrain(run: Run) -> bool:
    """Whether this program can train the run again: not what came in a file, and not a blend."""
    return run.algorithm in ALGORITHMS


def find_retrained(store: RunStore, chosen: Sequence[Run], again: Split) -> list[Run | None]:
    """For each of the `chosen` runs, return the run that learned again on `again` in the same way, or None.

    The same way is the same settings, seed and number of epochs, by this version of the numerics. The run may be
    queued or running still; one that failed does not count.
    """
    candidates = [
        run
        for run in store.runs(again.fingerprint)
        if run.numerics_version == NUMERICS_VERSION and (run.is_live or run.state in USABLE)
    ]
    known = [(_word(store, run), run) for run in candidates]
    wanted = [_word(store, run) for run in chosen]
    return [next((run for word, run in known if word == each), None) for each in wanted]


def queue_retraining(store: RunStore, run: Run, again: Split) -> int:
    """Queue the training of a chosen run on `again` and return the new run's number.

    One that was stopped by hand is trained for as many epochs as it had; its λ was chosen on fewer ratings and stays.
    """
    return store.queue.add_run(again, run.algorithm, _word(store, run).recipe, run.seed, branch=run.branch)


def _word(store: RunStore, run: Run) -> RunSlug:
    epochs = store.epochs(run.id) if run.state == STOPPED else []
    return run_slug(run, epochs[-1].number if epochs else None)
