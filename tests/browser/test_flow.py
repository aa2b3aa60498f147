"""What a person does with the app, in a real Chromium against a real server."""

import io
import re
import signal

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from pages.shared.widgets.choose_person_item import ITEM_KEY
from pages.views.train.controls import ALGORITHM_KEY, TRAIN_KEY
from pages.views.train.live_run import RUN_AGAIN_KEY, STOP_KEY
from recsys_core.algorithms import BPR, SVD
from recsys_core.store.run import INTERRUPTED
from recsys_core.store.store import RunStore
from tests.browser.conftest import (
    assert_fits,
    assert_no_exception,
    every_copy,
    fresh,
    keyed,
    kill,
    open_via_sidebar,
    running_server,
    status,
    train,
    wait_idle,
)
from tests.browser.files import IMAGE, items_file, load, ratings_file
from tests.conftest import wait_until
from tests.processes import is_alive

pytestmark = pytest.mark.browser

ENDLESS = 100_000  # epochs: hours of training, so that a run is live for as long as a test looks
NDCG = "NDCG@\u2060?10"  # escaped text holds a word joiner, so that nothing after an @ becomes a link


def epoch(page: Page) -> int:
    """The number of the epoch that the page shows."""
    found = re.search(r"epoch (\d+) of", status(page).inner_text())
    return int(found[1]) if found else 0


def start_endless(page: Page) -> None:
    """Train BPR for longer than anybody looks, and wait until it is under way."""
    train(page, "BPR", bpr_n_epochs=ENDLESS)
    expect(status(page)).to_contain_text(re.compile(r"epoch [1-9]\d* of 100000.*running"))


def stop(page: Page) -> None:
    keyed(page, STOP_KEY).get_by_role("button").click()
    expect(status(page)).to_contain_text("stopped")
    expect(every_copy(page, STOP_KEY)).to_have_count(0)


def drawn(page: Page) -> str:
    """The line of the first chart, the objective, as its path in the SVG; the last one where a ghost lies below."""
    lines = page.get_by_test_id("stVegaLiteChart").first.locator("svg g.mark-line path")
    return lines.last.get_attribute("d") or ""


def test_from_a_file_to_a_comparison(server, visit):
    page = visit(f"{server.url}/train")
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    expect(
        fresh(page).get_by_text(re.compile(rf"reached {NDCG} 0\.\d{{3}}"))
    ).to_be_visible()  # nothing was clicked yet
    expect(status(page)).to_contain_text(re.compile("finished|stopped"))  # another flow may have stopped its run

    load(page, ratings_file(), items_file(f"Amélie {IMAGE}"))
    expect(page.get_by_test_id("stSidebar")).to_contain_text("120 people × 80 items")

    open_via_sidebar(page, "Start")
    scrubber = keyed(page, "scrubber")
    expect(scrubber.locator("li .title").first).to_contain_text(f"Amélie {IMAGE}")
    expect(scrubber.locator("h3")).to_contain_text("popularity (")
    expect(scrubber.locator("svg")).not_to_contain_text("Oracle")
    assert scrubber.locator("img").count() == 0

    open_via_sidebar(page, "Train")
    expect(fresh(page).get_by_text("No model is trained on this data and split yet.")).to_be_visible()
    start_endless(page)
    first_epoch, first_drawing = epoch(page), drawn(page)
    wait_until(lambda: epoch(page) > first_epoch, "the epochs go on")
    wait_until(lambda: drawn(page) != first_drawing, "the curve grows")
    stop(page)
    reached = epoch(page)
    assert reached >= first_epoch
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    # A long curve is thinned while it grows.
    wait_until(lambda: drawn(page).count("L") > 2 and drawn(page) != first_drawing, "the curve is drawn")

    open_via_sidebar(page, "Factors")
    expect(fresh(page).get_by_text("of how people and items differ")).to_be_visible()
    expect(keyed(page, "map").locator("svg text", has_text="Amélie").first).to_be_visible()
    expect(keyed(page, ITEM_KEY).locator("input")).to_have_value(re.compile(rf"^Amélie {re.escape(IMAGE)} \d+$"))

    open_via_sidebar(page, "Train")
    train(page, "SVD")
    expect(fresh(page).get_by_text(re.compile(rf"SVD reached {NDCG} 0\.\d{{3}}"))).to_be_visible()

    open_via_sidebar(page, "Compare")
    expect(
        fresh(page).get_by_text(
            re.compile(rf"(is best:|has the highest) {NDCG},? 0\.\d+ on validation, 0\.\d+ \(.*\) ahead of")
        )
    ).to_be_visible()
    for metric in ("ndcg", "map"):
        chart = keyed(page, f"intervals_{metric}")
        expect(chart.get_by_role("figure", name=re.compile(rf"{metric.upper()}@10 .*95% intervals"))).to_be_visible()
        for name in (f"BPR k={BPR().n_factors}", f"SVD k={SVD().n_factors}"):
            expect(chart.locator("svg text", has_text=name).first).to_be_visible()
    keyed(page, "compare_view").get_by_text("Details", exact=True).click()
    with page.expect_download() as download:
        keyed(page, "download").get_by_role("button").click()
    table = pd.read_csv(io.BytesIO(download.value.path().read_bytes()))
    assert len(table) == 2
    assert table["run"].str.contains("BPR|SVD").all()
    assert table[["NDCG@10", "MAP@10"]].notna().all(axis=None)
    for column in ("NDCG@10 95%", "MAP@10 95%"):
        assert table[column].str.fullmatch(r"0\.\d{3} to 0\.\d{3}").all()
    assert not [url for url in requested if "127.0.0.1:9/" in url], "no title has become an image"
    assert_no_exception(page)


