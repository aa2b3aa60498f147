"""The history: list, search, annotate, archive, delete and restore the runs of all data sets."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from recsys_core.algorithms import RECIPES
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.models import Recommender
from recsys_core.algorithms.shared_fields import BEST_EPOCH
from recsys_core.data.split import Split
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.parameters import parameters
from recsys_core.store import npz_codec
from recsys_core.store.database import Database
from recsys_core.store.editors import record_editor
from recsys_core.store.run import FINISHED, RUNNING, EpochRecord, Run
from recsys_core.store.run_rows import skip_unreadable
from recsys_core.store.schema import datasets, epochs, results, runs
from recsys_core.store.store import RunStore

KEPT, ARCHIVED, DELETED = "kept", "archived", "deleted"
STATUSES = (KEPT, ARCHIVED, DELETED)
_HAS_STATUS = {
    KEPT: (runs.c.archived.is_(None), runs.c.deleted.is_(None)),
    ARCHIVED: (runs.c.archived.is_not(None), runs.c.deleted.is_(None)),
    DELETED: (runs.c.deleted.is_not(None), datasets.c.deleted.is_(None)),  # others come back with their data set
}


@dataclass(frozen=True)
class Entry:
    """A run with the last point of its curve, None where it has none; `data` is a unique name of its data set.

    `validation` is that of the model: of the best epoch, where that one is kept.
    """

    run: Run
    data: str
    n_epochs: int | None
    seconds: float | None
    validation: float | None

    @cached_property
    def facts(self) -> dict[str, str]:
        """The data, split, recipe, seed and state of the run as texts, by name."""
        run = self.run
        facts = {"data": self.data, "split": run.split.sentence, "algorithm": run.recipe.label}
        facts |= {name: _short(getattr(run.recipe, name)) for name in parameters(run.recipe)}
        facts |= {"seed": str(run.seed), "state": run.state, "numerics version": run.numerics_version[:6]}
        if run.branch:
            facts["continued"] = f"from #{run.branch.parent} at epoch {run.branch.epoch}"
        if run.corruptions:
            facts["corrupted"] = ", ".join(each.description for each in run.corruptions)
        return facts


def list_history(store: RunStore, status: str = KEPT) -> list[Entry]:
    """List the runs with this status, the newest first."""
    last = select(epochs.c.run_id, func.max(epochs.c.number).label("number")).group_by(epochs.c.run_id).subquery()
    point = (epochs.c.number, epochs.c.seconds, epochs.c.validation)
    query = (
        select(runs, datasets.c.name.label("data_name"), *(column.label(f"last_{column.name}") for column in point))
        .join(datasets, datasets.c.fingerprint == runs.c.data_fingerprint)
        .outerjoin(last, last.c.run_id == runs.c.id)
        .outerjoin(epochs, (epochs.c.run_id == runs.c.id) & (epochs.c.number == last.c.number))
        .where(*_HAS_STATUS[status])
        .order_by(runs.c.id.desc())
    )
    with store.reading() as connection:
        rows = {row.id: row for row in connection.execute(query)}
        best = _best_scores(connection, rows.values())
    names = _distinct({row.data_fingerprint: row.data_name for row in rows.values()})
    entries = []
    for run in skip_unreadable(rows.values()):
        row = rows[run.id]
        n_epochs, seconds = row.last_number, row.last_seconds
        if run.recipe.was_imported:
            n_epochs, seconds = None, run.recipe.training_seconds
        validation = best.get(run.id, row.last_validation)
        entries.append(Entry(run, names[row.data_fingerprint], n_epochs, seconds, validation))
    return entries


def _best_scores(connection: Connection, rows: Iterable[Row[Any]]) -> dict[int, float]:
    """Return the score of the epoch that is kept, by run, of the runs that keep their best one."""
    keeping = [row.id for row in rows if row.settings.get("kept_model") == BEST_EPOCH]
    if not keeping:
        return {}
    scores = select(epochs.c.run_id, func.max(epochs.c.validation)).group_by(epochs.c.run_id)
    passes = connection.execute(scores.where(epochs.c.run_id.in_(keeping), epochs.c.number > 0))
    return {run_id: score for run_id, score in passes if score is not None}


def validation_scores(store: RunStore, split_fingerprint: str) -> dict[int, float]:
    """Return NDCG@10 on validation, of the epoch that is kept, of every run on a split that has it, by its number."""
    last = select(epochs.c.run_id, func.max(epochs.c.number).label("number")).group_by(epochs.c.run_id).subquery()
    query = (
        select(runs, epochs.c.validation.label("last_validation"))
        .join(last, last.c.run_id == runs.c.id)
        .join(epochs, (epochs.c.run_id == runs.c.id) & (epochs.c.number == last.c.number))
        .where(runs.c.split_fingerprint == split_fingerprint, epochs.c.validation.is_not(None))
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
        return {row.id: row.last_validation for row in rows} | _best_scores(connection, rows)


def _distinct(names: dict[str, str]) -> dict[str, str]:
    """Return the names by fingerprint; where two data sets share a name, the fingerprint's start is added."""
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else f"{name} ({key[:6]})" for key, name in names.items()}


