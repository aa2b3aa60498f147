"""Lists from a file through AppTest: a member of every page like any model, and what is wrong with them is told."""

import io
import re

import numpy as np
import pandas as pd
import pytest

from pages.shared.context import RUN_KEY
from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY
from recsys_core.exchange.lists import lists_as_csv, recommendation_tables
from recsys_core.per_user.ranked_list import rank_unseen_items
from recsys_core.store.history import annotate
from tests.pages.app import (
    IMAGE,
    PAGES,
    SCRIPT,
    assert_harmless,
    execute_all,
    first_fingerprint,
    go,
    headline,
    pinned_ids,
    set_pins,
    texts,
    texts_on,
    train_here,
)
from tests.pages.compare import VIEWS, show_view


def bring_in(app, content: bytes, name: str = "lists of mine.csv"):
    go(app, "history")
    app.file_uploader(key="history_lists_file").set_value((name, content, "text/csv")).run()
    app.button(key="history_lists_import").click().run()
    return app


def lists_of(store, run, k=20) -> bytes:
    dataset, split = store.dataset(run.data_fingerprint), store.split_of(run)
    ids = dict(user_ids=dataset.user_ids, item_ids=dataset.item_ids, titles=dataset.titles)
    return lists_as_csv(recommendation_tables(store.model(run.id), split.train, k, **ids))


@pytest.fixture
def app(still_store, open_app):
    """The app over a store without workers; the planted data and their first model are there."""
    app = open_app()
    assert not app.exception
    return app


@pytest.fixture
def store(still_store):
    return still_store


@pytest.fixture
def with_lists(app, store):
    """The lists of an ALS model, exported, brought back and pinned beside it."""
    go(app, "start")
    execute_all(store)
    run = train_here(store, first_fingerprint(store), "implicit_als", n_epochs=3)
    bring_in(app, lists_of(store, run))
    app.button(key="pin_imported_lists").click().run()
    set_pins(app, [run.id, pinned_ids(app)[-1]])
    return run


def test_lists_that_come_back_score_as_the_model_that_made_them(app, store, with_lists):
    ours = max(store.runs(), key=lambda run: run.id)
    assert ours.algorithm == "imported_lists" and ours.name == "lists of mine"
    assert store.epochs(ours.id)[-1].validation == store.epochs(with_lists.id)[-1].validation
    go(app, "compare")
    assert not app.exception
    assert "may have seen what is held out" in texts(app.warning)


def test_every_page_and_every_view_of_compare_takes_lists(app, with_lists):
    for page in PAGES:
        assert headline(go(app, page)), page
    go(app, "compare")
    for view in ("For whom", "Disagreement", "Popularity", "Cost", "Conventions", "Curves", "Table"):
        show_view(app, view)
        assert not app.exception, (view, app.exception[0].message)


def other_names(app, names: dict[str, str]) -> list[str]:
    """Where the page says '#8' of a named run, and then neither its name nor nothing at all."""
    said = [text.replace("<br>", " ") for _, text in texts_on(app)]
    said += [str(cell) for frame in app.dataframe for cell in frame.value.to_numpy().ravel()]
    ends = ((text[found.start() :], found[0]) for text in said for found in re.finditer(r"#\d+\b", text))
    return [end for end, run in ends if run in names and not end.startswith(f"{run} {names[run]}") and end != run]


def test_compare_calls_a_run_with_a_name_by_it_in_every_sentence_table_chart_and_caption(app, store, with_lists):
    pinned = [with_lists, max(store.runs(), key=lambda run: run.id)]
    names = {f"#{run.id}": name for run, name in zip(pinned, ("our next model", "lists of a colleague"), strict=True)}
    show_view(go(app, "compare"), "Truth meter")  # which keeps what it has measured
    for run, name in zip(pinned, names.values(), strict=True):
        annotate(store, run.id, name=name)
    for plain_words in (False, True):
        for view in VIEWS:
            show_view(app, view, plain_words=plain_words)
            assert not app.exception, (view, app.exception[0].message)
            assert not other_names(app, names), view
            assert all(any(f"{run} {name}" in text for _, text in texts_on(app)) for run, name in names.items()), view