def test_a_live_run_survives_reload_page_switch_a_second_tab_and_a_killed_worker(server, visit):
    page = visit(f"{server.url}/train")
    start_endless(page)
    at_reload = epoch(page)
    page.reload()
    wait_until(lambda: epoch(page) > at_reload, "the run goes on after a reload")

    open_via_sidebar(page, "Data")
    expect(fresh(page).get_by_text("Half of all interactions go")).to_be_visible()
    open_via_sidebar(page, "Train")
    expect(status(page)).to_contain_text("running")
    at_return = epoch(page)
    wait_until(lambda: epoch(page) > at_return, "the run goes on after a page switch")

    second = visit(page.url)
    expect(status(second)).to_contain_text("running")
    at_second = epoch(second)
    wait_until(lambda: epoch(second) > at_second and epoch(page) > at_second, "both tabs show it growing")
    stop(second)
    expect(status(page)).to_contain_text("stopped")

    start_endless(page)
    for worker in server.workers():
        kill(worker)
    expect(status(page)).to_contain_text("interrupted")
    expect(fresh(page).get_by_text("ended unexpectedly")).to_be_visible()
    expect(every_copy(page, STOP_KEY)).to_have_count(0)
    keyed(page, RUN_AGAIN_KEY).get_by_role("button").click()
    expect(status(page)).to_contain_text(re.compile(r"epoch [1-9]\d* of 100000.*running"))
    expect(page.get_by_text("ended unexpectedly")).to_have_count(0)
    stop(page)


def test_a_fresh_server_fetches_nothing_from_elsewhere_and_ends_at_once_with_its_workers(visit, tmp_path):
    with running_server(tmp_path) as server:
        page, requested = visit("about:blank"), []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(f"{server.url}/compare")
        expect(page.get_by_role("button", name="Reveal the test")).to_be_visible()
        assert len(requested) > 10
        assert [url for url in requested if not url.startswith((server.url, "data:", "blob:"))] == []

        open_via_sidebar(page, "Train")
        wait_idle(page)  # a list that is open while the page is being drawn may close again
        start_endless(page)
        workers = server.workers()
        assert len(workers) >= 2
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)  # and the training would have taken hours
        wait_until(lambda: not any(is_alive(worker) for worker in workers), "the workers have ended", seconds=30)
        (state,) = {run.state for run in RunStore(server.database_url).runs()} - {"finished"}
        assert state == INTERRUPTED


def test_train_right_after_typing_or_choosing_trains_what_was_asked_for(server, visit):
    """A quick hand: Train is pressed before the slider has followed, or the page has been drawn with the choice."""
    page = visit(f"{server.url}/train?data=planted")
    expect(fresh(page).get_by_text(re.compile(NDCG)).first).to_be_visible()
    wait_idle(page)
    before = RunStore(server.database_url).runs()[0].id
    box = keyed(page, "implicit_als_n_epochs").locator("input")
    box.fill("21")
    box.press("Enter")
    page.evaluate("document.querySelector('.st-key-train button').click()")
    wait_until(lambda: RunStore(server.database_url).runs()[0].id > before, "the run is queued")
    run = RunStore(server.database_url).runs()[0]
    assert run.recipe.n_epochs == 21
    expect(box).to_have_value("21")

    wait_until(lambda: not RunStore(server.database_url).run(run.id).is_live, "the run has ended")
    expect(every_copy(page, STOP_KEY)).to_have_count(0)
    wait_idle(page)
    button = keyed(page, TRAIN_KEY).get_by_role("button").element_handle()
    keyed(page, ALGORITHM_KEY).locator("input").click()
    option = page.get_by_role("option", name="SVD", exact=True).element_handle()
    page.evaluate("([option, button]) => { option.click(); button.click() }", [option, button])
    expect(fresh(page).get_by_text(re.compile("^SVD reached"))).to_be_visible()
    wait_idle(page)
    assert_fits(page)
