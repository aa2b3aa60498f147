"""Binary files are parsed in a child that may crash, hang or swell: the server gets a sentence."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
import time
import uuid
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from scipy import sparse

from recsys_core.data.reading import Layout, read_items, read_ratings, structured
from recsys_core.data.sandbox import run_child
from recsys_core.data.sandbox.columns import as_text_codes
from recsys_core.data.sandbox.limits import MAX_RATIO, MEMORY, check_expansion
from recsys_core.errors import InputError

CSV = b"user,item,rating\n1,a,4\n2,a,5\n1,b,2\n"
PAIRS = {("1", "a"): 4, ("2", "a"): 5, ("1", "b"): 2}


def ratings_of(content: bytes, name: str, layout: Layout | None = None) -> dict:
    data = read_ratings(content, name, layout)[0]
    numbers = zip(data.interactions.users, data.interactions.items, data.interactions.values.tolist(), strict=True)
    return {(data.user_ids[u], data.item_ids[i]): value for u, i, value in numbers}


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return file.getvalue()


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(values) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(values))
    return file.getvalue()


def with_members(*members: tuple[str, bytes]) -> bytes:
    """A ZIP archive, not compressed, in which names may come twice."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def workbook(**sheets) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


class TestChild:
    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("import os; os.abort()", "made its reader"),
            ("import sys; sys.exit(3)", "made its reader"),
            ("print('not JSON')", "made its reader"),
            ("print('[1]')", "made its reader"),
            ("import time; time.sleep(60)", "within 1 seconds"),
        ],
    )
    def test_whatever_becomes_of_it_is_told_as_a_sentence(self, code, words, monkeypatch):
        run = subprocess.run
        monkeypatch.setattr(run_child.subprocess, "run", lambda _, **k: run([sys.executable, "-c", code], **k))
        started = time.perf_counter()
        with pytest.raises(InputError, match=words):
            run_child.unpack(CSV, "zip", seconds=1)
        assert time.perf_counter() - started < 10

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux caps the address space of a process")
    def test_it_cannot_take_more_memory_than_its_cap(self):
        code = (
            "import json; from recsys_core.data.sandbox import child; child._limit()\n"
            f"try: bytearray({MEMORY})\nexcept MemoryError: print(json.dumps('refused'))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=run_child._PROJECT)
        assert json.loads(done.stdout) == "refused"

    def test_it_loads_neither_the_screen_nor_pandas_to_open_an_archive(self):
        code = (
            "import sys; from recsys_core.data.sandbox.child import _read; _read('gzip', sys.stdin.buffer.read(), [])\n"
            "print({'pandas', 'streamlit', 'scipy', 'numpy', 'pyarrow'} & set(sys.modules))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=gzip.compress(CSV),
            capture_output=True,
            check=True,
            cwd=run_child._PROJECT,
        )
        assert done.stdout.strip() == b"set()"

    def test_what_unfolds_too_far_is_refused_by_what_it_declares(self):
        check_expansion(10**6, 10**6 * MAX_RATIO, "A file")
        with pytest.raises(InputError, match=r"expands from 1\.0 MB to 1,000\.0 MB"):
            check_expansion(10**6, 10**9, "A file")


class TestArchives:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("r.csv.gz", gzip.compress(CSV)),
            ("r.csv.gz", gzip.compress(CSV[:20]) + gzip.compress(CSV[20:])),
            ("r.zip", zipped(r__csv=CSV)),
            ("r.zip", zipped(**{"ml/ratings__csv": CSV, "ml/movies__csv": b"x,y\n1,2\n", "ml/README__txt": b"Hello"})),
        ],
    )
    def test_the_table_inside_is_read(self, name, content):
        assert ratings_of(content, name) == PAIRS

    def test_of_two_tables_the_one_that_is_named_so_counts_and_the_rest_is_told(self):
        content = zipped(**{"ml/ratings__csv": CSV, "ml/movies__csv": b"item,title,genres\na,A,x\nb,B,y\n"})
        _, receipt = read_ratings(content, "ml.zip")
        assert "not read: 'ml/movies.csv'" in receipt.text()
        items, _ = read_items(content, "ml.zip")
        assert items.titles == ("A", "B")
        with pytest.raises(InputError, match="2 tables, and it is unclear which one is meant"):
            read_ratings(zipped(a__csv=CSV, b__csv=CSV), "x.zip")

    def test_an_archive_in_an_archive_stays_closed(self):
        with pytest.raises(InputError, match="another archive"):
            read_ratings(gzip.compress(zipped(r__csv=CSV)), "r.zip.gz")
        with pytest.raises(InputError, match=r"another archive, 'r\.zip'"):
            read_ratings(zipped(r__zip=zipped(r__csv=CSV)), "r.zip")

    def test_a_gzip_bomb_is_stopped_while_it_unfolds(self):
        with pytest.raises(InputError, match="too large"):
            read_ratings(gzip.compress(bytes(100_000_000)), "r.csv.gz")

    @pytest.mark.parametrize("name", ["../r.csv", "/r.csv", "C:\\r.csv", "..\\r.csv"])
    def test_a_name_that_leaves_its_folder_is_refused(self, name):
        with pytest.raises(InputError, match="unsafe"):
            read_ratings(zipped(**{name: CSV}), "r.zip")

    def test_of_two_members_with_one_name_neither_counts(self, recwarn):
        with pytest.raises(InputError, match="'rating' is there twice"):
            read_ratings(with_members(("user.npy", npy([1, 2])), ("rating.npy", npy([1, 2])), ("rating", b"")), "r.npz")
        with pytest.raises(InputError, match=r"'r\.csv' is there twice"):
            read_ratings(with_members(("r.csv", CSV), ("r.csv", CSV)), "r.zip")

    def test_what_no_check_foresaw_is_told_with_its_cause(self):
        content = bytearray(with_members(("user.npy", npy(np.arange(50)))))
        content[200] ^= 1
        with pytest.raises(InputError, match=r"damaged or incomplete .*CRC"):
            read_ratings(bytes(content), "r.npz")

    @pytest.mark.parametrize("mode", ["w", "w:gz"])
    def test_a_tar_archive_is_no_text(self, mode):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=mode) as archive:
            for name in ("ratings.csv", "others.csv"):
                member = tarfile.TarInfo(name)
                member.size = len(CSV)
                archive.addfile(member, io.BytesIO(CSV))
        with pytest.raises(InputError, match="a tar archive"):
            read_ratings(file.getvalue(), "r.tar.gz" if ":" in mode else "r.csv")


