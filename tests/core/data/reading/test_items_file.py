"""Files of items: each column becomes an attribute of a kind that is said, or is left out with the reason."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data.attributes import CATEGORICAL, DATE, NUMERIC, SEVERAL, Attribute
from recsys_core.data.cleaning import KCore, SwapSides, clean
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.reading import read_items, with_items
from recsys_core.data.reading.attribute_columns import CODES, CONSTANT, EMPTY, read_column
from recsys_core.data.reading.items_file import describe_attributes
from recsys_core.errors import InputError
from recsys_core.store.npz_codec import pack_dataset, unpack_dataset

N = 24


def ratings(n: int = N) -> Dataset:
    """Items "1", "2", … in that order; user u has the first u + 1 items."""
    lengths = np.arange(1, n + 1)
    users, items = np.repeat(np.arange(n), lengths), np.concatenate([np.arange(length) for length in lengths])
    data = Interactions.from_triples(users, items, np.ones(len(users)), n, n)
    ids = tuple(str(number) for number in lengths)
    return Dataset("few", data, ids, ids, "implicit", ids)


def table(*columns: tuple[str, list[object]]) -> bytes:
    """A file of N items with these columns beside the id."""
    lines = ["item;" + ";".join(name for name, _ in columns)]
    lines += [f"{row + 1};" + ";".join(str(values[row]) for _, values in columns) for row in range(N)]
    return "\n".join(lines).encode()


def load(content: bytes) -> tuple[Dataset, str]:
    return with_items(ratings(), read_items(content, "items.csv")[0])


COLUMNS = (
    ("price", [f"{3 + row / 4:g}" if row else "?" for row in range(N)]),
    ("brand", ["ABC"[row % 3] for row in range(N)]),
    ("moods", ["red|new" if row % 2 else "red" for row in range(N)]),
    ("out", [f"{1 + row % 9}.{1 + row % 12}.{1990 + row}" for row in range(N)]),
    ("sold out", [row % 2 for row in range(N)]),
)


def test_each_column_becomes_an_attribute_of_its_kind_without_any_title():
    dataset, sentence = load(table(*COLUMNS))
    assert {name: each.kind for name, each in dataset.item_attributes.items()} == {
        "price": NUMERIC, "brand": CATEGORICAL, "moods": SEVERAL, "out": DATE, "sold out": CATEGORICAL,
    }  # fmt: skip
    assert dataset.titles == ratings().titles and dataset.genres == ()
    assert dataset.fingerprint == ratings().fingerprint and dataset.description_key != ratings().description_key
    assert sentence.startswith(f"{N} of {N} items got attributes.") and "price: '?' counts as missing." in sentence
    said = dict(describe_attributes(dataset))
    assert said["Items, price"] == f"numeric, 3.25 to 8.75; 1 of {N} missing"
    assert said["Items, moods"] == "several values per item, 2 in all; none missing"
    assert said["Items, out"].startswith("date, 1990-01-01 to 2013-")
    price, moods = dataset.item_attributes["price"], dataset.item_attributes["moods"]
    assert np.isnan(price.numbers[0]) and price.numbers[1] == 3.25
    assert moods.values[1] == ("red", "new") and moods.counts == {"red": N, "new": N // 2}


@pytest.mark.parametrize(
    "texts, kind, doubt",
    [
        (["1,5", "2,5", "3,25"] * 4, NUMERIC, "decimal commas"),
        (["1,500", "2,500", "12,250.5"] * 4, NUMERIC, "thousands"),
        (["01", "02", "03"] * 4, CATEGORICAL, ""),
        ([*map(str, range(60)), "many", "few"], NUMERIC, "2 values are no numbers and count as missing: 'many', 'few'"),
        ([str(7 * row) for row in range(20)], NUMERIC, "each number occurs once"),
        (["1e400", "2", "3", "4"] * 4, CATEGORICAL, ""),
        (["03/04/1999", "05/06/2001"] * 4, DATE, "two ways"),
        (["['a', 'b']", "['b']", "['a']"] * 4, SEVERAL, ""),
        (["rock, pop", "pop", "rock"] * 4, SEVERAL, "at each comma"),
        (["Paris, France", "Lyon, France", "Rome, Italy"] * 4, CATEGORICAL, ""),
        (["none", "none", "pop", "NA"] * 4, CATEGORICAL, "'NA' counts as missing"),
        (["rare", *[""] * 9], CATEGORICAL, ""),
        ([f"c{row % 3000}" for row in range(9000)], CATEGORICAL, ""),
    ],
)
def test_what_a_column_holds_is_told_and_so_is_what_else_it_could_be(texts, kind, doubt):
    read = read_column("x", texts)
    assert read.attribute is not None and read.attribute.kind == kind
    assert doubt in read.doubt and bool(doubt) == bool(read.doubt)


@pytest.mark.parametrize(
    "name, texts, reason",
    [
        ("plot", [f"A long story {row}, with a comma" for row in range(20)], CODES),
        ("imdbId", [str(114709 + row) for row in range(20)], CODES),
        ("planet", ["Earth"] * 20, CONSTANT),
        ("nothing", ["", "NA", "?"] * 5, EMPTY),
    ],
)
def test_what_tells_items_apart_or_says_nothing_is_left_out(name, texts, reason):
    read = read_column(name, texts)
    assert read.attribute is None and read.left_out == reason


def test_titles_are_found_and_names_never_collide():
    film = [f"Film {row}" for row in range(N)]
    dataset, _ = load(table(("film", film), ("title ", film), ("genre", ["a|b", "b"] * (N // 2)), *COLUMNS[:1]))
    assert dataset.titles == tuple(film) and set(dataset.item_attributes) == {"price"}
    again = (("category", ["x", "y", "x|y"] * 8), ("genres", ["u", "v"] * 12), ("brand", ["A", "B"] * 12),
             ("brand", ["C", "D"] * 12))  # fmt: skip
    dataset, _ = load(table(*again))
    assert set(dataset.genres) == {("u",), ("v",)}
    assert list(dataset.item_attributes) == ["category", "brand", "brand (column 5)"]
    assert list(dataset.attributes_of_items) == ["genres", *dataset.item_attributes]


def test_a_header_above_texts_only_is_known_by_its_name_of_the_ids():
    items, _ = read_items(b"item,brand\na one,A\na two,B\na three,A\n", "items.csv")
    assert items.ids == ("a one", "a two", "a three") and items.columns == {"brand": ("A", "B", "A")}


def test_of_titles_and_genres_the_column_with_the_most_usual_name_counts():
    items, _ = read_items(
        b"item,description,tags,title,genres\n1,long,x|y,One,Drama\n2,longer,y,Two,War|Drama\n", "i.csv"
    )
    assert items.titles == ("One", "Two") and items.genres == (("Drama",), ("War", "Drama"))
    assert list(items.columns) == ["description", "tags"]


@pytest.mark.parametrize(
    "written",
    [
        ("['Drama', 'War']", "['Drama']", "[]"),
        ('[""Drama"", ""War""]', '[""Drama""]', ""),
        ("[{'id': 1, 'name': 'Drama'}, {'id': 2, 'name': 'War'}]", "[{'id': 1, 'name': 'Drama'}]", "[]"),
        ("[Drama, War]", "[Drama]", "['(no genres listed)']"),
    ],
)
def test_genres_in_a_list_of_json_or_python_are_the_names_in_it(written):
    rows = "".join(f'{number},Film {number},"{genres}"\n' for number, genres in enumerate(written))
    items, _ = read_items(f"item,title,genres\n{rows}".encode(), "items.csv")
    assert items.genres == (("Drama", "War"), ("Drama",), ())


def test_a_file_of_other_items_or_without_anything_to_use_is_refused():
    for content in (b"item,brand\nx,A\ny,A\nz,B\n", b"item\n1\n2\n", b"item,planet\n1,E\n2,E\n3,E\n", b"", b"\x00\x01"):
        dataset = Dataset(*[getattr(ratings(3), name) for name in ("name", "interactions", "user_ids", "item_ids",
                                                                   "feedback", "titles")])  # fmt: skip
        with pytest.raises(InputError, match=" must "):
            with_items(dataset, read_items(content, "items.csv")[0])


def test_items_of_which_nothing_is_known_are_missing_and_the_last_row_counts():
    lines = [b"item,brand", *(f"{row},{'AB'[row % 2]}".encode() for row in range(1, 20)), b"1,C", b"99,D"]
    items, receipt = read_items(b"\n".join(lines), "items.csv")
    dataset, sentence = with_items(ratings(), items)
    brand = dataset.item_attributes["brand"]
    assert brand.texts[:2] == ("C", "A") and brand.texts[19:] == ("",) * 5
    assert receipt.n_merged == 1 and sentence.startswith(f"19 of {N} items got attributes. Not in the file: '20'")
    assert brand.has_any(["unknown"]).sum() == 5 and brand.has_any(["C", "unknown"]).sum() == 6


def test_attributes_come_back_from_the_store_and_older_contents_have_none():
    dataset, _ = load(table(*COLUMNS))
    back = unpack_dataset(pack_dataset(dataset))
    assert {name: (each.kind, each.texts) for name, each in back.item_attributes.items()} == {
        name: (each.kind, each.texts) for name, each in dataset.item_attributes.items()
    }
    assert unpack_dataset(pack_dataset(ratings())).item_attributes == {}


def test_cleaning_keeps_the_attributes_of_what_stays():
    dataset, _ = load(table(*COLUMNS))
    cleaned, _ = clean(dataset, [KCore(n=9)])
    of_id = dict(zip(dataset.item_ids, dataset.item_attributes["out"].texts, strict=True))
    assert 0 < len(cleaned.item_ids) < N
    assert cleaned.item_attributes["out"].texts == tuple(of_id[item] for item in cleaned.item_ids)
    assert SwapSides().apply(dataset).item_attributes == {}


_CELL = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
    st.sampled_from(["1", "2.5", "-3", "1e9", "1,5", "2001-02-03", "3/4/99", "a|b", "a,b", "['a']", "=1+1", "<b>",
                     "$x$", "NaN", "inf", "9" * 400, "0000-00-00", "x" * 3000]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=12), st.lists(_CELL, min_size=1, max_size=30))
def test_any_texts_make_an_attribute_that_holds_together_or_none(name, texts):
    read = read_column(name, texts)
    assert (read.attribute is None) == bool(read.left_out)
    if read.attribute is not None:
        _holds(read.attribute, len(texts))


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(st.lists(_CELL, min_size=2, max_size=5), min_size=2, max_size=9)))
def test_any_file_is_read_or_refused(content):
    if isinstance(content, list):
        content = "\n".join(f"{row},{','.join(cells)}" for row, cells in enumerate(content)).encode()
    try:
        dataset, sentence = load(content)
    except InputError:
        return
    assert sentence and len(dataset.titles) == N
    for attribute in dataset.attributes_of_items.values():
        _holds(attribute, N)


def _holds(attribute: Attribute, count: int) -> None:
    assert len(attribute.texts) == len(attribute.values) == len(attribute.numbers) == count
    assert np.array_equal(attribute.is_known, [bool(values) for values in attribute.values])
    if attribute.is_ordered:
        assert np.array_equal(np.isfinite(attribute.numbers), attribute.is_known)
    assert attribute.describe().endswith("missing")
