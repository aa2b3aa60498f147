"""The preview of an upload: roles above the columns, doubts beside them, and what a click on an answer changes."""

import numpy as np

from pages.shared.context import DATA_VIEW_KEY
from pages.views.data.upload_preview import MOST_CARDS
from recsys_core.data.split import NEEDS_TIME
from tests.pages.app import button_group, column_choice, first_fingerprint, texts, u_data, upload

RNG = np.random.default_rng(0)
ANIME = "user,anime,rating\n" + "".join(f"u{n // 20},a{n % 20},{-1 if n % 4 == 0 else 4 + n % 7}\n" for n in range(200))
LOG = "visitor,item,event\n" + "".join(
    f"v{n % 10},i{n % 17},{'purchase' if n % 9 == 0 else 'view'}\n" for n in range(300)
)


def load_button(app):
    return app.button(key="load").proto.type


def answer(app, key: str, place: int):
    return app.button(key=f"answer_{key}_{place}").click().run()


def loaded(app, store):
    app.button(key="load").click().run()
    assert not app.error and not app.exception, texts(app.error)
    return store.dataset(first_fingerprint(store))


def test_load_is_primary_only_when_what_could_change_a_number_is_answered(open_app, still_store):
    app = upload(open_app("data"), "anime.csv", ANIME.encode())
    assert load_button(app) == "secondary"
    assert "The question below matters" in texts(app.markdown)
    answer(app, "unrated -1", 0)
    assert load_button(app) == "primary" and "question below" not in texts(app.markdown)
    data = loaded(app, still_store).interactions
    assert data.n_interactions == 150 and data.values.min() == 4


def test_an_answer_can_be_undone_and_another_one_given(open_app, still_store):
    app = upload(open_app("data"), "anime.csv", ANIME.encode())
    answer(app, "unrated -1", 1)
    assert column_choice(app, "Rating").value is None
    app.button(key="undo_unrated -1").click().run()
    assert column_choice(app, "Rating").value == 2 and load_button(app) == "secondary"
    answer(app, "unrated -1", 2)
    assert load_button(app) == "primary"
    assert loaded(app, still_store).interactions.values.min() == -1


def test_an_answer_on_one_value_outlives_the_undoing_of_that_on_another(open_app, still_store):
    values = [99 if n % 5 == 0 else -1 if n % 5 == 1 else 3 + n % 5 for n in range(400)]
    rows = "".join(f"u{n // 20},a{n % 20},{value}\n" for n, value in enumerate(values))
    app = upload(open_app("data"), "two.csv", f"user,anime,rating\n{rows}".encode())
    for key in ("unrated 99", "unrated -1"):
        answer(app, key, 0)
    app.button(key="undo_unrated 99").click().run()
    assert load_button(app) == "secondary"
    assert set(loaded(app, still_store).interactions.values) == set(values) - {-1}


def test_what_was_not_answered_stands_in_the_receipt(open_app, still_store):
    app = upload(open_app("data"), "u.data", u_data())
    assert load_button(app) == "secondary"
    loaded(app, still_store)
    assert "either is possible" in texts(app.warning)


def test_swapping_person_and_item_is_one_click(open_app, still_store):
    app = upload(open_app("data"), "u.data", u_data(n_users=60, n_items=40))
    answer(app, "order", 1)
    assert (column_choice(app, "Person").value, column_choice(app, "Item").value) == (1, 0)
    dataset = loaded(app, still_store)
    assert (dataset.interactions.n_users, dataset.interactions.n_items) == (40, 60)
    assert "either reading" not in texts(app.warning)


def test_choosing_the_columns_by_hand_settles_the_question_too(open_app, still_store):
    app = upload(open_app("data"), "u.data", u_data())
    column_choice(app, "Person").set_value(1)
    column_choice(app, "Item").set_value(0).run()
    assert load_button(app) == "primary"


def test_the_weights_of_events_can_be_changed(open_app, still_store):
    app = upload(open_app("data"), "log.csv", LOG.encode())
    assert load_button(app) == "secondary"
    answer(app, "events", 0)
    weight = next(box for box in app.number_input if box.label == "purchase")
    assert weight.value == 5
    weight.set_value(10.0).run()
    n_purchases = LOG.count("purchase")
    dataset = loaded(app, still_store)
    assert dataset.interactions.values.sum() == 10 * n_purchases + (300 - n_purchases)
    weights = [list(pair) for pair in dataset.origin["layout"]["event_weights"]]
    assert weights == [["view", 1.0], ["purchase", 10.0]]


def test_only_one_kind_of_event(open_app, still_store):
    app = upload(open_app("data"), "log.csv", LOG.encode())
    answer(app, "events", 2)
    assert [box.value for box in app.number_input if box.label in ("view", "purchase")] == [0, 1]
    dataset = loaded(app, still_store)
    assert dataset.interactions.values.sum() == LOG.count("purchase")


def test_each_column_has_its_role_above_it_and_its_values_below(open_app, still_store):
    app = upload(open_app("data"), "anime.csv", ANIME.encode())
    cards = [text.value for text in app.main.markdown if "badge[" in text.value]
    assert [card.split("[")[1].split("]")[0] for card in cards] == ["Person", "Item", "Rating"]
    assert "user" in cards[0] and "u0" in cards[0] and "a4" in cards[1]


def test_a_wide_file_shows_its_first_columns_and_names_the_rest(open_app, still_store):
    head = "who," + ",".join(f"film {n}" for n in range(30))
    rows = [f"p{n}," + ",".join(map(str, RNG.integers(1, 6, 30))) for n in range(12)]
    app = upload(open_app("data"), "m.csv", "\n".join([head, *rows]).encode())
    cards = [text.value for text in app.main.markdown if "badge[" in text.value]
    assert len(cards) == MOST_CARDS and f"And {31 - MOST_CARDS} more items" in texts(app.caption)


def test_times_that_say_nothing_offer_no_split_by_time(open_app, still_store):
    rows = "".join(f"u{n % 12},i{n % 7},{n % 5 + 1},1500000000\n" for n in range(80))
    app = upload(open_app("data"), "same.csv", f"user,item,rating,timestamp\n{rows}".encode())
    assert "all timestamps are equal" in texts(app.markdown)
    loaded(app, still_store)
    assert not set(NEEDS_TIME) & set(app.selectbox(key="split_method").options)


def test_another_way_to_read_the_text_starts_from_its_own_guess(open_app, still_store):
    app = upload(open_app("data"), "anime.csv", ANIME.encode())
    answer(app, "unrated -1", 0)
    column_choice(app, "Header").set_value(False).run()
    assert any(button.key.startswith("answer_") for button in app.button)
    assert button_group(app, DATA_VIEW_KEY).value == "Upload a file"
