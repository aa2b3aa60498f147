"""What to do where a page needs held-out ratings and the split has none."""

from pages.shared.context import get_context


def how_to_hold_out(subset: str) -> str:
    """What gives `subset`, "validation" or "test", ratings to score on: it has none, for one of these reasons."""
    split = get_context().split
    if getattr(split.recipe, subset) == 0:
        return f"Raise the {subset} share in the sidebar."
    if getattr(split, subset).n_interactions:
        return f"None of the {subset} ratings counts as relevant: lower the threshold on the Data page."
    if split.left_out.n_interactions:
        return (
            f"Everyone who rated in the {subset} period is new, and cannot be scored: change the shares or the "
            "method of the train/test split in the sidebar."
        )
    return (
        f"The split found nothing for {subset}: change the shares or the method of the train/test split in the sidebar."
    )
