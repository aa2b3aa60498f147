"""What do pages wait for on large data? `python -m tests.benchmarks.large_pages [MILLIONS]`, by default 5.

It loads generated ratings as Parquet through a Chromium and opens every page, first without a model, then with two that
the server's workers have trained (ALS on choices and on ratings, 16 factors, 3 epochs), whose report it downloads, with
the split as files; it imports the file of one of them, and drops half of the training data of one. Then it opens the
views that a page does not begin with, re-ranks lists with another weight, and pins them and a blend. For each step it
prints the seconds until what it names is shown and until the page stands still, the processor seconds of the server and
of its children that have ended meanwhile, and the longest answer of its health check, asked every 50 ms. Beside the
server's seconds and answers stand those of a server that is asked as often and does nothing else: they tell what the
question and the machine are to blame for. In the end comes the server's memory (Linux only).
"""

import os
import shutil
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.split import SplitRecipe
from recsys_core.exchange.description import describe_model
from recsys_core.exchange.writing import model_as_npz
from recsys_core.store.store import RunStore
from tests.benchmarks.first_page import _ARGUMENTS
from tests.benchmarks.growth import generated
from tests.benchmarks.servers import ROOT, Server, running

_IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_PAGES = ("Train", "Person", "Factors", "Start", "Data", "Start", "Compare", "What-if", "Optimise", "History", "Data")
_PAGES_WITH_MODELS = ("Train", "Compare", "Factors", "Person", "What-if", "Optimise", "History", "Data", "Compare")
_VIEWS = {
    "optimise": {
        "optimise": ("Newton chooses λ", "PCA is the map", "Eckart–Young", "Race on your data", "SLSQP blends models")
    },
    "what_if": {"what_if": ("Continue training",)},
    "compare": {
        "compare_verdict": ("Robustness",),
        "compare_view": ("For whom", "Cost"),
        "compare_details": ("Table", "Curves", "Ratings vs ranking"),
        "compare_metrics": ("Conventions",),
        "compare_lists": ("Popularity", "Beyond accuracy", "Disagreement", "Re-rank"),
    },
}
_GROUPS = {
    "compare_verdict": "Verdict", "compare_details": "Details", "compare_metrics": "How metrics work",
    "compare_lists": "Lists",
}  # fmt: skip
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


def train_models(folder: Path) -> None:
    """Queue two models for the workers of the server, and wait until they are trained."""
    started, store = time.perf_counter(), RunStore(f"sqlite:///{folder / 'runs.sqlite'}")
    split = store.split(store.dataset_list()[0]["fingerprint"], SplitRecipe())
    for name in ("implicit_als", "als"):
        store.queue.add_run(split, name, ALGORITHMS[name](n_factors=16, n_epochs=3), seed=0)
    while store.queue.has_live_runs():
        time.sleep(1)
    print(f"two models trained after {time.perf_counter() - started:.0f} s", flush=True)


def exported_model(folder: Path) -> bytes:
    """Return the model that was trained last, as a file."""
    store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}")
    run = max(store.runs(), key=lambda run: run.id)
    dataset, model = store.dataset(run.data_fingerprint), store.model(run.id)
    assert isinstance(model, FactorModel)
    return model_as_npz(model, dataset, describe_model(run, dataset, model, store.epochs(run.id), None))


