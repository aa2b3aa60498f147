"""A link as it travels: to a new browser, to another server, back by the browser's button; and lessons."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from pages.shared.context import DATA_KEY
from pages.shared.links.lesson_strip import NEXT_KEY
from pages.shared.links.open_runs import TRAIN_KEY
from pages.shared.shell.pinned_models import PINS_KEY
from pages.shared.shell.present import SAVE_KEY
from pages.shared.widgets.choose_person_item import PERSON_KEY
from tests.browser.conftest import click_option, every_copy, fresh, keyed, open_via_sidebar, running_server, wait_idle
from tests.conftest import wait_until

pytestmark = pytest.mark.browser

ASKED = "data=planted&split_test=0.3&pin=svd.n_factors-5&pin=bpr.n_factors-4.n_epochs-3.seed-2"


def words(page: Page) -> dict[str, list[str]]:
    """What stands in the address, asked of the page: `page.url` stands still while a test waits by itself."""
    return parse_qs(page.evaluate("location.search")[1:])


def leads(page: Page):
    return fresh(page).get_by_role("heading").filter(has_text=re.compile("is best: |has the highest "))


def numbers(page: Page) -> str:
    """All that one of the charts says, once it is drawn."""
    chart = keyed(page, "intervals_map")
    expect(chart).to_contain_text("Oracle")
    return chart.inner_text()


def test_a_link_shows_the_same_digits_in_a_new_browser_and_on_an_empty_server(server, visit, tmp_path):
    page = visit(f"{server.url}/compare?{ASKED}")
    expect(fresh(page).get_by_text("The 2 runs in this link are missing here.")).to_be_visible()
    keyed(page, TRAIN_KEY).get_by_role("button").click()
    expect(leads(page)).to_be_visible()
    wait_idle(page)
    link, said, table = page.url, leads(page).inner_text(), numbers(page)
    assert len(link) < 2000 and len(re.findall(r"pin=[^&]+~[0-9a-f]{8}(?=&|$)", link)) == 2

    other = visit(link)
    expect(leads(other)).to_have_text(said)
    expect(fresh(other).get_by_text(re.compile("Verified: same results as in the link .2 runs"))).to_be_visible()
    wait_idle(other)
    assert other.url == link and numbers(other) == table

    with running_server(tmp_path) as second:
        there = visit(link.replace(server.url, second.url))
        expect(fresh(there).get_by_text("The 2 runs in this link are missing here.")).to_be_visible()
        expect(every_copy(there, PINS_KEY)).to_have_count(0)
        keyed(there, TRAIN_KEY).get_by_role("button").click()
        expect(leads(there)).to_be_visible()
        wait_idle(there)
        without_numbers = re.sub(r"#\d+", "#", said)
        assert re.sub(r"#\d+", "#", leads(there).inner_text()) == without_numbers
        assert words(there) == words(page), "fingerprints and all"


def test_going_back_brings_back_what_was_looked_at_and_talks_and_lessons_are_told(server, visit):
    page = visit(f"{server.url}/person?data=planted")
    expect(keyed(page, PERSON_KEY)).to_be_visible()
    wait_idle(page)
    first = words(page)["person"]
    keyed(page, PERSON_KEY).locator("input").click()
    click_option(page.get_by_role("option").nth(2))
    wait_until(lambda: words(page)["person"] != first, "the person stands in the address")
    wait_idle(page)
    page.go_back()
    wait_idle(page)
    assert words(page)["person"] == first
    expect(fresh(page).get_by_role("heading").filter(has_text=first[0])).to_be_visible()

    for name in ("Factors", "Train"):  # whatever a page writes into the address, it is one step back
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        page.wait_for_url(re.compile(f"/{name.lower()}.*data="))
        wait_idle(page)
    for path in ("/factors", "/person"):
        page.go_back()
        wait_idle(page)
        assert urlsplit(page.url).path == path
        expect(page.get_by_test_id("stSidebarNav").locator("[aria-current=page]")).to_contain_text(path[1:].title())
    assert words(page)["person"] == first

    sidebar = page.get_by_test_id("stSidebar")
    keyed(page, SAVE_KEY).get_by_role("button").click()  # the box that was chosen in has the keyboard
    expect(sidebar.get_by_text("Saved views (1)")).to_be_visible()
    open_via_sidebar(page, "Optimise")
    keyed(page, "paths").wait_for()
    wait_idle(page)
    page.keyboard.press("Shift+V")
    expect(sidebar.get_by_text("Saved views (2)")).to_be_visible()
    page.keyboard.press("Shift+P")
    talk = keyed(page, "talk")
    expect(talk).to_contain_text("1 of 2")
    expect(fresh(page).get_by_role("heading").filter(has_text=first[0])).to_be_visible()
    expect(sidebar).to_be_hidden()
    expect(page.locator("html")).to_have_css("font-size", "19px")
    wait_idle(page)
    page.keyboard.press("PageDown")
    expect(talk).to_contain_text("2 of 2")
    expect(keyed(page, "paths").locator(".xtick text").first).to_have_css("font-size", re.compile(r"15\.\d+px"))
    wait_idle(page)
    top, content = talk.bounding_box(), page.locator("[data-testid=stMain] h3:visible").first.bounding_box()
    assert top["y"] + top["height"] <= content["y"], "the buttons lie on nothing that is shown"
    page.keyboard.press("PageUp")
    expect(talk).to_contain_text("1 of 2")
    wait_idle(page)
    page.keyboard.press("Escape")
    expect(sidebar).to_be_visible()
    expect(every_copy(page, "talk")).to_have_count(0)

    page.goto(f"{server.url}/?lesson=difference&hide=data")
    expect(leads(page)).to_be_visible()
    assert urlsplit(page.url).path == "/compare"
    expect(fresh(page).get_by_text("Step 1 of 3.")).to_be_visible()
    expect(every_copy(page, DATA_KEY)).to_be_hidden()
    keyed(page, NEXT_KEY).get_by_role("button").click()
    expect(fresh(page).get_by_text("Step 2 of 3.")).to_be_visible()
    expect(leads(page)).to_contain_text("more than chance")
    wait_until(lambda: words(page)["lesson"] == ["difference.2"], "the step stands in the address")
