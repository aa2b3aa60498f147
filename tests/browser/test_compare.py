"""The Compare page as a hand meets it: three pins, verdicts, other conventions, the seal, a click that leads on."""

import re

import pytest
from playwright.sync_api import Page, expect

from pages.shared.shell.pinned_models import PINS_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import generate
from recsys_core.runner.execute import execute
from recsys_core.store.store import RunStore
from tests.browser.conftest import assert_no_exception, choose, keyed, running_server, wait_idle
from tests.conftest import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def three_runs(tmp_path_factory):
    """A server whose store has ALS, SVD and EASE on the planted data."""
    folder = tmp_path_factory.mktemp("compare")
    store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}")
    split = store.split(store.add_dataset(generate()), SplitRecipe())
    for key in ("implicit_als", "svd", "ease"):
        store.queue.add_run(split, key, ALGORITHMS[key](), 0)
        execute(store, store.queue.claim("test"))
    with running_server(folder) as server:
        yield server, store


def open_compare(visit, server, view: str = "Verdict", **query) -> Page:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    page = visit(f"{server.url}/compare?compare_view={view}{more}")
    expect(page.get_by_role("heading", name=re.compile("is best: |has the highest "))).to_be_visible(
        timeout=60_000
    )  # a fresh server
    wait_idle(page)
    return page


def unpin(page: Page) -> None:
    """Take the last pinned model away."""
    keyed(page, PINS_KEY).get_by_role("button", name=re.compile("^Unpin")).last.click()


def test_three_pinned_runs_get_their_verdicts(three_runs, visit):
    server, _ = three_runs
    page = open_compare(visit, server)
    words = keyed(page, "differences").locator(
        "svg text", has_text=re.compile("better|worse|no clear difference|practically the same")
    )
    expect(words).to_have_count(2)
    expect(page.get_by_text(re.compile(r"^Compared with the baseline #1 ALS"))).to_be_visible()
    unpin(page)
    expect(words).to_have_count(1)
    assert_no_exception(page)


def test_another_convention_flips_a_mark_and_worlds_are_counted_until_stopped(three_runs, visit):
    server, _ = three_runs
    page = open_compare(visit, server, "Conventions", N=5)
    marked = keyed(page, "conventions").locator("svg text", has_text="another wins")
    expect(marked.first).to_be_visible()
    before = marked.count()
    choose(page, "convention", "LensKit")
    expect(page.get_by_text(re.compile("It wins under LensKit, but not under"))).to_be_visible()
    expect(marked).not_to_have_count(before)
    assert_no_exception(page)

    page.get_by_role("radio", name="Truth meter").click()
    expect(page.get_by_text("The test puts the wrong model first")).to_be_visible(timeout=60_000)
    keyed(page, "truth_start").get_by_role("button").click()
    counted = page.get_by_text(re.compile(r"In \d+ worlds?, the usual test named"))
    expect(counted).to_be_visible(timeout=60_000)
    keyed(page, "truth_stop").get_by_role("button").click()
    expect(keyed(page, "truth_start").get_by_text("Go on to 100 worlds")).to_be_visible()
    expect(counted).to_be_visible()
    assert_no_exception(page)


def reveal(page) -> None:
    """Press the button and, where the test is still fresh, the one that it asks with."""
    asks = keyed(page, "ask_to_reveal")
    if asks.count():
        asks.get_by_role("button").first.click()
    keyed(page, "reveal").get_by_role("button").click()


def test_a_reveal_counts_also_for_others(three_runs, visit):
    server, store = three_runs
    (run, *_) = store.runs()
    before = store.n_reveals(run.split_fingerprint)
    mine, yours = open_compare(visit, server), open_compare(visit, server)
    reveal(mine)
    expect(mine.get_by_role("heading", name=re.compile("on the test"))).to_be_visible()
    wait_until(lambda: store.n_reveals(run.split_fingerprint) == before + 1, "the look is counted")
    expect(yours.get_by_role("heading", name=re.compile("on validation"))).to_be_visible()
    reveal(yours)
    expect(yours.get_by_text(f"has been revealed {before + 2} times")).to_be_visible()
    wait_idle(yours)  # the button stands there before the page below it does
    keyed(yours, "seal").get_by_role("button").click()
    expect(yours.get_by_role("heading", name=re.compile("on validation"))).to_be_visible()
    assert store.n_reveals(run.split_fingerprint) == before + 2


def test_a_click_in_the_slope_chart_leads_to_the_person(three_runs, visit):
    server, _ = three_runs
    page = open_compare(visit, server, "Disagreement")
    name = keyed(page, "slope_person").locator("input").input_value() or keyed(page, "slope_person").inner_text()
    name = name.replace("Person", "").strip()
    chart = page.locator("[class*=st-key-slope_] .js-plotly-plot")
    expect(chart).to_be_visible()
    dots = chart.locator(".scatterlayer .points path").first.bounding_box()
    page.mouse.move(dots["x"] + dots["width"] / 2, dots["y"] + dots["height"] / 2)
    page.wait_for_timeout(300)
    page.mouse.click(dots["x"] + dots["width"] / 2, dots["y"] + dots["height"] / 2)
    expect(page).to_have_url(re.compile(r"/person\?"))
    expect(page.get_by_text(re.compile(f"for {re.escape(name)}|of {re.escape(name)}")).first).to_be_visible()
    expect(keyed(page, PINS_KEY).locator(".pinned", has_text="EASE")).to_be_visible()
    assert_no_exception(page)


def test_a_click_in_the_specification_curve_opens_that_way_to_test(three_runs, visit):
    server, _ = three_runs
    page = open_compare(visit, server, "Robustness")
    expect(page.get_by_text(re.compile("of 15 reasonable ways to test"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"^Train \d+ models"))).to_be_visible()
    dots = keyed(page, "specification_curve").locator(".scatterlayer .points path")
    expect(dots.first).to_be_visible()
    dot = dots.nth(3).bounding_box()
    page.mouse.move(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    page.wait_for_timeout(300)
    page.mouse.click(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    keyed(page, "open_specification").get_by_role("button").first.click()
    expect(page.get_by_text(re.compile("^One of .* reasonable ways to test"))).to_be_visible()
    expect(keyed(page, "differences")).to_be_visible()
    keyed(page, "close_specification").get_by_role("button").first.click()
    expect(dots.first).to_be_visible()
    assert_no_exception(page)
