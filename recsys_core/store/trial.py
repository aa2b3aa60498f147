"""Turn a stored run into a trial of the record of tuning."""

from recsys_core.comparison.tuning import Trial
from recsys_core.store.run import Run


def trial_of(run: Run) -> Trial:
    """Return what an ended run adds to the record of tuning."""
    started = run.created if run.started is None else run.started
    branch = None if run.branch is None else (run.branch.epoch, run.branch.recipe)  # of whichever seed
    return Trial(run.recipe, run.seed, started, started if run.ended is None else run.ended, branch)
