"""The Start page: what it sends to the browser at every k, and what stands around it."""

import re
from dataclasses import replace

import numpy as np
import pytest

from pages.shared.text import escape
from pages.shared.widgets.choose_person_item import PERSON_KEY
from recsys_core.algorithms import SVD
from recsys_core.data.dataset import Dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from tests.pages.app import story

IMAGE = "![x](http://127.0.0.1:9/x)"


def step(told: dict, k: int, kind: str = "honest") -> dict:
    return told[kind]["steps"][told["ks"].index(k)]


@pytest.fixture(scope="module")
def svd_scores():
    """NDCG@10 of the plain SVD with k factors on the default data, by the long way."""
    split = make_split(generate())
    return {
        epoch.number: evaluate(epoch.model, split, "validation").mean("ndcg", 10)
        for epoch in SVD(n_factors=40, regularization=0).epochs(split.train)
        if epoch.number in (2, 8, 40)
    }


def test_it_opens_on_planted_data_with_two_tastes_and_a_score_beside_popularity(open_app, still_store, svd_scores):
    told = story(open_app())
    assert told["ks"][told["start"]] == 2
    assert [each["name"] for each in told["references"]] == ["Random", "Popularity", "Oracle"]
    popularity = told["references"][1]["value"]
    sentence = step(told, 2)["sentence"]
    assert (
        f"NDCG@10 on held-out choices is {svd_scores[2]:.3f}" in sentence
        and re.search(r"is [\d.]+, (\d+)% above popularity", sentence)[1]
        == f"{100 * (svd_scores[2] / popularity - 1):.0f}"
    )
    assert (told["rows"], told["columns"]) == (400, 200)


@pytest.mark.parametrize(("address", "kind"), [({}, "honest"), ({"k": "40", "leak": "yes"}, "leak")])
def test_the_page_writes_the_sentence_of_the_scrubber_before_it(open_app, still_store, address, kind):
    app = open_app(**address)
    told = story(app)
    sentence = told[kind]["steps"][told["start"]]["sentence"]
    assert app.subheader[0].value == escape(sentence) and told["leaky"] == (kind == "leak")


def test_the_first_person_is_an_example_of_the_curve_which_is_said_and_has_a_marked_row(open_app, still_store):
    app = open_app()
    told = story(app)

    def n_right(k: int) -> int:
        return sum(line["hit"] for line in step(told, k)["list"])

    assert n_right(8) > n_right(2) > 0 and "An example" in told["honest"]["list_legend"]
    person = app.selectbox(key=PERSON_KEY)
    assert (
        told["names"][told["person"]] == person.options[person.index] and told["users"][told["person"]] == person.value
    )
    person.set_value(told["users"][7]).run()
    told = story(app)
    assert told["person"] == 7 and "An example" not in told["honest"]["list_legend"]


def test_the_badge_stands_at_the_planted_number_and_nowhere_else(open_app, still_store):
    told = story(open_app())
    assert told["planted"] == 8
    badges = {k: step(told, k)["note"] for k in told["ks"]}
    assert "planted number of tastes: 8" in badges.pop(8)
    assert set(badges.values()) == {""}


def test_far_above_the_planted_number_the_sentence_says_why_lists_are_worse(open_app, still_store, svd_scores):
    told = story(open_app())
    sentence = step(told, 40)["sentence"]
    assert f"{svd_scores[40]:.3f}" in sentence and "% below popularity" in sentence and "memorises" in sentence
    assert "No other k scores higher" in step(told, 8)["sentence"]


def test_the_leak_says_what_it_has_seen_and_what_it_would_choose(open_app, still_store):
    told = story(open_app())
    n_held_out = still_store.split(
        still_store.dataset_list()[0]["fingerprint"], SplitRecipe()
    ).validation.n_interactions
    leaky = step(told, 40, "leak")
    assert f"trained on {n_held_out:,} of {n_held_out:,} held-out" in leaky["note"]
    assert "chooses k = 8" in leaky["sentence"]
    assert told["leak"]["ndcg"][-1] > told["leak"]["ndcg"][7] > told["honest"]["ndcg"][7]
    assert "proves nothing" in told["leak"]["list_legend"]
    honest, leaky = told["honest"]["ndcg"], told["leak"]["ndcg"]
    assert told["ks"][int(np.argmin(honest))] == 128 and leaky[-1] == max(leaky)  # the README's leak: the worst is best
    assert int(re.search(r"explains (\d+)%", step(told, 128)["captions"][1])[1]) > 90  # the lesson: nearly every cell


