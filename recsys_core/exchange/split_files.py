"""Write a split as files, so that a model can be trained anywhere and its lists scored here."""

import io
import textwrap
import zipfile
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.relevance import describe_relevance
from recsys_core.data.split import Split
from recsys_core.escape import for_spreadsheet_unless_number
from recsys_core.exchange.lists import write_csv

FORMATS = ("csv", "parquet")
_ROWS_AT_A_TIME = 100_000


def split_as_zip(dataset: Dataset, split: Split, kind: str = "csv") -> bytes:
    """Return a ZIP archive with training, validation and test, what is known of items and of users, and README.txt.

    Columns are user, item, rating (of explicit feedback) or weight (of implicit feedback, where the values differ), and
    time (seconds since 1970, if known), with the ids of the source. Several values of an item have "|" between them.
    `kind` is "csv" or "parquet". What the split left out, if anything, is a separate file. README.txt says what is
    relevant. In CSV an apostrophe stands before what a spreadsheet would take for a formula.
    """
    escape = for_spreadsheet_unless_number if kind == "csv" else str
    users, items = (np.array([escape(each) for each in ids], object) for ids in (dataset.user_ids, dataset.item_ids))
    time_of, value_name = _times(dataset), _value_name(dataset)
    subsets = {"training": split.train, "validation": split.validation, "test": split.test, "left_out": split.left_out}
    blocks = {
        name: _blocks(subset, users, items, value_name=value_name, time_of=time_of)
        for name, subset in subsets.items()
        if name != "left_out" or subset.n_interactions
    }
    sizes = {name: subsets[name].n_interactions for name in blocks}
    known: dict[str, Sequence[str]] = {"title": dataset.titles}
    if any(dataset.genres):
        known["genres"] = ["|".join(genres) for genres in dataset.genres]
    known |= {name: each.texts for name, each in dataset.item_attributes.items()}
    for name, ids, columns in (("item", items, known), ("user", users, dataset.user_attributes)):
        if columns:
            texts = {
                escape(column): [escape(each) for each in column_texts] for column, column_texts in columns.items()
            }
            blocks[f"{name}s"] = iter([pd.DataFrame({name: ids, **texts}, dtype=object)])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme(dataset, split, kind, sizes))
        for name, tables in blocks.items():
            with archive.open(f"{name}.{kind}", "w", force_zip64=True) as written:
                if kind == "csv":
                    write_csv(written, tables)
                else:
                    pd.concat(tables).to_parquet(written, index=False)
    return file.getvalue()


def _blocks(
    subset: Interactions,
    users: np.ndarray,
    items: np.ndarray,
    *,
    value_name: str,
    time_of: Callable[[Interactions], np.ndarray] | None,
) -> Iterator[pd.DataFrame]:
    """Yield the table of a subset block by block, at least one."""
    times = time_of(subset) if time_of else None
    for start in range(0, max(1, subset.n_interactions), _ROWS_AT_A_TIME):
        block = slice(start, start + _ROWS_AT_A_TIME)
        columns = {"user": users[subset.users[block]], "item": items[subset.items[block]]}
        if value_name:
            columns[value_name] = subset.values[block]
        if times is not None:
            columns["time"] = times[block]
        yield pd.DataFrame(columns)


def _value_name(dataset: Dataset) -> str:
    """Return the name of the column of the values; "" where they say nothing.

    Our reader takes a column called weight for an amount of use, whatever its values are.
    """
    if dataset.feedback == "explicit":
        return "rating"
    return "weight" if len(dataset.interactions.distinct_values[0]) > 1 else ""


def _times(dataset: Dataset) -> Callable[[Interactions], np.ndarray] | None:
    """Return a function that looks up the times of some interactions; None if there are no times."""
    times, data = dataset.times, dataset.interactions
    if times is None:
        return None
    keys = data.users.astype(np.int64) * data.n_items + data.items  # ascending, as rows and items are

    def time_of(subset: Interactions) -> np.ndarray:
        selected: np.ndarray = times[np.searchsorted(keys, subset.users.astype(np.int64) * data.n_items + subset.items)]
        return selected.astype(np.int64) if np.array_equal(selected, np.floor(selected)) else selected

    return time_of


def _readme(dataset: Dataset, split: Split, kind: str, sizes: dict[str, int]) -> str:
    counts = "\n".join(f"  {name}.{kind:<8} {count:>12,} rows" for name, count in sizes.items())
    about = f"  items.{kind}: ids with titles, and genres and attributes where they are known."
    if dataset.user_attributes:
        about += f"\n  users.{kind}: ids with the attributes of people."
    read = f'pd.read_parquet("training.{kind}")'
    if kind == "csv":
        about += "\n  Before what a spreadsheet would take for a formula, such as =1+1, there is an apostrophe: '=1+1."
        read = f'pd.read_csv("training.{kind}", dtype={{"user": str, "item": str}})'
    return f"""A train/test split of {dataset.rating_noun}.

{counts}
{about}

Split:              {split.recipe.sentence}
Fingerprint:        {split.fingerprint}
Data's fingerprint: {split.data_fingerprint}
Data:               {dataset.sentence()}
Relevant:           {_relevant(dataset)}

{textwrap.fill(_what_counts(dataset, kind), 120)}

1. Train on training.{kind} only:

   import pandas as pd
   training = {read}

2. Choose settings by their lists for the validation subset: for every user in validation.{kind}, recommend items that
   the user does not have in training.{kind}.

3. Once, at the end, recommend for every user in test.{kind} items that the user has neither in training.{kind} nor in
   validation.{kind}.

4. Write the lists with the ids of these files as CSV or Parquet with the columns user, item and rank (1 is best), or as
   a TREC run (user Q0 item rank score tag), and import them on the History page of the app that wrote this split.
   They are then scored on the same held-out {dataset.rating_noun}, by the same code, as every model there.
"""


def _relevant(dataset: Dataset) -> str:
    if dataset.is_graded:
        return describe_relevance(dataset)
    if dataset.interactions.is_relevant.all():
        return "every interaction"
    return f"interactions with a weight of at least {dataset.relevance_threshold or 0:g}"


def _what_counts(dataset: Dataset, kind: str) -> str:
    """Say what the models of the app learn from and what lists are scored by, which others need for a fair start."""
    noun, value_name = dataset.rating_noun, _value_name(dataset)
    sentences = [f"Lists are scored by the relevant {noun} alone."]
    if not dataset.interactions.is_relevant.all():
        sentences.append(
            f"The models of the app that predict values learn from all {noun} in training.{kind}; those that learn "
            "from choices learn from the relevant ones, and some of these also that the others are liked less."
        )
    if value_name == "weight":
        sentences.append(
            "The column weight says how much a person had of an item, such as the number of plays. The models of the "
            "app may learn from it, and so may yours."
        )
    if dataset.is_graded and dataset.relevance_threshold is not None:
        sentences.append(
            "After loading these files into the app again, as a given split, choose this threshold on the Data page, "
            "under “Counts as relevant”: the files do not hold it."
        )
    return " ".join(sentences)
