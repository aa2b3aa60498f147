"""Text from outside is shown as it is, on every page: no script runs, nothing is fetched, nothing is lost."""

import re

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

from pages.shared.context import DATA_KEY, DATA_VIEW_KEY
from pages.views.person.lists import OTHER, TRY, WITHOUT
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.long_texts import shorten
from recsys_core.data.split import SplitRecipe
from recsys_core.store.history import annotate
from recsys_core.store.store import RunStore
from tests.browser.conftest import keyed, open_via_sidebar, wait_idle
from tests.conftest import wait_until

pytestmark = pytest.mark.browser

NAUGHTY = [
    "<script>window.hit=1</script>",
    "<img src=http://127.0.0.1:9/x onerror=window.hit=1>",
    "![](http://127.0.0.1:9/x)",
    "[x](javascript:window.hit=1)",
    "https://127.0.0.1:9/x",
    "'; DROP TABLE datasets; --",
    "../../../etc/passwd",
    "$x^2$ :red[hot] :material/home: **bold** `code`",
    "{{7*7}} ${7*7} %s %d",
    "=1+1",
    "a\u202egnp.exe\u202c",
    "zero\u200bwidth\u200djoined",
    "👩‍👩‍👧 🏳️‍🌈 é e\u0301 ﷽",
    "undefined NaN null None",
    "x" * 60_000,
]
# All in one look: what of this stands on the page.
HARM = """() => [
    window.hit === undefined ? 0 : 'a script has run',
    document.querySelector('[data-testid=stMain]').innerText.includes('error ID') && 'an error',
    ...['[data-testid=stException]', '[data-testid=stMain] img[src*="127.0.0.1:9"]',
        '[data-testid=stMain] a[href*="127.0.0.1:9"]', '[href^=javascript]']
        .map(css => document.querySelector(css)?.outerHTML),
].filter(Boolean)"""
NAME = "![](http://127.0.0.1:9/x)<script>window.hit=1</script>"
CALLED = ("<b>a</b> ![](http://127.0.0.1:9/x) $x$ :red[hot]", "</script><script>window.hit=1</script>" + "W" * 500)
DATA_TABS = {  # what each shows first, but for the one that is open at first
    "Train/test split": "Leakage.",
    "Clean up": "No steps yet.",
    "How the file was read": "Left out:",
}
VIEWS = {  # where what people call a run is written or drawn
    "Person": (WITHOUT, TRY, OTHER),
    "Compare": ("Lists", "Details", "Curves"),
    "What-if": ("Continue training",),
}
PAGES = ("Start", "Train", "Data", "Factors", "Person", "Compare", "What-if", "Optimise", "History")


def files() -> tuple[dict, dict]:
    """Ratings whose people, and items whose titles and genres, are the strings above."""
    rng = np.random.default_rng(0)
    people = NAUGHTY[:-1] + [f"person {number}" for number in range(20)]
    rows = [(user, f"i{item}", rng.integers(1, 6)) for user in people for item in rng.permutation(len(NAUGHTY))[:8]]
    ratings = pd.DataFrame(rows, columns=["user", "item", "rating"]).to_csv(index=False)
    ids = [f"i{item}" for item in range(len(NAUGHTY))]
    items = pd.DataFrame({"item": ids, "title": NAUGHTY, "genres": NAUGHTY[::-1]}).to_csv(index=False)
    # A row that is left out, and so quoted in the receipt.
    ratings += f'"{NAUGHTY[0]}",i1,"{NAUGHTY[2]}"\n'
    return (
        {"name": "![](http:127.0.0.1:9).csv", "mimeType": "text/csv", "buffer": ratings.encode()},
        {"name": "<script>.csv", "mimeType": "text/csv", "buffer": items.encode()},
    )


