"""How long until a number stands on the first page, beside an empty Streamlit page, in a real Chromium.

Pages in turn, each in a window without anything cached: the empty page (its server is warm), ours (warm), and both on
servers that have just been started, ours over an empty database, from when they answer their health check. "From the
command" counts from the command that starts such a server. The number is the page's first headline, and it must still
be the first once all of the page is drawn; when the picture below it is drawn is told beside. Medians, and their ratios
to the empty page.
"""

import os
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.servers import ROOT, running

ROUNDS = 5
MOST_WARM, MOST_FRESH = 1.3, 1.6  # times the empty page
_EMPTY = 'import streamlit as st\n\nst.subheader("7", anchor=False)\n'
_PICTURE = ".st-key-scrubber li .title"  # filled in with the curves and the pictures
_UPPERMOST = """all => all.map(each => [each.getBoundingClientRect().top, each.textContent])
    .sort(([one], [other]) => one - other)[0][1]"""
_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


def main(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Print the medians and return the seconds of each round, by page."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("The first page: left out, no chromium is on the PATH.")
        return {}
    rows: dict[str, float | None] = {
        **{"empty": None, "warm": MOST_WARM, "warm, picture": None},
        **{"empty, fresh": None, "fresh": MOST_FRESH, "fresh, picture": None},
        **{"empty, from the command": None, "from the command": None},
    }
    seconds: dict[str, list[float]] = {page: [] for page in rows}
    print(f"the first page, {rounds} rounds in turn, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        empty, ours = Path(folder) / "empty", Path(folder) / "ours"
        empty.mkdir(), ours.mkdir()
        (empty / "page.py").write_text(_EMPTY)
        with running(empty / "page.py", empty) as empty_server, running(ROOT / "app.py", ours) as warm:
            for url in (empty_server.url, warm.url):
                seconds_to_number(browser, url)
            time.sleep(5)  # the first models of a fresh server are trained by then
            for number in range(rounds):
                seconds["empty"].append(seconds_to_number(browser, empty_server.url)[0])
                number_seconds, picture_seconds = seconds_to_number(browser, warm.url, _PICTURE)
                seconds["warm"].append(number_seconds)
                seconds["warm, picture"].append(picture_seconds)
                for kind, script, picture in (("empty, ", empty / "page.py", ""), ("", ROOT / "app.py", _PICTURE)):
                    fresh_folder = Path(folder) / f"{kind}{number}"
                    fresh_folder.mkdir()
                    with running(script, fresh_folder) as fresh:
                        before = time.perf_counter() - fresh.started
                        number_seconds, picture_seconds = seconds_to_number(browser, fresh.url, picture)
                        seconds[f"{kind}fresh"].append(number_seconds)
                        seconds[f"{kind}from the command"].append(before + number_seconds)
                        if picture:
                            seconds["fresh, picture"].append(picture_seconds)
        browser.close()
    base = statistics.median(seconds["empty"])
    for page, most in rows.items():
        median = statistics.median(seconds[page])
        told = "" if most is None else f"{'met' if median <= most * base else 'MISSED'} ({most} ×)"
        each = " ".join(f"{value:.2f}" for value in seconds[page])
        print(f"  {page:23} {median:6.2f} s {median / base:6.2f} ×  {told:16} {each}")
    print(f"  load {os.getloadavg()[0]:.1f}")
    return seconds


def seconds_to_number(browser: Browser, url: str, picture: str = "") -> tuple[float, float]:
    """Open `url` in a new window; return the seconds until a headline has a number, and until the `picture` is there.

    Raises RuntimeError if another headline is the first once all is drawn.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    headlines = page.locator("[data-testid=stMain] h3:visible", has_text=re.compile(r"\d"))
    headlines.first.wait_for(timeout=60_000)
    seconds = time.perf_counter() - started
    before = headlines.evaluate_all(_UPPERMOST)
    if picture:
        page.locator(picture).first.wait_for(timeout=60_000)
    picture_seconds = time.perf_counter() - started
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=60_000)
    page.wait_for_timeout(500)
    after = headlines.evaluate_all(_UPPERMOST)
    context.close()
    if after != before:
        raise RuntimeError(f"The first headline was {before!r}, and in the end it is {after!r}.")
    return seconds, picture_seconds
