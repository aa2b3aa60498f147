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
from tests.browser.conftest import (
    assert_fits,
    assert_no_exception,
    choose,
    every_copy,
    fresh,
    keyed,
    running_server,
    wait_idle,
)
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
    expect(fresh(page).get_by_role("heading", name=re.compile("is best: |has the highest "))).to_be_visible()
    wait_idle(page)
    return page


def unpin(page: Page) -> None:
    """Take the last pinned model away."""
    keyed(page, PINS_KEY).get_by_role("button", name=re.compile("^Unpin")).last.click()


def test_a_click_in_the_specification_curve_opens_that_way_to_test_and_three_pins_get_their_verdicts(three_runs, visit):
    server, _ = three_runs
    page = open_compare(visit, server, "Robustness")
    expect(fresh(page).get_by_text(re.compile("of 15 reasonable ways to test"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"^Train \d+ models"))).to_be_visible()
    dots = keyed(page, "specification_curve").locator(".scatterlayer .points path")
    expect(dots.first).to_be_visible()
    wait_idle(page)  # until nothing moves any more
    dot = dots.nth(3).bounding_box()
    page.mouse.move(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    page.wait_for_timeout(300)
    page.mouse.click(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    keyed(page, "open_specification").get_by_role("button").first.click()
    expect(fresh(page).get_by_text(re.compile("^One of .* reasonable ways to test"))).to_be_visible()
    expect(keyed(page, "differences")).to_be_visible()
    keyed(page, "close_specification").get_by_role("button").first.click()
    expect(dots.first).to_be_visible()

    keyed(page, "compare_verdict").get_by_role("radio", name="Verdict").click()
    words = keyed(page, "differences").locator(
        "svg text", has_text=re.compile("better|worse|no clear difference|practically the same")
    )
    expect(words).to_have_count(2)
    expect(fresh(page).get_by_text(re.compile(r"^Compared with the baseline #1 ALS"))).to_be_visible()
    unpin(page)
    expect(words).to_have_count(1)
    wait_idle(page)
    assert_fits(page)


def test_a_convention_flips_a_mark_worlds_are_counted_and_a_click_in_the_slope_chart_leads_on(three_runs, visit):
    server, _ = three_runs
    page = open_compare(visit, server, "Conventions", N=5)
    marked = keyed(page, "conventions").locator("svg text", has_text="another is highest")
    expect(marked.first).to_be_visible()
    before = marked.count()
    choose(page, "convention", "LensKit")
    expect(fresh(page).get_by_text(re.compile("It is the highest under LensKit, but not under"))).to_be_visible()
    expect(marked).not_to_have_count(before)
    assert_no_exception(page)

    page.get_by_role("radio", name="Truth meter").click()
    expect(fresh(page).get_by_text("The test puts the wrong model first")).to_be_visible()
    keyed(page, "truth_start").get_by_role("button").click()
    counted = page.get_by_text(re.compile(r"In \d+ worlds?, the usual test named"))
    expect(counted).to_be_visible()
    keyed(page, "truth_stop").get_by_role("button").click()
    expect(keyed(page, "truth_start").get_by_text("Go on to 100 worlds")).to_be_visible()
    expect(counted).to_be_visible()
    assert_no_exception(page)

    page.get_by_role("radio", name="Lists", exact=True).click()
    page.get_by_role("radio", name="Disagreement").click()
    wait_idle(page)
    name = keyed(page, "slope_person").locator("input").input_value() or keyed(page, "slope_person").inner_text()
    name = name.replace("Person", "").strip()
    chart = page.locator("[class*=st-key-slope_] .js-plotly-plot")
    expect(chart).to_be_visible()
    dots = chart.locator(".scatterlayer .points path").first.bounding_box()
    page.mouse.move(dots["x"] + dots["width"] / 2, dots["y"] + dots["height"] / 2)
    page.wait_for_timeout(300)
    page.mouse.click(dots["x"] + dots["width"] / 2, dots["y"] + dots["height"] / 2)
    expect(page).to_have_url(re.compile(r"/person\?"))
    expect(fresh(page).get_by_text(re.compile(f"for {re.escape(name)}|of {re.escape(name)}")).first).to_be_visible()
    expect(keyed(page, PINS_KEY).locator(".pinned", has_text="EASE")).to_be_visible()
    assert_no_exception(page)


def reveal(page) -> None:
    """Press the button and, where the test is still fresh, the one that it asks with."""
    wait_idle(page)
    asks = every_copy(page, "ask_to_reveal")
    if asks.count():
        asks.get_by_role("button").first.click()
    keyed(page, "reveal").get_by_role("button").click()


def test_a_reveal_counts_also_for_others(three_runs, visit):
    server, store = three_runs
    (run, *_) = store.runs()
    before = store.n_reveals(run.split_fingerprint)
    mine, yours = open_compare(visit, server), open_compare(visit, server)
    reveal(mine)
    expect(fresh(mine).get_by_role("heading", name=re.compile("on the test"))).to_be_visible()
    wait_until(lambda: store.n_reveals(run.split_fingerprint) == before + 1, "the look is counted")
    expect(fresh(yours).get_by_role("heading", name=re.compile("on validation"))).to_be_visible()
    reveal(yours)
    expect(fresh(yours).get_by_text(f"has been revealed {before + 2} times")).to_be_visible()
    wait_idle(yours)  # the button stands there before the page below it does
    keyed(yours, "seal").get_by_role("button").click()
    expect(fresh(yours).get_by_role("heading", name=re.compile("on validation"))).to_be_visible()
    assert store.n_reveals(run.split_fingerprint) == before + 2


def test_the_report_opens_without_a_network_and_says_what_the_page_said(three_runs, visit, chromium, tmp_path):
    server, store = three_runs
    page = open_compare(visit, server)
    said = page.get_by_role("heading", level=3).first.inner_text().replace("\u2060", "")  # which keeps Markdown off
    with page.expect_download() as download:
        keyed(page, "report").get_by_role("button", name="Report, one HTML file").click()
    path = tmp_path / "report.html"
    download.value.save_as(path)
    page.get_by_role("button", name="Copy as Python").click()
    expect(fresh(page).get_by_text("from recsys_core.algorithms import EASE, ImplicitALS, SVD")).to_be_visible()

    heard, asked = [], []
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, offline=True, color_scheme="dark")
    try:
        reader = context.new_page()
        reader.on("console", lambda message: heard.append(message.text))
        reader.on("pageerror", lambda error: heard.append(str(error)))
        reader.on("request", lambda request: asked.append(request.url))
        reader.goto(path.as_uri())
        expect(reader.locator(".lead")).to_have_text(said)
        figures = reader.locator("figure")
        expect(reader.locator("figure .main-svg .trace, figure .main-svg .point").first).to_be_visible()
        drawn = figures.evaluate_all("all => all.map(each => each.querySelectorAll('.trace').length)")
        assert len(drawn) >= 8 and min(drawn) > 0, drawn
        assert asked == [path.as_uri()] and heard == []
        text = reader.locator("main").inner_text()
        for run in store.runs():
            assert run.fingerprint in text
            assert all(repr(store.evaluation(run.id, "validation").mean(each, 10)) in text for each in ("ndcg", "map"))
        width = reader.evaluate("document.documentElement.scrollWidth")
        assert width == 1280
        # Even a request that something in it would make is refused.
        refused = reader.evaluate("fetch('http://127.0.0.1:9/x').then(() => 'sent', error => error.message)")
        assert refused == "Failed to fetch" and any("Content Security Policy" in line for line in heard)
    finally:
        context.close()
