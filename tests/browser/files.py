"""Load files of ratings and items in the browser."""

import numpy as np
from playwright.sync_api import Page, expect

from pages.shared.context import DATA_VIEW_KEY
from tests.browser.conftest import keyed, open_via_sidebar, wait_idle

IMAGE = "![x](http://127.0.0.1:9/x)"
"""A title that must never become an image."""


def ratings_file(n_users: int = 120, n_items: int = 80) -> dict:
    """A file like MovieLens' u.data, in which two kinds of people like two kinds of films."""
    rng = np.random.default_rng(0)
    lines = []
    for user in range(n_users):
        chances = np.where(np.arange(n_items) % 2 == user % 2, 9.0, 1.0) / (1 + np.arange(n_items))
        for item in rng.choice(n_items, 20, replace=False, p=chances / chances.sum()):
            lines.append(f"{user + 1}\t{item + 1}\t{rng.integers(1, 6)}\t{880_000_000 + rng.integers(10**7)}\n")
    return {"name": "u.data", "mimeType": "text/plain", "buffer": "".join(lines).encode()}


def items_file(title: str, n_items: int = 80) -> dict:
    """A file like MovieLens' u.item: bars, Latin-1, a flag a genre."""
    genres = ["|".join("1" if genre == item % 19 else "0" for genre in range(19)) for item in range(n_items)]
    lines = (f"{i + 1}|{title} {i + 1}|01-Jan-1995||http://us.imdb.com/|{genres[i]}\n" for i in range(n_items))
    return {"name": "u.item", "mimeType": "text/plain", "buffer": "".join(lines).encode("latin-1")}


def load(page: Page, ratings: dict, items: dict) -> None:
    """Take in two files on the Data page, which then shows them: nothing is trained by itself."""
    press_load(page, ratings, items)
    expect(page.get_by_text("How the file was read")).to_be_visible()


def press_load(page: Page, ratings: dict, items: dict) -> None:
    """Choose two files on the Data page and press Load."""
    open_via_sidebar(page, "Data")
    keyed(page, DATA_VIEW_KEY).get_by_role("radio", name="Upload a file").click()
    keyed(page, "ratings_file").locator("input[type=file]").set_input_files(ratings)
    wait_idle(page)
    keyed(page, "items_file").locator("input[type=file]").set_input_files(items)
    expect(keyed(page, "items_file")).to_contain_text(items["name"])
    keyed(page, "load").get_by_role("button").click()