def test_the_name_of_a_run_stays_as_it_is_written_and_never_becomes_markup(app, store, with_lists):
    annotate(store, with_lists.id, name="NDCG@10 first")
    annotate(store, pinned_ids(app)[-1], name=f"{IMAGE} {SCRIPT} 127")
    go(app, "compare")
    for view in VIEWS:
        show_view(app, view, plain_words=True)
        assert_harmless(app, set())
        assert "list quality first" not in texts(app.markdown), view
    show_view(app, "Table")
    assert re.search(rf"#{with_lists.id} NDCG@10 first .*ha(s|ve) the highest list quality\.", texts(app.markdown))
    for page in PAGES:
        assert_harmless(go(app, page), set())


def test_person_shows_a_list_as_it_came(app, store, with_lists):
    go(app, "person")
    assert not app.exception
    (table,) = (frame.value for frame in app.dataframe if "lists of mine" in " ".join(map(str, frame.value.columns)))
    labels = [column for column in table.columns if column]
    als, mine = (next(label for label in labels if word in label) for word in (f"#{with_lists.id} ", "lists of mine"))
    assert table[als].tolist() == table[mine].tolist()


def test_the_address_of_several_imported_lists_opens_each_of_them(app, store, with_lists, open_app):
    bring_in(app, lists_of(store, train_here(store, with_lists.data_fingerprint, "svd", n_factors=2)), "others.csv")
    first, second = sorted(run.id for run in store.runs() if run.algorithm == "imported_lists")
    set_pins(app, [with_lists.id, first, second])
    words = {name: values for name, values in app.session_state["url_params"].items() if values}
    app = open_app("compare", **words)
    assert pinned_ids(app) == [with_lists.id, first, second]
    assert "Verified: same results as in the link (3 runs" in texts(app.sidebar.caption)
    app = open_app("compare", pin=words["pin"][:2], run=words["pin"][2])
    assert pinned_ids(app) == [with_lists.id, first] and app.session_state[RUN_KEY] == second


def test_an_item_outside_of_a_list_is_not_said_to_be_owned(app, store, with_lists):
    """Lists say nothing of why they are as they are, so nothing is said of what speaks for an item."""
    lists, (person, *_) = max(run.id for run in store.runs()), store.evaluation(with_lists.id, "validation").users
    seen, _ = store.split_of(with_lists).seen_and_held_out("validation")
    own = seen.items[seen.of(person)]
    other = np.setdiff1d(np.arange(seen.n_items), [*own, *rank_unseen_items(store.model(lists), seen, person)])[0]
    set_pins(app, [lists])
    go(app, "person")
    for item, said in ((other, "is not in the list of"), (own[0], "already has it")):
        app.selectbox(key=PERSON_KEY).set_value(int(person)).run()
        app.selectbox(key=ITEM_KEY).set_value(int(item)).run()
        told = texts(app.markdown)
        assert not app.exception and said in told and "speaks for it" not in told
        assert ("already has it" in told) == (item != other)


def test_wrong_lists_are_refused_in_words_and_nothing_is_lost(app, store):
    go(app, "start")
    before = len(store.runs())
    bring_in(app, pd.DataFrame({"a": [1], "b": [2]}).to_csv(index=False).encode())
    assert "rank and score" in texts(app.error) and len(store.runs()) == before
    bring_in(app, b"user,item,rank\nnobody,nothing,1\n")
    assert "None of their ids is here" in texts(app.error)


def test_of_a_person_with_too_short_a_list_a_measure_has_no_value_and_it_is_said_why(app, store, with_lists):
    """Diversity compares the items of a list; where nobody is chosen, the person shown is one who has a value."""
    lists = pd.read_csv(io.BytesIO(lists_of(store, with_lists)), dtype=str)
    evaluation = store.evaluation(with_lists.id, "validation")
    first, short = int(evaluation.users[0]), store.dataset(with_lists.data_fingerprint).user_ids[evaluation.users[0]]
    bring_in(app, lists[(lists["user"] != short) | (lists["rank"] == "1")].to_csv(index=False).encode())
    set_pins(app, [max(run.id for run in store.runs())])
    go(app, "compare")
    show_view(app, "Beyond accuracy", beyond_measure="diversity")
    assert "mean distances" in texts(app.markdown)
    show_view(app, "Beyond accuracy", **{PERSON_KEY: first})
    assert not app.exception and "There is no value, because this list has a single item" in texts(app.markdown)
    assert not any(frame.key == "beyond_worked" for frame in app.dataframe)
