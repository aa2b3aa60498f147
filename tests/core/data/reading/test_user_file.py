"""Files of people: attributes are matched by id, what makes no groups is left out and said, and nothing else raises."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data.cleaning import KCore, SwapSides, clean
from recsys_core.data.corruption import AddBots
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.reading import read_ratings, read_users, with_user_attributes
from recsys_core.errors import InputError
from recsys_core.store.npz_codec import pack_dataset, unpack_dataset

ROOT = Path(__file__).resolve().parents[4]
DATA = Path(os.environ.get("RECSYS_DATA", ROOT / "../shared/data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA} (set RECSYS_DATA)")


def ratings(n_users: int = 12) -> Dataset:
    """Users "1", "2", … in that order; user u has the first u + 1 items."""
    lengths = np.arange(1, n_users + 1)
    users, items = np.repeat(np.arange(n_users), lengths), np.concatenate([np.arange(length) for length in lengths])
    data = Interactions.from_triples(users, items, np.ones(len(users)), n_users, n_users)
    ids = tuple(str(number) for number in lengths)
    return Dataset("few", data, ids, ids, "implicit", ids)


def known() -> Dataset:
    lines = [f"{user},{20 + user % 4},{'FM'[user % 2]}" for user in range(1, 12)]  # nothing of user 12
    return with_user_attributes(ratings(), read_users("\n".join(["user,age,sex", *lines]).encode(), "p.csv"))[0]


@needs_data
def test_the_users_of_movielens_are_read_without_a_header():
    dataset, _ = read_ratings((DATA / "ml-100k/u.data").read_bytes(), "u.data")
    people = read_users((DATA / "ml-100k/u.user").read_bytes(), "u.user")
    grouped, sentence = with_user_attributes(dataset, people)
    assert list(grouped.user_attributes) == ["age", "gender", "occupation"]
    assert sentence.startswith("943 of 943 people") and "Left out, as the values make no groups: 'zip'" in sentence
    user = dataset.user_ids.index("3")
    assert [texts[user] for texts in grouped.user_attributes.values()] == ["23", "M", "writer"]
    assert sum(text == "M" for text in grouped.user_attributes["gender"]) == 670
    assert grouped.fingerprint == dataset.fingerprint


_CELLS = st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=8), min_size=2, max_size=4)


def _keyed(rows: list[list[str]]) -> bytes:
    """Rows of any texts with the ids 0, 1, … in front."""
    return "\n".join(f"{number},{','.join(row)}" for number, row in enumerate(rows)).encode()


def test_the_other_movielens_order_is_told_by_its_column_of_sexes():
    people = read_users(b"1::F::1::10::48067\n2::M::56::16::70072\n3::M::25::15::55117\n", "users.dat")
    assert people.columns["gender"] == ("F", "M", "M") and people.columns["age"] == ("1", "56", "25")


@pytest.mark.parametrize(
    "content",
    [
        b"team\tuser_id\nred\t2\n\t4\nblue\t1\n",
        b"user_id;team\n2;red\n4;n/a\n1;blue\n",
        b"id,team\n2,red\n4,NaN\n1,blue\n",
    ],
)
def test_the_id_is_found_by_name_also_where_all_cells_are_texts(content):
    people = read_users(content, "people.csv")
    teams = dict(zip(people.ids, people.columns["team"], strict=True))
    assert teams.pop("4") in ("", "n/a", "NaN") and teams == {"2": "red", "1": "blue"}


def test_who_is_not_in_the_file_is_unknown_and_named():
    dataset = known()
    assert dataset.user_attributes["age"] == (*(str(20 + user % 4) for user in range(1, 12)), "")
    people = read_users(b"user,sex\n1,F\n2,M\n3,F\n4,M\n99,F\n", "p.csv")
    _, sentence = with_user_attributes(ratings(), people)
    assert sentence.startswith("4 of 12 people got 'sex'.") and "Not in the file: '5', '6'" in sentence


def test_the_last_row_of_an_id_counts_and_unused_rows_are_said():
    people = read_users(b"user,sex\n1,F\n2,M\n1,M\n,F\n", "p.csv")
    assert dict(zip(people.ids, people.columns["sex"], strict=True)) == {"1": "M", "2": "M"}
    told = " ".join(people.warnings)
    assert "1 row has no id" in told and "1 row has an id that comes again" in told


def test_codes_names_constants_and_a_seventh_column_are_left_out_and_said():
    names = ["user", "name", "phone", "planet", *"abcdefg"]
    rows = [[str(user), f"N{user}", str(5000 + user), "Earth", *[str(user % 3)] * 7] for user in range(1, 13)]
    content = "\n".join(",".join(row) for row in [names, *rows]).encode()
    dataset, sentence = with_user_attributes(ratings(), read_users(content, "p.csv"))
    assert list(dataset.user_attributes) == list("abcdef")
    assert "'name', 'phone' (a different value" in sentence and "'planet' (the same value" in sentence
    assert "beyond the first 6: 'g'" in sentence


@pytest.mark.parametrize(
    "content",
    [b"user,sex\na,F\nb,M\nc,M\n", b"user,name\n1,A\n2,B\n3,C\n", b"user\n1\n2\n", b"user,sex\n", b"", b"\x00\x01"],
    ids=["no id matches", "no groups", "ids only", "no rows", "empty", "no text"],
)
def test_what_cannot_be_used_is_refused(content):
    with pytest.raises(InputError, match=" must "):
        with_user_attributes(ratings(), read_users(content, "p.csv"))


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(_CELLS, min_size=2, max_size=8).map(_keyed)))
def test_any_bytes_are_read_or_refused(content):
    try:
        dataset, _ = with_user_attributes(ratings(), read_users(content, "p.csv"))
    except InputError:
        return
    assert 0 < len(dataset.user_attributes) <= 6
    assert {len(texts) for texts in dataset.user_attributes.values()} == {12}


def test_attributes_come_back_from_the_store_and_older_contents_have_none():
    dataset = known()
    assert unpack_dataset(pack_dataset(dataset)).user_attributes == dataset.user_attributes
    assert unpack_dataset(pack_dataset(ratings())).user_attributes == {}


def test_cleaning_keeps_the_attributes_of_who_stays_and_bots_have_none():
    dataset = known()
    cleaned, _ = clean(dataset, [KCore(n=4)])
    of_id = dict(zip(dataset.user_ids, dataset.user_attributes["age"], strict=True))
    assert 0 < len(cleaned.user_ids) < 12
    assert cleaned.user_attributes["age"] == tuple(of_id[user] for user in cleaned.user_ids)
    assert SwapSides().apply(dataset).user_attributes == {}
    attacked = AddBots(share=0.5).apply(dataset)
    assert attacked.user_attributes["sex"] == (*dataset.user_attributes["sex"], *[""] * 6)
