"""The film on Train: what the player is sent, for whom, beside what, and why there is none; through AppTest."""

import base64
import json

import numpy as np

from pages.shared.context import RUN_KEY
from pages.shared.widgets.choose_person_item import PERSON_KEY
from pages.views.train.controls import TRAIN_KEY
from pages.views.train.film.show import BESIDE_KEY, FILM_PERSON_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.evaluation.rank_items import top_items
from recsys_core.runner.execute import execute
from tests.pages.app import first_fingerprint, texts, train_here


def film_of(app) -> dict:
    """What the player was sent."""
    assert not app.exception, app.exception[0].message
    (player,) = (part for part in app.get("bidi_component") if part.proto.component_name == "film")
    return json.loads(player.proto.json)


def has_film(app) -> bool:
    return any(part.proto.component_name == "film" for part in app.get("bidi_component"))


def test_the_first_model_has_a_film_without_a_click_and_it_is_that_training(open_app, still_store):
    app = open_app("train")
    sent, run = film_of(app), still_store.runs()[0]
    records, film, split = still_store.epochs(run.id), still_store.film(run.id), still_store.split_of(run)
    (shown,) = sent["films"]
    assert shown["epochs"] == [record.number for record in records]
    for caption, record in zip(shown["captions"], records, strict=True):
        assert caption.endswith(f"epoch {record.number}: NDCG@10 {record.validation:.3f}")
    assert shown["best"] == int(np.argmax([record.validation for record in records]))
    assert "the eight tastes have parted" in sent["sentence"] and "more than half" in sent["note"]
    positions = np.frombuffer(base64.b64decode(shown["positions"]), np.int16)
    np.testing.assert_array_equal(positions, film.positions.ravel())
    assert len(shown["names"]) == len(film.users) + len(film.items) == positions.size // (2 * len(records))

    person = app.selectbox(key=FILM_PERSON_KEY).value
    assert film.users[shown["person"]] == person
    listed = shown["list"]
    last = top_items(still_store.model(run.id), split.train, np.array([person]), 5)[0]
    titles = still_store.dataset(run.data_fingerprint).titles
    assert [listed["titles"][index] for index in listed["frames"][-1]] == [titles[item] for item in last]
    held_out = {titles[item] for item in split.validation.items[split.validation.of(person)]}
    assert [title in held_out for title in listed["titles"]] == listed["hits"]

    other = next(user for user in film.users.tolist() if user != person)
    app.selectbox(key=FILM_PERSON_KEY).set_value(other).run()
    assert film.users[film_of(app)["films"][0]["person"]] == other
    assert app.session_state[PERSON_KEY] == other, "the person of all pages"
    assert len(json.dumps(sent)) < 600_000


def test_two_films_stand_side_by_side(open_app, three_runs):
    bpr = next(run for run in three_runs.runs() if run.algorithm == "bpr")
    als = next(run for run in three_runs.runs() if run.algorithm == "implicit_als")
    app = open_app("train")
    app.selectbox(key=RUN_KEY).set_value(bpr.id).run()
    assert film_of(app)["films"][0]["epochs"] == [0, 1, 2, 3]
    app.selectbox(key=BESIDE_KEY).set_value(als.id).run()
    sent = film_of(app)
    assert [film["captions"][-1].split(",")[0] for film in sent["films"]] == [bpr.short_label, als.short_label]
    assert all("tastes" in film["axes"] for film in sent["films"]) and not sent["sentence"]
    assert sent["films"][0]["list"]["whose"] == sent["films"][1]["list"]["whose"]
    app.selectbox(key=RUN_KEY).set_value(next(run.id for run in three_runs.runs() if run.algorithm == "svd")).run()
    assert not has_film(app) and "in one step" in texts(app.caption)


def test_a_run_without_a_stored_film_says_so_and_one_that_is_live_shows_what_there_is(open_app, still_store):
    fingerprint = first_fingerprint(still_store)
    before = train_here(still_store, fingerprint, "bpr", n_factors=3, n_epochs=4)
    app = open_app("train")
    app.selectbox(key=RUN_KEY).set_value(before.id).run()
    assert has_film(app)
    recipe = ALGORITHMS["bpr"](n_factors=3, n_epochs=3)
    split = still_store.split_of(before)
    number = still_store.queue.add_run(split, "bpr", recipe, 1, in_background=True)
    execute(still_store, still_store.queue.claim("a worker"))
    assert still_store.film(number) is None and still_store.run(number).state == "finished"
    app.button(key=TRAIN_KEY).click().run()
    queued = still_store.runs()[0]
    assert not has_film(app), "nothing is trained yet"
    claimed = still_store.queue.claim("a worker")
    assert claimed.id == queued.id
    still_store.save_film(queued.id, still_store.film(before.id).until(3))
    app.run()
    sent = film_of(app)
    assert sent["live"] and not sent["sentence"] and sent["films"][0]["epochs"] == [0, 1, 2, 3]
    assert sent["films"][0]["last_epoch"] == queued.recipe.n_epochs
