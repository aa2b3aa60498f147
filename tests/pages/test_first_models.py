"""The first models of new data: started by themselves, told on every page, offered where they take long."""

import pytest

from pages.shared.context import DATA_KEY, DATA_VIEW_KEY, RUN_KEY
from pages.shared.results.first_models import SWITCH_KEY, TRAIN_FIRST_KEY, WITHHELD_KEY
from pages.views.train.controls import TRAIN_KEY
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.runner import first_models
from recsys_core.runner.first_models import FIRST_MODELS
from recsys_core.store.manage_datasets import DELETED, HIDDEN, set_dataset_status
from tests.pages.app import PAGES, button_group, execute_all, go, headline, progress, texts, u_data, upload

NEEDS_A_MODEL = ("train", "factors", "person", "compare")


@pytest.fixture
def switched_on(monkeypatch):
    monkeypatch.setenv("RECSYS_FIRST_MODELS", "on")


def has(app, key: str) -> bool:
    return any(button.key == key for button in app.button)


def walk(app, n_pinned: int) -> None:
    """No page is empty, reports an error, or speaks of pinned models before there are any."""
    for page in PAGES:
        go(app, page)
        assert page == "start" or headline(app)
        assert not app.error, page
        if not n_pinned:
            assert not any("Pin " in text.value for text in app.main.markdown), page


def test_after_loading_four_models_are_trained_and_no_page_is_empty(open_app, still_store, switched_on):
    app = upload(open_app("data"), "u.data", u_data())
    app.button(key="load").click().run()
    assert [run.algorithm for run in reversed(still_store.runs())][-4:] == list(FIRST_MODELS)
    assert has(app, TRAIN_KEY), "the page moves on to Train"
    assert app.selectbox(key=RUN_KEY).value == still_store.runs()[3].id and "Training 4 models" in progress(app)
    walk(app, 0)
    execute_all(still_store)
    walk(app, 4)
    assert "first models are trained" not in texts(app.markdown), "other pages were opened since"
    assert len(go(app, "compare").dataframe[0].value) == 4 and "NDCG@10" in headline(app)

    app = upload(open_app("data"), "u.data", u_data())  # the same file again starts nothing twice
    app.button(key="load").click().run()
    assert len(still_store.runs()) == 5 and has(app, TRAIN_KEY)


def test_the_outcome_is_told_where_the_curves_were(open_app, still_store, switched_on):
    app = open_app("data")
    button_group(app, DATA_VIEW_KEY).set_value("Textbook 5 × 5").run()
    app.button(key="textbook").click().run()
    assert "Training 4 models" in progress(app)
    execute_all(still_store)
    go(app, "train")
    assert "first models are trained" in texts(app.markdown) and "NDCG@10" in texts(app.caption)
    app.button(key=TRAIN_KEY).click().run()  # a run by hand is no first model
    assert "first models are trained" not in texts(app.markdown)


def test_what_takes_long_is_offered_and_not_started(open_app, still_store, switched_on, monkeypatch):
    monkeypatch.setattr(first_models, "LONGEST_SECONDS", 0.0)
    app = upload(open_app("data"), "u.data", u_data())
    app.button(key="load").click().run()
    assert len(still_store.runs()) == 1 and "of 40 items" in headline(app), "it stays on Data"
    app.button(key=WITHHELD_KEY).click().run()
    assert len(still_store.runs()) == 5 and not has(app, WITHHELD_KEY)


def test_the_switch_turns_it_off_and_the_browser_remembers(open_app, still_store, switched_on, cookies):
    app = upload(open_app("data"), "u.data", u_data())
    app.toggle(key=SWITCH_KEY).set_value(False).run()
    app.button(key="load").click().run()
    assert len(still_store.runs()) == 1 and "of 40 items" in headline(app)
    cookies[f"recsys_{SWITCH_KEY}"] = "off"
    app = upload(open_app("data"), "u.data", u_data(seed=1))
    assert app.toggle(key=SWITCH_KEY).value is False
    app.button(key="load").click().run()
    assert len(still_store.runs()) == 1


def test_another_threshold_is_trained_too_and_stays_on_the_page(open_app, still_store, switched_on):
    app = upload(open_app("data"), "u.data", u_data())
    app.toggle(key=SWITCH_KEY).set_value(False).run()
    app.button(key="load").click().run()
    go(app, "data")
    button_group(app, DATA_VIEW_KEY).set_value("Upload a file").run()
    app.toggle(key=SWITCH_KEY).set_value(True).run()
    button_group(app, DATA_VIEW_KEY).set_value("This data").run()
    app.button(key="use_suggestion").click().run()
    assert len(still_store.runs()) == 5 and "of 40 items" in headline(app)


def test_every_page_offers_the_first_models_where_there_are_none(open_app, still_store):
    still_store.add_dataset(load_example_5x5())
    app = open_app()
    walk(app, 0)
    for page in NEEDS_A_MODEL:
        assert has(go(app, page), TRAIN_FIRST_KEY), page
    app.button(key=TRAIN_FIRST_KEY).click().run()
    assert len(still_store.runs()) == 1 + len(FIRST_MODELS) and not has(app, TRAIN_FIRST_KEY)
    execute_all(still_store)
    assert len(go(app, "compare").dataframe[0].value) == len(FIRST_MODELS)


def test_the_app_opens_with_what_the_browser_looked_at_else_the_planted_data(open_app, still_store, cookies):
    planted = still_store.dataset_list()[0]["fingerprint"]
    textbook = still_store.add_dataset(load_example_5x5())

    def shown(remembered: str) -> str:
        cookies["recsys_data"] = remembered
        return open_app().selectbox(key=DATA_KEY).value

    assert [shown(each) for each in ("", textbook, "no such data")] == [planted, textbook, planted]
    for status in (HIDDEN, DELETED):
        set_dataset_status(still_store, {textbook: status})
        assert shown(textbook) == planted