def upload(page) -> None:
    keyed(page, DATA_VIEW_KEY).get_by_role("radio", name="Upload a file").click()
    ratings, items = files()
    keyed(page, "ratings_file").locator("input[type=file]").set_input_files(ratings)
    wait_idle(page)  # as a person does, who looks what became of the first file
    keyed(page, "items_file").locator("input[type=file]").set_input_files(items)
    expect(keyed(page, "items_file")).to_contain_text("<script>.csv")
    name = page.get_by_role("textbox", name="Name")
    name.fill(NAME)
    name.press("Enter")
    wait_idle(page)
    keyed(page, "load").get_by_role("button").click()
    expect(page.get_by_role("tab", name="How the file was read")).to_be_visible()


def search_and_choose(page, key: str, text: str) -> None:
    """Type the text into the search of a select box: it is found, and chosen it stands there unchanged."""
    wait_idle(page)  # as a person does, who looks at the page first: a list closes where it is drawn anew
    box = keyed(page, key).locator("input")
    box.click()  # opens the list, as a person would before typing
    box.fill(text)
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("ArrowDown")  # a click may meet an option that is just being drawn anew
    box.press("Enter")
    expect(box).to_have_value(text)


def test_text_is_text_on_every_page(server, visit):
    page = visit(f"{server.url}/data")
    expect(page.get_by_role("tab", name="Long tail")).to_be_visible()
    requested, dialogs = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    def assert_harmless(where: str) -> None:
        wait_idle(page)
        assert page.evaluate(HARM) == [], where

    upload(page)
    store = RunStore(server.database_url)
    row = store.dataset_list()[0]
    dataset = store.dataset(row["fingerprint"])
    assert row["name"] == NAME
    assert set(map(shorten, NAUGHTY)) <= set(dataset.titles)
    assert set(NAUGHTY[:-1]) <= set(dataset.user_ids)
    assert {genre for genres in dataset.genres for genre in genres} >= {"=1+1", NAUGHTY[0]}
    expect(keyed(page, DATA_KEY).locator("input")).to_have_value(NAME)
    page.get_by_text("First rows").first.evaluate("summary => summary.click()")
    for tab, shown in DATA_TABS.items():
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_test_id("stMain").get_by_text(shown).first).to_be_visible()
        assert_harmless(f"Data, {tab}")
    assert page.get_by_role("tab").count() == 1 + len(DATA_TABS)

    split = store.split(row["fingerprint"], SplitRecipe())
    recipes = {"svd": ALGORITHMS["svd"](n_factors=3), "als": ALGORITHMS["als"](n_factors=3, n_epochs=3)}
    added = [store.queue.add_run(split, name, recipe, 0) for name, recipe in recipes.items()]
    wait_until(lambda: not any(store.run(run).is_live for run in added), "both models are trained", 60)

    for run, text in zip(added, CALLED, strict=True):
        annotate(store, run, name=text, notes=text, tags=[text, "=1+1"])

    for title in PAGES:
        open_via_sidebar(page, title)
        expect(page.locator("[data-testid=stMain] h3:visible").first).to_be_visible()
        assert_harmless(title)
        for view in VIEWS.get(title, ()):
            page.get_by_role("radio", name=view).click()
            assert_harmless(f"{title}, {view}")
            assert page.locator("[data-testid=stMain] .katex").count() == 0
            legend = page.locator("svg .legendtext").all_text_contents()
            assert view != "Lists" or any("<b>" in text for text in legend)
            assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth") <= 0

    open_via_sidebar(page, "Factors")
    page.get_by_role("tab", name="Heat map").click()
    expect(keyed(page, "heat").locator(".plot-container")).to_be_visible()
    assert_harmless("Factors, heat map")
    for text in map(shorten, NAUGHTY[::2]):
        search_and_choose(page, "item", text)
        assert_harmless(f"Factors, {text[:40]!r}")
    open_via_sidebar(page, "Person")
    for text in NAUGHTY[1::2]:
        search_and_choose(page, "person", text)
        expect(page.get_by_test_id("stMain")).to_contain_text(re.compile(r"\d"))
        assert_harmless(f"Person, {text[:40]!r}")

    foreign = [url for url in requested if not url.startswith((server.url, "data:", "blob:"))]
    assert len(requested) > 10 and foreign == [] and dialogs == []
