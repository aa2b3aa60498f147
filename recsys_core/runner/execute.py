"""Execute one run: train it, record its epochs, evaluate its model and store both."""

import time
from collections.abc import Iterator
from contextlib import suppress

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.epochs import Diverged, branched_epochs, stop_at_divergence
from recsys_core.data.interactions import Interactions
from recsys_core.data.split_check import scored_subsets
from recsys_core.errors import InputError
from recsys_core.evaluation.best_epoch import (
    BestEpoch,
    check_best_epoch,
    predicts_ratings_of,
    rank_validation,
    score_ranking,
)
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.runner.film_writer import FilmWriter
from recsys_core.runner.memory import check_memory
from recsys_core.store.run import DIVERGED, FAILED, FINISHED, STOPPED, Branch, EpochRecord, Run
from recsys_core.store.store import RunStore
from recsys_core.sweeps.search import continue_searches


def timed_epochs(
    recipe: Algorithm, train: Interactions, seed: int, branch: Branch | None = None
) -> Iterator[tuple[Epoch, float]]:
    """Yield each epoch with the seconds of training so far, without what the consumer does in between.

    Raises Diverged instead of an epoch whose numbers are not finite or whose objective has exploded.
    """
    seconds, started = 0.0, time.perf_counter()
    epochs: Iterator[Epoch]
    if branch is None:
        epochs = recipe.epochs(train, seed=seed)
    else:
        epochs = branched_epochs(branch.recipe, branch.epoch, recipe, train, seed=seed)
    for epoch in stop_at_divergence(epochs, recipe, train):
        seconds += time.perf_counter() - started
        yield epoch, seconds
        started = time.perf_counter()


def process_run(store: RunStore, run: Run) -> None:
    """Execute a run, then queue what the searches that asked for it propose next."""
    execute(store, run)
    with suppress(InputError):  # as if Optuna is not installed; a person can continue the search from the page
        continue_searches(store.acting_for(run.author), store.split_of(run), run.id)


def execute(store: RunStore, run: Run) -> None:
    """Train a claimed run, store every epoch, then store and evaluate its last good model, or that of its best epoch.

    The run ends as finished, stopped (by request), diverged or failed; for the last three its message says why. Raises
    ClaimLost, and leaves the run alone, where its worker was taken for dead and holds it no more.
    """
    state, message = FINISHED, ""
    kept, best = None, BestEpoch()
    film: FilmWriter | None = None
    try:
        split = store.split_of(run)
        check_best_epoch(run.recipe, split)
        check_memory(run.recipe, split.train)
        store.queue.record_environment(run)
        film = FilmWriter(store, run, split)
        try:
            for epoch, seconds in timed_epochs(run.recipe, split.train, run.seed, run.branch):
                ranking = rank_validation(epoch.model, split)
                validation, error = score_ranking(ranking, predicts_ratings=predicts_ratings_of(epoch.model, split))
                kept = best.offer(epoch, validation) if run.recipe.keeps_best_epoch else epoch
                record = EpochRecord(epoch.number, epoch.objective, validation, seconds, error)
                film.add(epoch, ranking)
                if store.queue.record_epoch(run, record) and epoch.number < run.recipe.last_epoch(split.train):
                    state, message = STOPPED, f"Stopped after epoch {epoch.number}."
                    break
        except Diverged as error:
            state, message = DIVERGED, str(error)
        if kept is not None:
            store.save_model(run.id, kept.model)
            for subset in scored_subsets(split):
                store.save_evaluation(run.id, evaluate(kept.model, split, subset))
    except InputError as error:
        state, message = FAILED, str(error)
    except MemoryError:
        state = FAILED
        message = "Training must fit into this machine's memory. It did not: lower k, or use fewer people or items."
    store.queue.end_run(run, state, message)
    if film is not None:  # only now: nobody waits for it
        film.close()