def test_the_list_is_that_of_the_person_chosen_and_its_marks_are_the_held_out(open_app, still_store):
    app = open_app()
    app.selectbox(key=PERSON_KEY).set_value(5).run()
    told = story(app)
    fingerprint = still_store.dataset_list()[0]["fingerprint"]
    dataset, split = still_store.dataset(fingerprint), still_store.split(fingerprint, SplitRecipe())
    assert dataset.user_ids[5] in told["whose"]
    kept_back = {dataset.titles[item] for item in split.validation.items[split.validation.of(5)]}
    seen = {dataset.titles[item] for item in split.train.items[split.train.of(5)]}
    assert str(len(kept_back)) in told["honest"]["list_legend"]
    for shown in told["honest"]["steps"]:
        assert len(shown["list"]) == 5 and not seen & {line["title"] for line in shown["list"]}
        assert [line["hit"] for line in shown["list"]] == [line["title"] in kept_back for line in shown["list"]]
        assert shown["right"] == f"{sum(line['hit'] for line in shown['list'])} of 5 right"


def test_the_table_for_readers_has_a_row_for_every_k(open_app, still_store):
    told = story(open_app())
    assert [row[0] for row in told["table"]["rows"]] == [str(k) for k in told["ks"]]
    assert [row[2] for row in told["table"]["rows"]] == [f"{value:.3f}" for value in told["honest"]["ndcg"]]


def test_planted_tastes_are_compared_with_learned_ones(open_app, still_store):
    app = open_app()
    assert "The best k is 8, the number that was planted" in app.subheader[1].value
    assert len(app.get("vega_lite_chart")) == 1


def test_data_without_a_truth_has_neither_oracle_nor_badge_of_the_planted(open_app, still_store):
    still_store.add_dataset(
        replace(generate(SyntheticRecipe(n_users=60, n_items=40, seed=3)), ground_truth=None, name="own")
    )
    app = open_app(data="own")
    told = story(app)
    assert [each["name"] for each in told["references"]] == ["Random", "Popularity"] and told["planted"] is None
    assert len(app.subheader) == 1 and not app.get("vega_lite_chart")
    assert not any("planted" in shown["note"] for shown in told["honest"]["steps"])


def test_another_number_of_planted_tastes_than_the_best_is_said(open_app, still_store):
    """Two choices a person are too little to find 13 tastes in."""
    still_store.add_dataset(replace(generate(SyntheticRecipe(n_tastes=13, picks=4)), name="sparse"))
    told = story(open_app(data="sparse"))
    best = told["ks"][int(np.argmax(told["honest"]["ndcg"]))]
    assert best != 13 and step(told, 13)["note"] == f"13 tastes were planted; the best k here is {best}"


def test_with_nothing_held_out_it_says_that_nothing_can_be_told(open_app, still_store):
    app = open_app(split_validation="0", split_test="0")
    told = story(app)
    assert told["leak"] is None and told["references"] == [] and told["honest"]["ndcg"] == []
    assert "nobody can tell" in step(told, 2)["sentence"]
    assert step(told, 2)["right"] == "This list cannot be checked"


def test_the_test_part_stays_sealed_unless_there_is_no_other(open_app, still_store):
    told = story(open_app())
    assert told["id"].endswith("validation") and told["honest"]["ndcg"]
    told = story(open_app(split_validation="0"))
    assert told["id"].endswith("test") and told["honest"]["ndcg"]


def test_a_tiny_table_is_told_too(open_app, still_store):
    still_store.add_dataset(load_example_5x5())
    told = story(open_app(data=load_example_5x5().name))
    assert told["ks"] == [1, 2, 3, 4, 5] and (told["rows"], told["columns"]) == (5, 5)


def test_of_a_large_table_a_part_is_drawn_and_it_says_so(open_app, still_store):
    still_store.add_dataset(
        replace(generate(SyntheticRecipe(n_users=500, n_items=300)), ground_truth=None, name="large")
    )
    told = story(open_app(data="large"))
    assert (told["rows"], told["columns"]) == (400, 200)
    assert "the 400 most active people and the 200 most popular items" in told["legend"]


def test_titles_travel_as_text_in_the_story_only(open_app, still_store):
    whole = generate(SyntheticRecipe(n_users=40, n_items=20))
    titles = tuple(f"{IMAGE} {place}" for place in range(20))
    people = tuple(f"{IMAGE} {place}" for place in range(40))
    still_store.add_dataset(Dataset("own", whole.interactions, people, titles, "implicit", titles))
    app = open_app(data="own")
    assert IMAGE in step(story(app), 2)["list"][0]["title"] and IMAGE in story(app)["whose"]
    for element in (*app.main.markdown, *app.main.caption, *app.main.subheader):
        assert "![x](" not in element.value
