"""Retrain chosen models on other ratings; before the test is opened, on those of training and validation together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Epoch
from recsys_core.algorithms.epochs import Diverged, last_model
from recsys_core.algorithms.models import Recommender
from recsys_core.algorithms.shared_fields import LAST_EPOCH
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.errors import InputError
from recsys_core.evaluation.best_epoch import best_model
from recsys_core.links.run_slug import RunSlug, run_slug
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.runner.execute import timed_epochs
from recsys_core.store.kept_epoch import kept_record
from recsys_core.store.run import FINISHED, STOPPED, USABLE, Run
from recsys_core.store.store import RunStore

LEARN_FROM = "training and validation"


def recipe_for_retraining(split: Split) -> SplitRecipe:
    """Return the recipe of `split` with its validation ratings among the training ratings; its test stays the same."""
    return replace(split.recipe, learn_from=LEARN_FROM)


def split_for_retraining(store: RunStore, split: Split) -> Split:
    """Return the split by `recipe_for_retraining`."""
    return store.split(split.data_fingerprint, recipe_for_retraining(split))


def can_retrain(run: Run) -> bool:
    """Return whether this program can train the run again: not a model from a file, and not an ensemble."""
    return run.algorithm in ALGORITHMS


def find_retrained(store: RunStore, chosen: Sequence[Run], again: Split) -> list[Run | None]:
    """Return, for each of the `chosen` runs, its retraining on the split `again`, or None.

    That is a run as `queue_retraining` queues it, by this version of the numerics. It may still be queued or running; a
    failed one does not count.
    """
    candidates = [
        run
        for run in store.runs(again.fingerprint)
        if run.numerics_version == NUMERICS_VERSION and (run.is_live or run.state in USABLE)
    ]
    has_validation = again.validation.relevant.n_interactions > 0
    known = [(retraining_slug(store, run, has_validation), run) for run in candidates]
    wanted = [retraining_slug(store, run, has_validation) for run in chosen]
    return [next((run for slug, run in known if slug == each), None) for each in wanted]


def queue_retraining(store: RunStore, run: Run, again: Split) -> int:
    """Queue the retraining of a run on the split `again` and return the new run's number.

    A run that was stopped by hand is trained for as many epochs as it had; one that kept its best epoch for as many as
    that one's number, where `again` has no validation ratings to choose it by. Its λ was chosen on fewer ratings and
    stays.
    """
    recipe = retraining_slug(store, run, again.validation.relevant.n_interactions > 0).recipe
    if recipe is None:
        raise InputError(f"Only a model that was trained here can be trained again. {run.label} was not.")
    return store.queue.add_run(again, run.algorithm, recipe, run.seed, branch=run.branch)


def retraining_slug(store: RunStore, run: Run, has_validation: bool) -> RunSlug:
    """Return what `run` would be on another split, where that has validation ratings or not; see `queue_retraining`."""
    keeps_best = run.recipe.keeps_best_epoch
    epochs = store.epochs(run.id) if run.state == STOPPED or keeps_best else []
    slug = run_slug(run, epochs[-1].number if epochs else None)
    kept = kept_record(run.recipe, epochs)
    if slug.recipe is None or kept is None or not keeps_best or has_validation:
        return slug
    settings = {**run.recipe.settings(), "kept_model": LAST_EPOCH, "n_epochs": max(1, kept.number)}
    return replace(slug, recipe=type(run.recipe)(**settings))


def retrain(store: RunStore, run: Run, split: Split) -> Recommender:
    """Return the model that the training of a run makes of another split, as `can_retrain` says whether it can.

    A branch begins as its parent did, and a run that did not finish ends with the number of its last epoch. A run that
    keeps its best epoch keeps the best one on the validation ratings of `split` or, where there are none, the one with
    the number that it kept. A training that diverges on these ratings ends before that; raises InputError if it does so
    at once.
    """
    records, keeps_best = store.epochs(run.id), run.recipe.keeps_best_epoch
    kept = kept_record(run.recipe, records)
    until = records[-1].number if records and run.state != FINISHED else None
    epochs = _sound_epochs(run, split.train)
    if keeps_best and split.validation.relevant.n_interactions:
        return best_model(epochs, split, until)
    return last_model(epochs, kept.number if kept is not None and keeps_best else until)


def _sound_epochs(run: Run, train: Interactions) -> Iterator[Epoch]:
    """Yield the epochs of the training of `run` on other ratings, up to where it diverges."""
    has_begun = False
    try:
        for epoch, _ in timed_epochs(run.recipe, train, run.seed, run.branch):
            has_begun = True
            yield epoch
    except Diverged as error:
        if not has_begun:
            raise InputError(f"{run.label} cannot be trained on these other data. {error}") from error
