"""The same runs under the conventions of several libraries."""

from collections.abc import Sequence

from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.metrics.conventions import CONVENTIONS

MEASURES = {"ndcg": "NDCG", "map": "MAP"}


def convention_means(evaluations: Sequence[Evaluation], convention: str, measure: str, k: int) -> list[float]:
    """The mean "ndcg" or "map" at k of each evaluation, as the library `convention` of CONVENTIONS computes it.

    Raises InputError for another measure, and where the ratings do not allow the convention: an exponential gain of
    thousands of plays, or a linear one of losses.
    """
    if measure not in MEASURES:
        raise InputError(f"A measure must be one of {', '.join(MEASURES)}. Got {measure!r}.")
    function = getattr(CONVENTIONS[convention], measure)
    return [float(function(evaluation.relevant, k).mean()) for evaluation in evaluations]
