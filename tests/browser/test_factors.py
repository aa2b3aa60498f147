"""Turning, naming and lassoing on the Factors page, and the forces on Train, in a real Chromium."""

import io
import re
from urllib.parse import quote

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY
from recsys_core.links.run_slug import run_slug
from recsys_core.store.store import RunStore
from tests.browser.conftest import assert_fits, assert_no_exception, fresh, keyed, open_via_sidebar, train, wait_idle
from tests.conftest import wait_until

pytestmark = pytest.mark.browser


def open_factors(server, visit) -> Page:
    """The map of the first model; flows that ran before may have trained others on the same data."""
    trained = RunStore(server.database_url).runs()
    run = f"&run={quote(run_slug(trained[-1]).text)}" if trained else ""
    page = visit(f"{server.url}/factors?data=planted{run}")
    wait_for_map(page)
    return page


def wait_for_map(page: Page) -> None:
    expect(fresh(page).get_by_text("of how people and items differ")).to_be_visible()
    expect(keyed(page, "map").locator(".nsewdrag").first).to_be_visible()
    wait_idle(page)


def test_rotate_says_that_no_score_changed_and_a_name_stays_after_a_reload(server, visit):
    page = open_factors(server, visit)
    expect(fresh(page).get_by_text("Factors are not unique")).to_be_visible()
    page.get_by_text("Rotate (varimax)").click()
    expect(fresh(page).get_by_text(re.compile(r"largest change of any of 80,000 scores is 0\.000000"))).to_be_visible()
    name = page.get_by_label("Factor name")
    name.fill("dark comedies")
    name.press("Enter")
    wait_idle(page)
    page.reload()
    expect(fresh(page).get_by_text(re.compile("largest change"))).to_be_visible()  # the turn stays in the address
    expect(page.get_by_label("Factor name")).to_have_value("dark comedies")
    wait_idle(page)
    page.get_by_text("Rotate (varimax)").click()
    expect(fresh(page).get_by_text("Factors are not unique")).to_be_visible()
    expect(page.get_by_label("Factor name")).to_have_count(1)  # the box before it goes when the run has ended
    expect(page.get_by_label("Factor name")).to_have_value("")  # of another axis
    wait_idle(page)
    assert_fits(page)


def test_a_click_on_the_map_chooses_what_was_clicked_and_a_lasso_gives_a_group_and_its_list(server, visit):
    page = open_factors(server, visit)
    before = (
        keyed(page, ITEM_KEY).locator("input").input_value(),
        keyed(page, PERSON_KEY).locator("input").input_value(),
    )
    # Marks are drawn on a canvas, so Plotly is asked where the ring of a neighbour is.
    x, y = (
        keyed(page, "map")
        .locator(".js-plotly-plot")
        .evaluate(
            """plot => {
            const {xaxis, yaxis} = plot._fullLayout, area = plot.querySelector('.nsewdrag').getBoundingClientRect();
            const rings = plot._fullData.find(trace => trace.marker.symbol === 'square-open' && trace.x.length > 3);
            return [area.left + xaxis.l2p(rings.x[3]), area.top + yaxis.l2p(rings.y[3])];
        }"""
        )
    )
    assert keyed(page, "map").locator(".no-webgl").count() == 0, "a note stands in place of the map"
    page.mouse.click(x, y)
    wait_until(
        lambda: (
            (
                keyed(page, ITEM_KEY).locator("input").input_value(),
                keyed(page, PERSON_KEY).locator("input").input_value(),
            )
            != before
        ),
        "another item or person is chosen",
    )
    wait_idle(page)

    keyed(page, "drag").get_by_role("radio", name="select").click()
    expect(fresh(page).get_by_text("Draw around some squares")).to_be_visible()
    wait_idle(page)
    page.wait_for_timeout(500)  # Plotly has no sign of being ready for the mouse
    box = keyed(page, "map").locator(".nsewdrag").first.bounding_box()
    left, top = box["x"] + 10, box["y"] + 10
    right, bottom = left + box["width"] - 20, top + box["height"] - 20
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 5)):
        page.mouse.move(x, y, steps=6)
    page.mouse.up()
    words = page.get_by_text(re.compile(r"\d+ items and \d+ people"))
    expect(words).to_contain_text("standard deviations towards")
    count = int(re.search(r"(\d+) items", words.inner_text())[1])
    assert count > 100  # nearly all of the map
    with page.expect_download() as download:
        keyed(page, "group_csv").get_by_role("button").click()
    table = pd.read_csv(io.BytesIO(download.value.path().read_bytes()))
    assert list(table) == ["title", "genres", "interactions"] and len(table) == count
    assert_no_exception(page)


def test_five_seeds_tell_how_stable_the_map_is(server, visit):
    page = visit(f"{server.url}/train?data=planted")
    train(page, "BPR", bpr_n_factors=3, bpr_n_epochs=5)
    expect(fresh(page).get_by_text("BPR reached")).to_be_visible()
    expect(page.get_by_text("Which items are pushed up, and which down?")).to_be_visible()
    for name in ("BPR", "LambdaRank"):
        expect(fresh(page).get_by_text(f"{name}: NDCG@10").first).to_be_visible()
    open_via_sidebar(page, "Factors")
    wait_for_map(page)
    page.get_by_text("How stable is this map?").click()
    wait_idle(page)  # and not while the box still opens
    keyed(page, "train_seeds").get_by_role("button").click()
    expect(fresh(page).get_by_text("Over five random starts")).to_be_visible()
    for key in ("rings", "variability"):
        expect(keyed(page, key)).to_be_visible()
    assert_no_exception(page)
