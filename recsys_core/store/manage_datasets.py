"""Rename, hide, delete and restore data sets; the runs on them go along."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, update

from recsys_core.errors import InputError
from recsys_core.store.editors import describe_credits, record_editor
from recsys_core.store.run import RUNNING
from recsys_core.store.schema import datasets, runs
from recsys_core.store.store import RunStore

SHOWN, HIDDEN, DELETED = "shown", "hidden", "deleted"
LONGEST_NAME = 100
_EDITED = {SHOWN: "Shown again", HIDDEN: "Hidden", DELETED: "Deleted", "name": "Renamed"}


@dataclass(frozen=True)
class ManagedDataset:
    """A stored data set with its status, SHOWN, HIDDEN or DELETED.

    `n_runs` counts its runs, archived ones too; of a deleted data set those that were deleted with it. `created` is in
    seconds since 1970. `author` loaded it first, and `editors` say who renamed it or changed its status last; both are
    empty where nobody signs in.
    """

    fingerprint: str
    name: str
    sentence: str
    created: float
    status: str
    n_runs: int
    author: str
    editors: Mapping[str, str]

    @property
    def credits(self) -> str:
        """Return who did what, as "Loaded by ann. Renamed by bob."; "" where nobody signs in."""
        return describe_credits("Loaded", self.author, _EDITED, self.editors)


def list_managed_datasets(store: RunStore) -> list[ManagedDataset]:
    """List all data sets, also hidden and deleted ones, the newest first."""
    goes_along = func.coalesce(runs.c.deleted, 0.0) == func.coalesce(datasets.c.deleted, 0.0)
    count = (
        select(func.count())
        .where(runs.c.data_fingerprint == datasets.c.fingerprint, goes_along)
        .correlate(datasets)
        .scalar_subquery()
        .label("n_runs")
    )
    names = ("fingerprint", "name", "sentence", "created", "hidden", "deleted", "author", "editors")
    columns = [datasets.c[name] for name in names]
    with store.reading() as connection:
        rows = connection.execute(select(*columns, count).order_by(datasets.c.created.desc())).all()
    return [
        ManagedDataset(
            fingerprint=row.fingerprint,
            name=row.name,
            sentence=row.sentence,
            created=row.created,
            status=_status(row.hidden, row.deleted),
            n_runs=row.n_runs,
            author=row.author or "",
            editors=row.editors or {},
        )
        for row in rows
    ]


def _status(hidden: float | None, deleted: float | None) -> str:
    if deleted is not None:
        return DELETED
    return SHOWN if hidden is None else HIDDEN


def rename_dataset(store: RunStore, fingerprint: str, name: str) -> None:
    """Give a data set another name. Raises InputError for an empty or an overlong one."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InputError(f"A data set's name must have 1 to {LONGEST_NAME} characters. Got {len(name):,}.")
    is_this = datasets.c.fingerprint == fingerprint
    with store.writing() as connection:
        connection.execute(update(datasets).where(is_this).values(name=name))
        record_editor(connection, datasets, is_this, store.person(), ["name"])
    store.rename_cached_dataset(fingerprint, name)


def set_dataset_status(store: RunStore, statuses: Mapping[str, str]) -> None:
    """Set the status of data sets, by fingerprint, to SHOWN, HIDDEN or DELETED.

    With a data set its runs are deleted, and those deleted with it are restored with it. Nothing is erased; a run that
    is being trained is asked to stop. Raises InputError, and changes nothing, if no data set would be left to choose.
    """
    now = time.time()
    with store.writing() as connection:
        for fingerprint, status in statuses.items():
            is_this = datasets.c.fingerprint == fingerprint
            since = connection.execute(select(datasets.c.deleted).where(is_this).with_for_update()).scalar()
            times = {"hidden": now if status == HIDDEN else None, "deleted": now if status == DELETED else None}
            own = runs.c.data_fingerprint == fingerprint
            if status == DELETED and since is None:
                connection.execute(update(runs).where(own, runs.c.state == RUNNING).values(stop_requested=True))
                connection.execute(update(runs).where(own, runs.c.deleted.is_(None)).values(deleted=now))
            elif status == DELETED:
                times["deleted"] = since
            elif since is not None:
                connection.execute(update(runs).where(own, runs.c.deleted == since).values(deleted=None))
            connection.execute(update(datasets).where(is_this).values(times))
            record_editor(connection, datasets, is_this, store.person(), [status], instead_of=(SHOWN, HIDDEN, DELETED))
        left = select(func.count()).where(datasets.c.hidden.is_(None), datasets.c.deleted.is_(None))
        if not connection.execute(left).scalar_one():
            raise InputError("At least one data set must be left to choose. Load or restore another one first.")
