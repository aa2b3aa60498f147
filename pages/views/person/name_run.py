"""What sentences on a person call a run."""

from collections.abc import Iterable

from recsys_core.store.run import Run


def name_run(run: Run, others: Iterable[Run] = ()) -> str:
    """Return the run's algorithm; its number and name where people have named it or one of the others is like it."""
    is_alone = all(other.recipe.label != run.recipe.label for other in others if other.id != run.id)
    return run.recipe.label if is_alone and not run.name else run.short_label
