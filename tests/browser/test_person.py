"""The Person page as a hand meets it: a sum to check on the screen, a rating ticked away, a star that moves."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from pages.shared.widgets.choose_person_item import PERSON_KEY
from pages.views.person.lists import TRY, VIEW_KEY, WHY
from pages.views.person.new_user import MY_ITEMS
from tests.browser.conftest import (
    assert_fits,
    assert_no_exception,
    click_option,
    fresh,
    keyed,
    open_via_sidebar,
    wait_idle,
)
from tests.conftest import wait_until

pytestmark = pytest.mark.browser


def open_person(server, visit) -> Page:
    page = visit(f"{server.url}/person?data=Planted tastes (K = 8)")
    expect(fresh(page).get_by_text(re.compile(r"found .* held-out choice"))).to_be_visible()
    wait_idle(page)
    return page


def star(page: Page) -> list[float] | None:
    """Where the star stands; marks are drawn on a canvas, so Plotly is asked, which may not have drawn yet."""
    return (
        keyed(page, "my_map")
        .locator(".js-plotly-plot")
        .evaluate(
            """plot => {
            const stars = plot._fullData?.filter(trace => trace.marker?.symbol === 'star') ?? [];
            return stars.length === 1 ? [stars[0].x[0], stars[0].y[0]] : null;
        }"""
        )
    )


def test_terms_add_up_a_rating_is_ticked_away_and_another_person_stays_across_pages(server, visit):
    page = open_person(server, visit)
    for key in ("score_by_rating", "score_by_factor"):
        bars = keyed(page, key).locator(".waterfalllayer text.bartext")
        expect(bars.first).to_be_visible()
        *parts, score = (Decimal(text.replace("−", "-")) for text in bars.all_text_contents())
        assert len(parts) > 3 and sum(parts) == score

    table = page.locator("[class*=st-key-history] canvas").first
    expect(table).to_be_visible()
    table.click(
        position={"x": 16, "y": 48}, force=True
    )  # the box before the first title; all of it is drawn on a canvas
    expect(fresh(page).get_by_text(re.compile("Without “.*”, .*the top 10"))).to_be_visible()
    expect(fresh(page).get_by_text(re.compile("Check: added up one by one"))).to_be_visible()
    expect(page.get_by_text("This is an example")).to_have_count(0)
    wait_idle(page)

    keyed(page, PERSON_KEY).locator("input").click()
    click_option(page.get_by_role("option").nth(2))
    wait_idle(page)
    chosen = keyed(page, PERSON_KEY).inner_text()
    assert "person=" in page.url
    open_via_sidebar(page, "Compare")
    wait_idle(page)
    open_via_sidebar(page, "Person")
    expect(keyed(page, PERSON_KEY)).to_have_text(chosen)
    wait_idle(page)
    assert_fits(page)


def test_going_back_leads_to_the_view_before_and_another_title_moves_the_star(server, visit):
    page = open_person(server, visit)
    keyed(page, VIEW_KEY).get_by_text(TRY).click()
    expect(fresh(page).get_by_text("Titles you like")).to_be_visible()
    wait_idle(page)
    page.go_back()
    expect(fresh(page).get_by_text(re.compile("Score by past (rating|interaction)"))).to_be_visible()
    expect(keyed(page, VIEW_KEY).get_by_role("radio", name=WHY)).to_be_checked()
    wait_idle(page)

    keyed(page, VIEW_KEY).get_by_text(TRY).click()
    wait_until(lambda: star(page) is not None, "the star is drawn")
    wait_idle(page)
    before = star(page)
    keyed(page, MY_ITEMS).locator("input").press("Backspace")  # takes the last title away
    expect(fresh(page).get_by_text("For your 4 titles")).to_be_visible()
    wait_idle(page)
    wait_until(lambda: star(page) not in (None, before), "the star has moved")
    assert_no_exception(page)
