"""The report as its reader meets it: downloaded from Compare, opened from a disk with the network off."""

import re

import pytest
from playwright.sync_api import expect

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import generate
from recsys_core.runner.execute import execute
from recsys_core.store.store import RunStore
from tests.browser.conftest import keyed, running_server, wait_idle

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """A server whose store has SVD and EASE on the planted data."""
    folder = tmp_path_factory.mktemp("report")
    store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}")
    split = store.split(store.add_dataset(generate()), SplitRecipe())
    for key in ("svd", "ease"):
        store.queue.add_run(split, key, ALGORITHMS[key](), 0)
        execute(store, store.queue.claim("test"))
    with running_server(folder) as server:
        yield server, store


def test_the_report_opens_without_a_network_and_says_what_the_page_said(two_runs, visit, chromium, tmp_path):
    server, store = two_runs
    page = visit(f"{server.url}/compare")
    expect(page.get_by_text(re.compile("is best: |has the highest "))).to_be_visible()
    wait_idle(page)
    said = page.get_by_role("heading", level=3).first.inner_text().replace("\u2060", "")  # which keeps Markdown off
    with page.expect_download() as download:
        keyed(page, "report").get_by_role("button", name="Report, one HTML file").click()
    path = tmp_path / "report.html"
    download.value.save_as(path)
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.get_by_text("from recsys_core.algorithms import EASE, SVD")).to_be_visible()

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
