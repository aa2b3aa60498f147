"""Large data: pages compute what grows with them in child processes, and show the same as of small data."""

import pytest

from pages.shared import beside
from pages.shared.widgets import choose_person_item
from recsys_core.runner import large_data
from tests.pages.app import go, headline, story


@pytest.fixture
def large(monkeypatch):
    """Take all data for large once it is called."""
    yield lambda: monkeypatch.setattr(large_data, "LARGE", 0)
    with beside._lock:
        for process in beside._live.values():
            process.cancel()
        beside._live.clear()
        beside._kept.clear()


def test_large_data_show_what_small_ones_do(open_app, still_store, large, capfd):
    app = open_app()
    app.default_timeout = 150
    small = story(app)
    large()
    app.number_input(key="split_seed").set_value(3).run()  # a split that no session has seen yet
    other = story(app)
    app.number_input(key="split_seed").set_value(0).run()
    told = story(app)
    assert other["references"] != small["references"] == told["references"]
    for kind in ("honest", "leak"):
        assert told[kind]["ndcg"] == pytest.approx(small[kind]["ndcg"]), kind
        assert [each["list"] for each in told[kind]["steps"]] == [each["list"] for each in small[kind]["steps"]]
    assert {task.kind for task in beside._kept} == {"check", "sweep"} and not beside._live
    headline(go(app, "compare"))
    assert {task.kind for task in beside._kept} >= {"references"} and not beside._live
    assert "cached function" not in capfd.readouterr().err  # Streamlit warns there of a button that is drawn in one


class StoppedElsewhere:
    """A computation that another session has stopped."""

    share, stage, is_live, result, error = 0.5, "Half way", False, None, None

    def __init__(self, store, task): ...

    def cancel(self): ...


def test_what_was_stopped_is_said_and_goes_on_when_wanted(open_app, still_store, large, monkeypatch):
    app = open_app()
    app.default_timeout = 150
    large()
    with monkeypatch.context() as stopped:
        stopped.setattr(beside, "ComputeProcess", StoppedElsewhere)
        app.number_input(key="split_seed").set_value(3).run()
        assert not app.exception and [each.value for each in app.info] == ["Stopped: Splitting the data."]
        assert not app.get("bidi_component")
    next(each for each in app.button if each.key.startswith(beside.RESUME_KEY)).click().run()
    assert story(app)["references"] and not app.info


def test_of_very_many_people_those_beyond_the_list_are_found_by_their_id(open_app, still_store, monkeypatch):
    monkeypatch.setattr(choose_person_item, "MOST_LISTED", 5)
    app = open_app("person")
    box = app.selectbox(key=choose_person_item.PERSON_KEY)
    names = app.session_state["_context"].dataset.user_names
    unlisted = next(name for name in names if name not in box.options)
    assert 5 <= len(box.options) <= 6
    linked = open_app("person", person=unlisted).selectbox(key=choose_person_item.PERSON_KEY)
    assert unlisted in linked.options and linked.value == names.index(unlisted)
    state = {f"{choose_person_item.PERSON_KEY}_before": 3}
    monkeypatch.setattr(choose_person_item.st, "session_state", state)  # AppTest cannot type what is no option
    for typed, found in ((f" {unlisted} ", names.index(unlisted)), ("nobody", 3)):
        state[choose_person_item.PERSON_KEY] = typed
        choose_person_item._find_typed("Person", choose_person_item.PERSON_KEY, names, names, 0)
        assert state[choose_person_item.PERSON_KEY] == found
    assert "nobody" in state[f"{choose_person_item.PERSON_KEY}_problem"]
