"""Rows of the table of runs as Run objects."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, select

from recsys_core.data.corruption import restore_corruption
from recsys_core.data.split import SplitRecipe
from recsys_core.errors import InputError
from recsys_core.store.run import Branch, Run, restore_recipe
from recsys_core.store.schema import results, runs

IS_PRESENT = runs.c.deleted.is_(None)
RESULT_KINDS = ("model", "validation", "test", "film")


def skip_unreadable(rows: Iterable[Row[Any]]) -> Iterator[Run]:
    """Yield the runs of `rows`, except those with an algorithm or a setting that this code no longer has."""
    for row in rows:
        try:
            yield row_to_run(row)
        except (KeyError, TypeError, InputError):
            continue


def read_runs_and_results(
    connection: Connection, conditions: Iterable[ColumnElement[bool]]
) -> list[tuple[Run, set[str]]]:
    """Return the readable runs that meet the conditions, the newest first, with the kinds of results each has."""
    has_kind = {kind: exists().where(results.c.run_id == runs.c.id, results.c.kind == kind) for kind in RESULT_KINDS}
    columns = [is_there.label(f"has_{kind}") for kind, is_there in has_kind.items()]
    rows = connection.execute(select(runs, *columns).where(*conditions).order_by(runs.c.id.desc()))
    return [
        (run, {kind for kind in RESULT_KINDS if getattr(row, f"has_{kind}")})
        for row in rows
        for run in skip_unreadable([row])
    ]


def row_to_run(row: Row[Any]) -> Run:
    """Build a Run from its row. Raises KeyError, TypeError or InputError if this code cannot read it."""
    return Run(
        id=row.id,
        data_fingerprint=row.data_fingerprint,
        split=SplitRecipe(**row.split),
        split_fingerprint=row.split_fingerprint,
        algorithm=row.algorithm,
        recipe=restore_recipe(row.algorithm, row.settings),
        seed=row.seed,
        numerics_version=row.numerics_version,
        state=row.state,
        message=row.message,
        stop_requested=row.stop_requested,
        created=row.created,
        started=row.started,
        ended=row.ended,
        in_background=bool(row.in_background),
        branch=_row_to_branch(row),
        corruptions=tuple(restore_corruption(settings) for settings in row.breaks or ()),
        name=row.name or "",
        notes=row.notes or "",
        tags=tuple(row.tags or ()),
        archived=row.archived,
        author=row.author or "",
        worker=row.worker or "",
        environment=row.environment,
        editors=row.editors or {},
    )


def _row_to_branch(row: Row[Any]) -> Branch | None:
    if row.branch is None:
        return None
    return Branch(row.branch["parent"], row.branch["epoch"], restore_recipe(row.algorithm, row.branch["settings"]))
