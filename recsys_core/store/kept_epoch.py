"""Find the epoch whose model a run has, and say which one that is."""

import math
from collections.abc import Sequence

from recsys_core.algorithms.base import Algorithm
from recsys_core.store.run import EpochRecord, Run


def kept_record(recipe: Algorithm, records: Sequence[EpochRecord]) -> EpochRecord | None:
    """Return the point of the curves of a run by `recipe` to which its model belongs; None where it has no points.

    That is the last point or, where the best epoch is kept, the one that `evaluation.best_epoch` keeps.
    """
    if not records:
        return None
    if not recipe.keeps_best_epoch:
        return records[-1]
    passes = [record for record in records if record.number]
    return max(passes, key=lambda record: _or_least(record.validation), default=records[-1])


def kept_recipe(run: Run, records: Sequence[EpochRecord]) -> Algorithm:
    """Return the recipe by which the model of `run` was trained, whose curves are `records`.

    That is the run's own but where a branch ends with an epoch from before the change: then what was changed is as it
    was before.
    """
    kept = kept_record(run.recipe, records)
    if run.branch is None or kept is None or kept.number > run.branch.epoch:
        return run.recipe
    before = {name: getattr(run.branch.recipe, name) for name in run.recipe.adjustable}
    return type(run.recipe)(**{**run.recipe.settings(), **before})


def _or_least(score: float | None) -> float:
    return -math.inf if score is None else score


def kept_sentence(recipe: Algorithm, records: Sequence[EpochRecord], *, is_live: bool = False) -> str:
    """Return which epoch's model a run keeps, or would keep now; '' where it keeps the last one's or has no points."""
    kept = kept_record(recipe, records)
    if kept is None or not recipe.keeps_best_epoch:
        return ""
    word, last = recipe.epoch_word, records[-1].number
    if is_live:
        return (
            f"So far, {word} {kept.number} is the best on validation. Its model is kept unless a later one is better."
        )
    end = f"the last and the best {word} on validation" if kept.number == last else "the best on validation"
    more = "" if kept.number == last else f"; the last {word} was {last}"
    return (
        f"The model kept is that of {word} {kept.number}, {end}{more}. Its validation score was chosen to be the "
        "highest, which flatters it; its test score was not."
    )
