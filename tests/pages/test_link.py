"""Opening an address: the same numbers, or a sentence on what is missing; `hide=` and `lesson=` too."""

import json
import re
from dataclasses import replace

import pytest

from pages.shared.links.lessons import LESSONS
from pages.shared.shell.presenter_mode import HIDEABLE
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.reading import read_ratings
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.links.data_slug import write_data_slug
from recsys_core.links.run_slug import run_slug
from recsys_core.numerics import write_environment
from recsys_core.store.run import Branch
from recsys_core.store.store import RunStore
from tests.pages.app import (
    IMAGE,
    SCRIPT,
    assert_harmless,
    execute_all,
    first_fingerprint,
    go,
    headline,
    texts,
    train_here,
    u_data,
    upload,
)

SMALL = SyntheticRecipe(n_users=40, n_items=30, picks=8, seed=5)


def standing(app) -> dict:
    """The words in the address."""
    return {name: words for name, words in app.session_state["address_standing"].items() if words}


def pins(app) -> list[int]:
    return app.multiselect(key="pins").value


def scrubber(app) -> dict:
    (found,) = (part for part in app.get("bidi_component") if part.proto.component_name == "scrubber")
    return json.loads(found.proto.json)


def test_the_address_of_what_is_looked_at_opens_the_same_in_a_new_session(open_app, still_store):
    fingerprint = still_store.add_dataset(generate(SMALL))
    trained = [train_here(still_store, fingerprint, key, n_factors=3) for key in ("svd", "als", "implicit_als")]
    app = go(open_app(data=fingerprint), "person")
    app.multiselect(key="pins").set_value([trained[2].id, trained[0].id]).run()
    app.selectbox(key="person").set_value(7).run()
    app.selectbox(key="item").set_value(9).run()
    said, words = headline(app), standing(app)
    assert words["data"] == [write_data_slug(generate(SMALL))]
    assert words["pin"] == [run_slug(trained[2]).text, run_slug(trained[0]).text]
    train_here(still_store, fingerprint, "bpr", n_factors=2, n_epochs=1)  # what came later changes nothing
    app = go(open_app(**words), "person")
    assert pins(app) == [trained[2].id, trained[0].id]
    assert (app.selectbox(key="person").value, app.selectbox(key="item").value) == (7, 9)
    assert headline(app) == said and standing(app) == words
    assert trained[0].fingerprint[:8] in texts(app.sidebar.caption)


def test_the_run_and_the_k_of_start_stand_in_the_address_too(open_app, still_store):
    older = train_here(still_store, first_fingerprint(still_store), "svd", n_factors=3)
    train_here(still_store, first_fingerprint(still_store), "svd", n_factors=4)
    app = open_app(start_k="8", leak="yes", run=run_slug(older).text)
    told = scrubber(app)
    assert told["ks"][told["start"]] == 8 and told["leaky"]
    assert go(app, "train").selectbox(key="run").value == older.id
    assert standing(app)["run"] == [run_slug(older).text]
    assert "must be one of 1, 2" in texts(open_app(start_k="9999999").error)


