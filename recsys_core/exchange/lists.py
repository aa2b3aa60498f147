"""Write the recommendations of all users, block by block, so that a hundred thousand users fit in memory."""

import io
from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.escape import for_spreadsheet_unless_number
from recsys_core.evaluation.rank_items import top_items

Model = FactorModel | ItemModel | ListModel
_USERS_AT_A_TIME = 5_000
_ROWS_AT_A_TIME = 5_000  # of a CSV file: so long pandas lets no other thread work


def lists_as_file(model: Model, dataset: Dataset, k: int, kind: str) -> bytes:
    """Return the best k items for everyone, without those of `dataset`, as a "csv" or "parquet" file (its `kind`).

    In CSV an apostrophe stands before what a spreadsheet would take for a formula.
    """
    names = {"user_ids": dataset.user_ids, "item_ids": dataset.item_ids, "titles": dataset.titles}
    if kind == "csv":
        names = {name: tuple(map(for_spreadsheet_unless_number, texts)) for name, texts in names.items()}
    tables = recommendation_tables(model, dataset.interactions, k, **names)
    return lists_as_csv(tables) if kind == "csv" else lists_as_parquet(tables)


def recommendation_tables(
    model: Model,
    seen: Interactions,
    k: int,
    *,
    user_ids: Sequence[str],
    item_ids: Sequence[str],
    titles: Sequence[str],
) -> Iterator[pd.DataFrame]:
    """Yield tables with a row per recommendation: user, rank (1 is best), item, title and score.

    They are the k best items that each user has not `seen`, or fewer if fewer are left. Users come in their order, a
    few thousand per table. Raises InputError as `top_items` does.
    """
    users, items, names = (np.asarray(texts, object) for texts in (user_ids, item_ids, titles))
    for start in range(0, seen.n_users, _USERS_AT_A_TIME):
        block = np.arange(start, min(start + _USERS_AT_A_TIME, seen.n_users))
        top = top_items(model, seen, block, k)
        rows, ranks = np.nonzero(top >= 0)
        columns = top[rows, ranks]
        yield pd.DataFrame(
            {
                "user": users[block[rows]],
                "rank": ranks + 1,
                "item": items[columns],
                "title": names[columns],
                "score": _scores(model, block, top)[rows, ranks],
            }
        )


def lists_as_csv(tables: Iterator[pd.DataFrame]) -> bytes:
    """Return the tables as one CSV file."""
    file = io.BytesIO()
    write_csv(file, tables)
    return file.getvalue()


def write_csv(file: IO[bytes], tables: Iterator[pd.DataFrame]) -> None:
    """Write the tables into `file` as one CSV file, without keeping other threads waiting for long."""
    for number, table in enumerate(tables):
        table.to_csv(file, index=False, header=number == 0, chunksize=_ROWS_AT_A_TIME)


def lists_as_parquet(tables: Iterator[pd.DataFrame]) -> bytes:
    """Return the tables as one Parquet file, with a row group per table."""
    schema = pa.schema(
        [("user", pa.string()), ("rank", pa.int32()), ("item", pa.string()), ("title", pa.string()),
         ("score", pa.float32())]
    )  # fmt: skip
    file = io.BytesIO()
    with pq.ParquetWriter(file, schema) as writer:
        for table in tables:
            writer.write_table(pa.Table.from_pandas(table, schema, preserve_index=False))
    return file.getvalue()


def _scores(model: Model, users: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Return the scores of `top` (len(users), k); an entry that is -1 gets any score."""
    repeated = np.repeat(users, top.shape[1])
    scores: np.ndarray = model.scores_of(repeated, np.maximum(top, 0).ravel()).reshape(top.shape)
    return scores
