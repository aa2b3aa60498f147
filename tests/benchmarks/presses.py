"""How many presses get lost while a page is being drawn: `python -m tests.benchmarks.presses [TRIES] [NAME …]`.

A press is what a hand does: the button goes down where the control is seen, and up 60 to 90 ms later. Nothing is waited
for in between, and nothing is tried again. A try counts as lost where, once the page is at rest, it does not show what
was pressed, or the address does not. How a lost press went is told: whether something else lay under the mouse when it
went down ("moved away"), whether the control was there but never heard of a click ("replaced"), or whether it heard the
click and the page came out otherwise ("undone").
"""

import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from playwright.sync_api import Error, Page, sync_playwright

from pages.shared.context import DATA_VIEW_KEY, UPLOAD
from pages.shared.links.lesson_strip import BACK_KEY, NEXT_KEY
from pages.shared.links.lessons import LESSONS
from pages.views.train.controls import TRAIN_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import generate
from recsys_core.runner.execute import execute
from recsys_core.store.store import RunStore
from tests.benchmarks.servers import ROOT, running

TRIES = 100
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

# What lies under the mouse, and what hears a click, is noted by the page itself.
_LISTEN = """
window.recsysFind = ([css, text]) => [...document.querySelectorAll(css)].find(
    each => each.textContent.includes(text) && each.getBoundingClientRect().width > 0);
window.recsysSeen = {};
for (const kind of ['pointerdown', 'pointerup', 'click'])
    addEventListener(kind, event => {
        const wanted = window.recsysWanted && window.recsysFind(window.recsysWanted);
        const hit = !!wanted && event.composedPath().some(each => wanted === each || wanted.contains?.(each));
        window.recsysSeen[kind] = window.recsysSeen[kind] || hit;
    }, true);
"""
_PLACE = """wanted => {
    const found = window.recsysFind(wanted);
    if (!found) return null;
    const box = found.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
}"""
_AT_REST = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app?.dataset.testScriptState === 'notRunning' && !document.querySelector('[data-stale=true]');
}"""


@dataclass
class Hand:
    """A hand on a mouse and a keyboard, that presses a random while after it has seen the control."""

    page: Page
    draw: random.Random
    store: RunStore
    url: str

    def sees(self, css: str, text: str = "") -> tuple[float, float]:
        """Return where the control is, once it is there."""
        for _ in range(3_000):
            if place := self.page.evaluate(_PLACE, [css, text]):
                return place[0], place[1]
            self.page.wait_for_timeout(10)
        raise RuntimeError(f"{css} {text!r} did not appear")

    def waits(self, least: float, most: float) -> None:
        self.page.wait_for_timeout(self.draw.uniform(least, most))

    def presses(self, css: str, text: str = "", *, hesitates: float = 1_200) -> None:
        """Press the control, at a random moment of the `hesitates` milliseconds after it was first seen."""
        self.holds(css, text, hesitates=hesitates)
        self.waits(60, 90)
        self.page.mouse.up()

    def holds(self, css: str, text: str = "", *, hesitates: float = 1_200) -> tuple[float, float]:
        """Press the control and hold it; return where."""
        self.sees(css, text)
        self.waits(0, hesitates)
        self.page.evaluate("wanted => { window.recsysSeen = {}; window.recsysWanted = wanted }", [css, text])
        place = self.sees(css, text)
        self.page.mouse.move(*place)
        self.page.mouse.down()
        return place

    def hits(self, key: str) -> None:
        """Press a key."""
        self.page.keyboard.down(key)
        self.waits(60, 90)
        self.page.keyboard.up(key)

    def opens(self, title: str, *, hesitates: float = 300) -> None:
        """Press a page in the sidebar."""
        self.presses("[data-testid=stSidebarNav] a", title, hesitates=hesitates)

    def rests(self) -> None:
        """Wait until the page has been at rest for a second."""
        calm = 0
        for _ in range(900):
            calm = calm + 1 if self.page.evaluate(_AT_REST) else 0
            if calm == 10:
                return
            self.page.wait_for_timeout(100)
        raise RuntimeError("the page does not come to rest")

    def word(self, name: str) -> str:
        """Return what the address says."""
        return parse_qs(self.page.evaluate("location.search")[1:]).get(name, [""])[-1]

    def how(self) -> str:
        """Return how the last press went."""
        seen = self.page.evaluate("window.recsysSeen")
        return "moved away" if not seen.get("pointerdown") else "undone" if seen.get("click") else "replaced"

    def outcome(self, *pairs: tuple[str, str]) -> str:
        """Return '' if each pair of what is shown and what was pressed agrees, or else how the last press went."""
        how = self.how()
        return "" if all(shown == pressed for shown, pressed in pairs) else f"{how}: {pairs}"


def _chosen(hand: Hand, key: str) -> str:
    """Return the option of a segmented control that is chosen."""
    return hand.page.evaluate(
        """key => [...document.querySelectorAll(`.st-key-${key} [role=radio][aria-checked=true]`)]
            .map(each => each.textContent).join()""",
        key,
    )


_VIEWS = {
    "Person": ("person_view", ("Why this item?", "Without an item", "Try it yourself")),
    "Compare": ("compare_view", ("Verdict", "For whom", "Lists", "Cost", "Details")),
    "What-if": ("what_if", ("Try many settings", "Continue training", "Corrupt the data")),
    "Optimise": ("optimise", ("Many paths", "Eckart–Young", "Textbook")),
}


def view_of_a_new_page(hand: Hand) -> str:
    """A view is chosen as soon as its page shows the choice."""
    title = hand.draw.choice(list(_VIEWS))
    key, options = _VIEWS[title]
    hand.opens(title)
    hand.sees(f".st-key-{key} [role=radio]", options[0])
    wanted = hand.draw.choice([each for each in options if each != _chosen(hand, key)])
    hand.presses(f".st-key-{key} [role=radio]", wanted)
    hand.rests()
    lost = hand.outcome((_chosen(hand, key), wanted), (hand.word(key) or options[0], wanted))
    hand.opens("Train")
    hand.rests()
    return lost


def view_after_view(hand: Hand) -> str:
    """A view is chosen while the one that was chosen before is being drawn."""
    title = hand.draw.choice(list(_VIEWS))
    key, options = _VIEWS[title]
    hand.opens(title)
    hand.rests()
    first, wanted = hand.draw.sample([each for each in options if each != _chosen(hand, key)], 2)
    hand.presses(f".st-key-{key} [role=radio]", first)
    hand.presses(f".st-key-{key} [role=radio]", wanted)
    hand.rests()
    return hand.outcome((_chosen(hand, key), wanted), (hand.word(key) or options[0], wanted))


_THUMB = "[data-testid=stSlider] [role=group] > div > div:has(input)"


def _slider(hand: Hand, key: str) -> str:
    """Return what a slider shows."""
    return hand.page.evaluate(
        "key => document.querySelector(`.st-key-${key} input[type=range]`)?.ariaValueText ?? ''", key
    )


def _number(hand: Hand) -> str:
    return hand.page.evaluate("document.querySelector('.st-key-implicit_als_n_factors input')?.value ?? ''")


def slider_by_keys(hand: Hand) -> str:
    """A slider of Train is taken as soon as it is there, and moved by three keys."""
    key = "implicit_als_n_factors_slider_1"
    hand.opens("Factors")
    hand.rests()
    hand.opens("Train")
    hand.presses(f".st-key-{key} {_THUMB}")
    before = int(_slider(hand, key))
    step = 1 if before < 60 else -1
    for _ in range(3):
        hand.waits(0, 500)
        hand.hits("ArrowRight" if step > 0 else "ArrowLeft")
    hand.rests()
    wanted = str(before + 3 * step)
    return hand.outcome((_slider(hand, key), wanted), (_number(hand), wanted))


def slider_by_mouse(hand: Hand) -> str:
    """A slider of Train or Compare is dragged as soon as it is there, and lies where it was let go."""
    title, key = hand.draw.choice([("Train", "implicit_als_n_factors_slider_1"), ("Compare", "N")])
    hand.opens("Factors")
    hand.rests()
    hand.opens(title)
    x, y = hand.holds(f".st-key-{key} {_THUMB}")
    track = hand.page.locator(f".st-key-{key} [role=group]").bounding_box()
    to = track["x"] + hand.draw.uniform(0.1, 0.9) * track["width"]
    for step in range(1, 9):
        hand.page.mouse.move(x + (to - x) * step / 8, y)
        hand.waits(30, 50)
    wanted = _slider(hand, key)
    hand.page.mouse.up()
    hand.rests()
    also = _number(hand) if title == "Train" else hand.word(key) or "10"
    return hand.outcome((_slider(hand, key), wanted), (also, wanted))


def _choose_file(hand: Hand, key: str, name: str, text: str) -> None:
    with hand.page.expect_file_chooser(timeout=10_000) as chooser:
        hand.presses(f".st-key-{key} [data-testid=stFileUploaderDropzone] button")
    hand.page.wait_for_timeout(hand.draw.uniform(0, 600))
    chooser.value.set_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})


def _named(hand: Hand, key: str) -> str:
    """Return the name of the file that an uploader shows."""
    return ", ".join(hand.page.locator(f".st-key-{key} [data-testid=stFileChipName]").all_inner_texts())


def upload(hand: Hand) -> str:
    """Two files are chosen, each as soon as its box is there: the second while the first is being read."""
    number = hand.draw.randrange(10**6)
    ratings, items = f"ratings-{number}.csv", f"items-{number}.csv"
    rows = "\n".join(f"u{user},i{item},{1 + (user + item) % 5}" for user in range(200) for item in range(user % 9 + 3))
    hand.opens("Data")
    hand.presses(f".st-key-{DATA_VIEW_KEY} [role=radio]", UPLOAD)
    try:
        _choose_file(hand, "ratings_file", ratings, f"user,item,rating\n{rows}\n")
        _choose_file(hand, "items_file", items, "item,title\n" + "".join(f"i{i},Title {i}\n" for i in range(12)))
    except Error as error:
        return f"{hand.how()}: no dialogue, {error.message.splitlines()[0]}"
    hand.rests()
    previews = str(hand.page.locator(".st-key-load button").count())
    lost = hand.outcome((_named(hand, "ratings_file"), ratings), (_named(hand, "items_file"), items), (previews, "1"))
    hand.opens("Train")
    hand.rests()
    return lost


def lesson_step(hand: Hand) -> str:
    """Two steps of a lesson, the second while the page of the first is being drawn."""
    name, _, number = hand.word("lesson").partition(".")
    if hand.draw.random() < 0.15 or not number:
        name = hand.draw.choice([each for each, lesson in LESSONS.items() if len(lesson.steps) > 2])
        hand.page.goto(f"{hand.url}/?lesson={name}")
        number = "1"
        hand.sees(".st-key-lesson", "Step 1 of")
    now, count = int(number), len(LESSONS[name].steps)
    for _ in range(2):
        step = hand.draw.choice([each for each in (-1, 1) if 1 <= now + each <= count])
        hand.presses(f".st-key-{NEXT_KEY if step > 0 else BACK_KEY} button")
        now += step
        for _ in range(100):
            if f"Step {now} of" in " ".join(hand.page.locator(".st-key-lesson").all_inner_texts()):
                break
            hand.page.wait_for_timeout(100)
        else:
            return f"{hand.how()}: step {now} did not come"
    hand.rests()
    return hand.outcome((hand.word("lesson"), f"{name}.{now}"))


def train(hand: Hand) -> str:
    """Train is pressed as soon as its page shows it."""
    hand.opens("Factors")
    hand.rests()
    before = hand.store.runs()[0].id
    hand.opens("Train")
    hand.presses(f".st-key-{TRAIN_KEY} button")
    hand.rests()
    return hand.outcome((str(hand.store.runs()[0].id), str(before + 1)))


def page_link(hand: Hand) -> str:
    """A page is opened while another one is being drawn."""
    first, second = hand.draw.sample(["Train", "Data", "Factors", "Person", "Compare", "Optimise", "History"], 2)
    hand.opens(first)
    hand.opens(second, hesitates=1_200)
    hand.rests()
    shown = hand.page.locator("[data-testid=stSidebarNav] [aria-current=page]").inner_text()
    return hand.outcome((hand.page.evaluate("location.pathname"), f"/{second.lower()}"), (shown.split()[-1], second))


WHAT = (view_of_a_new_page, view_after_view, slider_by_keys, slider_by_mouse, upload, lesson_step, train, page_link)


def main(tries: int = TRIES, names: tuple[str, ...] = ()) -> dict[str, Counter[str]]:
    """Print a line for everything that is pressed, and return how the lost presses got lost."""
    os.environ["RECSYS_FIRST_MODELS"] = "off"
    losses: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        store = RunStore(f"sqlite:///{Path(folder) / 'runs.sqlite'}")
        split = store.split(store.add_dataset(generate()), SplitRecipe())
        for key in ("svd", "implicit_als"):
            store.queue.add_run(split, key, ALGORITHMS[key](), 0)
            execute(store, store.queue.claim("benchmark"))
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        with running(ROOT / "app.py", Path(folder)) as server:
            for what in WHAT:
                if not names or what.__name__ in names:
                    losses[what.__name__] = _try(what, browser, store, server.url, tries)
        browser.close()
    return losses


def _try(what, browser, store: RunStore, url: str, tries: int) -> Counter[str]:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.add_init_script(_LISTEN)
    page.set_default_timeout(60_000)
    page.goto(f"{url}/train")
    hand = Hand(page, random.Random(what.__name__), store, url)
    hand.rests()
    lost: Counter[str] = Counter()
    loads = []
    for number in range(tries):
        loads.append(os.getloadavg()[0])
        if came := what(hand):
            lost[came.partition(":")[0]] += 1
            print(f"  {what.__name__}, try {number}: {came}", flush=True)
    ways = ", ".join(f"{count} {how}" for how, count in lost.items())
    print(
        f"{what.__name__:20} {lost.total():3} of {tries} lost{f' ({ways})' if ways else ''}, "
        f"load {min(loads):.0f} to {max(loads):.0f}",
        flush=True,
    )
    page.close()
    return lost


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    main(numbers[0] if numbers else TRIES, tuple(each for each in sys.argv[1:] if not each.isdigit()))
