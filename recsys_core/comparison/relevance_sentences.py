"""Say which held-out ratings count as relevant in a comparison, and how many of the hits are disliked."""

from collections.abc import Sequence

from recsys_core.data.dataset import Dataset
from recsys_core.data.relevance import describe_relevance, dislikes_below
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.percent import percent

_NOTABLE = 0.1
"""From this share of the hits on, dislikes among them are mentioned."""


def counts_as_right(dataset: Dataset) -> str:
    """Return which held-out ratings a ranking metric counts as relevant; '' where all values mean the same."""
    words = describe_relevance(dataset)
    return f"Counts as relevant: {words}." if words else ""


def disliked_hits(names: Sequence[str], evaluations: Sequence[Evaluation], k: int, dataset: Dataset) -> str:
    """Return which share of each model's hits is disliked, beside that share of all held-out ratings.

    '' where no rating is a dislike, and where the hits of no model have a notable share of them.
    """
    below = dislikes_below(dataset)
    if below is None:
        return ""
    counted = [evaluation.held_out.disliked_hits(k, below) for evaluation in evaluations]
    shares = [(name, each.share) for name, each in zip(names, counted, strict=True) if each.share is not None]
    if max((share for _, share in shares), default=0) < _NOTABLE:
        return ""
    listed = ", ".join(f"{percent(share)} for {name}" for name, share in shares)
    is_right = below > 0 and dataset.relevance_threshold is None
    return (
        f"Of the held-out items that appear in the top {k}, the share rated below {below:g}"
        f"{', which still counts as relevant,' if is_right else ''} is {listed}; of all held-out ratings it is "
        f"{percent(counted[0].share_held_out)}."
    )


def disliked_shares(evaluations: Sequence[Evaluation], k: int, dataset: Dataset) -> dict[str, list[float | None]]:
    """Return, by its title, the share of each model's hits that are disliked; empty without dislikes."""
    below = dislikes_below(dataset)
    if below is None:
        return {}
    counted = [evaluation.held_out.disliked_hits(k, below) for evaluation in evaluations]
    return {f"hits@{k} rated below {below:g}": [each.share for each in counted]}
