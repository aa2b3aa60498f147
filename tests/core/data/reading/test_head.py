"""The head of a large file is read as the whole would be, and takes no more than a head's memory."""

import gzip
import io
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys_core.data.long_texts import LONGEST
from recsys_core.data.reading import open_ratings, read_ratings
from recsys_core.data.reading.head import cut_head
from recsys_core.data.sandbox.limits import HEAD_BYTES, HEAD_ROWS, MAX_TEXT
from recsys_core.errors import InputError

N_ROWS = HEAD_ROWS + 50_000


@pytest.fixture(scope="module")
def columns() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "user": np.sort(rng.integers(0, 9_000, N_ROWS)),
        "item": rng.integers(10**9, 10**9 + 3_000, N_ROWS),
        "rating": rng.integers(1, 6, N_ROWS),
    }


@pytest.fixture(scope="module")
def csv(columns) -> bytes:
    rows = "\n".join(map("{},{},{}".format, *(each.tolist() for each in columns.values())))
    return f"user,item,rating\n{rows}\n".encode()


def parquet(columns) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def npz(columns) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **columns)
    return buffer.getvalue()


def json_lines(columns) -> bytes:
    rows = zip(*(each.tolist() for each in columns.values()), strict=True)
    return "\n".join(f'{{"user": {user}, "item": {item}, "rating": {rating}}}' for user, item, rating in rows).encode()


def matrix_market(columns) -> bytes:
    rows = "\n".join(map("{} {} {}".format, *(each.tolist() for each in columns.values())))
    return f"%%MatrixMarket matrix coordinate integer general\n9000 2000000000 {N_ROWS}\n{rows}\n".encode()


@pytest.mark.parametrize("kind", ["r.csv", "r.csv.gz", "r.zip", "p.zip", "r.parquet", "r.npz", "r.jsonl", "r.mtx"])
def test_a_head_is_arranged_as_the_whole_file(kind, columns, csv):
    columns_from_1 = {**columns, "user": columns["user"] + 1}
    content = {
        "r.csv": lambda: csv,
        "r.csv.gz": lambda: gzip.compress(csv, 1),
        "r.zip": lambda: zipped("ratings.csv", csv),
        "p.zip": lambda: zipped("ratings.parquet", parquet(columns)),
        "r.parquet": lambda: parquet(columns),
        "r.npz": lambda: npz(columns),
        "r.jsonl": lambda: json_lines(columns),
        "r.mtx": lambda: matrix_market(columns_from_1),
    }[kind]()
    head = open_ratings(content, kind, is_head=True)
    assert not head.table.is_whole and 1_000 < len(head.table.lines) < N_ROWS
    whole = open_ratings(content, kind)
    assert whole.table.is_whole and len(whole.table.lines) == N_ROWS
    assert head.guess == whole.guess and head.table.names == whole.table.names
    assert head.preview().rows == whole.preview().rows


def test_a_small_file_is_whole_and_read_only_once():
    content = b"user,item,rating\n1,2,3\n2,2,4\n"
    opened = open_ratings(content, "r.csv", is_head=True)
    assert opened.table.is_whole and opened.read()[0].fingerprint == read_ratings(content, "r.csv")[0].fingerprint


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_head_ends_with_a_line(encoding, end, monkeypatch):
    monkeypatch.setattr("recsys_core.data.reading.head.HEAD_BYTES", 1_001)
    text = end.join(f"{number},Ċ上ਊ,é" for number in range(300))  # signs with the byte of a line end
    content = text.encode(encoding)
    head = cut_head(content, encoding)
    assert 900 < len(head) <= 1_001 and content.startswith(head)
    if not (end == "\r" and encoding.startswith("utf-16")):
        assert text.startswith(head.decode(encoding)) and head.decode(encoding).endswith(end)


def test_a_head_without_a_table_is_refused_in_words():
    blank = b"\n" * (HEAD_BYTES + 10)
    with pytest.raises(InputError, match="must begin with its table"):
        open_ratings(blank + b"user,item\n1,2\n", "r.csv", is_head=True)
    with pytest.raises(InputError, match="is empty"):
        open_ratings(blank, "r.csv", is_head=True)
    with pytest.raises(InputError, match="a line for each row"):
        open_ratings(b"user,item\t" + b"x" * HEAD_BYTES, "r.csv", is_head=True)
    with pytest.raises(InputError, match=r"a line for each row\. Line 2 "):
        open_ratings(b"user,item\n1," + b"x" * HEAD_BYTES, "r.csv", is_head=True)
    counted = dict(read_ratings(b"user,item\n1,2\n\n \n2,2\n", "r.csv")[1].lines.counts)
    assert counted["blank"] == 2 and counted["rows"] == 2


@pytest.mark.parametrize("name", ["r.parquet", "r.csv"])
def test_one_endless_text_is_refused_and_its_head_is_cut(name):
    texts = ["a", "x" * (MAX_TEXT + 1), "b"]
    content = (
        parquet({"user": [1, 2, 3], "item": texts, "rating": [1, 2, 3]})
        if name == "r.parquet"
        else "\n".join(["user,item,rating", *(f"{row},{text},{row + 1}" for row, text in enumerate(texts))]).encode()
    )
    with pytest.raises(InputError, match=r"at most 1,000,000 characters.* 1,000,001"):
        read_ratings(content, name)
    if name == "r.parquet":
        opened = open_ratings(content, name, is_head=True)
        assert not opened.table.is_whole and max(map(len, opened.table.column(1)[1])) == LONGEST + 1


def test_too_many_lines_are_refused_before_they_are_split(monkeypatch):
    monkeypatch.setattr("recsys_core.data.reading.open_table.MOST_LINES", 100)
    with pytest.raises(InputError, match="at most 5,000,000 rows"):
        read_ratings(b"user,item\n" + b"\n" * 100 + b"1,2\n", "r.csv")


def test_no_long_text_leaves_a_preview():
    content = f"{'n' * 5_000},item,rating\n{'u' * 4_000},{'i' * 90_000},3\nb,c,4\n".encode()
    preview = open_ratings(content, "r.csv", is_head=True).preview()
    texts = [
        *preview.columns,
        *(text for row in preview.rows for text in row),
        *(each.sentence for each in preview.doubts),
    ]
    assert max(map(len, texts)) <= LONGEST and len(preview.sentence) <= LONGEST
    with pytest.raises(InputError) as refused:
        open_ratings(f"{'x' * 90_000}\n{'y' * 90_000}\n".encode(), "r.csv", is_head=True)
    assert len(str(refused.value)) <= LONGEST
