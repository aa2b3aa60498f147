"""A split as files: every rating once, in the file of its part, with ids, values and times as they are."""

import io
import zipfile
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest

from recsys_core.algorithms.epochs import last_model
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.data.attributes import CATEGORICAL, DATE, NUMERIC, SEVERAL, Attribute
from recsys_core.data.cleaning import RelevantFrom, clean
from recsys_core.data.dataset import Dataset
from recsys_core.data.given_split import SUBSETS
from recsys_core.data.interactions import Interactions
from recsys_core.data.reading import read_items, read_ratings, read_users, with_items, with_user_attributes
from recsys_core.data.reading.read_split import read_split_files
from recsys_core.data.split import GIVEN, Split, SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.escape import for_spreadsheet_unless_number, from_spreadsheet
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange import split_files
from recsys_core.exchange.read_lists import join_lists, read_lists
from recsys_core.exchange.split_files import split_as_zip


def timed() -> Dataset:
    rng = np.random.default_rng(4)
    users, items = np.nonzero(rng.random((30, 20)) < 0.4)
    data = Interactions.from_triples(users, items, rng.integers(1, 6, len(users)), 30, 20)
    return Dataset(
        name="timed",
        interactions=data,
        user_ids=tuple(f"0{u}" for u in range(30)),  # ids that would not survive as numbers
        item_ids=tuple(f"i,{i}" for i in range(20)),
        feedback="explicit",
        titles=tuple(f'Film "{i}"' for i in range(20)),
        genres=tuple(("Drama", "War") if i % 2 else () for i in range(20)),
        times=rng.integers(10**9, 10**9 + 500, len(users)).astype(float),
    )


def tables(content: bytes, kind: str) -> dict[str, pd.DataFrame]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        read = {"csv": lambda file: pd.read_csv(file, dtype={"user": str, "item": str}), "parquet": pd.read_parquet}[
            kind
        ]
        return {
            name.partition(".")[0]: read(io.BytesIO(archive.read(name)))
            for name in archive.namelist()
            if name.endswith(kind)
        }


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("method", ["random per user", "strictly by time"])
def test_every_rating_is_in_the_file_of_its_part(kind, method, monkeypatch):
    monkeypatch.setattr(split_files, "_ROWS_AT_A_TIME", 7)
    dataset = timed()
    split = make_split(dataset, SplitRecipe(method=method))
    files = tables(split_as_zip(dataset, split, kind), kind)
    data, seen = dataset.interactions, 0
    whole = {
        (dataset.user_ids[u], dataset.item_ids[i]): (value, time)
        for u, i, value, time in zip(data.users, data.items, data.values, dataset.times, strict=True)
    }
    for name, subset in (("training", split.train), ("validation", split.validation), ("test", split.test)):
        rows = list(files[name].itertuples(index=False))
        expected = {(dataset.user_ids[u], dataset.item_ids[i]) for u, i in zip(subset.users, subset.items, strict=True)}
        assert {(row.user, row.item) for row in rows} == expected and len(rows) == len(expected)
        assert all(whole[row.user, row.item] == (row.rating, row.time) for row in rows)
        seen += len(rows)
    seen += len(files.get("left_out", ()))
    assert seen == data.n_interactions
    assert files["items"].title.tolist() == list(dataset.titles)


def test_the_readme_names_the_fingerprints_and_our_own_reader_reads_the_files():
    dataset = generate(SyntheticRecipe(n_users=40, n_items=30))
    split = make_split(dataset)
    with zipfile.ZipFile(io.BytesIO(split_as_zip(dataset, split))) as archive:
        readme, training = archive.read("README.txt").decode(), archive.read("training.csv")
    assert split.fingerprint in readme and dataset.fingerprint in readme and split.recipe.sentence in readme
    back, _ = read_ratings(training, "training.csv")
    assert back.interactions.n_interactions == split.train.n_interactions
    assert set(back.item_ids) <= set(dataset.item_ids)


def in_reading_order() -> Dataset:
    """The ids in the order in which a reader numbers them, so that arrays can be compared."""
    return replace(
        timed(), user_ids=tuple(f"u{u:02}" for u in range(30)), item_ids=tuple(f"i{i:02}" for i in range(20))
    )


