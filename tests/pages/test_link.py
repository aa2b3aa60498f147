"""Opening a link: the same numbers, or a sentence on what is missing; `hide=` and `lesson=` too."""

import ast
import importlib
import re
from dataclasses import replace

import pytest
from streamlit.runtime.state.query_params import QueryParams

from pages.shared.context import DATA_KEY, RUN_KEY
from pages.shared.links.lesson_strip import BACK_KEY, NEXT_KEY
from pages.shared.links.open_data import CHOOSE_KEY
from pages.shared.links.open_runs import TRAIN_KEY
from pages.shared.links.refuse_link import DISCARD_KEY
from pages.shared.results.comparison import MARGIN_KEY
from pages.shared.shell.presenter_mode import HIDEABLE
from pages.shared.url_state import SETTINGS, WIDGET_PARAMS
from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.reading import read_ratings
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.links.data_slug import write_data_slug
from recsys_core.links.run_slug import run_slug
from recsys_core.numerics import write_environment
from recsys_core.store.run import Branch
from recsys_core.store.store import RunStore
from tests.conftest import ROOT
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
    scrubber,
    set_pins,
    texts,
    train_here,
    u_data,
    upload,
    url_params,
)
from tests.pages.compare import VIEWS

SMALL = SyntheticRecipe(n_users=40, n_items=30, picks=8, seed=5)


def test_the_address_of_what_is_looked_at_opens_the_same_in_a_new_session(open_app, still_store):
    fingerprint = still_store.add_dataset(generate(SMALL))
    trained = [train_here(still_store, fingerprint, key, n_factors=3) for key in ("svd", "als", "implicit_als")]
    app = open_app("person", data=fingerprint)
    set_pins(app, [trained[2].id, trained[0].id])
    app.selectbox(key=PERSON_KEY).set_value(7).run()
    app.selectbox(key=ITEM_KEY).set_value(9).run()
    said, words = headline(app), url_params(app)
    assert words["data"] == [write_data_slug(generate(SMALL))]
    assert words["pin"] == [run_slug(trained[2]).text, run_slug(trained[0]).text]
    train_here(still_store, fingerprint, "bpr", n_factors=2, n_epochs=1)  # what came later changes nothing
    app = open_app("person", **words)
    assert pinned_ids(app) == [trained[2].id, trained[0].id]
    assert (app.selectbox(key=PERSON_KEY).value, app.selectbox(key=ITEM_KEY).value) == (7, 9)
    assert headline(app) == said and url_params(app) == words
    assert trained[0].fingerprint[:8] in texts(app.sidebar.caption)
    app.button(key=f"star_{trained[0].id}").click().run()
    assert pinned_ids(app) == [trained[0].id, trained[2].id]
    assert trained[0].fingerprint[:8] not in texts(app.sidebar.caption), "what is shown is no longer the link's"


def test_the_run_and_the_k_of_start_stand_in_the_address_too(open_app, still_store):
    older = train_here(still_store, first_fingerprint(still_store), "svd", n_factors=3)
    train_here(still_store, first_fingerprint(still_store), "svd", n_factors=4)
    app = open_app(k="8", leak="yes", run=run_slug(older).text)
    told = scrubber(app)
    assert told["ks"][told["start"]] == 8 and told["leaky"]
    assert go(app, "train").selectbox(key=RUN_KEY).value == older.id
    assert url_params(app)["run"] == [run_slug(older).text]
    assert "must be one of 1, 2" in texts(open_app(k="9999999").error)


def test_generated_data_are_made_again_and_missing_runs_trained_on_request(open_app, still_store, tmp_path):
    """A link from another server; nothing else is shown before."""
    made = generate(SMALL)
    elsewhere = RunStore(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    split = elsewhere.split(elsewhere.add_dataset(made), SplitRecipe(test=0.3))
    plain = elsewhere.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=3), 0)
    before = ALGORITHMS["bpr"](n_epochs=4, regularization=0.5)
    parent = elsewhere.queue.add_run(split, "bpr", before, 2)
    branch = elsewhere.queue.add_run(
        split, "bpr", replace(before, regularization=5), 2, branch=Branch(parent, 2, before)
    )
    words = [run_slug(elsewhere.run(each)).text for each in (branch, plain)]

    app = open_app(data=write_data_slug(made), split_test="0.3", pin=words)
    assert headline(app) == "The 2 runs in this link are missing here."
    assert "seed 2" in texts(app.markdown) and not app.multiselect
    assert headline(go(app, "compare")) == "The 2 runs in this link are missing here."
    app.button(key=TRAIN_KEY).click().run()
    assert len(still_store.runs(split.fingerprint)) == 3, "the parent of the branch is trained as well"
    assert headline(app) == "The models of this link are being trained."
    execute_all(still_store)
    go(app, "compare")
    assert url_params(app)["pin"] == words, "the same words, and so the same fingerprints"
    assert "Verified: same results as in the link" in texts(app.sidebar.caption)
    assert re.search("is best: NDCG|has the highest NDCG", headline(app))