def main(n_ratings: int) -> None:
    """Print a line for each step."""
    os.environ["RECSYS_FIRST_MODELS"] = "off"
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        path = folder / "ratings.parquet"
        write_ratings(path, n_ratings)
        print(f"{n_ratings:,} ratings, a file of {path.stat().st_size / 1e6:.0f} MB, load {os.getloadavg()[0]:.1f}")
        nothing = folder / "nothing"
        nothing.mkdir()
        (nothing / "page.py").touch()
        with running(ROOT / "app.py", folder) as server, running(nothing / "page.py", nothing) as idle:
            page = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS).new_page()
            page.set_default_timeout(600_000)
            ended: list[bytes] = []
            page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: _note_end(frame, ended)))
            page.goto(f"{server.url}/data")
            page.wait_for_selector(".st-key-long_tail .plot-container")
            health, health_of_idle = HealthCheck(server), HealthCheck(idle)

            def step(what: str, act, until: str = _IDLE) -> None:
                ended.clear()
                before, before_of_idle = _processor_seconds(server.pid), _processor_seconds(idle.pid)
                health.longest, health_of_idle.longest, started = 0.0, 0.0, time.perf_counter()
                act()
                while not ended and time.perf_counter() < started + 1:  # by then the page tells that a script runs
                    page.wait_for_timeout(10)
                page.evaluate("() => new Promise(done => requestIdleCallback(done))")  # has taken in what has come
                page.wait_for_selector(until)
                shown = time.perf_counter() - started
                page.wait_for_selector(_IDLE)
                wall = time.perf_counter() - started
                own, children = np.subtract(_processor_seconds(server.pid), before)
                own_of_idle, _ = np.subtract(_processor_seconds(idle.pid), before_of_idle)
                print(
                    f"{what:24} {shown:6.2f} s, at rest {wall:6.2f} s, children {children:6.2f} s, "
                    f"server {own:5.2f} s (idle {own_of_idle:.2f} s), health {health.longest * 1000:4.0f} ms "
                    f"(idle {health_of_idle.longest * 1000:.0f} ms), load {os.getloadavg()[0]:.0f}",
                    flush=True,
                )

            upload = page.locator(".st-key-ratings_file input[type=file]")
            page.get_by_role("radio", name="Upload a file").click()
            step("preview", lambda: upload.set_input_files(path), ".st-key-load button")
            step("Load to the picture", page.locator(".st-key-load button").click, ".st-key-long_tail .plot-container")

            def visit(titles: tuple[str, ...]) -> None:
                for title in titles:
                    step(title, page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click)

            visit(_PAGES)
            page.locator(".st-key-split summary").first.click()
            seed = page.locator(".st-key-split_seed input").first
            seed.fill("3")
            step("another split", lambda: seed.press("Enter"))
            seed.fill("0")
            step("the first split again", lambda: seed.press("Enter"))
            train_models(folder)
            visit(_PAGES_WITH_MODELS)

            def download(name: str) -> None:
                with page.expect_download() as download:
                    page.get_by_role("button", name=name).click()
                download.value.path()

            step("Report", lambda: download("Report, one HTML file"))
            visit(("Data",))
            page.get_by_role("tab", name="Train/test split").click()
            page.wait_for_selector(".st-key-split_csv button")
            step("split as files", lambda: download("Split as files (CSV)"))
            model = folder / "model.npz"
            model.write_bytes(exported_model(folder))
            visit(("History",))
            page.get_by_text("Import a model from a file").click()
            page.locator(".st-key-history_model_file input[type=file]").set_input_files(model)
            page.wait_for_selector(".st-key-history_import button:enabled")
            button = page.locator(".st-key-history_import").get_by_role("button").first
            step("model imported", button.click, ".st-key-pin_imported_model")
            visit(("What-if",))
            page.get_by_role("radio", name="Corrupt the data").click()
            page.wait_for_selector(".st-key-corrupt button")
            step("half the data dropped", page.locator(".st-key-corrupt button").click)

            def pin(key: str) -> None:
                button = page.locator(f".st-key-{key}").get_by_role("button")
                step("pinned", button.click, f".st-key-{key} button:disabled")

            for name, views in _VIEWS.items():
                for key, chosen in views.items():
                    for view in chosen:
                        asked = {key: view} | ({"compare_view": _GROUPS[key]} if key in _GROUPS else {})
                        step(view, lambda url=f"{server.url}/{name}?{urlencode(asked)}": page.goto(url))
                        if view == "SLSQP blends models":
                            pin("keep_blend")
            step(
                "another weight",
                lambda: page.locator(".st-key-rerank_weight").get_by_role("slider").press("ArrowRight"),
            )
            pin("rerank_keep")
            status = Path(f"/proc/{server.pid}/status").read_text().splitlines()
            print(*(" ".join(line.split()) for line in status if line.startswith(("VmRSS", "VmHWM", "RssAnon"))))


def _note_end(frame: bytes | str, ended: list[bytes]) -> None:
    """Add a message that a run of the whole script has ended: a short one comes and goes before the page shows it."""
    assert isinstance(frame, bytes)
    message = ForwardMsg.FromString(frame)
    if message.WhichOneof("type") == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
        ended.append(frame)


def _processor_seconds(pid: int) -> tuple[float, float]:
    """Return the seconds of a process, and of its children that have ended."""
    fields = [int(field) for field in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:15]]
    return (fields[0] + fields[1]) / _TICKS, (fields[2] + fields[3]) / _TICKS


if __name__ == "__main__":
    main(int(1_000_000 * float(sys.argv[1])) if len(sys.argv) > 1 else 5_000_000)
