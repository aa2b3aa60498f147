"""Read and operate the pages through Streamlit's AppTest: what several test files share."""

import json
import re

import numpy as np

from pages.shared.context import DATA_VIEW_KEY
from pages.shared.shell.pin_list import PinList
from pages.shared.shell.pinned_models import ADD_KEY, LISTS_KEY
from pages.views.data.overview import TAB_KEY as DATA_TAB_KEY
from pages.views.factors.axes import TAB_KEY as FACTORS_TAB_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.runner.execute import execute

IMAGE, SCRIPT = "![x](http://127.0.0.1:9/x)", "<script>alert(1)</script>"
"""Texts from outside that must never become markup."""
PAGES = ("start", "train", "data", "factors", "person", "compare", "what_if", "optimise", "history")


def go(app, page: str):
    app.switch_page(f"pages/{page}.py").run()
    return app


def read(text: str) -> str:
    """Return Markdown as it will be read: without backslashes, and without the word joiners that break up links."""
    return re.sub(r"\\([\W_])", r"\1", text).replace("\u2060", "")


def headline(app) -> str:
    """Return the first subheader of the page, which must have drawn without an exception."""
    assert not app.exception, app.exception[0].message
    return read(app.subheader[0].value)


def texts(elements) -> str:
    """Return the texts of several elements, a line each."""
    return "\n".join(read(element.value) for element in elements)


def status(app) -> str:
    """Return the line with the progress and state of the run."""
    return next(read(caption.value) for caption in app.main.caption if "#" in caption.value)


def pinned_ids(app) -> list[int]:
    """Return the numbers of the pinned runs, the baseline first."""
    return list(app.session_state[LISTS_KEY][app.session_state["_context"].split.fingerprint].run_ids)


def set_pins(app, run_ids):
    """Pin these runs and no others, as a person would one by one."""
    lists = {**app.session_state[LISTS_KEY]}
    lists[app.session_state["_context"].split.fingerprint] = PinList(
        tuple(run_ids), frozenset(run_ids), is_default=False
    )
    app.session_state[LISTS_KEY] = lists
    return app.run()


def pinnable(app) -> list[str]:
    """Return the labels of the runs that could be pinned beside those that are."""
    return next((box.options for box in app.selectbox if box.key == ADD_KEY), [])


def progress(app) -> str:
    """Return what the bar says that is being trained; '' where nothing is."""
    return " ".join(read(bar.proto.text) for bar in app.get("progress"))


def counts(app) -> list[int]:
    """Return the numbers of training, validation and test ratings, as the sidebar says."""
    (line,) = (caption.value for caption in app.sidebar.caption if " training · " in caption.value)
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", line)]


def button_group(app, key: str):
    """Return the segmented control whose key begins with `key`."""
    (group,) = (node for node in app.main if type(node).__name__ == "ButtonGroup" and (node.key or "").startswith(key))
    return group


def column_choice(app, label: str):
    """Return the select box with this label."""
    (box,) = (box for box in app.selectbox if box.label == label)
    return box


def figure(app, key: str) -> dict:
    """Return a Plotly figure of the page as a dictionary."""
    (shown,) = (chart for chart in app.get("plotly_chart") if chart.key == key)
    return json.loads(shown.proto.spec)


def story(app) -> dict:
    """Return what the scrubber on Start was sent."""
    assert not app.exception, app.exception[0].message
    (scrubber,) = (part for part in app.get("bidi_component") if part.proto.component_name == "scrubber")
    return json.loads(scrubber.proto.json)[0]


def curves(app) -> list[dict]:
    """Return the two learning curves as Vega-Lite dictionaries: objective, held-out NDCG."""
    return [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]


def points(curve: dict) -> list[dict]:
    """Return the points of a learning curve."""
    (layer,) = (layer for layer in curve["layer"] if "tooltip" in layer["encoding"])
    return layer["data"]["values"]


def reference_lines(curve: dict) -> list[str]:
    """Return the labels of the reference models in a learning curve."""
    return [layer["data"]["values"][0]["name"] for layer in curve["layer"] if layer["mark"]["type"] == "text"]


def execute_all(store) -> None:
    """Do what is queued, here and now."""
    while (run := store.queue.claim("test")) is not None:
        execute(store, run)


def train_here(store, fingerprint: str, algorithm: str, **settings):
    """A finished run of a data set with the split that a fresh page has."""
    run_id = store.queue.add_run(
        store.split(fingerprint, SplitRecipe()), algorithm, ALGORITHMS[algorithm](**settings), 0
    )
    execute_all(store)
    return store.run(run_id)


def first_fingerprint(store) -> str:
    return store.dataset_list()[0]["fingerprint"]


def u_data(n_users: int = 60, n_items: int = 40, seed: int = 0) -> bytes:
    """Ratings in the form of MovieLens' u.data: tabs, no header, raw ids, seconds."""
    rng = np.random.default_rng(seed)
    lines = [
        f"{user}\t{item}\t{rng.integers(1, 6)}\t{880_000_000 + rng.integers(10**7)}"
        for user in range(1, n_users + 1)
        for item in rng.permutation(np.arange(1, n_items + 1))[:12]
    ]
    return ("\n".join(lines) + "\n").encode()


