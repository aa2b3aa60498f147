"""The words of the screen fit the data: no ratings where nobody rated, and no metric in a headline in plain words."""

import json
import re

import numpy as np
import pytest

from pages.shared.context import DATA_VIEW_KEY
from recsys_core.data.reading import read_ratings
from recsys_core.report.page import report
from tests.pages import compare
from tests.pages.app import PAGES, button_group, go, markdown_surfaces, read, strings_in, train_here

VIEWS = {"person": "person_view", "what_if": "what_if", "optimise": "optimise"}
"""By which key a page lets people choose what they look at."""


def plays(n_users: int = 60, n_items: int = 40) -> bytes:
    """Who played which artist how often, and when."""
    rng = np.random.default_rng(0)
    rows = ["userID,artistID,plays,timestamp"]
    for user in range(n_users):
        for item in rng.permutation(n_items)[:12]:
            rows.append(f"{user},{item},{rng.integers(1, 500)},{880_000_000 + rng.integers(10**7)}")
    return "\n".join(rows).encode()


@pytest.fixture
def played(still_store):
    """Counts of plays with one model of each kind."""
    dataset, _ = read_ratings(plays(), "plays.csv")
    assert dataset.feedback == "implicit" and np.ptp(dataset.interactions.values)
    fingerprint = still_store.add_dataset(dataset)
    for key in ("als", "svd", "bpr", "implicit_als"):
        train_here(still_store, fingerprint, key)
    return still_store


def views_of(app, page: str):
    """Draw each view of a page in turn; yield its name."""
    go(app, page)
    yield page
    if page == "data":
        options = ["Given split", "All data sets", "This data"]
        for view in options:
            button_group(app, DATA_VIEW_KEY).set_value(view).run()
            yield f"{page}: {view}"
    for view in button_group(app, VIEWS[page]).options if page in VIEWS else ():
        button_group(app, VIEWS[page]).set_value(view).run()
        yield f"{page}: {view}"
    for view in compare.VIEWS if page == "compare" else ():
        compare.show_view(app, view)
        yield f"{page}: {view}"


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


_MAY_SAY_RATING = re.compile(
    r"(ALS|Bayesian) \(ratings\)"  # names of algorithms
    r"|2\^rating|higher-rated"  # the formula of a metric for ratings
    r"|Ratings vs ranking|[Nn]o ratings to predict|On data with ratings"  # where it is said that there are none
    r"|one rating or choice per row"  # of files to come
    r"|(It|taken away it) predicts ratings"  # what an algorithm is for
)


def speaks_of_ratings(text: str) -> bool:
    return re.search("rating", _MAY_SAY_RATING.sub("", text), re.IGNORECASE) is not None


def test_where_nobody_rated_no_page_view_or_report_speaks_of_ratings(open_app, played):
    app, found = open_app(), {}

    def look(view: str) -> None:
        assert not app.exception, (view, app.exception)
        for where, text in texts_on(app):
            if speaks_of_ratings(text) or ("RMSE" in text and where in ("column", "option", "subheader.body")):
                found[text] = view

    for page in PAGES:
        for view in views_of(app, page):
            look(view)
        if page == "compare":
            app.button(key="reveal").click().run()
            for view in ("Verdict", "Table"):
                compare.show_view(app, view)
                look(f"{view} of the test")
    fingerprint = app.session_state["_context"].dataset.fingerprint
    page = report(played, [run for run in played.runs() if run.data_fingerprint == fingerprint])
    for text in re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL).split("<"):
        if speaks_of_ratings(text):
            found[text] = "report"
    assert not found and "<th>RMSE" not in page
