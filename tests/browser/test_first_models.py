"""The first minute on a fresh server and on one's own data, without a click after Load, in a real Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import (
    assert_no_exception,
    every_copy,
    fresh,
    keyed,
    open_via_sidebar,
    running_server,
    wait_idle,
)
from tests.browser.files import items_file, press_load, ratings_file

pytestmark = pytest.mark.browser


def test_four_models_are_there_by_themselves_and_the_browser_comes_back_to_its_data(tmp_path, visit, monkeypatch):
    monkeypatch.setenv("RECSYS_FIRST_MODELS", "on")
    with running_server(tmp_path) as server:
        page = visit(server.url)
        menu = page.get_by_test_id("stSidebarNav")
        expect(menu).to_contain_text("Start")
        assert "what if" not in menu.inner_text()  # no names of files, ever
        expect(keyed(page, "scrubber").locator("h3")).to_contain_text("With k = 2 tastes")

        page.goto(f"{server.url}/compare")
        expect(fresh(page).get_by_text(re.compile("#2 LambdaRank")).first).to_be_visible()
        expect(page.get_by_test_id("stProgress")).to_have_count(0)
        wait_idle(page)
        expect(page.locator("h3").first).to_contain_text(re.compile("has the highest|is best"))

        press_load(page, ratings_file(), items_file("Amélie"))
        told = keyed(page, "training_bar")
        expect(told).to_contain_text(re.compile("The first models are trained. [^#]+#"))
        assert page.url.split("?")[0].endswith("/train")
        told.get_by_role("link", name="Compare them").click()
        expect(fresh(page).get_by_text(re.compile("#6 LambdaRank")).first).to_be_visible()
        expect(every_copy(page, "training_bar")).to_have_count(0)

        again = page.context.new_page()
        again.goto(server.url)
        expect(again.get_by_test_id("stSidebar")).to_contain_text("120 people × 80 items")
        open_via_sidebar(again, "Person")
        expect(fresh(again).get_by_text(re.compile("held-out choices")).first).to_be_visible()
        assert_no_exception(again)
