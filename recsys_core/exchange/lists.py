"""Recommendations for everybody, block by block, so that a hundred thousand people fit."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recsys_core.algorithms.models import Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.rank_items import top_items

_PEOPLE_AT_A_TIME = 5_000


def recommendation_tables(
    model: Recommender,
    seen: Interactions,
    k: int,
    *,
    user_ids: Sequence[str],
    item_ids: Sequence[str],
    titles: Sequence[str],
) -> Iterator[pd.DataFrame]:
    """Tables of user, rank (1 is best), item, title and score, a row a recommendation: the k best items that each
    person has not `seen`, fewer where fewer are left. People come in their order, a few thousand a table.

    Raises InputError as `top_items` does.
    """
    users, items, names = (np.asarray(texts, object) for texts in (user_ids, item_ids, titles))
    for start in range(0, seen.n_users, _PEOPLE_AT_A_TIME):
        block = np.arange(start, min(start + _PEOPLE_AT_A_TIME, seen.n_users))
        top = top_items(model, seen, block, k)
        places, ranks = np.nonzero(top >= 0)
        columns = top[places, ranks]
        yield pd.DataFrame(
            {
                "user": users[block[places]],
                "rank": ranks + 1,
                "item": items[columns],
                "title": names[columns],
                "score": _scores(model, block, top)[places, ranks],
            }
        )


def lists_as_csv(tables: Iterator[pd.DataFrame]) -> bytes:
    file = io.BytesIO()
    for place, table in enumerate(tables):
        table.to_csv(file, index=False, header=place == 0)
    return file.getvalue()


def lists_as_parquet(tables: Iterator[pd.DataFrame]) -> bytes:
    """One Parquet file, a row group a table."""
    schema = pa.schema(
        [("user", pa.string()), ("rank", pa.int32()), ("item", pa.string()), ("title", pa.string()),
         ("score", pa.float32())]
    )  # fmt: skip
    file = io.BytesIO()
    with pq.ParquetWriter(file, schema) as writer:
        for table in tables:
            writer.write_table(pa.Table.from_pandas(table, schema, preserve_index=False))
    return file.getvalue()


def _scores(model: Recommender, users: np.ndarray, top: np.ndarray) -> np.ndarray:
    """The scores of `top` (len(users), k); of a place that is -1, any."""
    of = np.repeat(users, top.shape[1])
    return model.scores_of(of, np.maximum(top, 0).ravel()).reshape(top.shape)