def out_and_in(dataset: Dataset, kind: str) -> tuple[Dataset, str]:
    """The data set as it comes back as a given split, and the README that went with it."""
    with zipfile.ZipFile(io.BytesIO(split_as_zip(dataset, make_split(dataset), kind))) as archive:
        parts = {name: (archive.read(f"{name}.{kind}"), f"{name}.{kind}") for name in SUBSETS}
        readme = archive.read("README.txt").decode()
    return read_split_files(parts)[0], " ".join(readme.split())


def subsets_of(split: Split) -> list[list[np.ndarray]]:
    """All that a model learns from and is scored by."""
    return [
        [each.indptr, each.items, each.values, each.is_relevant] for each in (split.train, split.validation, split.test)
    ]


@pytest.mark.parametrize(
    "kind, amounts", [("csv", (1, 2, 3, 4, 5)), ("csv", (0.25, 3, 10**6)), ("csv", (-2, 0, 1)), ("parquet", (1, 9))]
)
def test_amounts_of_use_go_out_and_a_model_that_learns_from_the_files_is_as_good(kind, amounts):
    plain = in_reading_order()
    values = np.resize(np.array(amounts, np.float32), plain.interactions.n_interactions)
    dataset = replace(plain, feedback="implicit", interactions=replace(plain.interactions, values=values))
    back, readme = out_and_in(dataset, kind)
    assert back.feedback == "implicit" and "The column weight says" in readme and "ratings" not in readme
    here, there = make_split(dataset), make_split(back, SplitRecipe(GIVEN))
    np.testing.assert_equal(subsets_of(there), subsets_of(here))
    first, second = (
        evaluate(last_model(ImplicitALS(n_factors=4, n_epochs=3).epochs(split.train)), split, "validation")
        for split in (here, there)
    )
    assert first.mean("ndcg", 10) == second.mean("ndcg", 10)


def test_choices_without_an_amount_go_out_as_pairs():
    plain = timed()
    once = replace(plain.interactions, values=np.ones_like(plain.interactions.values))
    dataset = replace(plain, feedback="implicit", interactions=once)
    files = tables(split_as_zip(dataset, make_split(dataset)), "csv")
    assert list(files["training"]) == ["user", "item", "time"]
    assert "Relevant: every interaction" in (readme := out_and_in(dataset, "csv")[1]) and "weight" not in readme


def test_the_readme_says_which_ratings_count_and_with_that_threshold_the_split_is_the_same():
    dataset, _ = clean(in_reading_order(), [RelevantFrom(threshold=4)])
    back, readme = out_and_in(dataset, "csv")
    assert "Relevant: ratings of at least 4 " in readme and "choose this threshold on the Data page" in readme
    again, _ = clean(back, [RelevantFrom(threshold=4)])
    np.testing.assert_equal(subsets_of(make_split(again, SplitRecipe(GIVEN))), subsets_of(make_split(dataset)))
    _, readme = out_and_in(timed(), "csv")
    assert "Relevant: every rating, even the lowest (1) " in readme and "threshold" not in readme


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_attributes_go_out_and_come_back_with_the_split(kind):
    n_users, n_items = 30, 20
    dataset = replace(
        timed(),
        user_attributes={
            "sex": tuple("FM"[u % 2] if u % 7 else "" for u in range(n_users)),
            "age": tuple(str(20 + u % 9) for u in range(n_users)),
        },
        item_attributes={
            "year": Attribute(NUMERIC, tuple(str(1990 + i % 6) for i in range(n_items))),
            "price": Attribute(NUMERIC, tuple(f"{i / 8:g}" if i % 5 else "" for i in range(n_items))),
            "maker, or brand": Attribute(CATEGORICAL, tuple(['A, "B" & <b>', "1=1", "C"][i % 3] for i in range(20))),
            "moods": Attribute(SEVERAL, tuple(["dark|slow", "dark", "fast"][i % 3] for i in range(n_items))),
            "out": Attribute(DATE, tuple(f"2001-0{1 + i % 9}-1{i % 9}" for i in range(n_items))),
        },
    )
    assert dataset.fingerprint == timed().fingerprint
    with zipfile.ZipFile(io.BytesIO(split_as_zip(dataset, make_split(dataset), kind))) as archive:
        files = {name: (archive.read(name), name) for name in archive.namelist()}
    assert f"users.{kind}" in files["README.txt"][0].decode()
    parts = {name: files[f"{name}.{kind}"] for name in ("training", "validation", "test")}
    back, _, _ = read_split_files(parts)
    plain = back.fingerprint
    back, _ = with_items(back, read_items(*files[f"items.{kind}"])[0])
    back, _ = with_user_attributes(back, read_users(*files[f"users.{kind}"]))
    assert back.fingerprint == plain
    items = [dataset.item_ids.index(item) for item in back.item_ids]
    users = [dataset.user_ids.index(user) for user in back.user_ids]
    assert back.titles == tuple(dataset.titles[item] for item in items)
    assert back.genres == tuple(dataset.genres[item] for item in items)
    assert {name: (each.kind, each.texts) for name, each in back.item_attributes.items()} == {
        name: (each.kind, each.take(items).texts) for name, each in dataset.item_attributes.items()
    }
    assert dict(back.user_attributes) == {
        name: tuple(texts[user] for user in users) for name, texts in dataset.user_attributes.items()
    }


