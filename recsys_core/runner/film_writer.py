"""Record the film of a run while it is trained, and store it now and then and at the end."""

import time

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.evaluation.rank_items import Ranking
from recsys_core.film.record import Recorder
from recsys_core.store.run import Run
from recsys_core.store.store import RunStore

_LEAST_SECONDS, _TIMES_AS_LONG = 1.0, 50  # between two savings: a second, and 50 times what the last one took


def has_film(recipe: Algorithm, train: Interactions) -> bool:
    """Return whether a training has what a film needs: epochs, more than one, that move one set of factors.

    Samples are no such epochs: each has its factors anew, and what jumps on a map has not moved.
    """
    return recipe.n_factors > 0 and recipe.epoch_word == "epoch" and recipe.last_epoch(train) > 1


class FilmWriter:
    """Records the film of a run; of a run without one, and of a sweep's, which nobody watches, it does nothing."""

    def __init__(self, store: RunStore, run: Run, split: Split):
        self._store, self._run, self._split = store, run, split
        self._is_wanted = has_film(run.recipe, split.train) and not run.in_background
        self._recorder: Recorder | None = None
        self._next = time.monotonic() + _LEAST_SECONDS

    def add(self, epoch: Epoch, ranking: Ranking | None) -> None:
        """Keep an epoch with the ranking of the validation ratings, and store the film where it is time."""
        if not self._is_wanted:
            return
        if self._recorder is None:
            self._recorder = Recorder(self._store.dataset(self._run.data_fingerprint), self._split)
        self._recorder.add(epoch, ranking)
        if (started := time.monotonic()) >= self._next:
            self._save(self._recorder, has_ended=False)
            ended = time.monotonic()
            self._next = ended + max(_LEAST_SECONDS, _TIMES_AS_LONG * (ended - started))

    def close(self) -> None:
        """Store the film of the whole training."""
        if self._recorder is not None:
            self._save(self._recorder, has_ended=True)

    def _save(self, recorder: Recorder, *, has_ended: bool) -> None:
        if (film := recorder.film(has_ended=has_ended)) is not None:
            self._store.save_film(self._run.id, film)
