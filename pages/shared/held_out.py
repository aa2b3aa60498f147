"""What to do where a page needs held-out ratings and the split has none."""

from pages.shared.session import current


def how_to_hold_out(part: str) -> str:
    """What fills `part`, "validation" or "test", which is empty now: as the split was asked, and why it is empty."""
    recipe = current().split.recipe
    if getattr(recipe, part) == 0:
        return f"Raise the {part} share in the sidebar."
    if current().split.left_out.n_interactions:
        return (
            f"Everyone who rated in the {part} period is new, and cannot be scored: change the shares or the method of "
            "the train/test split in the sidebar."
        )
    return (
        f"The split found nothing for {part}: change the shares or the method of the train/test split in the sidebar."
    )
