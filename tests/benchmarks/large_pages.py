"""What do pages wait for on large data? `python -m tests.benchmarks.large_pages [MILLIONS]`, by default 5.

It loads generated ratings as Parquet through a Chromium and opens every page. For each step it prints the seconds until
the page stands still, the processor seconds of the server (children apart), the longest answer of its health check
meanwhile, asked every 50 ms, and the server's memory in the end (Linux).
"""

import os
import shutil
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import TimeoutError, sync_playwright

from tests.benchmarks.first_page import _ARGUMENTS
from tests.benchmarks.growth import generated
from tests.benchmarks.servers import ROOT, Server, running

_RUNNING = '[data-testid="stApp"][data-test-script-state="running"]'
_IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_PAGES = ("Train", "Person", "Factors", "Start", "Data", "Start", "Compare", "What-if", "Optimise", "History", "Data")
_TICKS = os.sysconf("SC_CLK_TCK")


class HealthCheck:
    """Asks a server for its health every 50 ms; `longest` seconds since it was last set to 0."""

    def __init__(self, server: Server):
        self.longest, self._url = 0.0, f"{server.url}/_stcore/health"
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        while True:
            started = time.perf_counter()
            try:
                with urllib.request.urlopen(self._url, timeout=60) as answer:
                    answer.read()
            except OSError:
                return  # the server has ended
            self.longest = max(self.longest, time.perf_counter() - started)
            time.sleep(0.05)


def write_ratings(path: Path, n_ratings: int) -> None:
    """Write ratings by user, with the times of each within an hour, in the shape of the MovieLens sets."""
    rng, m, n = np.random.default_rng(0), n_ratings // 100, 15_000
    data = generated(n_ratings, m, n, rng)
    users = np.repeat(np.arange(m), data.items_per_user)
    times = rng.integers(8 * 10**8, 14 * 10**8, m)[users] + rng.integers(0, 3600, n_ratings)
    pq.write_table(pa.table({"userId": users, "movieId": data.items, "rating": data.values, "timestamp": times}), path)


def main(n_ratings: int) -> None:
    """Print a line for each step."""
    os.environ["RECSYS_FIRST_MODELS"] = "off"
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        path = folder / "ratings.parquet"
        write_ratings(path, n_ratings)
        print(f"{n_ratings:,} ratings, a file of {path.stat().st_size / 1e6:.0f} MB, load {os.getloadavg()[0]:.1f}")
        with running(ROOT / "app.py", folder) as server:
            page = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS).new_page()
            page.set_default_timeout(600_000)
            page.goto(f"{server.url}/data")
            page.wait_for_selector(".st-key-long_tail .plot-container")
            health = HealthCheck(server)

            def step(what: str, act, until: str = _IDLE) -> None:
                health.longest, busy, started = 0.0, _processor_seconds(server.pid), time.perf_counter()
                act()
                with suppress(TimeoutError):  # where it is quicker than the eye
                    page.wait_for_selector(_RUNNING, timeout=1_000)
                page.wait_for_selector(until)
                page.wait_for_selector(_IDLE)
                wall, busy = time.perf_counter() - started, _processor_seconds(server.pid) - busy
                print(f"{what:24} {wall:7.2f} s {busy:6.2f} s of the server, health {health.longest * 1000:6.0f} ms, "
                      f"load {os.getloadavg()[0]:.0f}", flush=True)  # fmt: skip

            upload = page.locator(".st-key-ratings_file input[type=file]")
            page.get_by_role("radio", name="Upload a file").click()
            step("preview", lambda: upload.set_input_files(path), ".st-key-load button")
            step("Load to the picture", page.locator(".st-key-load button").click, ".st-key-long_tail .plot-container")
            for title in _PAGES:
                link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True)
                step(title, link.click)
            page.locator(".st-key-split summary").first.click()
            seed = page.locator(".st-key-split_seed input").first
            seed.fill("3")
            step("another split", lambda: seed.press("Enter"))
            status = Path(f"/proc/{server.pid}/status").read_text().splitlines()
            print(*(" ".join(line.split()) for line in status if line.startswith(("VmRSS", "VmHWM", "RssAnon"))))


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main(int(1_000_000 * float(sys.argv[1])) if len(sys.argv) > 1 else 5_000_000)
