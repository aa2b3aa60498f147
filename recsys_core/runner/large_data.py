"""Large data: from which size on a server leaves what grows with them to child processes, and how it gets them."""

from pathlib import Path

from recsys_core.comparison.split_sentences import missed_sentence, split_facts, split_headline, split_rows
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split, SplitRecipe, make_split, offered_methods
from recsys_core.data.split_check import n_scored
from recsys_core.errors import InputError
from recsys_core.runner.mapped_arrays import dataset_to_mapped, split_to_mapped, write_arrays

LARGE = 1_000_000
"""From so many ratings on, a server leaves what grows with them to a child process."""
SplitCheck = tuple[str, str, list[dict[str, str | int]], dict[str, str]]
"""The headline of a split, a warning or "", a row for each subset, and sentences by their titles."""


def is_large(dataset: Dataset, least: int | None = None) -> bool:
    """Tell whether what grows with these data is computed beside the server: from `least` ratings on, or LARGE."""
    return dataset.interactions.n_interactions >= (LARGE if least is None else least)


def check_split(dataset: Dataset, split: Split) -> SplitCheck:
    """Return what the Data page says of a split."""
    facts = split_facts(dataset, split, "test" if n_scored(split, "test") else "validation")
    return split_headline(split), missed_sentence(split), split_rows(split), facts


def split_large(dataset: Dataset, recipe: SplitRecipe, folder: Path, least: int) -> Split | None:
    """Split data of `least` ratings or more, and write both into `folder` for the server to map.

    Return the split, by the default recipe where the data do not allow `recipe`; None for fewer ratings.
    """
    if not is_large(dataset, least):
        return None
    recipe = recipe if recipe.method in offered_methods(dataset) else SplitRecipe()
    try:
        split = make_split(dataset, recipe)
    except InputError:
        return None
    for name, arrays in (("data", dataset_to_mapped(dataset)), ("split", split_to_mapped(split))):
        (folder / name).mkdir()
        write_arrays(folder / name, arrays)
    return split
