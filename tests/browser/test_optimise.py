"""The Optimise page as a hand meets it: a step too large, another method, a click on the map."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import assert_fits, keyed, wait_idle

pytestmark = pytest.mark.browser


def test_a_step_too_large_diverges_and_says_so_and_bfgs_arrives(server, visit):
    page = visit(f"{server.url}/optimise?methods=Gradient+descent")
    said = page.get_by_role("heading", level=3)
    expect(said).to_have_text(re.compile(r"these arrive at a minimum: Gradient descent in \d+ steps\.$"))
    wait_idle(page)
    thumb = keyed(page, "step_share").get_by_role("slider")
    thumb.focus()
    page.keyboard.press("End")
    expect(said).to_have_text(re.compile(r"^Gradient descent diverges after \d+ steps?: lower “Step size” from 3 to"))
    keyed(page, "methods").get_by_role("button", name="BFGS", exact=True).click()
    wait_idle(page)
    keyed(page, "methods").get_by_role("button", name="Gradient descent", exact=True).click()
    expect(said).to_have_text(re.compile(r"^From .* these arrive at a minimum: BFGS in \d+ steps\.$"))
    wait_idle(page)
    land = keyed(page, "paths").locator(".draglayer .xy .nsewdrag").bounding_box()
    right, low = land["x"] + 0.9 * land["width"], land["y"] + 0.8 * land["height"]
    page.mouse.move(right - 3, low)
    page.mouse.move(right, low)
    page.wait_for_timeout(300)
    page.mouse.click(right, low)
    expect(said).to_have_text(re.compile(r"^From \(1\.6, −1\.2\) these arrive"))
    expect(page).to_have_url(re.compile("start_a=1.6"))
    wait_idle(page)
    assert_fits(page)


def test_a_sum_of_many_terms_is_not_cut(server, visit):
    page = visit(f"{server.url}/optimise?optimise=Eckart–Young&young_k=8")
    page.get_by_role("tab", name="One step in numbers").click()
    expect(page.locator(".katex-display")).to_have_count(2)
    wait_idle(page)
    assert page.locator(".katex-display").last.inner_text().count("−") >= 8 + 8, "read aloud and drawn"
    assert_fits(page)