class TestWorkbooks:
    def test_a_hidden_sheet_is_read_only_where_no_other_is_a_table(self):
        book = openpyxl.load_workbook(io.BytesIO(workbook(Old=[["user", "item", "rating"], [9, "z", 1], [8, "z", 1]])))
        book["Old"].sheet_state = "hidden"
        for row in (["user", "item", "rating"], [1, "a", 4], [2, "a", 5]):
            (book["New"] if "New" in book.sheetnames else book.create_sheet("New")).append(row)
        book.active = 1
        file = io.BytesIO()
        book.save(file)
        assert ratings_of(file.getvalue(), "r.xlsx") == {("1", "a"): 4, ("2", "a"): 5}

    def test_rows_are_numbered_as_excel_numbers_them(self):
        rows = [["My ratings"], [], ["user", "item", "rating"], [1, "a", 4], [1, "b", "four"], [2, "a", 5]]
        _, receipt = read_ratings(workbook(Sheet=rows), "r.xlsx")
        assert receipt.left_out[0].examples == ((5, "'four'"),)
        assert receipt.left_out[0].unit == "row"
        assert ("Header", "row 3") in receipt.understood

    def test_a_cell_is_text_as_it_stands(self):
        title = 'A "quoted",\nbroken\ttitle'
        rows = [["user", "item", "rating", "title"], [1, "a", 4.5, title], [2, "a", 3, None], [2, "b", 1, ""]]
        dataset, _ = read_ratings(workbook(R=rows), "r.xlsx")
        assert dataset.titles[0] == title

    def test_a_person_may_move_the_header(self):
        rows = [["user", "item", "rating"], [1, "a", 4], [2, "b", 5], [3, "b", 5]]
        content = workbook(R=rows)
        assert len(ratings_of(content, "r.xlsx")) == 3
        later = Layout(delimiter=",", encoding="", header=False, first_line=3)
        assert ratings_of(content, "r.xlsx", later) == {("2", "b"): 5, ("3", "b"): 5}

    def test_a_sheet_with_dates_has_times(self):
        rows = [["user", "item", "rating", "date"]]
        rows += [[n, "a", 4, pd.Timestamp("2020-01-01") + pd.Timedelta(days=n)] for n in range(3)]
        dataset, _ = read_ratings(workbook(R=rows), "r.xlsx")
        assert np.diff(dataset.times).tolist() == [86400, 86400]


