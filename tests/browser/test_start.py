"""The Start page as a hand meets it: the scrub, the leak, the keyboard, and a phone."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from pages.shared.widgets.choose_person_item import PERSON_KEY
from pages.views.train.controls import TRAIN_KEY
from tests.browser.conftest import assert_fits, click_option, keyed, wait_idle
from tests.browser.targets import small_targets
from tests.conftest import wait_until

pytestmark = pytest.mark.browser

WATCHING = """window.watching = new Set();
window.ResizeObserver = class extends ResizeObserver {
    observe(element) { if (element.matches(".chart")) watching.add(this); super.observe(element); }
    disconnect() { watching.delete(this); super.disconnect(); }
};"""  # which observers the scrubber has


def part(page: Page, css: str):
    """Something inside the scrubber."""
    return keyed(page, "scrubber").locator(css)


def tiles(page: Page) -> list[str]:
    """The three pictures as they are drawn once the page is at rest; while it is drawn anew, none of them counts."""
    wait_idle(page)
    return part(page, "canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")


def drag_to(page: Page, share: float) -> None:
    """Move the thumb, held down, to a share of the way, in many small steps."""
    box = part(page, "input[type=range]").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + share * box["width"], middle, steps=12)


def open_start(server, visit, listen=None) -> Page:
    page = visit("about:blank")
    if listen:
        listen(page)
    page.goto(f"{server.url}/?data=Planted tastes (K = 8)")
    expect(part(page, "h3")).to_contain_text("With k = 2 tastes")
    wait_idle(page)
    return page


def wait_until_silent(page: Page, *heard: list) -> None:
    """Until nothing more has been heard for as long as a page takes to ask for what it has just begun to show."""
    counts = None
    while counts != (counts := [len(each) for each in heard]):
        page.wait_for_timeout(700)


def test_dragging_moves_everything_and_asks_the_server_for_nothing(server, visit):
    sent, requested, received = [], [], []

    def listen(page):
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(frame)))
        page.on("request", lambda request: requested.append(request.url))

    page = open_start(server, visit, listen)
    wait_until_silent(page, sent, requested)
    before = tiles(page)
    titles = part(page, "li .title").all_inner_texts()
    mark = part(page, ".mark").get_attribute("cx")
    n_sent, n_requested = len(sent), len(requested)
    assert n_sent > 0, "the listening itself must work"

    thumb = part(page, "input[type=range]").bounding_box()
    page.mouse.move(thumb["x"] + thumb["width"] * 1 / 21, thumb["y"] + thumb["height"] / 2)
    page.mouse.down()
    drag_to(page, 0.9)  # the button is still held down
    expect(part(page, "h3")).to_contain_text("below popularity")
    ratings, guess, missed = tiles(page)
    assert ratings == before[0] and guess != before[1] and missed != before[2]
    assert part(page, "li .title").all_inner_texts() != titles
    assert float(part(page, ".mark").get_attribute("cx")) > float(mark) + 100
    page.wait_for_timeout(300)
    assert (len(sent), len(requested)) == (n_sent, n_requested)
    received.clear()
    page.mouse.up()
    page.wait_for_url(re.compile(r"[?&]k=\d+"))  # only now is the server told, for the address
    wait_idle(page)
    assert 0 < sum(map(len, received)) < 20_000, "nothing of the page is drawn again"
    assert_fits(page)


def test_the_first_sentence_stands_before_the_scrubber_is_loaded_and_does_not_move(server, visit):
    waiting = []
    page = visit("about:blank")
    page.route("**/BidiComponent*.js", lambda route: waiting.append(route))
    with page.expect_request("**/BidiComponent*.js"):
        page.goto(f"{server.url}/?data=Planted tastes (K = 8)")
    written = keyed(page, "first_sentence").locator("h3")
    expect(written).to_contain_text("With k = 2 tastes")
    expect(keyed(page, PERSON_KEY).locator("input")).to_be_visible()
    wait_idle(page)
    # Streamlit loads what brings our styles after the first words.
    wait_until(lambda: written.evaluate("e => getComputedStyle(e).paddingTop") == "0px", "the styles are there")
    sentence, before = written.inner_text(), written.bounding_box()
    for route in waiting:
        route.continue_()
    expect(part(page, "h3")).to_have_text(sentence)
    expect(written).to_be_hidden()
    wait_idle(page)
    assert part(page, "h3").bounding_box() == pytest.approx(before, abs=1)


def test_the_story_by_keyboard_of_another_person_with_the_leak_and_on_to_the_next_page(server, visit):
    page = open_start(server, visit, lambda page: page.add_init_script(WATCHING))
    link = page.get_by_role("link", name="Next: watch it learn")
    box = link.bounding_box()
    assert box["y"] + box["height"] <= 720, "the story fits a projector"

    slider = part(page, "input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    expect(part(page, ".controls output")).to_have_text("k = 3")
    whose = part(page, ".whose").inner_text()
    keyed(page, PERSON_KEY).locator("input").click()
    click_option(page.get_by_role("option").nth(3))
    expect(part(page, ".whose")).not_to_have_text(whose)
    expect(part(page, ".controls output")).to_have_text("k = 3")
    expect(part(page, "li")).to_have_count(5)

    row = part(page, "i").first.bounding_box()
    picture = part(page, "canvas").nth(1)
    picture.hover(position={"x": 30, "y": 80})
    tip = part(page, ".tip")
    expect(tip).to_have_text(re.compile(r"\w+ \w\. · .*(chosen|held out); guess −?-?\d\.\d\d", re.DOTALL))
    pointed = tip.inner_text().split(" · ")[0]
    picture.click(position={"x": 30, "y": 80})
    expect(part(page, ".whose")).to_have_text(f"Top 5 for {pointed}")
    expect(keyed(page, PERSON_KEY).locator("input")).to_have_value(pointed)
    expect(part(page, ".controls output")).to_have_text("k = 3")
    assert part(page, "i").first.bounding_box() != row
    wait_idle(page)

    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    expect(part(page, ".controls output")).to_have_text("k = 8")
    expect(part(page, ".note")).to_have_text("✓ The best k is the planted number of tastes: 8")
    expect(part(page, "h3")).to_contain_text("No other k scores higher")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("With k = 8 tastes"))
    expect(part(page, "svg")).to_have_attribute("aria-label", re.compile("With k = 8 tastes"))
    slider.press("ArrowRight")
    expect(part(page, ".note")).to_have_text("")

    slider.press("End")
    expect(part(page, "h3")).to_contain_text("below popularity")
    wait_idle(page)
    before = tiles(page)
    part(page, "input[role=switch]").check()
    expect(part(page, ".note")).to_have_text(re.compile(r"The model was trained on ([\d,]+) of \1 held-out choices"))
    expect(part(page, "h3")).to_contain_text(re.compile(r"leaking test gives k = 128 tastes an NDCG@10 of (0\.9|1\.0)"))
    expect(part(page, "h3")).to_contain_text("the honest one chooses k = 8")
    expect(part(page, ".mark")).to_have_count(2)
    assert tiles(page)[0] != before[0]
    part(page, "input[role=switch]").uncheck()
    expect(part(page, "h3")).to_contain_text("below popularity")
    assert tiles(page) == before
    assert page.evaluate("watching.size") == 1, "each drawing ends the one before it"

    link.click()
    expect(keyed(page, TRAIN_KEY)).to_be_visible()
    assert page.url.split("?")[0].endswith("/train")


def test_on_a_phone_nothing_is_cut_nothing_overlaps_and_a_finger_hits_everything(server, visit):
    page = visit(f"{server.url}/?data=Planted tastes (K = 8)", phone=True)
    expect(part(page, "h3")).to_contain_text("With k = 2 tastes")
    wait_idle(page)
    first = page.get_by_text("Recommender explorer").bounding_box()
    button = page.get_by_test_id("stExpandSidebarButton").bounding_box()
    assert first["y"] >= button["y"] + button["height"]
    pictures, listed = (part(page, css).bounding_box() for css in (".tiles", "aside"))
    assert listed["y"] >= pictures["y"] + pictures["height"] and listed["width"] > 300
    ticks = [tick.bounding_box() for tick in part(page, ".chart text[text-anchor=middle].quiet").all()]
    assert len(ticks) > 3
    assert all(one["x"] + one["width"] <= other["x"] for one, other in pairwise(ticks))
    assert small_targets(page) == []
    page.goto(f"{server.url}/optimise")
    chart = keyed(page, "paths")
    chart.wait_for()
    assert chart.bounding_box()["width"] >= 640  # scrolled, not squeezed
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    wait_idle(page)
    assert small_targets(page) == []
    page.goto(f"{server.url}/history")
    table = page.get_by_test_id("stDataFrame").first
    table.wait_for()
    wait_idle(page)
    assert small_targets(page) == []
    tools = page.get_by_test_id("stElementToolbar").first.bounding_box()
    assert tools["y"] + tools["height"] <= table.bounding_box()["y"] + 10, "its margin lies on the table, no button"
