"""Eight browsers use one server for a minute while two trainings run: how long does each click take?"""

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from recsys_core.algorithms import ALGORITHMS
from recsys_core.store.run import FINISHED
from recsys_core.store.store import RunStore
from tests.browser.conftest import _ARGUMENTS, CHROMIUM, open_via_sidebar, running_server, wait_idle

_BROWSERS, _SECONDS, _RUNS = 8, 60, 100
_PAGES = ("Start", "Factors", "Person", "Compare")


@dataclass
class Figures:
    interactions: int = 0
    median_seconds: float = 0.0
    percentile_95_seconds: float = 0.0
    slowest_seconds: float = 0.0
    megabytes_before: float = 0.0
    megabytes_after_the_minute: float = 0.0
    megabytes_after_the_runs: float = 0.0
    megabytes_per_100_runs: float = 0.0


def use_together(folder: Path) -> Figures:
    """An interaction is a change of page, from the click until the app is idle again; between two a person looks."""
    figures = Figures()
    with running_server(folder) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        pages = [_open(browser, server.url) for _ in range(_BROWSERS)]
        for page in pages:
            wait_idle(page)
        store, pid = RunStore(server.database_url), server.process.pid
        split = store.split_of(store.runs()[0])
        figures.megabytes_before = _megabytes(pid)
        trainings = [store.queue.add_run(split, "bpr", ALGORITHMS["bpr"](n_epochs=100_000), seed) for seed in (1, 2)]
        taken = _click_about(pages)
        for run_id in trainings:
            store.queue.request_stop(run_id)
        figures.interactions = len(taken)
        figures.median_seconds = statistics.median(taken)
        figures.percentile_95_seconds = statistics.quantiles(taken, n=20)[-1]
        figures.slowest_seconds = max(taken)
        figures.megabytes_after_the_minute = _megabytes(pid)
        last = [store.queue.add_run(split, "bpr", ALGORITHMS["bpr"](n_epochs=2), seed) for seed in range(_RUNS)][-1]
        while store.run(last).state != FINISHED:
            time.sleep(0.2)
        for title in _PAGES:  # what is kept of the runs in memory is loaded by who looks
            open_via_sidebar(pages[0], title)
            wait_idle(pages[0])
        figures.megabytes_after_the_runs = _megabytes(pid)
        growth = figures.megabytes_after_the_runs - figures.megabytes_after_the_minute
        figures.megabytes_per_100_runs = growth * 100 / _RUNS
        browser.close()
    return figures


def _open(browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    return page


def _click_about(pages: list[Page]) -> list[float]:
    """Seconds of every interaction, timed in the browsers themselves, each of which clicks and thinks on its own."""
    for page in pages:
        page.evaluate(_CLICK_ABOUT, [_PAGES, _SECONDS])
    for page in pages:
        page.wait_for_function("() => window.isDone", timeout=1000 * (_SECONDS + 120))
    return [seconds for page in pages for seconds in page.evaluate("() => window.taken")]


# An interaction ends when the app, having run, is idle for a fifth of a second.
_CLICK_ABOUT = """([titles, seconds]) => {
  const app = document.querySelector('[data-testid=stApp]')
  const sleep = ms => new Promise(done => setTimeout(done, ms))
  const links = () => [...document.querySelectorAll('[data-testid=stSidebarNav] a')]
  window.taken = []
  window.isDone = false
  const use = async () => {
    const end = performance.now() + 1000 * seconds
    while (performance.now() < end) {
      await sleep(1000 + 3000 * Math.random())
      const others = links().filter(a => a.href !== location.href && titles.some(title => a.innerText.endsWith(title)))
      const began = performance.now()
      others[Math.floor(others.length * Math.random())].click()
      let ran = false, idleSince = null
      while (!(ran && idleSince !== null && performance.now() - idleSince > 200)) {
        await sleep(10)
        const isIdle = app.dataset.testScriptState === 'notRunning'
        ran = ran || !isIdle || performance.now() - began > 1000
        idleSince = isIdle ? idleSince ?? performance.now() : null
      }
      window.taken.push((idleSince - began) / 1000)
    }
    window.isDone = true
  }
  use()
}"""


def _megabytes(pid: int) -> float:
    """What the server's own process holds in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
