"""Lists for everybody, as CSV and Parquet."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.epochs import last_model
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.exchange.lists import lists_as_csv, lists_as_file, lists_as_parquet, recommendation_tables
from recsys_core.per_user.ranked_list import rank_unseen_items

DATA = generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0))


def model_of(algorithm):
    return last_model(ALGORITHMS[algorithm]().epochs(DATA.interactions, seed=3))


@pytest.mark.parametrize("algorithm", ["bpr", "ease", "item_knn"])
def test_the_lists_of_all_are_the_lists_of_each(algorithm, monkeypatch):
    monkeypatch.setattr("recsys_core.exchange.lists._USERS_AT_A_TIME", 7)
    model, seen = model_of(algorithm), DATA.interactions
    names = dict(user_ids=DATA.user_ids, item_ids=DATA.item_ids, titles=DATA.titles)
    table = pd.concat(recommendation_tables(model, seen, 5, **names))
    for user, name in enumerate(DATA.user_ids):
        wanted = rank_unseen_items(model, seen, user)[:5]
        mine = table[table["user"] == name]
        assert mine["item"].tolist() == [DATA.item_ids[item] for item in wanted]
        assert mine["rank"].tolist() == list(range(1, 1 + len(wanted)))
        assert mine["score"].to_numpy() == pytest.approx(model.scores(np.array([user]))[0, wanted], rel=1e-4, abs=1e-5)
        rated = {DATA.item_ids[item] for item in seen.items[seen.of(user)]}
        assert not rated & set(mine["item"])


def test_whoever_has_seen_nearly_everything_gets_a_shorter_list():
    seen = DATA.interactions.from_triples(np.zeros(38, int), np.arange(38), np.ones(38), 60, 40)
    names = dict(user_ids=DATA.user_ids, item_ids=DATA.item_ids, titles=DATA.titles)
    table = pd.concat(recommendation_tables(model_of("bpr"), seen, 5, **names))
    assert (table["user"] == DATA.user_ids[0]).sum() == 2 and len(table) == 2 + 59 * 5


def test_csv_and_parquet_hold_the_same_lists():
    names = dict(user_ids=DATA.user_ids, item_ids=DATA.item_ids, titles=DATA.titles)
    model = model_of("bpr")
    csv = pd.read_csv(io.BytesIO(lists_as_csv(recommendation_tables(model, DATA.interactions, 3, **names))))
    parquet = pd.read_parquet(io.BytesIO(lists_as_parquet(recommendation_tables(model, DATA.interactions, 3, **names))))
    assert list(csv.columns) == ["user", "rank", "item", "title", "score"] and len(csv) == 60 * 3
    assert csv.astype(str).drop(columns="score").equals(parquet.astype(str).drop(columns="score"))
    assert csv["score"].to_numpy() == pytest.approx(parquet["score"].to_numpy())


def test_in_csv_no_spreadsheet_takes_an_id_or_a_title_for_a_formula_and_a_number_stays_one():
    item_ids = ("-5", "=1+1", *DATA.item_ids[2:])
    data = replace(DATA, item_ids=item_ids, titles=("plain", "@SUM(1)", *DATA.titles[2:]))
    model = model_of("bpr")
    csv, parquet = (lists_as_file(model, data, 40, kind) for kind in ("csv", "parquet"))
    written = pd.read_csv(io.BytesIO(csv), dtype=str)
    assert {"-5", "'=1+1"} <= set(written["item"]) and "=1+1" not in set(written["item"])
    assert set(written["title"][written["item"] == "'=1+1"]) == {"'@SUM(1)"}
    assert {"-5", "=1+1"} <= set(pd.read_parquet(io.BytesIO(parquet))["item"])
