"""The words of the screen fit the data: no ratings where nobody rated, and no metric in a headline in plain words."""

import re

import numpy as np
import pytest

from pages.shared.context import DATA_VIEW_KEY
from pages.views.start.scrubber.sentences import describe_honest, describe_leaky
from recsys_core.data.reading import read_ratings
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.truncation_sweep import sweep_truncations
from recsys_core.metrics import METRICS
from recsys_core.percent import percent
from recsys_core.report.page import report
from tests.pages import compare
from tests.pages.app import (
    PAGES,
    button_group,
    each_tab,
    execute_all,
    go,
    markdown_surfaces,
    read,
    texts,
    texts_on,
    train_here,
)

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


def train_on_plays(store) -> None:
    dataset, _ = read_ratings(plays(), "plays.csv")
    assert dataset.feedback == "implicit" and np.ptp(dataset.interactions.values)
    fingerprint = store.add_dataset(dataset)
    for key in ("als", "svd", "bpr", "implicit_als"):
        train_here(store, fingerprint, key)


@pytest.fixture
def played(open_prepared):
    """Counts of plays with one model of each kind."""
    return open_prepared(train_on_plays)


def views_of(app, page: str):
    """Draw each view of a page in turn; yield its name."""
    go(app, page)
    yield page
    if page == "data":
        options = ["Given split", "All data sets", "This data"]
        for view in options:
            button_group(app, DATA_VIEW_KEY).set_value(view).run()
            yield f"{page}: {view}"
    for tab in each_tab(app, page):
        yield f"{page}: {tab}"
    for view in button_group(app, VIEWS[page]).options if page in VIEWS else ():
        button_group(app, VIEWS[page]).set_value(view).run()
        yield f"{page}: {view}"
    for view in compare.VIEWS if page == "compare" else ():
        compare.show_view(app, view)
        yield f"{page}: {view}"


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


_METRIC = re.compile(rf"\b({'|'.join(re.escape(each.label) for each in METRICS.values())}|RMSE|MAE|epochs?)\b|λ")

_COMPARED = {view for view, group in compare.VIEWS.items() if group != "How metrics work"} - {"Beyond accuracy"}
"""Views of Compare with a sentence of their own that is about models; the others are about metrics."""


def test_with_plain_words_no_page_or_view_has_a_metric_in_its_headline(open_app, played):
    app, found = open_app(plain_words="true"), []
    assert app.session_state["plain_words"] is True

    def look(view: str) -> None:
        assert not app.exception, (view, app.exception)
        headlines = [read(each.value) for each in app.subheader]
        if view.removeprefix("compare: ") in _COMPARED:
            headlines.append(compare.sentence(app))
        found.extend((view, text) for text in headlines if _METRIC.search(text))

    for page in PAGES:
        for view in views_of(app, page):
            look(view)
    for view, button in (("Continue training", "continue_training"), ("Corrupt the data", "corrupt")):
        go(app, "what_if")
        button_group(app, "what_if").set_value(view).run()
        app.button(key=button).click().run()
        look(view)
        execute_all(played)
        app.run()
        look(view)
        assert "find at least one" in read(app.subheader[0].value) and "NDCG@10" in texts(app.main.caption), view
    button_group(app, "what_if").set_value("Try many settings").run()
    app.button(key="start_sweep").click().run()
    execute_all(played)
    app.run()
    look("a sweep")
    assert "best setting so far" in read(app.subheader[0].value)
    assert not found


def test_with_plain_words_start_says_what_k_tastes_are_worth_without_a_metric():
    split = make_split(generate(SyntheticRecipe(n_users=60, n_items=40)))
    honest, leaky = (sweep_truncations(split, "validation", leak=leak) for leak in (False, True))
    for index in range(len(honest.ks)):
        said = [
            describe_honest(honest, index, 0.1, in_plain_words=True),
            describe_leaky(leaky, honest, index, in_plain_words=True),
        ]
        assert not any(_METRIC.search(text) for text in said)
        assert _METRIC.search(describe_honest(honest, index, 0.1, in_plain_words=False))
    change = honest.ndcg[0] / 0.1 - 1
    assert f"{percent(abs(change))} {'above' if change > 0 else 'below'}" in describe_honest(
        honest, 0, 0.1, in_plain_words=True
    )


def train_on_one_person(store) -> None:
    rows = [f"1,{item},{1 + item % 5}" for item in range(12)]
    dataset, _ = read_ratings("\n".join(["user,item,rating", *rows]).encode(), "one.csv")
    fingerprint = store.add_dataset(dataset)
    for key in ("als", "svd", "implicit_als"):
        train_here(store, fingerprint, key, n_factors=1)


@pytest.mark.parametrize("page", PAGES)
def test_one_of_anything_is_written_in_the_singular_and_nothing_is_minus_0(page, open_app, open_prepared):
    open_prepared(train_on_one_person)
    app = open_app(page)
    assert "1 person × 12 items" in texts(app.sidebar.caption)
    plural = r"(?<![\d.,])1 (held-out )?(people|items|ratings|factors|models|choices|recommendations)\b|[-−]0\.0+\b"
    for name in views_of(app, page):
        found = [text for _, text in markdown_surfaces(app) if re.search(plural, read(text))]
        assert not found and not app.exception, (name, found)
