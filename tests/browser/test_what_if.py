"""What-if in a real Chromium: a sweep that streams in and is found again, another way on, data that break."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import assert_fits, assert_no_exception, fresh, keyed, wait_idle

pytestmark = pytest.mark.browser


def test_a_sweep_is_found_again_after_a_reload_a_training_goes_on_and_data_break_and_are_mended(server, visit):
    page = visit(f"{server.url}/what_if?data=planted")  # it has a trained model; other data may not
    keyed(page, "start_sweep").get_by_role("button").click()
    expect(fresh(page).get_by_text("6 of 6 runs done")).to_be_visible()
    best = fresh(page).get_by_role(
        "heading", name=re.compile(r"with k = \d+ is the best of 6 settings: NDCG@.?10 0\.\d+")
    )
    expect(best).to_be_visible()
    expect(page.locator("[data-testid=stVegaLiteChart]").first).to_be_visible()
    wait_idle(page)
    said = best.inner_text()
    page.reload()
    expect(fresh(page).get_by_role("heading", name=said)).to_be_visible()
    wait_idle(page)
    assert_fits(page)

    page.get_by_role("radio", name="Continue training").click()
    keyed(page, "continue_training").get_by_role("button").click()
    expect(fresh(page).get_by_role("heading", name=re.compile(r"from epoch \d+ on, NDCG@.?10 ends at"))).to_be_visible()
    expect(page.locator("[data-testid=stVegaLiteChart]").first).to_be_visible()
    page.get_by_role("radio", name="Corrupt the data").click()
    keyed(page, "corrupt").get_by_role("button").click()
    expect(
        fresh(page).get_by_role("heading", name=re.compile("50% of the training data dropped.*instead of"))
    ).to_be_visible()
    wait_idle(page)
    keyed(page, "undo_corruption").get_by_role("button").click()
    expect(fresh(page).get_by_role("heading", name=re.compile("What if the data were worse"))).to_be_visible()
    assert_no_exception(page)
