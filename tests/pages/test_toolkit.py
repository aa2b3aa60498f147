"""The sections of the Optimise page on λ, blends, the map and the truncated SVD, through AppTest."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pages.shared.context import RUN_KEY
from pages.shared.results.imported_models import training_seconds
from pages.views.optimise import blend as blend_view
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.imported import Imported
from recsys_core.algorithms.shared_fields import BEST_EPOCH
from recsys_core.data.cleaning import RelevantFrom, clean
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.parameters import parameters
from recsys_core.runner.execute import execute
from recsys_core.store.history import add_finished_run
from recsys_core.store.run import Branch
from recsys_core.store.store import RunStore
from tests.pages.app import figure, first_fingerprint, go, headline, pinned_ids, set_pins, texts, train_here

SMALL = SyntheticRecipe(n_users=80, n_items=60, n_tastes=4)
STARS = SyntheticRecipe(n_users=80, n_items=60, n_tastes=4, feedback="explicit")


def section(open_app, name: str):
    app = open_app("optimise", optimise=name)
    headline(app)
    return app


def train(store, data: SyntheticRecipe | Dataset, *algorithms: str) -> None:
    fingerprint = store.add_dataset(data if isinstance(data, Dataset) else generate(data))
    split = store.split(fingerprint, SplitRecipe())
    for key in algorithms:
        recipe = ALGORITHMS[key](n_factors=4) if "n_factors" in parameters(ALGORITHMS[key]) else ALGORITHMS[key]()
        store.queue.add_run(split, key, recipe, 0)
        execute(store, store.queue.claim("test"))


def test_newton_finds_the_ridge_that_leaves_the_factors_wanted(open_app, still_store):
    app = section(open_app, "Newton chooses λ")
    said = re.search(
        r"to use ([\d.]+) of (\d+) possible factors, the penalty λ must be ([\d.]+): Newton finds it in (\d+) steps",
        headline(app),
    )
    wanted, most, ridge, steps = map(float, said.groups())
    table = app.dataframe[0].value
    assert len(table) == steps + 1
    assert table["λ"].iloc[-1] == pytest.approx(ridge, rel=1e-3) and (np.diff(table["λ"]) > 0).all()
    assert table["effective factors"].iloc[[0, -1]].tolist() == pytest.approx([most, wanted])
    for written, df in zip(table["above target"], table["effective factors"], strict=True):
        mantissa, _, power = written.replace("−", "-").replace(",", "").partition("·10")
        value = float(mantissa) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
        assert value == pytest.approx(df - wanted, rel=0.06, abs=1e-12) and "e" not in written
    step = re.sub(r"\\cdot 10\^\{(-?\d+)\}", r"e\1", app.latex[1].value.split(r"(\lambda)}=")[1])
    before, df, target, tangent, after = map(float, re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", step))
    assert after == pytest.approx(before - (df - abs(target)) / tangent, rel=1e-5)
    app.slider[0].set_value(2.0).run()
    assert "to use 2 of" in headline(app)


def test_the_penalty_of_a_branch_is_that_of_the_epoch_it_keeps(open_app, still_store):
    train(still_store, SMALL)
    split = still_store.split(still_store.dataset_list()[0]["fingerprint"], SplitRecipe())
    before = ALGORITHMS["implicit_als"](n_factors=4, n_epochs=8, kept_model=BEST_EPOCH)
    still_store.queue.add_run(split, "implicit_als", before, 0)
    execute(still_store, still_store.queue.claim("test"))
    first = still_store.runs()[0]
    after, branch = replace(before, regularization=1e6), Branch(first.id, 7, before)
    still_store.queue.add_run(split, "implicit_als", after, 0, branch=branch)
    execute(still_store, still_store.queue.claim("test"))
    app = section(open_app, "Newton chooses λ")
    box = app.selectbox(key=RUN_KEY)
    said = [texts(box.set_value(run_id).run().main.caption) for run_id in (first.id, still_store.runs()[0].id)]
    assert "was trained with λ = " in said[0] and said[0] == said[1]


def test_als_lands_on_the_svd_and_leaves_it_when_cells_are_hidden(open_app, still_store):
    app = section(open_app, "Eckart–Young")
    said = re.search(r"error of ([\d.]+), the truncated SVD ([\d.]+): the first 1\d digits agree", headline(app))
    assert said.group(1) == said.group(2)
    squared, *sigmas, cells, error = map(float, re.findall(r"\d+\.\d+|\d{3,}", app.latex[1].value))
    assert np.sqrt((squared - np.sum(np.square(sigmas))) / cells) == pytest.approx(error, abs=1e-6)
    assert (
        "the error is larger than the SVD's, goes with the square of the angle and shrinks by (σ_{k+1}/σ_k)⁴"
        in texts(app.markdown)
    )
    app.slider(key="young_hidden").set_value(40).run()
    assert "the methods differ" in headline(app)
    app.slider(key="young_k").set_value(8).run()
    lines = app.latex[1].value.split(r"\\")
    assert [line.count("^2") for line in lines] == [3, 4, 1, 0], "a longer line is cut on a projector"
    assert headline(app) == "With 40% of the cells hidden, ALS with 8 factors still recovers all of them."
    app.slider(key="young_hidden").set_value(0).run()
    assert "reproduce the matrix exactly" in headline(app)


def test_the_fourth_picture_is_the_map(open_app, still_store):
    app = section(open_app, "PCA is the map")
    first, second = map(int, re.search(r", (\d+)% and (\d+)%: together", headline(app)).groups())
    assert first >= second > 0
    total = float(re.search(r"is at (-?[\d.]+)", texts(app.main.markdown)).group(1))
    table = app.dataframe[0].value
    assert ((table["value x"] - table["mean x̄"]) * table["axis v₁"]).sum() == pytest.approx(total, abs=1e-8)
    projected = figure(app, "pca")["data"][-2 if figure(app, "pca")["data"][-1].get("mode") == "lines" else -1]
    assert projected is not None


def test_a_blend_needs_two_models_and_says_so(open_app, still_store):
    app = section(open_app, "SLSQP blends models")
    assert headline(app) == "A blend needs at least two pinned models with factors."
    assert app.button(key="train_missing")


def test_a_blend_for_lists_becomes_a_run_that_survives_and_that_every_page_shows(open_app, still_store):
    train(still_store, SMALL, "implicit_als", "bpr", "ease")
    app = section(open_app, "SLSQP blends models")
    assert "EASE" in texts(app.main.caption) and "fitted on these very validation" in texts(app.main.caption)
    weights = [round(float(share) / 100, 3) for share in re.findall(r"([\d.]+)% ", headline(app).split(" reaches ")[0])]
    assert sum(weights) == pytest.approx(1, abs=1e-9)
    *lines, total = app.latex[1].value.split(r"\\")
    found = [re.findall(r"(\d\.\d{3})\\cdot\((-?\d+\.\d{4})\)", line) for line in lines]
    assert max(map(len, found)) <= 4, "a longer line is cut on a projector"
    terms = [float(w) * float(s) for line in found for w, s in line]
    assert sum(terms) == pytest.approx(float(re.search(r"&=(-?[\d.]+)", total)[1]), abs=1e-7)
    table = next(frame.value for frame in app.dataframe if "alone" in frame.value)
    assert table["alone"].tolist()[-1] == "–"
    app.button(key="keep_blend").click().run()
    assert not app.exception
    assert app.button(key="keep_blend").disabled
    run = RunStore(still_store.url).runs()[0]
    told = float(re.search(r"NDCG@10 ([\d.]+) on validation", headline(app)).group(1))
    again = RunStore(still_store.url)
    assert again.evaluation(run.id, "validation").mean("ndcg", 10) == pytest.approx(told, abs=1e-4)
    assert again.evaluation(run.id, "test") is not None
    assert [weight for *_, weight in run.recipe.parts] == weights and run.has_factors
    assert run.id in pinned_ids(app)
    for page in ("compare", "factors", "person", "history", "optimise"):
        go(app, page)
        assert not app.exception, (page, app.exception[0].message)
        assert page == "optimise" or run.recipe.label in texts(app.main.markdown) + headline(app) + str(
            [box.options for box in [*app.selectbox, *app.multiselect]]
        )
    assert "fitted on validation" in texts(go(app, "compare").warning)


def test_a_blend_of_a_best_epoch_says_that_it_was_chosen_on_validation(open_app, still_store):
    train(still_store, SMALL, "implicit_als")
    train_here(still_store, first_fingerprint(still_store), "bpr", n_factors=4, kept_model=BEST_EPOCH)
    app = section(open_app, "SLSQP blends models")
    app.button(key="keep_blend").click().run()
    blend = still_store.runs()[0].recipe
    assert [kind for _, kind, _ in blend.parts] == ["ALS (implicit)", "BPR"] and blend.comes_from_best_epoch


def test_a_blend_with_a_model_from_a_file_is_doubted_and_its_time_is_not_known(open_app, still_store):
    train(still_store, SMALL, "implicit_als", "bpr")
    weak, run = still_store.runs()[:2]
    split, model = still_store.split_of(run), still_store.model(run.id)
    recipe = Imported(n_factors=model.n_factors, content="c" * 16, of_this_split=True)
    scores = [evaluate(model, split, subset) for subset in ("validation", "test")]
    foreign = add_finished_run(still_store, split, recipe, model, scores, "")
    app = section(open_app, "SLSQP blends models")
    set_pins(app, [weak.id, foreign])
    assert f"{still_store.run(foreign).short_label}: Its file says" in texts(app.main.warning)
    app.button(key="keep_blend").click().run()
    blend = still_store.runs()[0]
    assert blend.recipe.imported == (still_store.run(foreign).fingerprint,)
    assert np.isnan(training_seconds(blend))
    set_pins(go(app, "compare"), [weak.id, blend.id])
    assert f"{blend.short_label}: " in texts(app.warning) and "cannot be checked here" in texts(app.warning)


def test_the_time_of_a_blend_is_that_of_the_models_that_it_uses(open_app, still_store):
    train(still_store, SMALL, "implicit_als", "bpr", "svd")
    app = section(open_app, "SLSQP blends models")
    app.button(key="keep_blend").click().run()
    blend, *others = still_store.runs()
    used = {fingerprint for fingerprint, *_ in blend.recipe.parts}
    seconds = {run.fingerprint: still_store.epochs(run.id)[-1].seconds for run in others}
    assert len(used & set(seconds)) < len(seconds)
    assert training_seconds(blend) == pytest.approx(sum(seconds[each] for each in used if each))


def test_a_person_with_nothing_relevant_held_out_makes_no_sample_of_the_others(open_app, still_store):
    liked, _ = clean(generate(STARS), [RelevantFrom(4.0)])
    train(still_store, liked, "implicit_als", "bpr")
    app = section(open_app, "SLSQP blends models")
    validation = app.session_state["_context"].split.validation
    assert np.any((validation.items_per_user > 0) & (validation.relevant.items_per_user == 0))
    assert "fitted on these very validation" in texts(app.main.caption)
    assert "random people" not in texts(app.main.caption)


def test_a_cap_on_popularity_is_kept_and_its_price_told(open_app, still_store):
    train(still_store, SMALL, "implicit_als", "bpr")
    app = section(open_app, "SLSQP blends models")
    (cap,) = (slider for slider in app.slider if slider.key.startswith("blend_cap"))
    free = float(re.search(r"NDCG@10 ([\d.]+)", headline(app)).group(1))
    assert re.search(r"the other half, it reaches ([\d.]+) instead of ([\d.]+)\. ", texts(app.main.caption))[2] == (
        f"{free:.4f}"
    )
    cap.set_value(round(0.8 * cap.value)).run()
    (cap,) = (slider for slider in app.slider if slider.key.startswith("blend_cap"))
    popularity, costs = map(
        float, re.search(r"chosen by (\d+) people\. The cap costs (\d\.\d+) NDCG", headline(app)).groups()
    )
    assert popularity <= cap.value and "the blend without a cap reaches" in texts(app.main.caption)
    assert float(re.search(r"NDCG@10 ([\d.]+)", headline(app)).group(1)) == pytest.approx(free - costs, abs=2e-4)
    cap.set_value(1).run()
    assert "Raise the cap" in headline(app)


def test_ratings_are_blended_for_their_error_and_who_gets_all_the_weight_is_not_compared_with_itself(
    open_app, still_store
):
    train(still_store, STARS, "als", "biases")
    app = section(open_app, "SLSQP blends models")
    table = app.dataframe[0].value
    error = float(re.search(r"an RMSE of (\d\.\d+)", headline(app)).group(1))
    assert error <= table["alone"].astype(float).min()
    shares = [float(share) for share in re.findall(r"([\d.]+)%", headline(app))]
    assert not shares or sum(shares) == pytest.approx(100, abs=0.2)
    is_one = table["weight"].max() == 1
    assert ("alone predicts" in headline(app) and "the other gets no weight" in headline(app)) == is_one
    assert ("the best single model has" in headline(app)) != is_one
    used = table[table["weight"] > 0.001]
    assert np.ptp(used["slope ∂f/∂w"]) < 1e-3


@pytest.mark.parametrize(("weights", "end"), [([1, 0], "the other gets"), ([1, 0, 0], "the others get")])
def test_a_blend_of_one_model_alone_is_compared_only_where_another_is_better(monkeypatch, weights, end):
    def alone(score: float):
        return SimpleNamespace(mean=lambda *_: score)

    monkeypatch.setattr(blend_view, "_judged", lambda *_: "judged")
    monkeypatch.setattr(blend_view, "describe_lists", lambda name, before, after, than: (before, than))
    chosen = SimpleNamespace(weights=np.array(weights), evaluation=alone(0.2))
    best_first = SimpleNamespace(for_lists=True, singles=[alone(0.2), alone(0.1)])
    best_last = SimpleNamespace(for_lists=True, singles=[alone(0.1), alone(0.2)])
    assert blend_view._beside_best_single(best_first, chosen) == f": {end} no weight"
    assert blend_view._plain_sentence(["A", "B"], best_first, chosen) == (None, "A")
    assert blend_view._beside_best_single(best_last, chosen) == ", where the best single model has 0.2000: judged"
    assert blend_view._plain_sentence(["A", "B"], best_last, chosen) == (best_last.singles[1], "B")