def test_a_run_by_other_code_is_shown_with_a_warning(open_app, still_store):
    (run,) = still_store.runs()
    theirs = replace(run_slug(run), fingerprint="0123abcd")
    app = open_app(pin=theirs.text)
    assert pinned_ids(app) == [run.id]
    assert run.fingerprint[:8] in texts(app.warning) and "0123abcd" in texts(app.warning)
    assert "may differ" in texts(app.warning) and "or on another split" in texts(app.warning)


def test_a_link_to_two_versions_of_one_run_opens_both(open_app, still_store, monkeypatch):
    (first,) = still_store.runs()
    monkeypatch.setattr("recsys_core.store.queue.NUMERICS_VERSION", "another")
    second = train_here(still_store, first.data_fingerprint, first.algorithm, **first.recipe.settings())
    words = [run_slug(run).text for run in (first, second)]
    assert pinned_ids(open_app(pin=words)) == [first.id, second.id]
    app = open_app(pin=words, split_seed="1")
    assert headline(app) == "The run in this link is missing here.", "both versions are one training here"
    app.button(key=TRAIN_KEY).click().run()
    execute_all(still_store)
    assert len(pinned_ids(app.run())) == 1


def test_a_link_that_is_opened_on_another_machine_says_what_differs_there(open_app, still_store):
    (run,) = still_store.runs()
    there = {**run.environment, "numpy": "1.0.0", "blas": "OpenBLAS 0.1 <b>Nehalem</b>"}
    app = open_app(pin=run_slug(run).text, trained_on=write_environment(there))
    said = texts(app.sidebar.caption)
    assert f"NumPy 1.0.0 there and {run.environment['numpy']} here" in said and "OpenBLAS 0.1" in said
    assert "SciPy" not in said and "last digits may differ" in said and "Verified" not in said
    assert url_params(app)["trained_on"] == [write_environment(run.environment)], "what is shown here was trained here"
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
    assert "holds other data" in texts(app.warning)
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
    app = open_app(data="Mine", k="4")
    choices = {each.key.rpartition("_")[2]: each for each in app.button if each.key.startswith(CHOOSE_KEY)}
    assert choices.keys() == {first, second} and "2 data sets" in headline(app) and not app.sidebar.selectbox
    assert all("40 people × 30 items" in each.label for each in choices.values())
    choices[first].click().run()
    assert app.session_state["data"] == first and url_params(app)["data"][0].endswith(first)
    assert url_params(app)["k"] == ["4"] and not [each for each in app.button if each.key.startswith(CHOOSE_KEY)]
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
        {"pin": ["svd"] * 11},
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
    app.button(key=DISCARD_KEY).click().run()
    assert scrubber(app)["ks"] and not app.error


def test_a_link_that_stops_every_page_stops_the_data_page_too(open_app, still_store):
    for seed in (1, 2):
        still_store.add_dataset(replace(generate(replace(SMALL, seed=seed)), name="Mine", origin={"kind": "file"}))
    for query, said in (
        ({"split_test": "9"}, "cannot be opened"),
        ({"N": "99"}, "cannot be opened"),
        ({"data": "planted.seed-x"}, "cannot be opened"),
        ({"data": "Mine"}, "2 data sets"),
        ({"data": "planted.n_users-200000.n_items-50000.picks-10000"}, "have to be generated"),
    ):
        app = open_app("data", **query)
        assert said in headline(app) and "went wrong" not in texts(app.error) and not app.sidebar.selectbox
        app.button(key=DISCARD_KEY).click().run()
        assert app.session_state[DATA_KEY] == first_fingerprint(still_store) and not app.error


def test_what_no_version_or_only_an_older_one_knows_in_a_link_is_named_and_ignored(open_app, still_store):
    app = open_app(start_k="8", compare_metric="recall", **{"x" * 500: SCRIPT})
    said = texts(app.warning)
    assert "'start_k'" in said and "'compare_metric'" in said and len(said) < 300
    assert_harmless(app, set())
    assert not app.error and scrubber(app)["ks"]
    assert "'split_learn_from'" in texts(open_app(split_learn_from="training and validation").warning)
    assert not open_app(k="8", split_test="0.3", bpr_n_factors="4", N="5", metric="Recall").warning


