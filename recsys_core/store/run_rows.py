"""From rows of the table of runs to Run."""

from recsys_core.data.corruption import restore_corruption
from recsys_core.data.split import SplitRecipe
from recsys_core.errors import InputError
from recsys_core.store.run import Branch, Run, restore_recipe


def skip_unreadable(rows):
    """The runs of `rows`; those of an algorithm or a setting that this code no longer has are passed over."""
    for row in rows:
        try:
            yield row_to_run(row)
        except (KeyError, TypeError, InputError):
            continue


def row_to_run(row) -> Run:
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
        breaks=tuple(restore_corruption(settings) for settings in row.breaks or ()),
        name=row.name or "",
        notes=row.notes or "",
        tags=tuple(row.tags or ()),
        archived=row.archived,
        environment=row.environment,
    )


def _row_to_branch(row) -> Branch | None:
    if row.branch is None:
        return None
    return Branch(row.branch["parent"], row.branch["epoch"], restore_recipe(row.algorithm, row.branch["settings"]))
