"""The pinned models: which are pinned, in which order, and what happens when there is no room."""

from pages.shared.shell.pin_list import MAX_PINNED, PinList
from pages.shared.shell.pinned_models import ADD_KEY
from pages.views.train.controls import ALGORITHM_KEY, TRAIN_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from tests.pages.app import execute_all, first_fingerprint, go, pinnable, pinned_ids, texts, train_here

FULL = PinList(tuple(range(MAX_PINNED)), frozenset(range(MAX_PINNED)))


def test_at_least_ten_models_can_be_pinned():
    pins = PinList()
    for run_id in range(10):
        pins = pins.pin(run_id)
    assert pins.run_ids == tuple(range(10)) and not pins.without_room


def test_what_a_person_chose_is_never_replaced_and_what_finds_no_room_is_known():
    pins = FULL.pin(20).pin(21).pin(20)
    assert pins.run_ids == FULL.run_ids and pins.without_room == (20, 21)
    assert pins.keep(range(30)) == pins
    assert pins.unpin(4).keep(range(30)).without_room == ()
    deleted = pins.keep(set(range(30)) - {3})
    assert 3 not in deleted.run_ids and not deleted.is_full and not deleted.without_room


def test_a_chosen_run_takes_the_place_of_the_last_that_nobody_chose_but_never_of_the_baseline():
    pins = PinList(FULL.run_ids, frozenset(range(MAX_PINNED)) - {0, 2, 5}).pin(20)
    assert pins.run_ids == (0, 1, 2, 3, 4, 6, 7, 8, 9, 20) and 20 in pins.chosen
    pins = pins.pin(21).pin(22)
    assert pins.run_ids == (0, 1, 3, 4, 6, 7, 8, 9, 20, 21) and pins.without_room == (22,)


def test_another_baseline_swaps_two_and_leaves_the_others_their_colours():
    pins = PinList((1, 2, 3, 4)).make_baseline(3)
    assert pins.run_ids == (3, 2, 1, 4) and pins.is_default
    assert pins.make_baseline(3) == pins and pins.make_baseline(9) == pins


def test_defaults_fill_up_and_keep_their_order_until_somebody_chooses():
    pins = PinList().add_default([5]).add_default([3, 5, 8])
    assert pins.run_ids == (3, 5, 8) and not pins.chosen
    assert pins.pin(9).add_default([1, 3, 5, 8, 9]).run_ids == (3, 5, 8, 9, 1)
    assert FULL.add_default([30, *FULL.run_ids]).run_ids == FULL.run_ids
    assert not pins.unpin(3).is_default


def test_the_best_of_each_algorithm_is_pinned_and_what_appears_is_pinned_until_one_is_removed(open_app, still_store):
    fingerprint = first_fingerprint(still_store)
    svds = [train_here(still_store, fingerprint, "svd", n_factors=k) for k in (1, 8)]
    best = max(svds, key=lambda run: still_store.epochs(run.id)[-1].validation)
    app = open_app("compare")
    assert pinned_ids(app) == [1, best.id]
    bpr = train_here(still_store, fingerprint, "bpr", n_factors=2, n_epochs=1)
    assert pinned_ids(app.run()) == [1, best.id, bpr.id]
    app.button(key=f"star_{bpr.id}").click().run()
    app.button(key=f"unpin_{best.id}").click().run()
    assert pinned_ids(app) == [bpr.id, 1]
    train_here(still_store, fingerprint, "ease")
    assert pinned_ids(app.run()) == [bpr.id, 1], "the trained model is another session's"
    app.number_input(key="split_seed").set_value(1).run()
    assert pinned_ids(app) == []
    app.number_input(key="split_seed").set_value(0).run()
    assert pinned_ids(go(app, "person")) == [bpr.id, 1], "what was pinned is back with the data and split"
    assert len(pinnable(app)) == 3
    app.selectbox(key=ADD_KEY).set_value(svds[0].id).run()
    assert pinned_ids(app) == [bpr.id, 1, svds[0].id] and app.selectbox(key=ADD_KEY).value is None


def test_a_run_of_this_session_is_pinned_when_it_ends_and_says_so_where_there_is_no_room(open_app, still_store):
    split = still_store.split(first_fingerprint(still_store), SplitRecipe())
    for k in range(1, MAX_PINNED):
        still_store.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=k), 0)
    execute_all(still_store)
    app = open_app("train")
    for run_id in range(3, MAX_PINNED):
        app.selectbox(key=ADD_KEY).set_value(run_id).run()
    assert len(pinned_ids(app)) == MAX_PINNED - 1
    app.selectbox(key=ALGORITHM_KEY).set_value("ease").run()
    for following in ("item_knn", "biases", "svd"):
        app.button(key=TRAIN_KEY).click().run()
        execute_all(still_store)
        app.selectbox(key=ALGORITHM_KEY).set_value(following).run()
    biases, knn, ease = still_store.runs()[:3]
    assert ease.id in pinned_ids(app) and knn.id in pinned_ids(app), "only a default has gone"
    assert len(pinned_ids(app)) == MAX_PINNED and 1 in pinned_ids(app) and biases.id not in pinned_ids(app)
    assert biases.short_label in texts(app.sidebar.warning) and not pinnable(app)
    app.button(key=f"unpin_{knn.id}").click().run()
    assert not app.sidebar.warning and biases.label in pinnable(app)
    app.button(key="pin_shown").click().run()
    assert pinned_ids(app)[-1] == biases.id and not pinnable(app)
