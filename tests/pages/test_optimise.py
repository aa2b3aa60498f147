"""The Optimise page through AppTest: who arrives, who does not, and which slider helps."""

import base64
import re

import numpy as np
import pytest

from pages.views.optimise.surfaces import _solution
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.optimize.factor_objective import FactorObjective
from tests.pages.app import button_group, figure, headline, texts

SMALL = SyntheticRecipe(feedback="explicit", n_users=80, n_items=60)


def optimise(open_app, **query):
    app = open_app("optimise", **query)
    headline(app)
    return app


def set_(app, **values):
    for key, value in values.items():
        app.slider(key=key).set_value(value)
    app.run()


def methods(app, *names):
    button_group(app, "methods").set_value(list(names)).run()


def values(axis) -> list[float]:
    """The numbers of one axis of a trace, which Plotly packs where they are many."""
    if isinstance(axis, dict):
        return np.frombuffer(base64.b64decode(axis["bdata"]), axis["dtype"]).tolist()
    return axis


def drawn(app) -> dict[str, list]:
    """The last point of each path on the map, by method."""
    paths = [trace for trace in figure(app, "paths")["data"] if trace.get("mode") == "lines+markers"]
    return {trace["name"]: [values(trace[axis])[-1] for axis in "xy"] for trace in paths}


def test_the_untouched_page_tells_who_arrives(open_app, still_store):
    app = optimise(open_app)
    assert re.search(
        r"arrive at a minimum: BFGS in \d+ steps, ALS in \d+ steps, Gradient descent in \d+", headline(app)
    )
    assert "Newton ends at the saddle" in headline(app)
    ends = drawn(app)
    assert ends["Newton"] == pytest.approx([0, 0], abs=1e-6)
    for name in ("ALS", "Gradient descent", "BFGS"):
        assert ends[name] == pytest.approx([0.9**0.5] * 2, abs=1e-4)
    assert "9.0 times as much across as along" in texts(app.main.caption)


def test_too_long_a_step_names_its_slider_and_without_a_method_nothing_is_drawn(open_app, still_store):
    app = optimise(open_app)
    methods(app, "Gradient descent")
    set_(app, step_share=2.5)
    assert re.search(r"diverges after \d+ steps?: lower “Step size” from 2.5 to below 1", headline(app))
    set_(app, step_share=0.9)
    assert "arrive at a minimum: Gradient descent" in headline(app)
    methods(app)
    assert headline(app) == "Choose at least one method."
    assert drawn(app) == {}


def test_a_strong_penalty_merges_the_minima(open_app, still_store):
    app = optimise(open_app)
    set_(app, ridge=0.75)
    assert "3.0 times as much along as across the valley (4λ against 4(r − λ))" in texts(app.main.caption)
    set_(app, ridge=1.2)
    assert "both minima have merged at 0" in texts(app.main.caption)
    assert drawn(app)["ALS"] == pytest.approx([0, 0], abs=1e-4)
    set_(app, ridge=0.0)
    assert "Every point on uv = r is a minimum" in texts(app.main.caption)
    u, v = drawn(app)["BFGS"]
    assert u * v == pytest.approx(1, abs=1e-4)


def test_in_the_convex_twin_all_meet(open_app, still_store):
    app = optimise(open_app)
    app.selectbox(key="landscape").select("Convex twin").run()
    set_(app, step_share=0.8)
    assert "Newton in 1 step," in headline(app)
    ends = np.array(list(drawn(app).values()))
    assert len(ends) == 4 and np.ptp(ends, axis=0) == pytest.approx([0, 0], abs=1e-4)
    assert "4 of 4 methods found it" in texts(app.main.markdown)


@pytest.mark.parametrize("landscape", ["Your data, stretched", "Your data, random cut"])
def test_the_own_data_can_be_walked_on(open_app, still_store, landscape):
    still_store.add_dataset(generate(SMALL))
    app = optimise(open_app)
    app.selectbox(key="landscape").select(landscape).run()
    assert "arrive at a minimum" in headline(app)
    best = drawn(app)["ALS"]
    if landscape.endswith("stretched"):
        assert np.abs(best) == pytest.approx([1, 1], abs=0.05)
    else:
        assert best == pytest.approx([0, 0], abs=0.05)
        before = figure(app, "paths")["data"][0]["y"]
        app.button(key="others").click().run()
        assert "Cut 2" in texts(app.main.caption)
        assert figure(app, "paths")["data"][0]["y"] != before
        app.select_slider(key="slice_ridge").set_value(100.0).run()
        assert headline(app).startswith("The surface is flat: λ outweighs")


def test_the_solution_that_is_stretched_has_sides_of_the_same_length():
    objective = FactorObjective(generate(SMALL).interactions, 8, 0.1)
    people, items = objective.split_factors(_solution("some", 8, 0.1, objective))
    assert np.linalg.norm(people) == pytest.approx(np.linalg.norm(items))


def test_a_step_in_numbers_can_be_recomputed(open_app, still_store):
    app = optimise(open_app)
    app.selectbox(key="worked_method").select("Gradient descent").run()
    formula = app.latex[1].value
    number = r"(-?\d+\.?\d*)"
    pair = rf"{number} \\\\ {number} \\end"
    (before, slope, after) = [np.array(found, float) for found in re.findall(pair, formula)]
    η = float(re.search(rf"- {number} \\begin", formula).group(1))
    assert before == pytest.approx([-0.4, 0.8])
    assert np.array_equal((before - η * slope).round(4), after)


def test_zeros_are_raced_on_without_a_percentage_above_them(open_app, still_store):
    users, items = np.indices((12, 10)).reshape(2, -1)
    zeros = Interactions.from_triples(users, items, np.zeros(120), 12, 10)
    names, titles = tuple("abcdefghijkl"), tuple("mnopqrstuv")
    still_store.add_dataset(Dataset("Zeros", zeros, names, titles, feedback="explicit", titles=titles))
    app = optimise(open_app, optimise="Race on your data")
    app.slider(key="race_seconds").set_value(1).run()
    app.button(key="race_start").click().run()
    for _ in range(30):
        app.run()
    assert "ALS is within 1% of the lowest objective" in headline(app)
    assert app.dataframe[0].value["objective"].min() == 0


def test_the_race_streams_and_ends(open_app, still_store):
    still_store.add_dataset(generate(SMALL))
    app = optimise(open_app, optimise="Race on your data")
    assert headline(app) == "Which optimiser is fastest on your own data? Press Race."
    assert re.search(r"the gradient is off by at most \d·10⁻\S+ of its size", texts(app.main.markdown))
    app.slider(key="race_seconds").set_value(1).run()
    app.button(key="race_start").click().run()
    for _ in range(30):
        if "The RMSE ends between" in headline(app):
            break
        app.run()
    table = app.dataframe[0].value
    assert list(table["method"]) == ["ALS", "Gradient descent", "Adagrad", "L-BFGS"]
    assert set(table["ended"]) <= {"arrived", "out of time"}
    told = re.search(r"between (\d\.\d+) and (\d\.\d+)", headline(app)).groups()
    errors = table["RMSE on validation"]
    assert told == (f"{errors.min():.3f}", f"{errors.max():.3f}")
    app.slider(key="race_k").set_value(4).run()
    assert headline(app) == "Which optimiser is fastest on your own data? Press Race."
