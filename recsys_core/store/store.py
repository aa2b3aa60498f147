"""The RunStore: where data sets, runs, their epochs and results live, and the only thing that pages read.

Pages and workers never talk to each other: a click writes a row, a worker claims it and writes back.
"""

import time
from collections import OrderedDict

from sqlalchemy import delete, func, insert, select, update

from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.models import Recommender
from recsys_core.data.corruption import CorruptedSplit, corrupt_split
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split, SplitRecipe, make_split
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.numerics import NUMERICS_VERSION, numerical_environment
from recsys_core.store import npz_codec
from recsys_core.store.database import Database
from recsys_core.store.run import INTERRUPTED, LIVE, QUEUED, RUNNING, USABLE, Branch, EpochRecord, Run
from recsys_core.store.run_rows import row_to_run, skip_unreadable
from recsys_core.store.schema import datasets, epochs, results, reveals, runs, sweeps

STALE_AFTER = 10.0
"""Seconds without a heartbeat after which a running run counts as interrupted."""
_KEPT_DATASETS = 4  # in memory, a process
_DIED = "The process that trained it ended unexpectedly."
_PRESENT = runs.c.deleted.is_(None)
_WAITING = (runs.c.state == QUEUED, _PRESENT)
_IN_BACKGROUND = func.coalesce(runs.c.in_background, False)
_TURN = (_IN_BACKGROUND, runs.c.id)


