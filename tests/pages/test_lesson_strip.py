"""Walking through a lesson: each step shows what it tells, and the way back leads to one's own data."""

import re

import pytest

from pages.shared.links.lesson_strip import EXIT_KEY, NEXT_KEY
from pages.shared.links.lessons import LESSONS
from pages.shared.shell.presenter_mode import HIDEABLE
from pages.shared.widgets.choose_person_item import PERSON_KEY
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.links.run_slug import run_slug
from tests.pages.app import (
    execute_all,
    first_fingerprint,
    headline,
    pinned_ids,
    scrubber,
    texts,
    train_here,
    url_params,
)

SMALL = SyntheticRecipe(n_users=40, n_items=30, picks=8, seed=5)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_leads_through_its_steps(name, open_app, still_store):
    app = open_app(hide="data.pins", split_test="0.3")
    app.button(key=f"lesson_{name}").click().run()
    for number, step in enumerate(LESSONS[name].steps, 1):
        execute_all(still_store)
        app.run()
        assert not app.exception and not app.error
        said = texts(app.markdown)
        assert step.sentence in said and step.question in said and f"Step {number} of" in said
        assert step.answer in said and (LESSONS[name].moral in said) == (number == len(LESSONS[name].steps))
        assert app.number_input(key="split_test").value == SplitRecipe().test
        assert app.selectbox(key="split_method").value == step.split.get("method", SplitRecipe().method)
        (style,) = (part.proto.body for part in app.get("html") if "none !important" in part.proto.body)
        assert HIDEABLE["data"][1] in style and HIDEABLE["pins"][1] in style and HIDEABLE["split"][1] not in style
        words = url_params(app)
        assert words["lesson"] == [f"{name}.{number}"] and words["hide"] == ["data.pins"]
        for word, texts_asked in step.url_params.items():
            assert [text.split("~")[0] for text in words[word]] == texts_asked
        if step.page == "start":
            told = scrubber(app)
            assert str(told["ks"][told["start"]]) == step.url_params["k"][0]
            assert told["leaky"] == ("leak" in step.url_params)
        elif step.page == "compare":
            assert re.search("is best: |has the highest ", headline(app))
        elif "one_step" in step.views:
            assert app.slider(key="one_step_number").value == step.views["one_step_number"]
            assert app.selectbox(key="algorithm").value == step.views["algorithm"]
        app.button(key=NEXT_KEY).click().run()  # at the end, the next lesson
    assert url_params(app)["lesson"] == [f"{LESSONS[name].next}.1"]


def test_a_lesson_ends_where_it_was_begun(open_app, still_store):
    """One's own data, split, person and pins, also where the lesson was on the same data."""
    fingerprint = still_store.add_dataset(generate(SMALL))
    for data in (fingerprint, first_fingerprint(still_store)):
        mine = [train_here(still_store, data, "svd", n_factors=k) for k in (3, 4)]
        app = open_app(data=data, pin=[run_slug(run).text for run in mine], hide="pins")
        app.selectbox(key=PERSON_KEY).set_value(7).run()
        before = url_params(app)
        app.button(key="lesson_difference").click().run()
        execute_all(still_store)
        app.run()
        assert len(pinned_ids(app)) == 2 and url_params(app)["pin"] != before["pin"]
        app.button(key=NEXT_KEY).click().run()
        assert app.button(key=EXIT_KEY).label == "Back to my data"
        app.button(key=EXIT_KEY).click().run()
        assert "lesson" not in url_params(app) and "Step" not in texts(app.markdown)
        assert pinned_ids(app) == [run.id for run in mine] and url_params(app) == before
        assert app.session_state["data"] == data


def test_a_lesson_from_a_link_just_ends(open_app, still_store):
    app = open_app(lesson="factors")
    assert app.button(key=EXIT_KEY).label == "Exit lesson"
    app.button(key=EXIT_KEY).click().run()
    assert "lesson" not in url_params(app) and "Step" not in texts(app.markdown)
    assert not app.exception and scrubber(app)
