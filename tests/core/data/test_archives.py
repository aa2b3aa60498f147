"""Which file of an archive is read: the one whose name or ending says what is wanted, and never a guess."""

import io
import zipfile

import pytest

from recsys_core.data.reading import read_items, read_ratings, read_users
from recsys_core.errors import InputError

INTER = b"user_id:token\titem_id:token\trating:float\n" + b"".join(
    b"u%d\ti%d\t%d\n" % (n % 4, n, 1 + n % 5) for n in range(20)
)
ITEM = b"item_id:token\trelease_year:token\n" + b"".join(b"i%d\t%d\n" % (n, 1990 + n % 3) for n in range(20))
USER = b"user_id:token\tage:token\n" + b"".join(b"u%d\t%d\n" % (n, 20 + n // 2) for n in range(4))
RECBOLE = {"ml/ml.inter": INTER, "ml/ml.item": ITEM, "ml/ml.user": USER}


def zipped(members: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_each_table_of_recbole_is_read_as_what_its_ending_says():
    content = zipped(RECBOLE)
    dataset, receipt = read_ratings(content, "ml.zip")
    assert dataset.interactions.n_interactions == 20 and "user = 'user_id:token'" in receipt.text()
    assert len(read_items(content, "ml.zip")[0].ids) == 20
    assert read_users(content, "ml.zip").ids == ("u0", "u1", "u2", "u3")


@pytest.mark.parametrize("name", ["x.inter", "x.rating", "reviews.json"])
def test_a_lone_table_is_read_whatever_its_ending(name):
    content = INTER if name != "reviews.json" else b'{"user": "u1", "item": "i1", "rating": 5}\n' * 2
    assert read_ratings(zipped({name: content}), "x.zip")[0].interactions.n_interactions in (1, 20)


def test_what_describes_a_table_is_not_taken_for_it():
    rows = INTER.replace(b"\t", b",")
    assert read_ratings(zipped({"data.csv": rows, "package.json": b"{}"}), "x.zip")[0].interactions.n_interactions == 20
    with pytest.raises(InputError, match=r"no file of the right kind: 'x\.item', 'x\.log'"):
        read_ratings(zipped({"x.item": ITEM, "x.log": INTER}), "x.zip")


def test_the_table_inside_another_archive_is_not_replaced_by_one_beside_it():
    with pytest.raises(InputError, match=r"another archive, 'ratings\.csv\.gz': unpack it first"):
        read_ratings(zipped({"movies.csv": ITEM, "ratings.csv.gz": b""}), "x.zip")