class TestArrays:
    @pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
    def test_a_sparse_matrix_of_any_usual_format(self, make):
        file = io.BytesIO()
        sparse.save_npz(file, make(np.array([[0, 3.5], [1, 0]])))
        assert ratings_of(file.getvalue(), "m.npz") == {("0", "1"): 3.5, ("1", "0"): 1}

    def test_a_matrix_with_nan_or_with_zeros_for_unrated(self):
        matrix = np.full((2, 6), np.nan)
        matrix[0, 5], matrix[1, 0] = 4, 0
        assert ratings_of(npz(m=matrix), "m.npz") == {("0", "5"): 4, ("1", "0"): 0}
        _, receipt = read_ratings(npz(m=np.nan_to_num(matrix)), "m.npz")
        assert receipt.n_kept == 1
        assert "11 cells with 0 are read as unrated" in receipt.text()

    def test_arrays_of_ids_as_text(self):
        content = npz(user=np.array(["é", "b"]), item=np.array([b"x", b"y"]), rating=np.array([1, 2], ">f4"))
        assert ratings_of(content, "r.npz") == {("é", "x"): 1, ("b", "y"): 2}

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"indices": np.array([0, 9])}, "out of range"),
            ({"indices": np.array([0, -1])}, "out of range"),
            ({"indptr": np.array([0, 2, 1])}, "index pointer"),
            ({"indptr": np.array([0, 2])}, "index pointer"),
            ({"data": np.array([1.0])}, "differ in length"),
            ({"shape": np.array([2.5, 2])}, "whole numbers"),
            ({"format": np.array("dia")}, "CSR, CSC or COO"),
        ],
    )
    def test_a_sparse_matrix_that_contradicts_itself_is_refused(self, change, words):
        parts = {
            "format": np.array("csr"), "shape": np.array([2, 2]), "data": np.array([1.0, 2.0]),
            "indices": np.array([0, 1]), "indptr": np.array([0, 1, 2]),
        }  # fmt: skip
        with pytest.raises(InputError, match=words):
            read_ratings(npz(**{**parts, **change}), "m.npz")

    def test_an_array_that_declares_more_than_it_holds_is_refused(self):
        member = io.BytesIO()
        np.lib.format.write_array(member, np.zeros(3))
        lying = member.getvalue().replace(b"(3,)", b"(9,)")
        with pytest.raises(InputError, match="declares the shape"):
            read_ratings(zipped(user__npy=lying), "r.npz")

    @pytest.mark.parametrize("n_rows", [3, 4])
    def test_columns_that_were_saved_as_rows_are_no_three_people(self, n_rows):
        rows = np.array([np.repeat(np.arange(6), 8), np.tile(np.arange(8), 6), np.arange(48) % 5 + 1, np.arange(48)])
        with pytest.raises(InputError, match="transposed"):
            read_ratings(npz(r=rows[:n_rows]), "r.npz")
        assert len(ratings_of(npz(r=rows[:3].T), "r.npz")) == 48
        few = np.array([[1, 2, 3, 4, 5], [2, 3, 4, 5, 1], [3, 1, 2, 5, 4]])  # people, whose pairs of ratings all differ
        assert len(ratings_of(npz(r=few), "r.npz")) == 15
        assert len(ratings_of(npz(r=np.random.default_rng(0).integers(1, 6, (3, 40))), "r.npz")) == 120  # a matrix

    def test_a_missing_id_among_numbers_is_nobody(self):
        users = np.array([1.0, 2, np.nan, np.nan, 1])
        content = npz(user=users, item=np.arange(5), rating=np.arange(5) + 1)
        _, receipt = read_ratings(content, "r.npz")
        assert [(group.reason, group.count) for group in receipt.left_out] == [("the user is blank", 2)]
        text = b"user,item,rating\n1,a,3\nNULL,a,4\n2,b,5\n"
        assert ratings_of(text, "r.csv") == {("1", "a"): 3, ("2", "b"): 5}
        assert ("NULL", "a") in ratings_of(text.replace(b"2,b", b"Bob,b"), "r.csv")  # perhaps the name of somebody

    @pytest.mark.parametrize(("kind", "largest"), [(np.float32, "16,777,216"), (np.float16, "2,048")])
    def test_floats_too_small_for_their_ids_are_told(self, kind, largest):
        users = np.array([1, 2, int(largest.replace(",", "")) + 1, 4])
        for name, content in (
            ("r.npz", npz(user=users.astype(kind), item=np.arange(4), rating=np.arange(4) + 1)),
            (
                "r.parquet",
                pd.DataFrame({"user": users.astype(kind), "item": range(4), "rating": range(4)}).to_parquet(),
            ),
        ):
            _, receipt = read_ratings(content, name)
            assert any(largest in warning and "'user'" in warning for warning in receipt.warnings), receipt.warnings


