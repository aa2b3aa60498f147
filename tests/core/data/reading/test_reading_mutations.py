"""225 generated and broken files: each is accounted for row by row, or refused with a sentence of our own.

215 are text and are read in this process; 10 are binary and cost a child process of about half a second each. With
RECSYS_EXAMPLES=8 there are eight times as many: CI runs it so.
"""

import gzip
import io
import os
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from recsys_core.data.reading import read_items, read_ratings
from recsys_core.errors import InputError

TRIPLES = [(n % 4, n % 5, n % 3 + 1) for n in range(12)]
CSV = "user,item,rating,timestamp\n" + "".join(f"{u},{i},{r},{1500000000 + u}\n" for u, i, r in TRIPLES)
TEXTS = {
    "r.csv": [
        CSV,
        'u\ti\tr\n1\t"a\nb"\t3\n2\tc\t4,5\n',
        "user;m1;m2;m3;m4\na;1;;3;4\nb;;2;3,5;\nc;x;0;1;2",
        "1::2::3::4\n2::2::5::6\n\nx::::1::2",
        "user, item, rating\n 1, a, 3\n2 ,a,4\n1,a,5\n",
        "id,title,genres\n1,Heat (1995),Action|Crime\n2,,Drama\n1,Heat,\n",
        "user\titem\tr\nc\td\tcontinuous\n\t\tclass\n1\ta\t3\n",
    ],
    "r.mtx": ["%%MatrixMarket matrix coordinate real general\n% c\n4 5 3\n1 1 4.5\n2  5 3\n4 2 1\n"],
    "r.jsonl": ['{"user": 1, "item": "a", "rating": 4.50}\n{"user": 2, "item": "é", "rating": null}\n[1]\n'],
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"]
PIECES = [
    b"",
    b"\0",
    b'"',
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r",
    b" ",
    b"::",
    b"|",
    b"\xff",
    b"\xc3",
    b"1e999",
    b"-",
    b"nan",
]
edits = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(PIECES) | st.binary(max_size=4)), max_size=6
)
text_files = st.sampled_from([(name, text) for name, texts in TEXTS.items() for text in texts])


def edited(content: bytes, changes) -> bytes:
    for place, n_removed, put_in in changes:
        place %= len(content) + 1
        content = content[:place] + put_in + content[place + n_removed :]
    return content


def read_honestly(content: bytes, name: str, readers=(read_ratings, read_items)) -> None:
    for read in readers:
        try:
            _, receipt = read(content, name)
        except InputError as error:
            # The guard at the edge is for what nobody foresaw; these files should meet a check.
            assert error.__cause__ is None, repr(error.__cause__)
        else:
            assert receipt.n_read == receipt.n_kept + receipt.n_left_out + receipt.n_merged
            assert receipt.lines is None or receipt.lines.n_unaccounted == 0, receipt.text()
            gone = receipt.dropped_rows()
            assert len(gone) == receipt.n_left_out + receipt.n_merged
            assert gone["line"].is_monotonic_increasing and (gone["line"] >= 1).all()


def quick(n: int):
    """An eighth of `n` examples, or as many eighths as RECSYS_EXAMPLES says."""
    eighths = int(os.environ.get("RECSYS_EXAMPLES", "1"))
    return settings(deadline=None, max_examples=n * eighths // 8, suppress_health_check=[HealthCheck.too_slow])


@given(file=text_files, changes=edits)
@quick(1040)
def test_an_edited_text_file(file, changes):
    name, text = file
    read_honestly(edited(text.encode(), changes), name)


@given(file=text_files, encoding=st.sampled_from(ENCODINGS), cut=st.integers(0, 400), changes=edits)
@quick(200)
def test_a_text_file_in_another_encoding_cut_off(file, encoding, cut, changes):
    name, text = file
    content = edited(text.encode(encoding, "replace")[: len(text) - cut % len(text)], changes)
    read_honestly(content, name)


@given(text=st.sampled_from(TEXTS["r.csv"]), old=st.sampled_from(",;\t:|\n"), new=st.sampled_from(",;\t:| \n."))
@quick(180)
def test_a_text_file_with_another_delimiter(text, old, new):
    read_honestly(text.replace(old, new).encode(), "r.csv")


@given(content=st.binary(max_size=200) | st.text('ab1,;:|" \t\n\r.5é%{}[]', max_size=120).map(str.encode))
@quick(300)
def test_any_bytes(content):
    read_honestly(content, "file.csv")


# Binary kinds

FRAME = pd.DataFrame(TRIPLES, columns=["user", "item", "rating"])
EXPECTED = {(str(u), str(i)): float(r) for u, i, r in TRIPLES}


def saved(save) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def a_workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (("user", "item", "rating"), *TRIPLES):
        book.active.append(row)
    return saved(book.save)


def a_zip() -> bytes:
    def save(file):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/ratings.csv", CSV)
            archive.writestr("README.txt", "Terms of use")

    return saved(save)


def a_sparse_matrix() -> bytes:
    users, items, ratings = zip(*TRIPLES, strict=True)
    return saved(lambda file: sparse.save_npz(file, sparse.csr_array((np.array(ratings, float), (users, items)))))


BINARY = {
    "r.parquet": FRAME.to_parquet(),
    "r.xlsx": a_workbook(),
    "r.npz": saved(lambda file: np.savez_compressed(file, **{name: FRAME[name].to_numpy() for name in FRAME})),
    "csr.npz": a_sparse_matrix(),
    "r.zip": a_zip(),
    "r.csv.gz": gzip.compress(CSV.encode()),
}


@pytest.mark.parametrize("name", BINARY)
def test_what_is_written_in_a_binary_format_is_read(name):
    dataset, receipt = read_ratings(BINARY[name], name)
    data = dataset.interactions
    found = {
        (dataset.user_ids[u], dataset.item_ids[i]): value
        for u, i, value in zip(data.users, data.items, data.values.tolist(), strict=True)
    }
    assert found == EXPECTED
    assert (receipt.n_read, receipt.n_kept) == (len(TRIPLES), len(EXPECTED))


@given(
    name=st.sampled_from(list(BINARY)),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 3), st.binary(max_size=4)), max_size=4),
    cut=st.integers(0, 10_000) | st.just(0),
)
@quick(40)
def test_an_edited_binary_file(name, changes, cut):
    content = BINARY[name]
    read_honestly(edited(content[: len(content) - cut % len(content)], changes), name, [read_ratings])


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7), name=st.sampled_from(list(BINARY)))
@quick(40)
def test_a_binary_file_with_one_bit_turned(name, place, bit):
    content = bytearray(BINARY[name])
    content[place % len(content)] ^= 1 << bit
    read_honestly(bytes(content), name, [read_ratings])