def test_an_empty_word_in_a_link_says_nothing(open_app, still_store):
    app = open_app(data="", pin="", run="", person="", lesson="", views="")
    assert not app.exception and not app.error
    assert app.session_state[DATA_KEY] == first_fingerprint(still_store)


@pytest.mark.parametrize("value", ["", "nonsense"])
def test_what_no_widget_can_show_in_a_link_leaves_it_at_its_default(value, open_app, still_store):
    fingerprint = still_store.add_dataset(generate(replace(SMALL, feedback="explicit")))
    for key in ("als", "bayesian"):
        train_here(still_store, fingerprint, key, n_factors=2)
    refused = {"seed", "N", "algorithm", "metric", MARGIN_KEY}  # in a sentence, see above
    views = {
        "compare": ("compare_view", VIEWS),
        "optimise": ("optimise", ["SLSQP blends models", "Eckart–Young", "Textbook"]),
        "train": ("one_step", ["True"]),
    }
    drawn = set()
    for page in PAGES:
        selector, names = views.get(page, ("", []))
        for view in ["", *names]:
            asked = {**dict.fromkeys(WIDGET_PARAMS.keys() - refused, value), **({selector: view} if view else {})}
            app = open_app(page, data=fingerprint, **asked)
            drawn |= {name for name in WIDGET_PARAMS if name in app.session_state}
            assert not app.exception and "went wrong" not in texts(app.error), (page, view)
    need_more = {"map_colour", "rerank_from", "rerank_to", "truth_power"}  # attributes, or another way to test
    assert drawn | need_more == WIDGET_PARAMS.keys()


def test_every_widget_that_can_be_hidden_is_drawn_somewhere():
    keys = re.findall(r"\.st-key-(\w+)", " ".join(selector for _, selector in HIDEABLE.values()))
    paths = [path for path in (ROOT / "pages").rglob("*.py") if path.stem != "presenter_mode"]
    source = "\n".join(path.read_text() for path in paths)
    assert len(keys) > 5 and not [key for key in keys if f'"{key}"' not in source]


def constant(name: str, tree: ast.Module, module: str) -> str:
    """The value of a name in a module, read without running it: a script of a page runs in the app only."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and name in [each.name for each in node.names]:
            return getattr(importlib.import_module(node.module), name)
        if isinstance(node, ast.Assign):
            (target,) = node.targets
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if isinstance(target, ast.Tuple) else [node.value]
            for each, value in zip(names, values, strict=True):
                if isinstance(each, ast.Name) and each.id == name:
                    return ast.literal_eval(value)
    raise AssertionError(f"{module} has no constant {name}")


def test_the_table_of_url_parameters_lists_every_widget_that_is_bound_to_the_url():
    bound, prefixes = set(), set()
    for path in (ROOT / "pages").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            words = {word.arg: word.value for word in node.keywords} if isinstance(node, ast.Call) else {}
            if getattr(getattr(node, "func", None), "id", "") == "draw_parameter_widgets":
                prefix = node.args[1].values[0] if isinstance(node.args[1], ast.JoinedStr) else node.args[1]
                prefixes |= {prefix.value} if isinstance(prefix, ast.Constant) else set()
            if "bind" not in words and getattr(getattr(node, "func", None), "id", "") != "choose_one":
                continue
            key = words["key"]
            if isinstance(key, ast.Constant):
                bound.add(key.value)
            elif isinstance(key, ast.Name) and key.id != "key":  # a constant; loops use a variable or an f-string
                bound.add(constant(key.id, tree, module))
    given = {"start_a", "start_b", "rerank_from", "rerank_to", "compare_lists", "compare_details", "compare_metrics",
             "compare_verdict", "beyond_measure", "beyond_against"}  # fmt: skip
    assert bound | given == set(WIDGET_PARAMS)
    assert prefixes and not [each for each in prefixes if not any(name.startswith(each) for name in SETTINGS)]


def test_an_address_that_the_browser_has_not_heard_yet_is_written_again(open_app, still_store, monkeypatch):
    """Who is quick presses Next before the address of Back has come: the browser then says what is wanted already."""
    app = open_app(lesson="difference.2")
    heard = dict(app.query_params)
    app.button(key=BACK_KEY).click().run()
    assert url_params(app)["lesson"] == ["difference.1"]
    app.query_params.clear()
    app.query_params.update(heard)
    written, write = [], QueryParams._send_query_param_msg
    monkeypatch.setattr(
        QueryParams, "_send_query_param_msg", lambda self: (written.append(self.get_all("lesson")), write(self))
    )
    app.button(key=NEXT_KEY).click().run()
    assert written[-1:] == [["difference.2"]]
    written.clear()
    app.run()
    assert written == []
