"""The film on Train as a hand meets it: it moves map, list and both curves in step, and asks the server for nothing."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from pages.views.train.film.show import BESIDE_KEY
from pages.views.train.live_run import STOP_KEY
from recsys_core.links.run_slug import run_slug
from recsys_core.store.store import RunStore
from tests.browser.conftest import assert_no_exception, choose, keyed, train, wait_idle
from tests.conftest import wait_until

pytestmark = pytest.mark.browser


def part(page: Page, css: str):
    """Something inside the player."""
    return keyed(page, "film").locator(css)


def drawn(page: Page) -> list[str]:
    return part(page, "canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")


def cursors(page: Page) -> list[float]:
    """How far to the right the lines on the two learning curves are, as shares of the charts."""
    return page.locator(".film-cursor").evaluate_all(
        "all => all.map(line => parseFloat(line.style.left) / line.parentElement.clientWidth)"
    )


def slider(page: Page):
    return part(page, "input[type=range]")


def test_a_training_is_replayed_without_the_server_beside_another_and_while_it_goes_on(server, visit):
    sent = []
    page = visit("about:blank")
    page.emulate_media(reduced_motion="reduce")  # or it plays by itself
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    held = []
    page.route(re.compile("vega", re.I), lambda route: held.append(route))
    trained = RunStore(server.database_url).runs()  # where other flows have trained too, the first is not what is shown
    run = f"&run={quote(run_slug(trained[-1]).text)}" if trained else ""
    page.goto(f"{server.url}/train?data=Planted tastes (K = 8){run}")
    expect(part(page, "h4")).to_contain_text("tastes")
    assert held and cursors(page) == []
    for route in held:  # the curves are there only after the film
        route.continue_()
    page.unroute_all()
    wait_idle(page)
    wait_until(lambda: len(cursors(page)) == 2, "a line is on each curve")
    last, at_end, listed = drawn(page), cursors(page), part(page, "li .title").all_inner_texts()
    assert len(set(last)) == 1 and len(listed) == 5
    n_sent = len(sent)
    assert n_sent > 0, "the listening itself must work"

    slider(page).press("Home")
    expect(part(page, "output")).to_have_text(re.compile(r"epoch 1 of \d+"))
    expect(slider(page)).to_have_attribute("aria-valuetext", re.compile(r"epoch 1 of \d+\. .*NDCG@10 0\.\d{3}"))
    assert drawn(page) != last
    assert all(now < before - 0.5 for now, before in zip(cursors(page), at_end, strict=True))
    part(page, ".forward").click()
    expect(part(page, "output")).to_have_text(re.compile("epoch 2 of"))
    part(page, ".best").click()
    best = re.search(r"\d+", part(page, ".best").get_attribute("title"))
    expect(part(page, "output")).to_have_text(re.compile(rf"epoch {best[0]} of"))
    slider(page).press("Home")
    part(page, ".speeds button").last.click()
    part(page, ".play").click()
    expect(part(page, "figcaption")).to_have_text(re.compile(r"epoch ([2-9]|1\d)\b"))
    expect(part(page, ".play")).to_have_text("▶ Play")  # it has come to the end
    assert drawn(page) == last and part(page, "li .title").all_inner_texts() == listed
    assert len(sent) == n_sent

    train(page, "BPR", bpr_n_epochs=100_000)
    expect(part(page, "output")).to_have_text(re.compile(r"epoch [1-9]\d* of"))
    reached = part(page, "output").inner_text()
    wait_until(lambda: part(page, "output").inner_text() != reached, "the film grows")
    keyed(page, STOP_KEY).get_by_role("button").click()
    keyed(page, BESIDE_KEY).wait_for()
    wait_idle(page)  # until the film is stored
    keyed(page, BESIDE_KEY).scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # a list that opens while the page still scrolls closes at once
    choose(page, BESIDE_KEY, "ALS (implicit)")
    expect(part(page, "canvas")).to_have_count(2)
    slider(page).press("Home")
    expect(part(page, "output")).to_have_text("0% of training")
    expect(part(page, "figcaption").first).to_contain_text("BPR, epoch 0")
    expect(part(page, "figcaption").last).to_contain_text("ALS (implicit), epoch 1")
    assert_no_exception(page)
