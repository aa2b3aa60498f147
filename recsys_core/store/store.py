"""The RunStore: data sets, splits and runs that are kept, with the epochs, models and evaluations of runs.

Pages and workers never talk to each other: a click writes a row, a worker claims it and writes back. What waits, and
what workers write meanwhile, is in `RunStore.queue`.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from copy import copy
from dataclasses import replace
from typing import Any, TypedDict, TypeVar

from sqlalchemy import ColumnElement, func, insert, null, select, update

from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import FactorModel, ItemModel, Recommender
from recsys_core.data.corruption import corrupt_split
from recsys_core.data.dataset import Dataset
from recsys_core.data.item_noun import CALLED
from recsys_core.data.known_descriptions import describe_kept, keep_known_descriptions
from recsys_core.data.split import Split, SplitRecipe, make_split
from recsys_core.errors import InputError, to_python
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.film.film import Film
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.store import npz_codec
from recsys_core.store.database import Database
from recsys_core.store.queue import RunQueue
from recsys_core.store.read_once import read_once
from recsys_core.store.run import USABLE, EpochRecord, Run
from recsys_core.store.run_rows import IS_PRESENT, read_runs_and_results, row_to_run, skip_unreadable
from recsys_core.store.schema import datasets, epochs, results, reveals, runs, sweeps

_CACHE_SIZE = 4  # data sets, and as many splits, in the memory of a process

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class DatasetRow(TypedDict):
    """What a list of data sets says of one."""

    fingerprint: str
    name: str
    sentence: str
    receipt: dict[str, Any]  # JSON: what became of every row of the file
    is_hidden: bool


class SweepRow(TypedDict):
    """A stored sweep; `sweeps.plan.restore_sweep` reads its `description`."""

    id: int
    description: dict[str, Any]  # JSON
    numerics_version: str


class RunStore:
    """Everything that is kept in one database, named by its URL as SQLAlchemy writes it (`sqlite:///runs.sqlite`).

    Every method is one short transaction and safe to call from any thread or process. Where the database cannot do
    it, it raises `database.StoreError`. Deleted runs are hidden; `history.py` deletes, archives and brings back.
    `person` is asked at every write for who does it, "" where nobody signs in.
    """

    def __init__(self, url: str, person: Callable[[], str] = lambda: ""):
        self.url, self.person = url, person
        self.database = Database(url)
        self.reading, self.writing = self.database.reading, self.database.writing
        self.queue = RunQueue(self.database, person)
        self._datasets: OrderedDict[str, Dataset] = OrderedDict()
        self._splits: OrderedDict[tuple[str, SplitRecipe], Split] = OrderedDict()

    def acting_for(self, person: str) -> "RunStore":
        """Return this store as `person` uses it: what a worker queues goes back to whoever asked for it."""
        theirs = copy(self)
        theirs.person = lambda: person
        theirs.queue = RunQueue(self.database, theirs.person)
        return theirs

    # Data sets

    def add_dataset(self, dataset: Dataset, receipt: dict[str, Any] | None = None) -> str:
        """Store a data set and return its fingerprint; an equal one is replaced, as its names may have changed.

        What is known of its people and items stays where the new one lacks it, and its receipt then says so under
        "kept"; with a ground truth the whole receipt stays. One that was hidden or deleted is listed again; runs that
        were deleted with it stay so. Where people sign in, it carries who loaded it first.
        """
        fingerprint, receipt, author = dataset.fingerprint, receipt or {}, self.person() or None
        before = select(datasets).where(datasets.c.fingerprint == fingerprint).with_for_update()
        with self.writing() as connection:
            if (row := connection.execute(before).first()) is not None:
                known, author = npz_codec.unpack_dataset(row.content), row.author or author
                if known.ground_truth is not None and dataset.ground_truth is None:
                    receipt = row.receipt
                dataset, kept = keep_known_descriptions(dataset, known)
                receipt = {**receipt, "kept": describe_kept(kept)} if kept else receipt
            stored = {
                "fingerprint": fingerprint,
                "name": dataset.name,
                "sentence": dataset.sentence(),
                "receipt": receipt,
                "content": npz_codec.pack_dataset(dataset),
                "created": time.time(),
                "hidden": None,
                "deleted": None,
                "author": author,
                "editors": null(),
            }
            Database.upsert(connection, datasets, stored)
        self._datasets.pop(fingerprint, None)
        return fingerprint

    @read_once
    def dataset_list(self) -> list[DatasetRow]:
        """List every data set that is not deleted, the newest first, without its ratings."""
        columns = (datasets.c.fingerprint, datasets.c.name, datasets.c.sentence, datasets.c.receipt, datasets.c.hidden)
        query = select(*columns).where(datasets.c.deleted.is_(None)).order_by(datasets.c.created.desc())
        with self.reading() as connection:
            rows = connection.execute(query).all()
        return [
            DatasetRow(
                fingerprint=row.fingerprint,
                name=row.name,
                sentence=row.sentence,
                receipt=row.receipt,
                is_hidden=row.hidden is not None,
            )
            for row in rows
        ]

    def receipt(self, fingerprint: str) -> dict[str, Any]:
        """Return what became of every row of a data set's file, also of a deleted one; {} if nothing is known."""
        with self.reading() as connection:
            query = select(datasets.c.receipt).where(datasets.c.fingerprint == fingerprint)
            return connection.execute(query).scalar() or {}

    def dataset(self, fingerprint: str) -> Dataset:
        """Return the data set with this fingerprint. Raises InputError if there is none."""

        def load() -> Dataset:
            with self.reading() as connection:
                query = select(datasets.c.content, datasets.c.name).where(datasets.c.fingerprint == fingerprint)
                row = connection.execute(query).first()
            if row is None:
                raise InputError(
                    f"A data set must have been loaded before it can be used. None here has the fingerprint "
                    f"{to_python(fingerprint)!r}: load its file again."
                )
            return replace(npz_codec.unpack_dataset(row.content), name=row.name)

        return _get_or_load(self._datasets, fingerprint, load)

    def call_items(self, fingerprint: str, noun: str) -> None:
        """Store what the items of a data set are called, as a plural; nothing that is computed depends on it."""
        cached, mine = self.dataset(fingerprint), datasets.c.fingerprint == fingerprint
        with self.writing() as connection:
            row = connection.execute(select(datasets).where(mine).with_for_update()).one()
            stored = npz_codec.unpack_dataset(row.content)  # another process may have described it since it was cached
            named = stored.called(row.name, {**stored.origin, CALLED: noun})
            connection.execute(update(datasets).where(mine).values(content=npz_codec.pack_dataset(named)))
        _put(self._datasets, fingerprint, replace(named, interactions=cached.interactions))

    def split(self, fingerprint: str, recipe: SplitRecipe) -> Split:
        """Return a split of a stored data set. Only its recipe is stored: the seed in it makes it the same again."""
        return _get_or_load(self._splits, (fingerprint, recipe), lambda: make_split(self.dataset(fingerprint), recipe))

    def split_of(self, run: Run) -> Split:
        """Return the split on which `run` is trained and evaluated, with any corruptions of its training ratings."""
        whole = self.split(run.data_fingerprint, run.split)
        return corrupt_split(self.dataset(run.data_fingerprint), whole, run.corruptions)

    def rename_cached_dataset(self, fingerprint: str, name: str) -> None:
        """Call a data set in the memory of this process by its new name, without reading it anew."""
        if (cached := self._datasets.get(fingerprint)) is not None:
            self.cache_dataset(cached.called(name, cached.origin))

    def forget_cached_dataset(self, fingerprint: str) -> None:
        """Read a data set anew when it is next asked for, as it was stored once more."""
        self._datasets.pop(fingerprint, None)

    # Large data, which a server has read and split beside itself

    def dataset_bytes(self, fingerprint: str) -> int:
        """Return how many bytes a stored data set takes, without reading it; 0 if there is none."""
        with self.reading() as connection:
            query = select(func.length(datasets.c.content)).where(datasets.c.fingerprint == fingerprint)
            return connection.execute(query).scalar() or 0

    def has_cached(self, fingerprint: str, recipe: SplitRecipe | None = None) -> bool:
        """Return whether a data set, or its split by `recipe`, is in the memory of this process."""
        return fingerprint in self._datasets if recipe is None else (fingerprint, recipe) in self._splits

    def cache_dataset(self, dataset: Dataset) -> None:
        """Keep a stored data set, as it is now, in the memory of this process."""
        _put(self._datasets, dataset.fingerprint, dataset)

    def cache_split(self, split: Split) -> None:
        """Keep a split that has been made elsewhere in the memory of this process."""
        _put(self._splits, (split.data_fingerprint, split.recipe), split)

    # Runs

    @read_once
    def run(self, run_id: int) -> Run:
        """Return the run of this number. Raises InputError if there is none."""
        with self.reading() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id, IS_PRESENT)).first()
        if row is None:
            raise InputError(f"A run must exist to be shown. There is none with the number {run_id}.")
        return row_to_run(row)

    def runs(self, split_fingerprint: str | None = None, *, archived: bool = False) -> list[Run]:
        """List all runs, or those on one split, the newest first; archived ones only if asked for."""
        return [run for run, _ in self._runs_and_results(split_fingerprint, archived)]

    def runs_with(self, kind: str, split_fingerprint: str, *, archived: bool = False) -> list[Run]:
        """List the ended runs that have a result of this kind, one of RESULT_KINDS, as `runs` does."""
        listed = self._runs_and_results(split_fingerprint, archived)
        return [run for run, kinds in listed if kind in kinds and run.state in USABLE]

    @read_once
    def _runs_and_results(self, split_fingerprint: str | None, archived: bool) -> list[tuple[Run, set[str]]]:
        """Return what `runs` and `runs_with` list, by one statement: a run that ends meanwhile has ended in both."""
        conditions = _listed(archived)
        if split_fingerprint is not None:
            conditions = (*conditions, runs.c.split_fingerprint == split_fingerprint)
        with self.reading() as connection:
            return read_runs_and_results(connection, conditions)

    @read_once
    def tried_runs(self, split_fingerprint: str) -> list[Run]:
        """List every ended run with an evaluation on validation, the newest first, also archived and deleted ones.

        Whoever tried a setting has learned from it, whatever became of the run afterwards.
        """
        query = (
            select(runs)
            .join(results, results.c.run_id == runs.c.id)
            .where(results.c.kind == "validation", runs.c.split_fingerprint == split_fingerprint)
            .where(runs.c.state.in_(USABLE))
            .order_by(runs.c.id.desc())
        )
        with self.reading() as connection:
            return list(skip_unreadable(connection.execute(query)))

    @read_once
    def epochs(self, run_id: int) -> list[EpochRecord]:
        """Return the points of a run's curves, in order."""
        query = select(epochs).where(epochs.c.run_id == run_id).order_by(epochs.c.number)
        with self.reading() as connection:
            rows = connection.execute(query)
            return [EpochRecord(row.number, row.objective, row.validation, row.seconds, row.rmse) for row in rows]

    def last_epoch(self, run_id: int) -> EpochRecord | None:
        """Return the last point of a run's curves, or None before the first."""
        query = select(epochs).where(epochs.c.run_id == run_id).order_by(epochs.c.number.desc()).limit(1)
        with self.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else EpochRecord(row.number, row.objective, row.validation, row.seconds, row.rmse)

    # Models and evaluations

    def save_model(self, run_id: int, model: Recommender) -> None:
        """Store the model of a run, in place of an earlier one."""
        self._save(run_id, "model", npz_codec.pack_model(model))

    def model(self, run_id: int) -> FactorModel | ItemModel | ListModel | None:
        """Return the model of a run, or None if it has none."""
        content = self._load(run_id, "model")
        return None if content is None else npz_codec.unpack_model(content)

    def save_evaluation(self, run_id: int, evaluation: Evaluation) -> None:
        """Store an evaluation of a run, in place of an earlier one on the same subset."""
        self._save(run_id, evaluation.subset, npz_codec.pack(evaluation.to_arrays()))

    def evaluation(self, run_id: int, subset: str) -> Evaluation | None:
        """Return the evaluation of a run on "validation" or "test", or None if it has none."""
        content = self._load(run_id, subset)
        if content is None:
            return None
        evaluation = Evaluation.from_arrays(npz_codec.unpack(content))
        if evaluation.predictions is not None:
            with self.reading() as connection:  # also of a deleted run
                run = row_to_run(connection.execute(select(runs).where(runs.c.id == run_id)).one())
            if not self.split_of(run).is_graded:  # stored when counts were still taken for ratings
                return replace(evaluation, predictions=None)
        return evaluation

    def save_film(self, run_id: int, film: Film) -> None:
        """Store the film of a run, in place of an earlier one."""
        self._save(run_id, "film", npz_codec.pack(film.to_arrays()))

    def film(self, run_id: int) -> Film | None:
        """Return the film of a run, or None if it has none."""
        content = self._load(run_id, "film")
        return None if content is None else Film.from_arrays(npz_codec.unpack(content))

    def _save(self, run_id: int, kind: str, content: bytes) -> None:
        with self.writing() as connection:
            Database.upsert(connection, results, {"run_id": run_id, "kind": kind, "content": content})

    def _load(self, run_id: int, kind: str) -> bytes | None:
        with self.reading() as connection:
            query = select(results.c.content).where(results.c.run_id == run_id, results.c.kind == kind)
            return connection.execute(query).scalar()

    # Names of factors

    @read_once
    def factor_names(self, run_id: int, axes: str) -> dict[int, str]:
        """Return the names that people gave to factors of a run, by index; `axes` says which rotation is meant."""
        with self.reading() as connection:
            names = connection.execute(select(runs.c.factor_names).where(runs.c.id == run_id)).scalar() or {}
        return {int(index): name for index, name in names.get(axes, {}).items()}

    def name_factor(self, run_id: int, axes: str, index: int, name: str) -> None:
        """Name one factor; an empty name removes its name."""
        with self.writing() as connection:
            query = select(runs.c.factor_names).where(runs.c.id == run_id).with_for_update()
            names = connection.execute(query).scalar() or {}
            of_axes = {**names.get(axes, {}), str(index): name}
            named = {key: text for key, text in of_axes.items() if text}
            connection.execute(update(runs).where(runs.c.id == run_id).values(factor_names={**names, axes: named}))

    # Sweeps: only their plans are stored; the fingerprints of runs say which of them answer a plan

    def add_sweep(self, split_fingerprint: str, description: dict[str, Any]) -> int:
        """Store the description of a sweep and return its number."""
        row = {
            "split_fingerprint": split_fingerprint,
            "description": description,
            "numerics_version": NUMERICS_VERSION,
            "created": time.time(),
        }
        with self.writing() as connection:
            return Database.insert(connection, sweeps, row)

    def replace_sweep(self, number: int, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Replace the description `old` of a sweep by `new`; return False if another process has changed it."""
        with self.writing() as connection:
            query = select(sweeps.c.description).where(sweeps.c.id == number).with_for_update()
            if connection.execute(query).scalar() != old:
                return False
            connection.execute(update(sweeps).where(sweeps.c.id == number).values(description=new))
            return True

    @read_once
    def sweeps(self, split_fingerprint: str) -> list[SweepRow]:
        """List the sweeps on a split, the newest first."""
        query = select(sweeps).where(sweeps.c.split_fingerprint == split_fingerprint).order_by(sweeps.c.id.desc())
        with self.reading() as connection:
            rows = connection.execute(query).all()
        return [SweepRow(id=r.id, description=r.description, numerics_version=r.numerics_version) for r in rows]

    # The sealed test

    def reveal_test(self, split_fingerprint: str) -> None:
        """Record that somebody has opened the test of this split: whoever chooses after that fits to it."""
        row = {"split_fingerprint": split_fingerprint, "revealed": time.time(), "author": self.person() or None}
        with self.writing() as connection:
            connection.execute(insert(reveals).values(row))

    @read_once
    def n_reveals(self, split_fingerprint: str) -> int:
        """Return how often the test of this split has been opened, by anybody who shares this store."""
        with self.reading() as connection:
            query = select(func.count()).where(reveals.c.split_fingerprint == split_fingerprint)
            return connection.execute(query).scalar_one()

    @read_once
    def revealed_by(self, split_fingerprint: str) -> list[str]:
        """Return who has opened the test of this split, by name; those who were not signed in are left out."""
        query = select(reveals.c.author).where(reveals.c.split_fingerprint == split_fingerprint).distinct()
        with self.reading() as connection:
            return sorted(connection.execute(query.where(reveals.c.author.is_not(None))).scalars())


def _listed(archived: bool) -> tuple[ColumnElement[bool], ...]:
    return (IS_PRESENT,) if archived else (IS_PRESENT, runs.c.archived.is_(None))


def _get_or_load(cache: "OrderedDict[Key, Value]", key: Key, load: Callable[[], Value]) -> Value:
    """Return the value under `key`, loaded if need be; beyond `_CACHE_SIZE` the longest unused values are dropped."""
    if key not in cache:
        _put(cache, key, load())
    try:
        cache.move_to_end(key)
        return cache[key]
    except KeyError:  # another thread has just dropped it
        return load()


def _put(cache: "OrderedDict[Key, Value]", key: Key, value: Value) -> None:
    cache[key] = value
    cache.move_to_end(key)
    while len(cache) > _CACHE_SIZE:
        cache.popitem(last=False)
