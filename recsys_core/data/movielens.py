"""Download MovieLens from GroupLens on request: fetch, check and unpack it in memory, then read it like any file."""

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
    "It is free for research. For commercial use, ask a faculty member of GroupLens first.",
    "Do not state or imply that the University of Minnesota or GroupLens endorses you.",
    "If you publish, cite F. M. Harper and J. A. Konstan (2015). The MovieLens Datasets: History and Context. "
    "ACM TiiS 5(4), 19. doi.org/10.1145/2827872",
)
_MAY_BE_SHARED = "You may pass this data on under the same terms."
_NOT_TO_BE_SHARED = "Do not pass this data on without separate permission."


@dataclass(frozen=True)
class Release:
    """One data set of GroupLens: its archive, the files in it, and the one term in which the data sets differ.

    `megabytes` is the size of the archive; `md5` is the published checksum, or "" for the release that GroupLens may
    update at any time.
    """

    name: str
    archive: str
    ratings: str
    items: str
    contents: str
    megabytes: float
    sharing: str
    md5: str = ""

    @property
    def url(self) -> str:
        """The address of the archive; RECSYS_MOVIELENS_URL sets another server."""
        base = os.environ.get("RECSYS_MOVIELENS_URL", "https://files.grouplens.org/datasets/movielens")
        return f"{base.rstrip('/')}/{self.archive}"

    @property
    def max_bytes(self) -> int:
        """The limit for the archive and for each file in it; anything larger is something else."""
        return int(8 * self.megabytes * 1e6)


RELEASES = {
    "latest-small": Release(
        "MovieLens latest-small",
        "ml-latest-small.zip",
        "ml-latest-small/ratings.csv",
        "ml-latest-small/movies.csv",
        "610 people × 9,724 films, 100,836 ratings from 0.5 to 5, given until 2018",
        1.0,
        _MAY_BE_SHARED,
    ),
    "100k": Release(
        "MovieLens 100K",
        "ml-100k.zip",
        "ml-100k/u.data",
        "ml-100k/u.item",
        "943 people × 1,682 films, 100,000 ratings from 1 to 5, given in 1997 and 1998",
        4.9,
        _NOT_TO_BE_SHARED,
        "0e33842e24a9c977be4e0107933c0723",
    ),
    "1m": Release(
        "MovieLens 1M",
        "ml-1m.zip",
        "ml-1m/ratings.dat",
        "ml-1m/movies.dat",
        "6,040 people × 3,706 films, 1,000,209 ratings from 1 to 5, given from 2000 on",
        5.9,
        _NOT_TO_BE_SHARED,
        "c4d9eecfca2ab87c1945afe126590906",
    ),
}


def fetch(release: Release, progress: Callable[[int], None] = lambda n_bytes: None) -> bytes:
    """Download the archive and return its bytes; `progress` is called with the number of bytes so far.

    Raises InputError when the network fails, the answer is too slow or too large, or the checksum differs from the
    published one.
    """
    try:
        content = _download(release, progress)
    except InputError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:  # URLError, time-outs and resets are OSErrors
        raise _unreachable(release, _describe(error)) from error
    if release.md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != release.md5:
        raise InputError(
            f"The download must be the archive that GroupLens has published. The checksum of {release.url} differs: "
            f"the file is damaged or was changed on its way. Try again, or {_manually(release)}"
        )
    return content


def read_archive(content: bytes, release: Release) -> tuple[Dataset, Receipt, str]:
    """Return (data set with titles, receipt of the ratings, sentence on the titles) from an archive's bytes.

    Only the two files named by the release are unpacked, in memory. Raises InputError where they are missing,
    damaged or too large.
    """
    ratings, items = _unpack(content, release)
    opened = open_file(ratings, release.ratings)
    # In each release a row is user, item, rating and time: none of that has to be guessed.
    layout = replace(opened.guess, orientation="long", user=0, item=1, rating=2, time=3, title=None, event=None,
                     date_parts=(), feedback="explicit")  # fmt: skip
    dataset, receipt = opened.read(layout)
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
            if n_bytes > release.max_bytes:
                raise InputError(
                    f"The archive must have about {release.megabytes:g} MB. {release.url} sends more than "
                    f"{release.max_bytes / 1e6:.0f} MB: it is something else. {_capital(_manually(release))}"
                )
            if time.monotonic() > end:
                raise TimeoutError
        if announced is not None and n_bytes < int(announced):
            raise _unreachable(release, f"the connection ended after {n_bytes:,} of {int(announced):,} bytes")
    return b"".join(parts)


def _unpack(content: bytes, release: Release) -> list[bytes]:
    """Return the bytes of the ratings file and the items file."""
    files = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in (release.ratings, release.items):
                with archive.open(name) as member:
                    data = member.read(release.max_bytes + 1)
                if len(data) > release.max_bytes:
                    raise InputError(
                        f"Each file of the archive must have less than {release.max_bytes / 1e6:.0f} MB. {name!r} has "
                        f"more: it is something else. {_capital(_manually(release))}"
                    )
                files.append(data)
    except KeyError as error:
        raise InputError(
            f"The archive must contain {release.ratings!r} and {release.items!r}. This one does not. "
            f"{_capital(_manually(release))}"
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise InputError(
            f"The download must be a ZIP archive. The file from {release.url} is not one, or it is damaged. "
            f"Try again, or {_manually(release)}"
        ) from error
    return files


def _unreachable(release: Release, what: str) -> InputError:
    return InputError(
        f"The MovieLens server must answer. {_capital(what)}. Try again when this machine is online, or "
        f"{_manually(release)}"
    )


def _manually(release: Release) -> str:
    return (
        f"download {release.archive} from https://grouplens.org/datasets/movielens/ in a browser, unpack it and "
        f"upload {release.ratings.split('/')[-1]} here."
    )


def _describe(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered with error {error.code}"
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "it did not answer in time"
    return f"it cannot be reached from this machine ({type(reason).__name__})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
