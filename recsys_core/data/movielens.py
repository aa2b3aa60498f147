"""MovieLens from GroupLens, on request: fetched, checked, unpacked in memory, read like any other file."""

import hashlib
import http.client
import io
import os
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from recsys_core.data.dataset import Dataset
from recsys_core.data.reading import Receipt, read_items, with_items
from recsys_core.data.reading.opened import open_file
from recsys_core.errors import InputError

SECONDS_WITHOUT_A_BYTE = 15
SECONDS_IN_ALL = 180
_CHUNK = 1 << 16

TERMS = (
    "For research; for commercial use, ask a faculty member of GroupLens first.",
    "Do not state or imply that the University of Minnesota or GroupLens endorses you.",
    "Cite: F. M. Harper and J. A. Konstan (2015). The MovieLens Datasets: History and Context. "
    "ACM TiiS 5(4), 19. doi.org/10.1145/2827872",
)
_MAY_BE_PASSED_ON = "You may pass it on under these same terms."
_NOT_TO_BE_PASSED_ON = "Do not pass the data on without separate permission."


@dataclass(frozen=True)
class Release:
    """One data set of GroupLens: where it is, what its archive holds and the one term in which they differ.

    `megabytes` is the size of the archive; `md5` is the published checksum, or "" for the release that GroupLens
    may renew at any time.
    """

    name: str
    archive: str
    ratings: str
    items: str
    holds: str
    megabytes: float
    passing_on: str
    md5: str = ""

    @property
    def url(self) -> str:
        base = os.environ.get("RECSYS_MOVIELENS_URL", "https://files.grouplens.org/datasets/movielens")
        return f"{base.rstrip('/')}/{self.archive}"

    @property
    def largest(self) -> int:
        """Bytes beyond which the archive, and each file in it, cannot be what it should be."""
        return int(8 * self.megabytes * 1e6)


# In each release a row is person, item, rating, time: nothing of that has to be guessed.
_COLUMNS = dict(
    orientation="long", user=0, item=1, rating=2, time=3, title=None, event=None, date_parts=(), feedback="explicit"
)
RELEASES = {
    "latest-small": Release(
        "MovieLens latest-small",
        "ml-latest-small.zip",
        "ml-latest-small/ratings.csv",
        "ml-latest-small/movies.csv",
        "610 people × 9,724 films, 100,836 ratings, 0.5 to 5, until 2018",
        1.0,
        _MAY_BE_PASSED_ON,
    ),
    "100k": Release(
        "MovieLens 100K",
        "ml-100k.zip",
        "ml-100k/u.data",
        "ml-100k/u.item",
        "943 people × 1,682 films, 100,000 ratings, 1 to 5, of 1997 and 1998",
        4.9,
        _NOT_TO_BE_PASSED_ON,
        "0e33842e24a9c977be4e0107933c0723",
    ),
    "1m": Release(
        "MovieLens 1M",
        "ml-1m.zip",
        "ml-1m/ratings.dat",
        "ml-1m/movies.dat",
        "6,040 people × 3,706 films, 1,000,209 ratings, 1 to 5, from 2000 on",
        5.9,
        _NOT_TO_BE_PASSED_ON,
        "c4d9eecfca2ab87c1945afe126590906",
    ),
}


def fetch(release: Release, progress: Callable[[int], None] = lambda n_bytes: None) -> bytes:
    """The archive's bytes; `progress` is told how many have come so far.

    Raises InputError when the network fails, the answer is too slow or too large, or the checksum is not the
    published one.
    """
    try:
        content = _download(release, progress)
    except InputError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:  # URLError, time-outs and resets are OSErrors
        raise _unreachable(release, _in_words(error)) from error
    if release.md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != release.md5:
        raise InputError(
            f"The download must be the archive that GroupLens has published. The checksum of {release.url} is another: "
            f"it is damaged or was changed on its way. Try again, or {_elsewhere(release)}"
        )
    return content


def read_archive(content: bytes, release: Release) -> tuple[Dataset, Receipt, str]:
    """(data set with titles, receipt of the ratings, sentence on the titles) from an archive's bytes.

    Only the two files named by the release are unpacked, in memory. Raises InputError where they are missing,
    damaged or too large.
    """
    ratings, items = _members(content, release)
    opened = open_file(ratings, release.ratings)
    dataset, receipt = opened.read(replace(opened.guess, **_COLUMNS))
    table, _ = read_items(items, release.items)
    dataset, titled = with_items(dataset, table)
    origin = {**dataset.origin, "kind": "download", "url": release.url}
    return replace(dataset, name=release.name, origin=origin), receipt, titled


def _download(release: Release, progress: Callable[[int], None]) -> bytes:
    end = time.monotonic() + SECONDS_IN_ALL
    if not release.url.startswith(("https://", "http://")):  # urllib would open local files too
        raise InputError(f"The address of MovieLens must begin with https:// or http://. Got {release.url}.")
    request = urllib.request.Request(release.url, headers={"User-Agent": "recsys-explorer"})
    with urllib.request.urlopen(request, timeout=SECONDS_WITHOUT_A_BYTE) as answer:  # nosec B310
        announced = answer.headers.get("Content-Length")
        parts, n_bytes = [], 0
        # read1 returns what has come, so that a drip of bytes cannot outlast the deadline.
        while part := answer.read1(_CHUNK):
            parts.append(part)
            n_bytes += len(part)
            progress(n_bytes)
            if n_bytes > release.largest:
                raise InputError(
                    f"The archive must have about {release.megabytes:g} MB. From {release.url} come more than "
                    f"{release.largest / 1e6:.0f} MB: this is something else. {_capital(_elsewhere(release))}"
                )
            if time.monotonic() > end:
                raise TimeoutError
        if announced is not None and n_bytes < int(announced):
            raise _unreachable(release, f"the connection ended after {n_bytes:,} of {int(announced):,} bytes")
    return b"".join(parts)


def _members(content: bytes, release: Release) -> list[bytes]:
    found = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in (release.ratings, release.items):
                with archive.open(name) as member:
                    data = member.read(release.largest + 1)
                if len(data) > release.largest:
                    raise InputError(
                        f"Each file of the archive must have less than {release.largest / 1e6:.0f} MB. {name!r} has "
                        f"more: this is something else. {_capital(_elsewhere(release))}"
                    )
                found.append(data)
    except KeyError as error:
        raise InputError(
            f"The archive must hold {release.ratings!r} and {release.items!r}. It does not: this is another archive. "
            f"{_capital(_elsewhere(release))}"
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise InputError(
            f"The download must be a ZIP archive. What came from {release.url} is none, or is damaged. "
            f"Try again, or {_elsewhere(release)}"
        ) from error
    return found


def _unreachable(release: Release, what: str) -> InputError:
    return InputError(
        f"The server of MovieLens must answer. {_capital(what)}. Try again when this machine is online, or "
        f"{_elsewhere(release)}"
    )


def _elsewhere(release: Release) -> str:
    return (
        f"get {release.archive} from https://grouplens.org/datasets/movielens/ in a browser, unpack it and upload "
        f"{release.ratings.split('/')[-1]} here."
    )


def _in_words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"it answers with the error {error.code}"
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "it does not answer in time"
    return f"it cannot be reached from this machine ({type(reason).__name__})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
