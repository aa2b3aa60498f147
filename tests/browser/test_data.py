"""The Data page in a real Chromium: MovieLens in one click from a server on this machine, mending and undo."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from pages.shared.context import DATA_KEY, DATA_VIEW_KEY
from pages.views.data.loading import CANCEL_KEY
from recsys_core.store.store import RunStore
from tests.browser.conftest import (
    assert_fits,
    assert_no_exception,
    choose,
    fresh,
    keyed,
    running_server,
    type_number,
    wait_idle,
)
from tests.movielens_server import ARCHIVE, fails, sends

pytestmark = pytest.mark.browser


def test_movielens_after_a_failure_in_one_click_then_mended_and_undone(served, visit, tmp_path):
    answers = [fails, sends(ARCHIVE)]
    served(lambda handler: answers.pop(0)(handler))
    with running_server(tmp_path) as server:
        _walk_through_movielens(visit(f"{server.url}/data"), RunStore(server.database_url))


def _walk_through_movielens(page, store) -> None:
    keyed(page, DATA_VIEW_KEY).get_by_role("radio", name="MovieLens").click()
    expect(fresh(page).get_by_text("Do not state or imply")).to_be_visible()
    keyed(page, "movielens_100k").get_by_role("button").click()
    expect(fresh(page).get_by_text("error 404")).to_be_visible()
    expect(keyed(page, "movielens_100k").get_by_role("button")).to_be_enabled()
    assert len(store.dataset_list()) == 1

    keyed(page, "movielens_latest-small").get_by_role("button").click()
    data = keyed(page, DATA_KEY).locator("input")
    expect(data).to_have_value("MovieLens latest-small")  # it goes there by itself
    expect(fresh(page).get_by_text("63 rows read: 63 kept.").first).to_be_visible()
    expect(page).to_have_url(re.compile("data=MovieLens"))

    page.get_by_role("tab", name="Clean up").click()
    choose(page, "cleaning_step", "Keep likes only")
    type_number(page, "cleaning_binarise_threshold", 4)
    expect(
        fresh(page).get_by_text("Removes 27 ratings (43%), 0 people and 3 items. Leaves 9 people × 4")
    ).to_be_visible()
    keyed(page, "apply_step").get_by_role("button").click()
    expect(data).to_have_value("MovieLens latest-small, likes from 4")
    expect(fresh(page).get_by_text("Steps so far")).to_be_visible()  # the tab stays open
    wait_idle(page)
    inner, outer = page.get_by_test_id("stMain").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert inner <= outer
    keyed(page, "undo_0").get_by_role("button").click()
    expect(data).to_have_value("MovieLens latest-small")
    expect(fresh(page).get_by_text("No steps yet.")).to_be_visible()
    assert {row["name"] for row in store.dataset_list()} >= {"MovieLens latest-small, likes from 4"}
    assert_no_exception(page)


def test_a_large_file_is_loaded_beside_the_server_and_the_load_can_be_ended(server, visit):
    rng = np.random.default_rng(0)
    users, items, stars = rng.integers(0, 2_000, 400_000), rng.integers(0, 400, 400_000), rng.integers(1, 6, 400_000)
    rows = "\n".join(map("u{},i{},{}".format, users.tolist(), items.tolist(), stars.tolist()))
    file = {"name": "large.csv", "mimeType": "text/csv", "buffer": f"user,item,rating\n{rows}\n".encode()}
    page = visit(f"{server.url}/data")
    keyed(page, DATA_VIEW_KEY).get_by_role("radio", name="Upload a file").click()
    keyed(page, "ratings_file").locator("input[type=file]").set_input_files(file)
    expect(fresh(page).get_by_text("This preview has looked at the first")).to_be_visible()
    load, data = keyed(page, "load").get_by_role("button"), keyed(page, DATA_KEY).locator("input")
    before = data.input_value()
    load.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(load).to_be_disabled()
    keyed(page, CANCEL_KEY).get_by_role("button").click()
    expect(load).to_be_enabled()
    expect(data).to_have_value(before)
    load.click()
    expect(data).to_have_value("large.csv")
    expect(fresh(page).get_by_text("400,000 rows read:").first).to_be_visible()
    wait_idle(page)
    assert_fits(page)
