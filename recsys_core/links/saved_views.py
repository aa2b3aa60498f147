"""Saved views of a talk: pages with their URL parameters, packed into one parameter of a link."""

import binascii
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from recsys_core.errors import InputError

MOST_VIEWS = 30
_LONGEST = 60_000  # characters after unpacking


@dataclass(frozen=True)
class SavedView:
    """A page, by the name in its address, and the query of its URL, as 'data=planted&k=8'."""

    page: str
    query: str

    @property
    def url_params(self) -> dict[str, list[str]]:
        """The parameters of the query."""
        return parse_qs(self.query)


def write_views(views: Sequence[SavedView]) -> str:
    """Return the views as one text of letters, digits, '-', '_' and '='; '' without any."""
    if not views:
        return ""
    text = json.dumps([[view.page, view.query] for view in views], separators=(",", ":"))
    return urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()


def read_views(text: str, pages: Collection[str]) -> list[SavedView]:
    """Read what `write_views` wrote. Raises InputError for anything else, and for a page that is not among `pages`."""
    if not text:
        return []
    try:
        stream = zlib.decompressobj()
        unpacked = stream.decompress(urlsafe_b64decode(text), _LONGEST)
        if not stream.eof:
            raise ValueError("it is cut off or too long")
        views = [SavedView(page, query) for page, query in json.loads(unpacked)]
    except (binascii.Error, zlib.error, ValueError, TypeError, RecursionError):
        raise InputError("The saved views of a link must be as they were copied. Got a text that is damaged.") from None
    if len(views) > MOST_VIEWS:
        raise InputError(f"A link must hold at most {MOST_VIEWS} saved views. Got {len(views):,}.")
    if not all(isinstance(view.query, str) and view.page in pages for view in views):
        raise InputError(f"A saved view must be of one of the pages {', '.join(pages)}. Got another one.")
    return views