def test_what_spreadsheets_are_kept_from_is_taken_off_again_and_an_apostrophe_of_the_id_stays():
    texts = ["".join(signs) for n in (1, 2, 3, 4) for signs in product("'=-5; \"\nx", repeat=n)]
    assert all(from_spreadsheet([for_spreadsheet_unless_number(text)]) == [text] for text in texts)
    assert from_spreadsheet(["'=1", "=2"]) == ["'=1", "=2"], "a column that was not written so stays as it is"
    dataset = replace(
        timed(), user_ids=tuple(f"={u}+1" for u in range(30)), item_ids=tuple(f"'@{i}" for i in range(20))
    )
    split = make_split(dataset)
    with zipfile.ZipFile(io.BytesIO(split_as_zip(dataset, split))) as archive:
        parts = {name: (archive.read(f"{name}.csv"), f"{name}.csv") for name in SUBSETS}
    back, _, receipts = read_split_files(parts)
    assert set(back.user_ids) == set(dataset.user_ids) and set(back.item_ids) == set(dataset.item_ids)
    assert any("ids are written as \"'=0+1\" and read as '=0+1'" in each for each in receipts["training"].warnings)


FORMULAS = ("=1+1", "+cmd", "-2+3", "@SUM(A1)", "a;=1+1", "\u00ff")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_no_text_goes_out_as_a_formula_and_lists_made_with_the_files_come_back(kind):
    """In Parquet all is as it is; in CSV it is neutralised, and the ids are known again."""
    plain = timed()
    ids = tuple(f"{FORMULAS[u % 6]} {u}" if u else "-5" for u in range(30))
    items = tuple(f"{FORMULAS[i % 6]} {i}" for i in range(20))
    dataset = replace(plain, user_ids=ids, item_ids=items, titles=items, genres=tuple((text,) for text in items))
    split = make_split(dataset)
    content = split_as_zip(dataset, split, kind)
    files = tables(content, kind)
    texts = [
        str(cell) for table in files.values() for cell in table.select_dtypes(["object", "str"]).to_numpy().ravel()
    ]
    if kind == "csv":
        begins = [cell for text in texts for cell in text.split(";") if cell[0] in "=+-@"]
        assert set(begins) <= {"-5"}  # a number is no formula
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert "read_csv" in archive.read("README.txt").decode()
    else:
        assert set(texts) == {*ids, *items}
    held_out = files["validation"][["user", "item"]].assign(rank=1)
    lists = read_lists(held_out.to_csv(index=False).encode(), "lists.csv")
    _, report = join_lists(lists, dataset, split, "validation", cutoff=10)
    assert (report.n_unknown_user_rows, report.n_unknown_items, report.n_seen) == (0, 0, 0)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        described, _ = with_items(dataset, read_items(archive.read(f"items.{kind}"), f"items.{kind}")[0])
    assert sum(title.lstrip("'") == text for title, text in zip(described.titles, items, strict=True)) >= 17
