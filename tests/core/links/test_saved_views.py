"""Saved views travel in one parameter of a link; what was not written by this program is refused in a sentence."""

import json
import zlib
from base64 import urlsafe_b64encode

import pytest

from recsys_core.errors import InputError
from recsys_core.links.saved_views import MOST_VIEWS, SavedView, read_views, write_views

PAGES = ("start", "compare")
PINS = "data=planted&pin=svd.n_factors-8~0123abcd&pin=implicit_als.regularization-16~9876abcd&N=5&compare_view=For+whom"


def test_views_come_back_as_they_were_written_and_stay_short_together():
    views = [SavedView("start", "data=planted&k=8"), *(SavedView("compare", f"{PINS}&N={n}") for n in range(8))]
    text = write_views(views)
    assert read_views(text, PAGES) == views and len(text) < 500
    assert views[1].url_params["pin"] == ["svd.n_factors-8~0123abcd", "implicit_als.regularization-16~9876abcd"]
    assert write_views([]) == "" and read_views("", PAGES) == []


def packed(value) -> str:
    return urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode()


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "ä" * 20,
        packed(3),
        packed([["start"]]),
        packed([["start", 3]]),
        packed([[["start"], "k=8"]]),
        packed([["admin", "k=8"]]),
        packed([["start", ""]] * (MOST_VIEWS + 1)),
        packed("a" * 10**6),
        urlsafe_b64encode(zlib.compress(b"\xff")).decode(),
        write_views([SavedView("start", "k=8")])[:-8],
    ],
)
def test_what_was_not_written_here_is_refused(text):
    with pytest.raises(InputError, match=r" must .* Got "):
        read_views(text, PAGES)
