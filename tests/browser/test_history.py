"""A run is named, leaves as a file and comes back, is put away and brought back, in a real Chromium."""

import io
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import (
    assert_fits,
    assert_no_exception,
    fresh,
    keyed,
    open_via_sidebar,
    running_server,
    wait_idle,
)

pytestmark = pytest.mark.browser

NAME = "![](http://127.0.0.1:9/x)<script>window.hit=1</script> *n*"
_ROW, _HEAD = 28, 33


def tick(page, row: int) -> None:
    """Tick a row of the table, which is drawn on a canvas."""
    table = page.locator("[data-testid=stDataFrame]").first
    table.locator("canvas").first.wait_for()
    wait_idle(page)
    table.scroll_into_view_if_needed()  # what was pressed below may have scrolled it away
    box = table.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + _HEAD + _ROW * row + _ROW / 2)
    expect(keyed(page, "model_npz")).to_be_visible()


@pytest.fixture
def fresh_server(tmp_path):
    """A server whose only run is its first model: other flows' runs may have none."""
    with running_server(tmp_path) as running:
        yield running


def test_a_run_is_named_exported_brought_back_and_put_away(fresh_server, visit):
    page = visit(fresh_server.url)
    open_via_sidebar(page, "History")
    top = page.get_by_role("heading", name=re.compile(r"\d+ runs? on \d+ data set"))
    expect(top).to_be_visible()
    before = int(re.match(r"\d+", top.inner_text()).group())
    tick(page, 0)
    # Streamlit's own export would leave formulas as they are; the app's links to CSV files neutralise them.
    page.get_by_test_id("stDataFrame").first.hover()
    toolbar = page.get_by_test_id("stElementToolbar")
    expect(toolbar.get_by_role("button", name=re.compile("^Search")).first).to_be_visible()
    expect(toolbar.get_by_role("button", name=re.compile("Download"))).to_have_count(0)
    with page.expect_download() as download:
        keyed(page, "model_npz").get_by_role("button").click()
    content = download.value.path().read_bytes()
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        assert {"user_ids", "item_ids", "model.json"} <= set(file.files)
    with page.expect_download() as download:
        keyed(page, "lists_csv").get_by_role("button").click()
    assert download.value.path().read_text().startswith("user,rank,item,title,score\n")

    page.get_by_text("Import a model from a file").click()
    keyed(page, "history_model_file").locator("input[type=file]").set_input_files(
        {"name": "again.npz", "mimeType": "application/octet-stream", "buffer": content}
    )
    join = keyed(page, "history_import").get_by_role("button").first
    expect(join).to_be_enabled()
    join.click()
    # The run's note in the table says it too, where a screen reader finds it and an eye does not.
    expect(fresh(page).get_by_text("are in the file").filter(visible=True).first).to_be_visible()
    expect(fresh(page).get_by_role("heading", name=re.compile(rf"{before + 1} runs on"))).to_be_visible()
    # A click on the table before it is drawn again would take the tick of the run that was first off.
    grid = page.locator("[data-testid=stDataFrame] [role=grid]").first
    expect(grid).to_have_attribute("aria-rowcount", str(before + 2))

    tick(page, 0)
    name = page.get_by_label("Name", exact=True)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    name.fill(NAME)
    name.press("Enter")
    expect(page.locator("[data-testid=stMain] strong").filter(has_text="<script>window.hit")).to_be_visible()
    wait_idle(page)
    assert_no_exception(page)
    assert page.evaluate("window.hit") is None and not [url for url in asked if "127.0.0.1:9/" in url]

    keyed(page, "history_deleted").get_by_role("button").click()
    expect(fresh(page).get_by_role("heading", name=re.compile(rf"{before} runs? on"))).to_be_visible()
    keyed(page, "history_undo_button").get_by_role("button").click()
    expect(fresh(page).get_by_role("heading", name=re.compile(rf"{before + 1} runs on"))).to_be_visible()
    wait_idle(page)
    assert_fits(page)