class RunStore:
    """All that is kept, behind one database URL (SQLAlchemy's form, as `sqlite:///runs.sqlite`).

    Every method is one short transaction and safe to call from any thread or process. Where the database cannot do
    it, it raises `database.StoreError`. A deleted run is nowhere; what deletes and archives is in `history.py`.
    """

    def __init__(self, url: str):
        self.url = url
        self.database = Database(url)
        self.reading, self.writing = self.database.reading, self.database.writing
        self._datasets: OrderedDict[str, Dataset] = OrderedDict()
        self._splits: OrderedDict[tuple, Split] = OrderedDict()

    # Data sets

    def add_dataset(self, dataset: Dataset, receipt: dict | None = None) -> str:
        """Keep a data set and return its fingerprint. What is there already is replaced: names may have changed."""
        fingerprint = dataset.fingerprint
        row = {
            "fingerprint": fingerprint,
            "name": dataset.name,
            "sentence": dataset.sentence(),
            "receipt": receipt or {},
            "content": npz_codec.pack_dataset(dataset),
            "created": time.time(),
        }
        with self.writing() as connection:
            self.database.put(connection, datasets, row)
        self._datasets.pop(fingerprint, None)
        return fingerprint

    def dataset_list(self) -> list[dict]:
        """fingerprint, name, sentence and receipt of every data set, the newest first."""
        columns = (datasets.c.fingerprint, datasets.c.name, datasets.c.sentence, datasets.c.receipt)
        with self.reading() as connection:
            rows = connection.execute(select(*columns).order_by(datasets.c.created.desc()))
            return [row._asdict() for row in rows]

    def dataset(self, fingerprint: str) -> Dataset:
        """The data set with this fingerprint. Raises InputError if the store has none."""

        def load() -> Dataset:
            with self.reading() as connection:
                query = select(datasets.c.content).where(datasets.c.fingerprint == fingerprint)
                content = connection.execute(query).scalar()
            if content is None:
                raise InputError(
                    f"A data set must have been loaded before it can be used. None here has the fingerprint "
                    f"{fingerprint!r}: load its file again."
                )
            return npz_codec.unpack_dataset(content)

        return _kept(self._datasets, fingerprint, load)

    def split(self, fingerprint: str, recipe: SplitRecipe) -> Split:
        """The cut of a stored data set; computed from its seed, so only the recipe is stored."""
        return _kept(self._splits, (fingerprint, recipe), lambda: make_split(self.dataset(fingerprint), recipe))

    def split_of(self, run: Run) -> Split:
        """What `run` is trained and scored on: the cut of its data, broken where that is what it asks."""
        whole = self.split(run.data_fingerprint, run.split)
        return corrupt_split(self.dataset(run.data_fingerprint), whole, run.breaks)

    # Runs

    def add_run(
        self,
        split: Split,
        algorithm: str,
        recipe: Algorithm,
        seed: int,
        *,
        in_background: bool = False,
        deadline: float | None = None,
        branch: Branch | None = None,
    ) -> int:
        """Queue a run and return its number; one that has not begun by `deadline` is taken out of the queue."""
        breaks = split.breaks if isinstance(split, CorruptedSplit) else ()
        with self.writing() as connection:
            row = insert(runs).values(
                data_fingerprint=split.whole.data_fingerprint if breaks else split.data_fingerprint,
                split_fingerprint=split.fingerprint,
                split=split.recipe.settings(),
                algorithm=algorithm,
                settings=recipe.settings(),
                seed=seed,
                numerics_version=NUMERICS_VERSION,
                state=QUEUED,
                created=time.time(),
                in_background=in_background,
                deadline=deadline,
                branch=None if branch is None else branch.settings(),
                breaks=[each.settings() for each in breaks] or None,
            )
            return connection.execute(row).inserted_primary_key[0]

    def run(self, run_id: int) -> Run:
        """Raises InputError if there is no run of this number."""
        with self.reading() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id, _PRESENT)).first()
        if row is None:
            raise InputError(f"A run must exist to be shown. There is none with the number {run_id}.")
        return row_to_run(row)

    def runs(self, split_fingerprint: str | None = None, *, archived: bool = False) -> list[Run]:
        """All runs, or those on one split, the newest first; the archived ones among them only if asked for."""
        query = select(runs).where(*_shown(archived)).order_by(runs.c.id.desc())
        if split_fingerprint is not None:
            query = query.where(runs.c.split_fingerprint == split_fingerprint)
        with self.reading() as connection:
            return list(skip_unreadable(connection.execute(query)))

    def n_ahead(self, run_id: int) -> int:
        """How many queued runs will be started before this one."""
        with self.reading() as connection:
            query = select(runs.c.id).where(*_WAITING).order_by(*_TURN)
            waiting = connection.execute(query).scalars().all()
        return waiting.index(run_id) if run_id in waiting else 0

    def has_live_runs(self) -> bool:
        with self.reading() as connection:
            query = select(runs.c.id).where(runs.c.state.in_(LIVE), _PRESENT).limit(1)
            return connection.execute(query).first() is not None

    def epochs(self, run_id: int) -> list[EpochRecord]:
        """The points of a run's curves, in order."""
        query = select(epochs).where(epochs.c.run_id == run_id).order_by(epochs.c.number)
        with self.reading() as connection:
            rows = connection.execute(query)
            return [EpochRecord(row.number, row.objective, row.validation, row.seconds, row.rmse) for row in rows]

    def request_stop(self, run_id: int) -> None:
        """Ask a run to stop after its current epoch; a queued one is taken out of the queue."""
        with self.writing() as connection:
            ended = _ends(INTERRUPTED, "Taken out of the queue before it began.")
            connection.execute(update(runs).where(runs.c.id == run_id, runs.c.state == QUEUED).values(ended))
            connection.execute(update(runs).where(runs.c.id == run_id).values(stop_requested=True))

    def requeue(self, run_id: int, *, in_background: bool = False, deadline: float | None = None) -> None:
        """Start an interrupted run again; its seed makes it the same training. The rest is as in `add_run`."""
        with self.writing() as connection:
            anew = {"state": QUEUED, "message": "", "stop_requested": False, "started": None, "ended": None}
            anew |= {"in_background": in_background, "deadline": deadline}
            waiting = connection.execute(
                update(runs)
                .where(runs.c.id == run_id, runs.c.state == INTERRUPTED)
                .values(**anew, worker=None, numerics_version=NUMERICS_VERSION)
            )
            if waiting.rowcount:
                connection.execute(delete(epochs).where(epochs.c.run_id == run_id))

    # Sweeps: only what they want to know is kept; which runs answer it, the runs' fingerprints say

    def add_sweep(self, split_fingerprint: str, description: dict) -> int:
        """Keep what a sweep asks and return its number."""
        with self.writing() as connection:
            row = insert(sweeps).values(
                split_fingerprint=split_fingerprint,
                description=description,
                numerics_version=NUMERICS_VERSION,
                created=time.time(),
            )
            return connection.execute(row).inserted_primary_key[0]

    def sweeps(self, split_fingerprint: str) -> list[dict]:
        """id, description and numerics_version of the sweeps on a split, the newest first."""
        columns = (sweeps.c.id, sweeps.c.description, sweeps.c.numerics_version.label("numerics_version"))
        query = select(*columns).where(sweeps.c.split_fingerprint == split_fingerprint).order_by(sweeps.c.id.desc())
        with self.reading() as connection:
            return [row._asdict() for row in connection.execute(query)]

    # What workers do

    def claim(self, worker: str, *, in_background: bool = True) -> Run | None:
        """Take the run whose turn it is, or None; no other worker gets the same one.

        What has waited longest goes first, but everything in the background after everything else, or not at all.
        """
        waiting = select(runs.c.id).where(*_WAITING).order_by(*_TURN).limit(1)
        if not in_background:
            waiting = waiting.where(~_IN_BACKGROUND)
        with self.reading() as connection:  # a look without a lock, for the many times when nothing waits
            if connection.execute(waiting).first() is None:
                return None
        with self.writing() as connection:
            too_late = (runs.c.state == QUEUED, runs.c.deadline < time.time())
            ended = _ends(INTERRUPTED, "The minutes of its sweep were spent before it began.")
            connection.execute(update(runs).where(*too_late).values(ended))
            run_id = connection.execute(waiting.with_for_update(skip_locked=True)).scalar()
            if run_id is None:
                return None
            now = time.time()
            taken = {"state": RUNNING, "worker": worker, "started": now, "heartbeat": now}
            connection.execute(update(runs).where(runs.c.id == run_id).values(taken))
        return self.run(run_id)

    def record_epoch(self, run_id: int, record: EpochRecord) -> bool:
        """Add a point to the curves; returns whether the run has been asked to stop."""
        with self.writing() as connection:
            connection.execute(insert(epochs).values(run_id=run_id, **vars(record)))
            connection.execute(update(runs).where(runs.c.id == run_id).values(heartbeat=time.time()))
            return bool(connection.execute(select(runs.c.stop_requested).where(runs.c.id == run_id)).scalar())

    def beat(self, worker: str) -> None:
        """Say that a worker and what it runs are alive."""
        with self.writing() as connection:
            mine = (runs.c.worker == worker, runs.c.state == RUNNING)
            connection.execute(update(runs).where(*mine).values(heartbeat=time.time()))

    def record_environment(self, run_id: int) -> None:
        """Note what rounds the numbers of a run: this process, which trains it."""
        with self.writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(environment=numerical_environment()))

    def end_run(self, run_id: int, state: str, message: str = "") -> None:
        with self.writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(_ends(state, message)))

    def interrupt(self, worker: str, why: str = _DIED) -> None:
        """Mark what a worker was running that died, or gave it up and says why."""
        with self.writing() as connection:
            mine = (runs.c.worker == worker, runs.c.state == RUNNING)
            ended = _ends(INTERRUPTED, why)
            connection.execute(update(runs).where(*mine).values(ended))

    def interrupt_stale(self) -> None:
        """Mark running runs whose heartbeat has stopped, as after a crash of the whole machine."""
        with self.writing() as connection:
            stale = (runs.c.state == RUNNING, runs.c.heartbeat < time.time() - STALE_AFTER)
            ended = _ends(INTERRUPTED, _DIED)
            connection.execute(update(runs).where(*stale).values(ended))

    # Results

    def save_model(self, run_id: int, model: Recommender) -> None:
        self._save(run_id, "model", npz_codec.pack_model(model))

    def model(self, run_id: int) -> Recommender | None:
        content = self._load(run_id, "model")
        return None if content is None else npz_codec.unpack_model(content)

    def save_evaluation(self, run_id: int, evaluation: Evaluation) -> None:
        self._save(run_id, evaluation.subset, npz_codec.pack(evaluation.to_arrays()))

    def evaluation(self, run_id: int, subset: str) -> Evaluation | None:
        """The evaluation of a run on "validation" or "test", or None where it has none."""
        content = self._load(run_id, subset)
        return None if content is None else Evaluation.from_arrays(npz_codec.unpack(content))

    def factor_names(self, run_id: int, axes: str) -> dict[int, str]:
        """What people have named the factors of a run, by their place among `axes` (a way to turn them)."""
        with self.reading() as connection:
            names = connection.execute(select(runs.c.factor_names).where(runs.c.id == run_id)).scalar() or {}
        return {int(place): name for place, name in names.get(axes, {}).items()}

    def name_factor(self, run_id: int, axes: str, place: int, name: str) -> None:
        """Name one factor; an empty name takes the name away."""
        with self.writing() as connection:
            query = select(runs.c.factor_names).where(runs.c.id == run_id).with_for_update()
            names = connection.execute(query).scalar() or {}
            of_axes = {**names.get(axes, {}), str(place): name}
            kept = {at: given for at, given in of_axes.items() if given}
            connection.execute(update(runs).where(runs.c.id == run_id).values(factor_names={**names, axes: kept}))

    def runs_with(self, kind: str, split_fingerprint: str, *, archived: bool = False) -> list[Run]:
        """Those of `runs` that have ended with a "model" or with an evaluation on "validation" or "test"."""
        query = (
            select(runs)
            .join(results, results.c.run_id == runs.c.id)
            .where(results.c.kind == kind, runs.c.split_fingerprint == split_fingerprint, runs.c.state.in_(USABLE))
            .where(*_shown(archived))
            .order_by(runs.c.id.desc())
        )
        with self.reading() as connection:
            return list(skip_unreadable(connection.execute(query)))

    def _save(self, run_id: int, kind: str, content: bytes) -> None:
        with self.writing() as connection:
            self.database.put(connection, results, {"run_id": run_id, "kind": kind, "content": content})

    def _load(self, run_id: int, kind: str) -> bytes | None:
        with self.reading() as connection:
            query = select(results.c.content).where(results.c.run_id == run_id, results.c.kind == kind)
            return connection.execute(query).scalar()

    # The sealed test

    def reveal_test(self, split_fingerprint: str) -> None:
        """Note that somebody has looked at the test of this split: whoever chooses after looking fits to it."""
        with self.writing() as connection:
            row = insert(reveals).values(split_fingerprint=split_fingerprint, revealed=time.time())
            connection.execute(row)

    def n_reveals(self, split_fingerprint: str) -> int:
        """How often the test of this split has been looked at, by anybody who shares this store."""
        with self.reading() as connection:
            query = select(func.count()).where(reveals.c.split_fingerprint == split_fingerprint)
            return connection.execute(query).scalar()


def _shown(archived: bool) -> tuple:
    return (_PRESENT,) if archived else (_PRESENT, runs.c.archived.is_(None))


def _ends(state: str, message: str) -> dict:
    return {"state": state, "message": message, "ended": time.time()}


def _kept(cache: OrderedDict, key, load):
    """The value under `key`, loaded if need be; the longest unused beyond a few are dropped."""
    if key not in cache:
        cache[key] = load()
        while len(cache) > _KEPT_DATASETS:
            cache.popitem(last=False)
    try:
        cache.move_to_end(key)
        return cache[key]
    except KeyError:  # another thread has just dropped it
        return load()
