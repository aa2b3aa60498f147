"""Write a data set as a slug for a link: how it is made if it can be made again, else what it is called.

If a threshold says which ratings are relevant, the slug of the data before that step comes first, so that whoever has
or makes those data can do the same.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from recsys_core.data.cleaning import RelevantFrom, clean, restore_steps
from recsys_core.data.dataset import Dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.example_fashions import load_fashions
from recsys_core.data.synthetic import SyntheticRecipe, generate, synthetic_recipe
from recsys_core.errors import InputError
from recsys_core.links.slug import quoted, read_recipe, read_value, split_slug, write_recipe, write_value
from recsys_core.parameters import parameters

_LONGEST_NAME = 60
_QUICK_CELLS = 2_000_000  # generating takes about a second for so many people × items
_SHAPE = re.compile(r"(\d{1,12})x(\d{1,12})x(\d{1,12})")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_RELEVANT = "relevant-"
_EXAMPLES: dict[str, Callable[[], Dataset]] = {"textbook": load_example_5x5, "fashions": load_fashions}


@dataclass(frozen=True)
class DataSlug:
    """Name, shape (m, n, number of ratings) and fingerprint, as far as the slug has them.

    `recipe` generates synthetic data; it is None for others. Data made from others by `steps` that say what is
    relevant have these as their `source`; name and shape are those of the source.
    """

    name: str
    shape: tuple[int, ...] = ()
    fingerprint: str = ""
    recipe: SyntheticRecipe | None = None
    source: "DataSlug | None" = None
    steps: tuple[RelevantFrom, ...] = ()

    @property
    def make(self) -> Callable[[], Dataset] | None:
        """The function that makes the data again; None if that takes a file."""
        if self.source is not None:
            make_source = self.source.make
            return (lambda: self.make_from(make_source())) if make_source else None
        if self.recipe is not None:
            return partial(generate, self.recipe)
        return None if self.shape else _EXAMPLES.get(self.name)

    def make_from(self, source: Dataset) -> Dataset:
        """Make the data from those that `source` stands for."""
        return clean(source, self.steps)[0]

    @property
    def is_quick(self) -> bool:
        """Whether the data can be made again while somebody waits for a page."""
        if self.source is not None:
            return self.source.is_quick
        return self.recipe is None or self.recipe.n_users * self.recipe.n_items <= _QUICK_CELLS

    @property
    def sentence(self) -> str:
        """'610 people × 9,724 items, 100,836 ratings', or '' if the shape is not known."""
        return "{:,} people × {:,} items, {:,} ratings".format(*self.shape) if self.shape else ""


def write_data_slug(dataset: Dataset, source: Dataset | None = None) -> str:
    """Return 'planted.seed-3~FINGERPRINT', 'textbook~FINGERPRINT' or 'ratings.csv~610x9724x100836~FINGERPRINT'.

    If `dataset` is `source` with a threshold for what is relevant, it is the slug of the source, followed by
    '~relevant-4~FINGERPRINT'.
    """
    kind = dataset.origin.get("kind")
    if kind == "mended" and source is not None:
        match restore_steps(dataset.origin["steps"]):
            case (RelevantFrom() as step,):
                return f"{write_data_slug(source)}~{_RELEVANT}{write_value(step.threshold)}~{dataset.fingerprint}"
    if kind == "planted":
        made = ".".join(filter(None, ["planted", write_recipe(synthetic_recipe(dataset.origin))]))
        return f"{made}~{dataset.fingerprint}"
    if kind in _EXAMPLES:
        return f"{kind}~{dataset.fingerprint}"
    data = dataset.interactions
    shape = f"{data.n_users}x{data.n_items}x{data.n_interactions}"
    return f"{dataset.name[:_LONGEST_NAME]}~{shape}~{dataset.fingerprint}"


def read_data_slug(slug: str) -> DataSlug:
    """Read what `write_data_slug` wrote, or a part of it: a fingerprint, a name, or a recipe without fingerprint.

    Raises InputError for impossible settings of synthetic data, and for a slug that is too long.
    """
    split_slug(slug)  # refuses one that is too long
    before, *relevance = slug.rsplit("~", 2)
    if len(relevance) == 2 and relevance[0].startswith(_RELEVANT) and _FINGERPRINT.fullmatch(relevance[1]):
        threshold = parameters(RelevantFrom)["threshold"]
        step = RelevantFrom(read_value(threshold, relevance[0].removeprefix(_RELEVANT), RelevantFrom.label))
        source = read_data_slug(before)
        return replace(source, fingerprint=relevance[1], source=source, steps=(step,))
    first, *others = slug.rsplit("~", 2)
    if not others and _FINGERPRINT.fullmatch(first):
        return DataSlug("", (), first)
    fingerprint = others.pop() if others and _FINGERPRINT.fullmatch(others[-1]) else ""
    shape: tuple[int, ...] = ()
    if others and (match := _SHAPE.fullmatch(others[-1])):
        shape = tuple(int(number) for number in match.groups())
        others.pop()
    name = "~".join([first, *others])
    if not name:
        raise InputError(f"The data in a link must have a name or a fingerprint. Got {quoted(slug)}.")
    recipe = None
    if not shape and (name == "planted" or name.startswith("planted.")):
        recipe = read_recipe(SyntheticRecipe, name.removeprefix("planted").removeprefix("."))
    return DataSlug(name, shape, fingerprint, recipe)