def set_status(store: RunStore, run_ids: Iterable[int], status: str) -> None:
    """Set the status of runs to KEPT, ARCHIVED or DELETED.

    Deleted runs stay in the database, so that they can be restored; a running one is asked to stop.
    """
    now, mine = time.time(), runs.c.id.in_(list(run_ids))
    times = {"archived": now if status == ARCHIVED else None, "deleted": now if status == DELETED else None}
    with store.writing() as connection:
        connection.execute(update(runs).where(mine).values(times))
        record_editor(connection, runs, mine, store.person(), [status], instead_of=STATUSES)
        if status == DELETED:
            connection.execute(update(runs).where(mine, runs.c.state == RUNNING).values(stop_requested=True))


def annotate(
    store: RunStore,
    run_id: int,
    *,
    name: str | None = None,
    notes: str | None = None,
    tags: Iterable[str] | None = None,
) -> None:
    """Set the name, notes or tags of a run; what is None stays as it is."""
    changes: dict[str, str | list[str]] = {
        key: text for key, text in (("name", name), ("notes", notes)) if text is not None
    }
    if tags is not None:
        changes |= {"tags": sorted({tag.strip() for tag in tags} - {""})}
    with store.writing() as connection:
        connection.execute(update(runs).where(runs.c.id == run_id).values(changes))
        record_editor(connection, runs, runs.c.id == run_id, store.person(), changes)


def add_finished_run(
    store: RunStore,
    split: Split,
    recipe: Algorithm,
    model: Recommender,
    evaluations: Sequence[Evaluation],
    notes: str,
    *,
    seconds: float = 0.0,
) -> int:
    """Store a model that was not trained here as a finished run, in one transaction, and return the run's number.

    Its curve is one point, after the `seconds` that its training took elsewhere.
    """
    now = time.time()
    by_subset = {evaluation.subset: evaluation for evaluation in evaluations}
    on_validation = by_subset.get("validation")
    record = EpochRecord(
        number=1,
        objective=0.0,
        validation=None if on_validation is None else on_validation.mean("ndcg", CUTOFF),
        seconds=seconds,
        rmse=None if on_validation is None else on_validation.rmse,
    )
    row = {
        "data_fingerprint": split.data_fingerprint,
        "split_fingerprint": split.fingerprint,
        "split": split.recipe.settings(),
        "algorithm": next(key for key, kind in RECIPES.items() if type(recipe) is kind),
        "settings": recipe.settings(),
        "seed": 0,
        "numerics_version": NUMERICS_VERSION,
        "state": FINISHED,
        "stop_requested": False,
        "created": now,
        "started": now,
        "ended": now,
        "notes": notes,
        "author": store.person() or None,
    }
    contents = {"model": npz_codec.pack_model(model)}
    contents |= {subset: npz_codec.pack(evaluation.to_arrays()) for subset, evaluation in by_subset.items()}
    with store.writing() as connection:
        run_id = Database.insert(connection, runs, row)
        connection.execute(insert(epochs).values(run_id=run_id, **vars(record)))
        connection.execute(
            insert(results), [dict(run_id=run_id, kind=kind, content=each) for kind, each in contents.items()]
        )
    return run_id


# Reading the list


def filter_by_words(entries: Iterable[Entry], text: str) -> list[Entry]:
    """Return the entries that contain every word of `text` in name, notes, tags, settings, data or fingerprint."""
    words = text.lower().split()
    if not words:
        return list(entries)
    return [
        entry for entry, searched in ((each, _searched_text(each)) for each in entries) if _has_all(words, searched)
    ]


def _has_all(words: Iterable[str], text: str) -> bool:
    return all(word in text for word in words)


def _searched_text(entry: Entry) -> str:
    run = entry.run
    parts = [run.label, run.recipe.label, run.algorithm, run.state, run.notes, *run.tags, entry.data, run.author]
    parts += [run.fingerprint, run.data_fingerprint, *(f"{name}={value}" for name, value in entry.facts.items())]
    return "\n".join(parts).lower()


def split_common_facts(entries: Sequence[Entry]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Split the facts of entries into those that all share, by name, and columns of those that differ.

    A column has one text per entry, "" where it has no such setting; it takes more than one value among the others.
    """
    all_facts = [entry.facts for entry in entries]
    names = list(dict.fromkeys(name for each in all_facts for name in each))
    columns = {name: [each.get(name, "") for each in all_facts] for name in names}
    same = {name: column[0] for name, column in columns.items() if len(set(column)) == 1}
    differing = {name: column for name, column in columns.items() if len(set(column) - {""}) > 1}
    return same, differing


def best_entry(entries: Iterable[Entry], split_fingerprint: str) -> Entry | None:
    """Return the entry on one split with the highest validation NDCG@10, None if none has one.

    Models that may have been trained on the validation ratings do not compete; corrupted data have another split.
    """
    scores = {
        entry: entry.validation
        for entry in entries
        if entry.run.split_fingerprint == split_fingerprint
        and entry.validation is not None
        and not entry.run.recipe.possibly_leaked_subsets
    }
    return max(scores, key=lambda entry: scores[entry], default=None)


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)