def test_generated_data_are_made_again_and_missing_runs_trained_on_request(open_app, still_store, tmp_path):
    """A link from another server; nothing else is shown before."""
    made = generate(SMALL)
    elsewhere = RunStore(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    split = elsewhere.split(elsewhere.add_dataset(made), SplitRecipe(test=0.3))
    plain = elsewhere.add_run(split, "svd", ALGORITHMS["svd"](n_factors=3), 0)
    before = ALGORITHMS["bpr"](n_epochs=4, regularization=0.5)
    parent = elsewhere.add_run(split, "bpr", before, 2)
    fork = elsewhere.add_run(split, "bpr", replace(before, regularization=5), 2, branch=Branch(parent, 2, before))
    words = [run_slug(elsewhere.run(each)).text for each in (fork, plain)]

    app = open_app(data=write_data_slug(made), split_test="0.3", pin=words)
    assert headline(app) == "2 runs of this link are not here."
    assert "seed 2" in texts(app.markdown) and not app.multiselect
    assert headline(go(app, "compare")) == "2 runs of this link are not here."
    app.button(key="train_link").click().run()
    assert len(still_store.runs(split.fingerprint)) == 3, "the fork's parent is trained as well"
    assert headline(app) == "This link is on its way: what it pins is being trained."
    execute_all(still_store)
    go(app, "compare")
    assert standing(app)["pin"] == words, "the same words, and so the same fingerprints"
    assert "Verified: same results as in the link" in texts(app.sidebar.caption)
    assert re.search("is best: NDCG|has the highest NDCG", headline(app))


def test_a_run_by_other_code_is_shown_with_a_warning(open_app, still_store):
    (run,) = still_store.runs()
    theirs = replace(run_slug(run), fingerprint="0123abcd")
    app = open_app(pin=theirs.text)
    assert pins(app) == [run.id]
    assert run.fingerprint[:8] in texts(app.warning) and "0123abcd" in texts(app.warning)
    assert "may differ" in texts(app.warning)


def test_a_link_that_is_opened_on_another_machine_says_what_differs_there(open_app, still_store):
    (run,) = still_store.runs()
    there = {**run.environment, "numpy": "1.0.0", "blas": "OpenBLAS 0.1 <b>Nehalem</b>"}
    app = open_app(pin=run_slug(run).text, trained_on=write_environment(there))
    said = texts(app.sidebar.caption)
    assert f"NumPy 1.0.0 there and {run.environment['numpy']} here" in said and "OpenBLAS 0.1" in said
    assert "SciPy" not in said and "last digits may differ" in said and "Verified" not in said
    assert standing(app)["trained_on"] == [write_environment(run.environment)], "what is shown here was trained here"
    app = open_app(pin=run_slug(run).text, trained_on=write_environment(run.environment))
    assert "Verified: same results as in the link (1 run" in texts(app.sidebar.caption)
    app = open_app(pin=run_slug(run).text, trained_on="~~-~<script>-1~numpy-" + "9" * 5000)
    assert not app.exception and "<script>" not in texts(app.sidebar.caption)


def test_data_of_a_file_are_asked_for_and_then_the_link_goes_on_by_itself(open_app, still_store):
    wanted, _ = read_ratings(u_data(), "u.data")
    address = {"data": write_data_slug(replace(wanted, name=IMAGE)), "split_test": "0.3"}
    app = open_app(**address)
    assert headline(app) == "The data of this link are not here."
    said = texts(app.markdown)
    assert "60 people × 40 items, 720 ratings" in said and wanted.fingerprint in said and IMAGE in said
    assert_harmless(app, set())
    assert not app.multiselect and not app.sidebar.selectbox
    app = upload(app, "u.data", u_data(seed=1))
    app.button(key="load").click().run()
    assert "it is not the same data" in texts(app.warning)
    app = upload(app, "u.data", u_data())
    app.button(key="load").click().run()
    app.run()
    assert app.session_state["data"] == wanted.fingerprint
    assert app.number_input(key="split_test").value == 0.3
    assert "60 people × 40 items" in texts(app.sidebar.caption)


def test_two_data_sets_of_one_name_are_not_confused_and_a_renamed_one_is_found(open_app, still_store):
    sets = [replace(generate(replace(SMALL, seed=seed)), name="Mine", origin={"kind": "file"}) for seed in (1, 2)]
    first, second = (still_store.add_dataset(each) for each in sets)
    for fingerprint, data in ((first, sets[0]), (second, sets[1])):
        assert open_app(data=write_data_slug(data)).session_state["data"] == fingerprint
    app = open_app(data="Mine")
    assert first in texts(app.error) and second in texts(app.error) and not app.sidebar.selectbox
    still_store.add_dataset(replace(sets[0], name="Renamed"))
    assert open_app(data=write_data_slug(sets[0])).session_state["data"] == first


def test_data_are_not_made_again_where_that_takes_long_or_gives_others(open_app, still_store):
    app = open_app(data="planted.n_users-200000.n_items-50000.picks-10000")
    assert "200,000 people × 50,000 items" in texts(app.markdown) and not app.sidebar.selectbox
    app = open_app(data="planted.n_users-40.n_items-30~0123456789abcdef")
    assert "must have the fingerprint 0123456789abcdef" in texts(app.error) and not app.sidebar.selectbox
    assert len(still_store.dataset_list()) == 1


def test_hostile_words_are_refused_in_a_sentence(open_app, still_store):
    for query in (
        {"pin": SCRIPT},
        {"pin": "bpr.n_factors-999999999999"},
        {"pin": ["svd"] * 7},
        {"run": "bpr.seed--1"},
        {"data": "x" * 10_000},
        {"person": IMAGE},
        {"item": SCRIPT},
        {"bpr_n_factors": "-1"},
        {"algorithm": "magic"},
        {"seed": "-1"},
        {"k": "9" * 5000},
        {"lesson": IMAGE},
        {"hide": SCRIPT},
    ):
        app = open_app(**query)
        assert_harmless(app, set())
        said = texts([*app.error, *app.warning])
        assert " must " in said and "Got" in said and len(said) < 400, (query, said)
    app = open_app(pin=SCRIPT)
    app.button(key="leave_link").click().run()
    assert scrubber(app)["ks"] and not app.error


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_leads_through_its_steps(name, open_app, still_store):
    app = open_app(hide="data.tray", split_test="0.3")
    app.button(key=f"lesson_{name}").click().run()
    for number, step in enumerate(LESSONS[name].steps, 1):
        execute_all(still_store)
        app.run()
        assert not app.exception and not app.error
        said = texts(app.markdown)
        assert step.sentence in said and step.question in said and f"Step {number} of" in said
        assert app.number_input(key="split_test").value == SplitRecipe().test
        (style,) = (part.proto.body for part in app.get("html") if "none !important" in part.proto.body)
        assert HIDEABLE["data"][1] in style and HIDEABLE["tray"][1] in style and HIDEABLE["split"][1] not in style
        words = standing(app)
        assert words["lesson"] == [f"{name}.{number}"] and words["hide"] == ["data.tray"]
        for word, texts_asked in step.words.items():
            assert [text.split("~")[0] for text in words[word]] == texts_asked
        if step.page == "start":
            told = scrubber(app)
            assert str(told["ks"][told["start"]]) == step.words["start_k"][0]
            assert told["leaky"] == ("leak" in step.words)
        else:
            assert re.search("is best: |has the highest ", headline(app))
        if number < len(LESSONS[name].steps):
            app.button(key="lesson_next").click().run()
    app.button(key="lesson_leave").click().run()
    assert "lesson" not in standing(app) and "Step" not in texts(app.markdown)
