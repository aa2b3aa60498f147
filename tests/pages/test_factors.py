"""The Factors page turned, named, doubted and lassoed; and the forces on Train, through AppTest."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pages.shared.context import DATA_KEY
from pages.shared.widgets.choose_person_item import ITEM_KEY, MOST_LISTED, PERSON_KEY
from pages.views.factors.axes import TAB_KEY
from pages.views.train.pair_forces import RANDOM_KEY, STEPS_KEY, WEIGHTS_KEY
from recsys_core.data.attributes import NUMERIC, Attribute
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.factors.axes import sort_by_strength, varimax
from recsys_core.factors.item_attributes import attribute_lift, correlations, genres_of, item_attributes
from recsys_core.per_user.pair_forces import follow_forces
from recsys_core.percent import percent
from tests.pages.app import execute_all, figure, first_fingerprint, go, headline, read, texts, train_here

SMALL = SyntheticRecipe(n_users=60, n_items=40, feedback="explicit")


def table_with(app, column: str) -> pd.DataFrame:
    return next(table.value for table in app.dataframe if column in table.value)


def select(app, points: list[dict], lasso: bool = False):
    """What the browser sends after a selection on the map."""
    shapes = [{"x": [0, 1], "y": [0, 1]}] if lasso else []
    (chart,) = (chart for chart in app.get("plotly_chart") if chart.key == "map")
    states = app._tree.get_widget_states()
    sent = states.widgets.add(id=chart.proto.id)
    selection = {"points": points, "point_indices": list(range(len(points))), "box": [], "lasso": shapes}
    sent.string_value = json.dumps({"selection": selection})
    app._run(states)
    assert not app.exception
    return app


def point(kind: str, index: int) -> dict:
    return {"customdata": [kind, index, "a title"], "curve_number": 1, "point_index": index}


@pytest.mark.parametrize("key", ["als", "bayesian"])
def test_in_a_tiny_unit_as_much_is_learned(key, open_app, still_store):
    said = set()
    for unit in (1.0, 2.0**-27):
        data = generate(SMALL)
        values = (data.interactions.values * unit).astype(np.float32)
        fingerprint = still_store.add_dataset(replace(data, interactions=replace(data.interactions, values=values)))
        train_here(still_store, fingerprint, key, n_factors=3, n_epochs=4)
        said.add(headline(open_app("factors", data=fingerprint)))
    assert len(said) == 1 and "nothing" not in said.pop()


def test_where_nothing_is_learned_only_a_penalty_is_blamed(open_app, still_store):
    train_here(still_store, still_store.add_dataset(generate(SMALL)), "als", n_factors=3, regularization=1e5)
    assert headline(open_app("factors")).endswith("all its factors are 0. Its regularisation may be too strong.")


# Turning the axes


def test_rotated_factors_are_others_and_the_counter_says_0(open_app, still_store):
    app = open_app("factors")
    before = table_with(app, "one end")
    assert "Factors are not unique" in texts(app.markdown)
    app.toggle(key="rotate").set_value(True).run()
    after = table_with(app, "one end")
    assert list(before["one end"]) != list(after["one end"])
    (change,) = re.findall(r"largest change of any of 80,000 scores is \*\*([\d.]+)\*\*", read(texts(app.markdown)))
    assert float(change) == 0.0
    dataset = still_store.dataset(first_fingerprint(still_store))
    loadings = varimax(sort_by_strength(still_store.model(1))[0]).item_factors[:, 0]
    assert after["one end"][0].split(" · ")[0] == dataset.titles[int(loadings.argmax())]


def test_rotation_finds_the_planted_tastes_better(open_app, still_store):
    def correlation(app) -> float:
        return float(re.search(r"with a correlation of (0\.\d\d) over", texts(app.caption))[1])

    app = open_app("factors")
    before = correlation(app)
    app.toggle(key="rotate").set_value(True).run()
    assert correlation(app) > before + 0.05


def test_what_chance_would_find_stands_beside_how_well_factors_follow_tastes(open_app, still_store):
    app = open_app("factors")
    found, chance = map(float, re.search(r"correlation of (0\.\d\d) .* chance alone reaches (0\.\d\d)\.",
                                         texts(app.caption)).groups())  # fmt: skip
    model, dataset = still_store.model(1), still_store.dataset(first_fingerprint(still_store))
    tastes, rng = item_attributes(dataset)[1], np.random.default_rng(1)
    by_chance = [np.abs(correlations(rng.permutation(model.item_factors), tastes)).max() for _ in range(200)]
    assert chance == pytest.approx(np.quantile(by_chance, 0.95), abs=0.04) and found > chance + 0.1
    best = np.abs(correlations(sort_by_strength(model)[0].item_factors, tastes)).max(axis=0)
    assert f"{'Each' if (best > chance).all() else (best > chance).sum()} of" in texts(app.caption)
    shown = [text for text in [*table_with(app, "follows")["follows"], *table_with(app, "avoids")["avoids"]] if text]
    assert shown and all(abs(float(text.rsplit(" ", 1)[1].replace("−", "-"))) >= chance for text in shown)


def test_a_name_stays_and_belongs_to_its_turn_of_the_axes(open_app, still_store):
    app = open_app("factors")
    app.number_input(key="factor").set_value(3).run()
    app.text_input(key="factor_name").set_value("  dark comedies ").run()
    assert still_store.factor_names(1, "strength") == {2: "dark comedies"}
    app = open_app("factors")  # another day
    assert table_with(app, "one end")["factor"][2] == "3 dark comedies"
    app.toggle(key="rotate").set_value(True).run()
    assert table_with(app, "one end")["factor"][2] == "3"
    app.text_input(key="factor_name").set_value("westerns").run()
    assert still_store.factor_names(1, "varimax") == {0: "westerns"}
    assert still_store.factor_names(1, "strength") == {2: "dark comedies"}


def test_a_name_taken_away_is_gone(still_store):
    still_store.name_factor(1, "strength", 0, "a")
    still_store.name_factor(1, "strength", 1, "b")
    still_store.name_factor(1, "strength", 0, "")
    assert still_store.factor_names(1, "strength") == {1: "b"} and still_store.factor_names(1, "varimax") == {}


def test_data_without_genres_or_truth_has_no_column_for_them(open_app, still_store):
    train_here(still_store, still_store.add_dataset(load_example_5x5()), "svd", n_factors=2)
    app = open_app("factors", data="Textbook 5 × 5")
    app.toggle(key="rotate").set_value(True).run()
    headline(app)
    assert list(table_with(app, "one end")) == ["factor", "one end", "the other end"]


# How stable is this map?


def test_the_other_seeds_are_trained_and_the_variability_is_said(open_app, still_store):
    train_here(still_store, first_fingerprint(still_store), "bpr", n_factors=4, n_epochs=3)
    app = open_app("factors")
    app.button(key="train_seeds").click().run()
    added = [run for run in still_store.runs() if run.is_live]
    assert sorted(run.seed for run in added) == [1, 2, 3, 4] and {run.recipe for run in added} == {
        still_store.run(2).recipe
    }
    assert "In training" in texts(app.info) and all(button.key != "train_seeds" for button in app.button)
    execute_all(still_store)
    app.run()
    said = texts(app.markdown)
    usual, by_chance = re.search(
        r"on the map varies by (\S+)% .* nothing in common, it would vary by (\d+)%", said
    ).groups()
    assert 0 < float(usual) <= 112 and 50 < float(by_chance) <= 112
    rings = figure(app, "rings")["data"][1]["marker"]
    assert rings["symbol"] == "circle-open" and figure(app, "variability")["data"]


def test_svd_says_that_its_map_is_stable(open_app, still_store):
    train_here(still_store, first_fingerprint(still_store), "svd", n_factors=4)
    app = open_app("factors")
    assert "gives the same result with every seed" in texts(app.markdown) and all(
        button.key != "train_seeds" for button in app.button
    )


# Choosing on the map


def test_a_click_on_a_person_chooses_them(open_app, still_store):
    app = select(open_app("factors"), [point("person", 7)])
    assert app.selectbox(key=PERSON_KEY).value == 7
    ring = [trace for trace in figure(app, "map")["data"] if trace["marker"]["symbol"] == "circle-open"]
    assert ring[0]["text"] == [still_store.dataset(first_fingerprint(still_store)).user_ids[7]]


def test_a_lassoed_group_says_what_it_has_in_common(open_app, still_store):
    app = open_app("factors")
    dataset = still_store.dataset(first_fingerprint(still_store))
    names, belongs = genres_of(dataset)
    group = np.flatnonzero(belongs[:, 2])[:6]
    (drag,) = (node for node in app.main if type(node).__name__ == "ButtonGroup" and (node.key or "") == "drag")
    drag.set_value("select").run()
    assert "Draw around" in texts(app.info)
    select(app, [*(point("item", int(item)) for item in group), point("person", 3)], lasso=True)
    words = texts(app.markdown)
    share, lift = attribute_lift(belongs, group)
    assert "6 items and 1 person" in words.replace("**", "")
    assert f"{names[2]} {percent(share[2])} ({lift[2]:.1f} times the share among all)" in words
    assert sorted(table_with(app, "genres")["title"]) == sorted(dataset.titles[item] for item in group)


def test_the_map_takes_any_attribute_of_items_and_people_and_follows_a_search(open_app, still_store):
    dataset = generate(SyntheticRecipe(n_users=60, n_items=50))
    years = Attribute(NUMERIC, tuple(str(1980 + item % 30) if item % 9 else "" for item in range(50)))
    fingerprint = still_store.add_dataset(
        replace(
            dataset,
            ground_truth=None,
            item_attributes={"<b>year</b>": years},
            user_attributes={"sex": tuple("FM"[user % 2] if user % 5 else "" for user in range(60))},
        )
    )
    train_here(still_store, fingerprint, "svd", n_factors=4)
    app = open_app()
    app.session_state[DATA_KEY] = fingerprint
    go(app, "factors")
    box = app.selectbox(key="map_colour")
    assert box.options == ["genres", "<b>year</b>", "sex (people)"]
    whole = figure(app, "map")["layout"]["xaxis"]["range"]
    box.set_value("<b>year</b>").run()
    scale = next(trace for trace in figure(app, "map")["data"] if "colorbar" in trace["marker"])
    assert "<b>" not in scale["marker"]["colorbar"]["title"]["text"]
    app.selectbox(key="map_colour").set_value("sex (people)").run()
    assert {"F", "M", "unknown", "items"} <= {trace.get("name") for trace in figure(app, "map")["data"]}
    app.selectbox(key=ITEM_KEY).set_value(17).run()
    near = figure(app, "map")["layout"]["xaxis"]["range"]
    assert near[1] - near[0] < 0.5 * (whole[1] - whole[0])
    app.button(key="map_whole").click().run()
    assert figure(app, "map")["layout"]["xaxis"]["range"] == whole
    select(app, [point("item", 23)])
    assert app.selectbox(key=ITEM_KEY).value == 23 and figure(app, "map")["layout"]["xaxis"]["range"] == whole
    (drag,) = (node for node in app.main if type(node).__name__ == "ButtonGroup" and (node.key or "") == "drag")
    drag.set_value("select").run()
    old = [item for item in range(50) if years.numbers[item] <= 1983]
    women = (2, 4, 6, 8, 12, 14, 16, 18)
    select(app, [*(point("item", item) for item in old), *(point("person", user) for user in women)], lasso=True)
    words = read(texts(app.markdown))
    assert "year</b> 198" in words and "sex F 100%" in words
    assert list(table_with(app, "genres").columns) == ["title", "genres", "<b>year</b>", "interactions"]


# Forces on Train


def train_bpr(store) -> None:
    train_here(store, first_fingerprint(store), "bpr", n_factors=4, n_epochs=3)


@pytest.fixture
def pushed(open_prepared):
    return open_prepared(train_bpr)


def test_the_ladder_shows_the_list_of_the_person_and_its_ndcg(open_app, pushed):
    app = open_app("train", person="Leo D.")
    assert not app.exception
    train = pushed.split(first_fingerprint(pushed), SplitRecipe()).train
    person = app.selectbox(key=PERSON_KEY).value
    dataset = pushed.dataset(first_fingerprint(pushed))
    for name, by_ndcg in (("BPR", False), ("LambdaRank", True)):
        start = next(follow_forces(pushed.model(2), train, person, by_ndcg=by_ndcg, k=10))
        drawn = figure(app, f"ladder_{name}")
        assert f"{name}: NDCG@10 {start.ndcg:.3f}" in read(texts(app.markdown))
        labels = drawn["layout"]["yaxis"]["ticktext"]
        assert [label.split(" ■")[0].split(" □")[0] for label in labels] == [
            dataset.titles[item] for item in start.best_first[:15]
        ]
        assert f"{percent(start.share_in_top(10))} of the force of {name}" in texts(app.markdown)
    assert "add up to 0.000000" in texts(app.caption)


def test_steps_change_the_list_and_a_switch_shows_one_weighting(open_app, pushed):
    app = open_app("train")
    (before,) = re.findall(r"BPR: NDCG@10 [\d.]+", read(texts(app.markdown)))
    app.slider(key=STEPS_KEY).set_value(8).run()
    assert before not in read(texts(app.markdown))
    assert "8 steps along the arrows change" in texts(app.markdown)
    (switch,) = (node for node in app.main if type(node).__name__ == "ButtonGroup" and node.key == WEIGHTS_KEY)
    switch.set_value("LambdaRank").run()
    assert {chart.key for chart in app.get("plotly_chart")} == {"ladder_LambdaRank"}


def test_somebody_else_has_ratings(open_app, pushed):
    app = open_app("train")
    app.button(key=RANDOM_KEY).click().run()
    assert not app.exception and not app.info and figure(app, "ladder_BPR")["data"]


def test_models_that_do_not_push_show_no_forces(open_app, still_store):
    app = open_app("train")
    assert all(button.key != RANDOM_KEY for button in app.button) and not app.exception


def test_choosing_an_item_shows_its_neighbours(open_app, still_store):
    from recsys_core.factors.axes import nearest_by_cosine, sort_by_strength

    app = open_app("factors")
    dataset = still_store.dataset(first_fingerprint(still_store))
    app.selectbox(key=ITEM_KEY).set_value(17).run()
    model, _ = sort_by_strength(still_store.model(1))
    near, cosines = nearest_by_cosine(model.item_factors, 17, 10)
    table = app.dataframe[0].value
    assert list(table["item"]) == [dataset.titles[item] for item in near]
    assert np.allclose(table["cosine"], cosines, atol=1e-6)
    marks = [trace for trace in figure(app, "map")["data"] if trace["marker"]["symbol"] == "square-open"]
    assert marks[0]["text"] == [dataset.titles[17]]


def test_a_click_on_the_map_chooses_the_item(open_app, still_store):
    app = open_app("factors")
    point = {"customdata": ["item", 23, "a title"], "curve_number": 1, "point_index": 0}
    # A value put into session_state would not call on_select: what the browser sends does.
    (chart,) = (chart for chart in app.get("plotly_chart") if chart.key == "map")
    states = app._tree.get_widget_states()
    click = states.widgets.add(id=chart.proto.id)
    click.string_value = json.dumps({"selection": {"points": [point], "point_indices": [0], "box": [], "lasso": []}})
    app._run(states)
    assert not app.exception
    assert app.selectbox(key=ITEM_KEY).value == 23


def test_the_map_says_what_it_hides(open_app, still_store):
    """Both numbers of the headline are of one spectrum: the covariance of all points, people's and items'."""
    said = re.fullmatch(
        r"It takes (\d+) of (\d+) directions of taste to show 80% of how people and items differ\. "
        r"This map has two and shows (\d+)%\.",
        headline(open_app("factors")),
    )
    needed, k, shown = map(int, said.groups())
    model = still_store.model(1)
    p, q = model.user_factors.astype(float), model.item_factors.astype(float)
    u, s, vt = np.linalg.svd(p @ q.T, full_matrices=False)  # directly, from the whole table of scores
    s = s[: model.n_factors]
    sides = [side[:, : len(s)] * s for side in (u, vt.T)]
    points = np.concatenate([side / np.sqrt(np.mean(np.sum(side**2, axis=1))) for side in sides])
    variances = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
    shares = np.cumsum(variances) / variances.sum()
    assert k == model.n_factors and shown == round(100 * shares[1])
    assert shares[needed - 1] >= 0.8 > shares[needed - 2] and needed > 2


def test_one_factor_is_enough_for_a_map(open_app, still_store):
    train_here(still_store, first_fingerprint(still_store), "bpr", n_factors=1, n_epochs=2)
    app = open_app("factors")
    assert headline(app) == "This model has a single factor, so the map shows everything."
    assert len(app.dataframe[0].value) == 10


def test_ten_thousand_items_still_draw(open_app, still_store):
    fingerprint = still_store.add_dataset(generate(SyntheticRecipe(n_users=60, n_items=10_000, picks=100.0)))
    train_here(still_store, fingerprint, "svd", n_factors=4)
    app = open_app("factors")
    headline(app)
    assert len(app.selectbox(key=ITEM_KEY).options) == MOST_LISTED
    app.selectbox(key=ITEM_KEY).select_index(MOST_LISTED - 1).run()
    assert len(app.dataframe[0].value) == 10 and not app.exception


def test_only_the_open_tab_is_drawn_and_a_name_that_was_typed_is_there_again(open_app, still_store):
    app = open_app("factors")
    app.number_input(key="factor").set_value(2).run()
    app.text_input(key="factor_name").set_value("westerns").run()
    for tab, chart in (("Strength of the factors", "spectrum"), ("Heat map", "heat")):
        app.session_state[TAB_KEY] = tab
        app.run()
        assert figure(app, chart)["data"] and not [each for each in app.text_input if each.key == "factor_name"]
    app.session_state[TAB_KEY] = "What each factor means"
    app.run()
    assert app.number_input(key="factor").value == 2 and app.text_input(key="factor_name").value == "westerns"
    assert not [each for each in app.get("plotly_chart") if each.key in ("spectrum", "heat")]
