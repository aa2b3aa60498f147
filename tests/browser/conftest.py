"""A server of its own and a real Chromium for the flows of this folder."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect, sync_playwright

from pages.views.train.controls import ALGORITHM_KEY, TRAIN_KEY
from tests.conftest import wait_until
from tests.processes import children, free_port

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PAGES = ("", "train", "data", "factors", "person", "compare", "what_if", "optimise", "history")
_PROJECTOR = {"width": 1280, "height": 720}
_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --process-per-site"
).split()
# Code is compiled once and not again to be faster: no page stays open long enough for that to pay.
_ARGUMENTS += ["--js-flags=--no-opt --no-maglev"]

# What the policy forbids to be evaluated is thrown to whoever asked, who may hide it: only this event is always there.
_TELL_VIOLATIONS = """document.addEventListener('securitypolicyviolation', event =>
    console.error(`Content Security Policy: ${event.violatedDirective} forbids ${event.blockedURI}`))"""

# Nothing fades or shimmers: drawing the moments between two states takes a fifth of Chromium's time, and no flow looks
# at them. What our own pictures play is no animation of a style sheet.
_STAND_STILL = """document.addEventListener('DOMContentLoaded', () => {
    const still = new CSSStyleSheet();
    still.replaceSync('*, ::before, ::after { animation: none !important; transition: none !important }');
    document.adoptedStyleSheets.push(still);
})"""

# How quick the app is, benchmarks say. Here what must come must only come, also where six other programs want the
# processor; whoever waits goes on at once when it does.
DEADLINE = 60_000
expect.set_options(timeout=DEADLINE)


def pytest_collection_modifyitems(items):
    """Without a browser nothing here can say anything."""
    if CHROMIUM is None:
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(
                    pytest.mark.skip(reason="no chromium on the PATH: install one to run the browser flows")
                )


@dataclass
class Server:
    """`streamlit run app.py` on a free port, over a database of its own."""

    process: subprocess.Popen
    url: str
    database_url: str
    log: Path
    outside: socket.socket

    def calls_outside(self) -> int:
        """Return how many requests to other machines the server has made: they meet this proxy, which answers none."""
        count = 0
        with suppress(BlockingIOError):
            while True:
                self.outside.accept()[0].close()
                count += 1
        return count

    def workers(self) -> list[int]:
        """The worker processes: what the server has started and still runs."""
        return children(self.process.pid)

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def running_server(folder: Path, port: int | None = None, **environment: str):
    """Start the app and end it, and whatever it started, in the end.

    Fails on a traceback in its log, and if it has called another machine.
    """
    port = port or free_port()
    database_url, log = f"sqlite:///{folder / 'runs.sqlite'}", folder / "server.log"
    outside = socket.create_server(("127.0.0.1", 0))
    outside.setblocking(False)
    proxy = f"http://127.0.0.1:{outside.getsockname()[1]}"
    proxies = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": "127.0.0.1,localhost"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=ROOT,
            # Unwatched: whoever edits a file meanwhile does not change half of the app.
            env={
                **os.environ,
                **proxies,
                "RECSYS_DATABASE_URL": database_url,
                "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
                **environment,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, f"http://127.0.0.1:{port}", database_url, log, outside)
    try:
        wait_until(server.is_healthy, "the server answers")
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        calls = server.calls_outside()
        outside.close()
    assert calls == 0, f"the server made {calls} requests to other machines that nobody asked for"
    text = log.read_text(errors="replace")
    assert "Traceback" not in text, text[text.index("Traceback") :]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for the flows that do not end it."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


_TRACES = os.environ.get("RECSYS_TRACES")
_has_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Note for `visit` whether the flow has failed."""
    report = yield
    if report.when == "call":
        item.stash[_has_failed] = report.failed
    return report


@pytest.fixture(scope="session")
def window(chromium: Browser):
    """A window that one flow after the other begins with: what it has loaded from a server it need not load again.

    Its first page is empty and stays open, of the same site as all servers: their pages share its process, which has
    Streamlit's and Plotly's code compiled. A process for each page would take more than half of what a flow takes.
    """
    context = chromium.new_context(viewport=_PROJECTOR)
    empty = context.new_page()
    empty.route("**", lambda route: route.fulfill(body=""))
    empty.goto("http://127.0.0.1/")
    return context


def _tidy(window: BrowserContext) -> None:
    """Close what is open in the window and forget what it remembers, but for what it has loaded."""
    empty, *pages = window.pages
    origins = {"{0.scheme}://{0.netloc}".format(urlsplit(page.url)) for page in pages}
    for page in pages:
        page.close()
    # A closed page may go on for a moment in the process that it shared, and still have something remembered: on a busy
    # machine, 3 of 50 did so after all had been forgotten. Idle, the process has let go of it.
    empty.evaluate("() => new Promise(resolve => requestIdleCallback(resolve))")
    window.unroute_all()
    window.clear_cookies()
    devtools = window.new_cdp_session(empty)
    for origin in origins:
        devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})
    devtools.detach()


