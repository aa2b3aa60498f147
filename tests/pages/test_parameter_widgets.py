"""The widgets of a recipe's parameters: a slider and a number that follow one another, and bounds; through AppTest."""

from types import SimpleNamespace

from pages.shared.context import DATA_KEY
from pages.shared.widgets import parameter_widgets
from pages.views.train.controls import SEED_KEY, TRAIN_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.parameters import parameters
from tests.pages.app import go, headline, texts


def slider_of(app, key: str):
    (found,) = (each for each in app.select_slider if each.key.startswith(f"{key}_slider"))
    return found


def test_slider_and_number_stay_in_step(open_app, still_store):
    app = open_app("train")
    box = "implicit_als_regularization"

    def slider():
        return slider_of(app, box)

    slider().set_value(0.5).run()
    assert app.number_input(key=box).value == 0.5
    for number in (0.06, 123_456.0):  # between two stops of the slider, and beyond its end
        app.number_input(key=box).set_value(number).run()
        assert slider().value == app.number_input(key=box).value == number
    app.button(key=TRAIN_KEY).click().run()
    assert still_store.runs()[0].recipe.regularization == 123_456.0


def test_a_hand_that_is_quicker_than_the_server_gets_what_it_chose_last(open_app, still_store, monkeypatch):
    """A browser that has not heard from the server yet reports what the other of the two showed before."""
    monkeypatch.setattr(parameter_widgets, "time", SimpleNamespace(monotonic=lambda: 1.0))  # all in one moment
    app, key = open_app("train"), "implicit_als_n_factors"

    def report(*, number: int, slider: int) -> tuple[int, int]:
        app.number_input(key=key).set_value(number)
        slider_of(app, key).set_value(slider)
        app.run()
        return app.number_input(key=key).value, slider_of(app, key).value

    before = app.number_input(key=key).value
    assert report(number=before, slider=40) == (40, 40)
    assert report(number=before, slider=41) == (41, 41)
    assert report(number=40, slider=42) == (42, 42)
    assert report(number=41, slider=41) == (41, 41)  # and back again
    assert report(number=77, slider=41) == (77, 77)  # typed


def test_a_slider_that_the_browser_still_shows_is_not_taken_for_a_moved_one(open_app, still_store):
    """However busy the server is: a number was typed, and the browser has not got the slider that shows it yet."""
    app, key = open_app("train"), "implicit_als_n_factors"
    slider_of(app, key).set_value(41).run()
    before = slider_of(app, key)
    app.number_input(key=key).set_value(77).run()
    app.main.children[len(app.main.children)] = before.set_value(41)
    app.button(key=TRAIN_KEY).click().run()
    assert still_store.runs()[0].recipe.n_factors == 77
    assert app.number_input(key=key).value == slider_of(app, key).value == 77


def test_a_slider_begins_where_the_data_suggest_until_it_is_moved(open_app, still_store):
    box = "implicit_als_regularization"
    app = open_app("train")
    began = app.number_input(box).value
    suggested = ALGORITHMS["implicit_als"].defaults_for(still_store.split_of(still_store.runs()[0]).train)
    assert began == suggested.regularization
    other = still_store.add_dataset(generate(SyntheticRecipe(n_users=60, n_items=40, picks=10)))
    app.run()
    app.sidebar.selectbox(DATA_KEY).set_value(other).run()
    assert 0 < app.number_input(box).value < began / 2
    app.number_input(box).set_value(3.0).run()
    app.sidebar.selectbox(DATA_KEY).set_value(still_store.runs()[0].data_fingerprint).run()
    assert app.number_input(box).value == 3.0


def test_what_was_set_stays_when_the_page_is_left(open_app, still_store):
    app = open_app("train")
    app.number_input(key="implicit_als_n_factors").set_value(7).run()
    go(go(app, "compare"), "train")
    assert app.number_input(key="implicit_als_n_factors").value == 7


def test_a_number_out_of_bounds_trains_nothing_and_it_is_said_why(open_app, still_store):
    app = open_app("train")
    app.number_input(key="implicit_als_alpha").set_value(3.0).run()
    for value, bound in ((0, "at least 1. Got 0"), (-5, "at least 1. Got −5"), (5000, "at most 1,024. Got 5,000")):
        app.number_input(key="implicit_als_n_factors").set_value(value).run()
        assert texts(app.error) == f"Factors k must be {bound}: enter another number."
        assert "NDCG@10" in headline(app) and app.number_input(key="implicit_als_alpha").value == 3.0, "nothing is lost"
        app.button(key=TRAIN_KEY).click().run()
        assert "Nothing was trained. Factors k must" in texts(app.error) and len(still_store.runs()) == 1
    app.number_input(key="implicit_als_n_factors").set_value(7)
    app.number_input(key=SEED_KEY).set_value(-1).run()
    app.button(key=TRAIN_KEY).click().run()
    assert "Nothing was trained. Seed must be at least 0." in texts(app.error) and len(still_store.runs()) == 1
    app.number_input(key=SEED_KEY).set_value(0).run()
    app.button(key=TRAIN_KEY).click().run()
    assert not app.error and still_store.runs()[0].recipe.n_factors == 7


def test_the_bounds_of_settings_are_written_with_all_their_digits():
    known = parameters(ALGORITHMS["bpr"])
    told = parameter_widgets.why_out_of_bounds(known["regularization"], 2e6)
    assert "must be at most 1,000,000. Got 2,000,000:" in told
    assert "must be at least 1·10⁻⁶. Got 0:" in parameter_widgets.why_out_of_bounds(known["learning_rate"], 0.0)