class TestParquet:
    @pytest.mark.parametrize(
        "kind", [pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(9), pa.string_view()], ids=str
    )
    def test_text_that_is_stored_as_bytes_is_text(self, kind):
        items = ["Amélie 1", 'it\'s "2"', "x"]
        if kind == pa.binary(9):
            items = [each.encode().ljust(9)[:9].decode() for each in items]
        raw = items if kind == pa.string_view() else [each.encode() for each in items]
        file = io.BytesIO()
        pa.parquet.write_table(pa.table({"user": [1, 2, 3], "item": pa.array(raw, kind), "rating": [1, 2, 3]}), file)
        found = ratings_of(file.getvalue(), "r.parquet")
        assert set(found) == {(str(n + 1), each.strip()) for n, each in enumerate(items)}

    def test_a_column_of_uuids_holds_ids(self):
        ids = [uuid.UUID(int=n) for n in (5, 6, 5)]
        file = io.BytesIO()
        users = pa.array([each.bytes for each in ids], pa.uuid())
        pa.parquet.write_table(pa.table({"user": users, "item": [1, 1, 2], "rating": [1, 2, 3]}), file)
        assert {user for user, _ in ratings_of(file.getvalue(), "r.parquet")} == set(map(str, ids))

    def test_text_is_spelt_as_in_the_file_and_blanks_are_blank(self):
        frame = pd.DataFrame({"user": ["a", None, "b"], "item": [1, 2, 3], "rating": [1.5, 2, None]})
        _, receipt = read_ratings(frame.to_parquet(), "r.parquet")
        assert [(group.reason, group.lines.tolist()) for group in receipt.left_out] == [
            ("the user is blank", [2]),
            ("the rating is blank (empty)", [3]),
        ]

    def test_a_column_of_categories_is_read(self):
        table = pa.table(
            {"user": pa.array(["a", "b", "a"]).dictionary_encode(), "item": [1, 1, 2], "rating": [1, 2, 3]}
        )
        file = io.BytesIO()
        pa.parquet.write_table(table, file)
        assert ratings_of(file.getvalue(), "r.parquet") == {("a", "1"): 1, ("b", "1"): 2, ("a", "2"): 3}

    @pytest.mark.parametrize(
        "times",
        [
            [10**9 + 7, 10**9, 10**9 + 7, 10**9 + 86_400],
            ["1000000007", "1000000000.5", "1000000007", "1000086400"],
            ["2001-09-09", "2001-09-10", "2001-09-09", "2001-09-12"],
            ["1000000007", "yesterday", "1000000007", ""],
        ],
    )
    def test_columns_of_very_many_texts_are_read_alike(self, times, monkeypatch):
        frame = pd.DataFrame({"user": ["a ", "b", "c", "a"], "item": [1, 2, 3, 4], "rating": [1, 2, 3, 4], "t": times})
        usual, many = frame.to_parquet(), []
        for most in (structured._MOST_CATEGORIES, 1):
            monkeypatch.setattr(structured, "_MOST_CATEGORIES", most)
            dataset, receipt = read_ratings(usual, "r.parquet")
            many.append((dataset.fingerprint, receipt.text()))
        assert many[0] == many[1] and (dataset.times is None) == (times[1] == "yesterday")


@pytest.mark.parametrize(
    ("name", "content"),
    [("r.csv", gzip.compress(CSV)), ("r.csv", zipped(r__csv=CSV)), ("r.zip", gzip.compress(CSV)), ("r.npz", CSV)],
)
def test_bytes_under_a_name_of_another_kind_are_refused(name, content):
    with pytest.raises(InputError, match="must"):
        read_ratings(content, name)


@pytest.mark.parametrize(
    "numbers",
    [
        np.array([127, -128, 0, 127, -1], np.int8),
        np.array([2**64 - 1, 2**64 - 2, 2**64 - 1], np.uint64),
        np.array([0, 2**64 - 1], np.uint64),
        np.array([-(2**63), 2**63 - 1, 0], np.int64),
        np.array([-(2**63), -(2**63) + 3], np.int64),
        np.array([2**64 - 1, 2**64 - 200, 2**64 - 1], np.uint64),
        np.array([-(10**12), 10**12, 0, 10**12, -7], np.int64),
        np.array([-128, 127, -128], np.int8),
        np.array([7, 7, 5] * 40, np.int32),
        np.array([], np.int64),
        np.random.default_rng(0).integers(10, 400, 500),
    ],
)
def test_whole_numbers_are_encoded_as_their_distinct_texts(numbers):
    coded = as_text_codes(pa.array(numbers))
    texts, codes = np.unique(numbers, return_inverse=True)
    assert coded.dictionary.to_pylist() == [str(each) for each in texts.tolist()]
    assert coded.indices.to_pylist() == codes.tolist()