@pytest.fixture
def visit(chromium: Browser, window: BrowserContext, request):
    """visit(url, scheme="dark") opens a page in a window of its own, the size of a projector or, if asked, a phone.

    If `RECSYS_TRACES` names a folder, a flow that fails leaves there a trace of every window, for `playwright
    show-trace`, and its picture at the end.
    """
    contexts, violations = [], []

    def note_violation(message) -> None:
        if "Content Security Policy" in message.text:
            violations.append(message.text)

    def open_page(url: str, scheme: str = "light", *, phone: bool = False) -> Page:
        if phone:
            context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
        else:
            context = chromium.new_context(viewport=_PROJECTOR) if window in contexts else window
        contexts.append(context)
        if _TRACES:
            context.tracing.start(snapshots=True)
        context.set_default_timeout(DEADLINE)
        page = context.new_page()
        page.emulate_media(color_scheme=scheme)
        page.on("console", note_violation)
        page.add_init_script(_TELL_VIOLATIONS)
        page.add_init_script(_STAND_STILL)
        page.goto(url)
        return page

    yield open_page
    for number, context in enumerate(contexts):
        if _TRACES:
            has_failed = request.node.stash.get(_has_failed, False)
            path = Path(_TRACES) / f"{request.node.name}-{number}"
            context.tracing.stop(path=f"{path}.zip" if has_failed else None)
            for tab, page in enumerate(context.pages if has_failed else ()):
                with suppress(Error):  # a page that is too busy to be drawn has a trace all the same
                    page.screenshot(path=f"{path}-{tab}.png")
        if context is window:
            _tidy(window)
        else:
            context.close()
    assert not violations, violations[0]


# While the script runs, Streamlit keeps what it has not drawn anew, and marks it. So what has moved on the page stands
# there twice until the run ends, and nobody reads or presses the one that is about to go.
_STALE = "[data-stale=true]"
_FRESH = "[data-stale=false]"


def keyed(page: Page, key: str) -> Locator:
    """The widget or container with this key, as the present run of the script has drawn it.

    That it is gone is seen by `every_copy` alone: for a moment of each run, nothing has been drawn yet.
    """
    return page.locator(f".st-key-{key}:not({_STALE}, :has({_STALE}):not(:has({_FRESH})))")


def every_copy(page: Page, key: str) -> Locator:
    """All that has this key, also what an earlier run has left."""
    return page.locator(f".st-key-{key}")


def fresh(page: Page) -> Locator:
    """All elements that the present run of the script has drawn: to look in for a text that may stand there twice."""
    return page.locator(f"[data-testid=stElementContainer]{_FRESH}")


# One run may ask for another. The page itself looks: where it is slow to do anything, it is as slow to look.
_REST = """() => new Promise(resolve => {
    let calm = 0, looks = 0;
    const look = () => {
        const isIdle = document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning';
        calm = isIdle ? calm + 1 : 0;
        if (calm === 6 || ++looks === 1_200) resolve(); else setTimeout(look, 50);
    };
    look();
})"""


def wait_idle(page: Page) -> None:
    """Until the script has ended and does not begin again. Never where a timer ticks: there this may never come."""
    page.locator("[data-testid=stApp]").wait_for()
    page.evaluate(_REST)


def open_via_sidebar(page: Page, title: str) -> None:
    page.locator("[data-testid=stSidebarNav]").get_by_role("link", name=title, exact=True).click()


def choose(page: Page, key: str, option: str) -> None:
    """Choose in a select box."""
    keyed(page, key).locator("input").click()
    click_option(page.get_by_role("option", name=option, exact=False).first)


def click_option(option: Locator) -> None:
    """Click an option of an open list once it stands still: the list scrolls to what is chosen when it opens."""
    option.wait_for()
    before = None
    while (box := option.bounding_box()) is None or box != before:
        before = box
        option.page.wait_for_timeout(150)
    option.click()


def type_number(page: Page, key: str, value) -> None:
    """Type into a number box and leave it."""
    box = keyed(page, key).locator("input")
    box.fill(str(value))
    box.press("Enter")


def status(page: Page) -> Locator:
    """The line under the headline: run, epoch, time, state."""
    return (
        page.locator("[data-testid=stMain] [data-testid=stCaptionContainer]")
        .filter(has_text=re.compile(r"epoch \d"))
        .first
    )


def choose_algorithm(page: Page, label: str) -> None:
    choose(page, ALGORITHM_KEY, label)


def train(page: Page, label: str, **settings) -> None:
    """On the Train page: choose the algorithm, wait for its controls, set its numbers by key, press Train."""
    choose_algorithm(page, label)
    keyed(page, f"{label.lower()}_n_factors").wait_for()
    for key, value in settings.items():
        type_number(page, key, value)
    keyed(page, TRAIN_KEY).get_by_role("button").click()


def assert_no_exception(page: Page) -> None:
    boxes = page.locator("[data-testid=stException]")
    assert boxes.count() == 0, boxes.first.inner_text()


# A formula that is too wide does not widen its page: it is cut. A command that is none stands in it as it was written.
_BAD_FORMULAS = """() => [...document.querySelectorAll('.katex-display, .katex-error')].filter(formula =>
    formula.matches('.katex-error')
    || Math.max(...[...formula.querySelectorAll('.base')].map(part => part.getBoundingClientRect().right))
        > formula.closest('[data-testid=stMarkdownContainer]').getBoundingClientRect().right + 1
    || formula.querySelector('.katex-html').innerText.includes('\\\\')
).map(formula => formula.innerText)"""


def assert_fits(page: Page) -> None:
    """No exception stands on the page, and nothing of it is too wide for a projector, in light and in dark."""
    assert_no_exception(page)
    assert page.evaluate(_BAD_FORMULAS) == []
    for scheme, background in (("dark", "rgb(17, 22, 28)"), ("light", "rgb(255, 255, 255)")):
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
        for place in ("stMain", "stMainBlockContainer", "stSidebarContent"):
            inner, outer = page.get_by_test_id(place).evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert inner <= outer, f"{place} of {page.url} in {scheme} is {inner - outer} pixels too wide"
