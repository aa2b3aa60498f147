"""Say how to hold something out, where a page needs it and the split has nothing."""

from pages.shared.context import get_context
from recsys_core.data.relevance import advise_where_nothing_is_relevant


def how_to_hold_out(subset: str) -> str:
    """Return how to get something to score on into `subset`, "validation" or "test", which has nothing."""
    split = get_context().split
    if getattr(split.recipe, subset) == 0:
        return f"Raise the {subset} share in the sidebar."
    if getattr(split, subset).n_interactions:
        return f"Nothing in the {subset} counts as relevant: {_how_to_be_relevant(subset)}."
    change = "change the shares or the method of the train/test split in the sidebar."
    if split.left_out.n_interactions:
        return f"Everyone in the {subset} period is new and cannot be scored: {change}"
    return f"The split left nothing for {subset}: {change}"


def _how_to_be_relevant(subset: str) -> str:
    data = get_context().dataset.interactions
    if data.relevance_threshold is None and data.relevant.n_interactions:
        return f"raise the {subset} share in the sidebar"
    where = "in the file" if data.relevance_threshold is None else "on the Data page"
    return f"{advise_where_nothing_is_relevant(data)} {where}"