def u_item(titles: list[str]) -> bytes:
    """Items in the form of MovieLens' u.item: bars, Latin-1, a flag a genre."""
    flags = ["|".join("1" if (place + genre) % 5 == 0 else "0" for genre in range(19)) for place in range(len(titles))]
    lines = (
        f"{place + 1}|{title}|01-Jan-1995||http://example.org|{flags[place]}" for place, title in enumerate(titles)
    )
    return "\n".join(lines).encode("latin-1")


def upload(app, name: str, content: bytes, items: tuple[str, bytes] | None = None, people=None):
    """Choose files on the Data page; Load is left to the test."""
    go(app, "data")
    button_group(app, DATA_VIEW_KEY).set_value("Upload a file").run()
    app.file_uploader(key="ratings_file").set_value((name, content, "text/plain"))
    if items is not None:
        app.file_uploader(key="items_file").set_value((*items, "text/plain"))
    if people is not None:
        app.file_uploader(key="people_file").set_value((*people, "text/plain"))
    app.run()
    return app


def select_in_table(app, key: str, **selection):
    """Send what the browser sends after a selection in a table: select_in_table(app, key, rows=[3])."""
    (frame,) = (frame for frame in app.dataframe if key in frame.proto.id)
    states = app._tree.get_widget_states()
    sent = states.widgets.add(id=frame.proto.id)
    sent.string_value = json.dumps({"selection": {"rows": [], "columns": [], "cells": [], **selection}})
    app._run(states)
    assert not app.exception
    return app


def runs_in_history(app) -> list[int]:
    """Return the numbers of the runs in the table of History, from the top."""
    return [int(label.split()[0][1:]) for label in app.dataframe[0].value["run"]]


def tick_in_history(app, *run_ids: int):
    """Tick the rows of these runs on History."""
    shown = runs_in_history(app)
    rows = [shown.index(run_id) for run_id in run_ids]
    app.session_state[f"history_table_{hash(tuple(shown))}"] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return app.run()


def markdown_surfaces(app):
    """Every text that Streamlit renders as Markdown: bodies, headings, alerts, and the labels and help of widgets."""
    for node in [*app.main, *app.sidebar]:
        proto = node.proto
        if type(node).__name__ == "UnknownElement" and node.type in ("plotly_chart", "vega_lite_chart"):
            continue
        for name in ("body", "label", "help", "caption", "text"):
            value = getattr(proto, name, None)
            if isinstance(value, str) and value:
                yield f"{node.type}.{name}", value
        for block in ("expandable", "tab", "popover"):
            inner = getattr(proto, block, None)
            if inner is not None and getattr(inner, "label", ""):
                yield block, inner.label
        if type(node).__name__ == "ButtonGroup":
            yield from (("option", option.content) for option in proto.options)


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)


def texts_on(app):
    """Every text that somebody can read on the page, charts and tables included."""
    for where, text in markdown_surfaces(app):
        yield where, read(text)
    for kind in ("plotly_chart", "vega_lite_chart"):
        for chart in app.get(kind):
            yield from ((kind, text) for text in strings_in(json.loads(chart.proto.spec)))
            yield kind, chart.proto.alt if hasattr(chart.proto, "alt") else ""
    for frame in app.dataframe:
        yield from (("column", str(name)) for name in frame.value.columns)
    for box in [*app.selectbox, *app.radio]:
        yield from (("option", str(option)) for option in box.options)


def assert_harmless(app, seen: set[str]) -> None:
    """No Markdown surface holds what would become an image, a link or markup; nor does a figure hold a tag."""
    assert not app.exception, app.exception[0].message
    for where, text in markdown_surfaces(app):
        if where != "html.body":  # which is no Markdown
            assert not re.search(r"(?<!\\)!?(?<!\\)\[x(?<!\\)\](?<!\\)\(", text), (where, text)
        assert not re.search(r"(?<!\\)<(?=script|/script)", text), (where, text)
        if "127" in text and "9/x" in read(text):
            seen.add(where)
    for chart in app.get("plotly_chart"):
        assert not any("<script" in text for text in strings_in(json.loads(chart.proto.spec))), chart.key


def open_tab(app, title: str, key: str = DATA_TAB_KEY):
    """Open a tab of the Data page, or another whose tabs have a `key`: it draws no other."""
    app.session_state[key] = title
    return app.run()


def each_tab(app, page: str):
    """Open in turn the tabs of a page that draws no other; yield their titles."""
    key = {"data": DATA_TAB_KEY, "factors": FACTORS_TAB_KEY}.get(page)
    for title in [tab.label for tab in app.tabs] if key else ():
        open_tab(app, title, key)
        yield title


def url_params(app) -> dict:
    """The parameters that the app has written to the URL."""
    return {name: values for name, values in app.session_state["url_params"].items() if values}


def scrubber(app) -> dict:
    """What Start has sent to its picture."""
    (found,) = (part for part in app.get("bidi_component") if part.proto.component_name == "scrubber")
    return json.loads(found.proto.json)[0]
