"""MovieLens on request: a server on this machine plays GroupLens, in good and in bad health."""

import hashlib
import time
from dataclasses import replace

import numpy as np
import pytest

from recsys_core.data import movielens
from recsys_core.data.movielens import RELEASES, fetch, read_archive
from recsys_core.errors import InputError
from tests.movielens_server import ARCHIVE, MOVIES, RATINGS, SMALL, fails, sends, zipped


def test_the_archive_becomes_a_data_set_with_titles_and_a_receipt(served):
    asked = served(sends(ARCHIVE))
    seen: list[int] = []
    content = fetch(SMALL, seen.append)
    assert content == ARCHIVE and seen[-1] == len(ARCHIVE)
    assert asked == ["/movielens/ml-latest-small.zip"]
    dataset, receipt, titled = read_archive(content, SMALL)
    assert dataset.name == SMALL.name and dataset.origin["url"] == SMALL.url
    assert dataset.interactions.n_users == 9 and dataset.interactions.n_items == 7
    assert receipt.n_read == receipt.n_kept == 63 and "7 of 7 items got a title" in titled
    assert dataset.titles[0] == "Film 0" and dataset.genres[0] == ("Drama", "War")
    assert np.all(dataset.times >= 10**9)


@pytest.mark.parametrize(
    ("key", "ratings", "items"),
    [
        (
            "100k",
            b"1\t1\t5\t874965758\n1\t2\t3\t876893171\n2\t1\t4\t878542960\n",
            b"1|Caf\xe9|" + b"|" * 2 + b"|0" * 19,
        ),
        ("1m", b"1::1::5::978300760\n1::2::3::978302109\n2::1::4::978301968\n", b"1::Caf\xe9::Drama|War\n"),
    ],
)
def test_the_older_releases_are_in_their_own_formats(key, ratings, items):
    release = RELEASES[key]
    dataset, receipt, _ = read_archive(zipped({release.ratings: ratings, release.items: items}), release)
    assert receipt.n_kept == 3 and dataset.titles[0] == "Café"


def test_a_published_checksum_is_checked(served):
    served(sends(ARCHIVE))
    right = replace(SMALL, md5=hashlib.md5(ARCHIVE).hexdigest())
    assert fetch(right) == ARCHIVE
    with pytest.raises(InputError, match=r"checksum of .* differs.*grouplens\.org"):
        fetch(replace(SMALL, md5="0" * 32))


def test_both_releases_that_never_change_have_a_checksum():
    assert [bool(release.md5) for release in RELEASES.values()] == [False, True, True]


def hangs(handler):
    time.sleep(2)


def drips(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def talks_nonsense(handler):
    handler.wfile.write(b"\x00\x01 what?\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fails, "error 404"),
        (sends(ARCHIVE[:-40], len(ARCHIVE)), "the connection ended after"),
        (hangs, "answer in time"),
        (drips, "answer in time"),
        (talks_nonsense, "cannot be reached"),
    ],
    ids=["404", "truncated", "hanging", "dripping", "no HTTP"],
)
def test_a_server_in_bad_health_is_told_and_the_way_round_it_is_named(answer, words, served, monkeypatch):
    monkeypatch.setattr(movielens, "SECONDS_WITHOUT_A_BYTE", 0.5)
    monkeypatch.setattr(movielens, "SECONDS_IN_ALL", 1.0)
    served(answer)
    start = time.monotonic()
    with pytest.raises(InputError) as caught:
        fetch(SMALL)
    assert time.monotonic() - start < 2
    assert words.lower() in str(caught.value).lower()
    assert "upload ratings.csv" in str(caught.value)


def test_without_a_network_the_sentence_says_where_to_get_the_file(monkeypatch):
    monkeypatch.setenv("RECSYS_MOVIELENS_URL", "http://127.0.0.1:9")
    with pytest.raises(
        InputError, match=r"when this machine is online, or download ml-latest-small\.zip from https://grou"
    ):
        fetch(SMALL)


def test_what_is_too_large_is_not_read_to_its_end(served):
    tiny = replace(SMALL, megabytes=0.01)  # so at most 80,000 bytes
    sent: list[int] = []

    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(2000):
                handler.wfile.write(bytes(100_000))
                sent.append(100_000)
        except OSError:
            pass  # the reader has hung up

    served(flood)
    with pytest.raises(InputError, match="more than 0 MB: it is something else"):
        fetch(tiny)
    assert sum(sent) < 100_000_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>Sign in to the network</html>", "must be a ZIP archive"),
        (ARCHIVE[: len(ARCHIVE) // 2], "must be a ZIP archive"),
        (zipped({"ml-100k/u.data": b"1\t1\t1\t1\n"}), "must contain 'ml-latest-small/ratings.csv'"),
        (zipped({SMALL.ratings: bytes(9_000_000), SMALL.items: MOVIES}), "must have less than 8 MB"),
        (zipped({SMALL.ratings: b"userId,movieId\n", SMALL.items: MOVIES}), "must have rows"),
        (zipped({SMALL.ratings: RATINGS, SMALL.items: MOVIES.replace(b"\n", b"\nx")}), "ids of the items file"),
    ],
    ids=["web page", "half", "another archive", "bomb", "no rows", "foreign titles"],
)
def test_a_wrong_archive_is_refused_with_a_sentence(content, words):
    with pytest.raises(InputError, match=words):
        read_archive(content, SMALL)


def test_damage_inside_the_archive_is_seen():
    start = ARCHIVE.index(b"ratings.csv") + 60
    damaged = ARCHIVE[:start] + bytes(50) + ARCHIVE[start + 50 :]
    with pytest.raises(InputError, match="not one, or it is damaged"):
        read_archive(damaged, SMALL)
