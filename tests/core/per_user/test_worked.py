"""What stands beside the curves on Train with one person's numbers: it is what is done, and can be recomputed."""

import re
from dataclasses import replace

import numpy as np
import pytest

from pages.shared.context import RUN_KEY
from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY
from pages.views.train.controls import TRAIN_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.als import ALS, PENALTIES
from recsys_core.algorithms.centering import CENTERINGS
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.svd import SVD
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.per_user.ranked_list import select_user
from recsys_core.per_user.worked_svd import worked_svd
from tests.pages.app import first_fingerprint, texts, train_here
from tests.small_trainings import run, small_ratings

USER = 3
STARS = SyntheticRecipe(n_users=80, n_items=60, n_tastes=4, feedback="explicit")
RECIPES = [
    *(ALS(n_factors=4, n_epochs=3, penalty=penalty) for penalty in PENALTIES),
    *(ImplicitALS(n_factors=4, n_epochs=3, penalty=penalty, unobserved=0.3) for penalty in PENALTIES),
]


@pytest.mark.parametrize("unit", [1e-6, 1.0, 20.0, 1e6])
@pytest.mark.parametrize("lam", [0.0, 1.0])
@pytest.mark.parametrize("centering", CENTERINGS)
def test_a_score_of_the_svd_is_the_averages_and_the_products(centering, lam, unit):
    """To the last digit that is printed of it, however large or small the values are."""
    data = small_ratings()
    data = replace(data, values=(data.values * unit).astype(np.float32))
    model = run(SVD(n_factors=5, centering=centering, regularization=lam), data)[-1].model
    scores = model.scores(np.array([USER]))[0]
    for item in range(data.n_items):
        worked = worked_svd(model, USER, item)
        score = worked.averages + worked.total
        assert score == pytest.approx(scores[item], abs=10.0**-worked.score_decimals)
        assert abs(worked.averages) + np.abs(worked.products).sum() > 1000 * 10.0**-worked.score_decimals
        assert worked.total == pytest.approx(worked.products.sum(), rel=1e-9, abs=1e-20)
        last_digit = 10.0 ** -worked.decimals[-1]
        assert worked.products == pytest.approx(worked.left * worked.sigma * worked.right, abs=0.51 * last_digit)
    assert np.all(np.diff(worked.sigma) <= 10.0 ** -worked.decimals[1])
    if centering == "user mean":  # the overall mean and the person's own make their mean rating
        own = data.values[data.of(USER)]
        assert model.offset + model.user_bias[USER] == pytest.approx(own.mean(), rel=1e-5)


# On Train


def opened(open_app, store, key: str, **settings):
    train_here(store, first_fingerprint(store), key, **settings)
    app = open_app("train", algorithm=ALGORITHMS[key].label)
    assert not app.exception
    return app


def table_of(app, column: str):
    return next(table.value for table in app.dataframe if column in table.value)


def test_train_prints_a_prediction_of_the_svd(open_app, still_store):
    still_store.add_dataset(generate(STARS))
    app = opened(open_app, still_store, "svd", n_factors=4, regularization=0.0, centering="user mean")
    assert any(r"\bar r_u+" in each.value for each in app.markdown)
    table = table_of(app, "product")
    averages, products, score = map(float, re.search(r": (-?[\d.]+) \+ (-?[\d.]+) = (-?[\d.]+)\.\*\*",
                                                     texts(app.markdown)).groups())  # fmt: skip
    assert products == pytest.approx(table["product"].sum(), abs=2e-4)
    assert averages + products == pytest.approx(score, abs=1e-9)
    model = still_store.model(still_store.runs()[0].id)
    person, item = app.selectbox(key=PERSON_KEY).value, app.selectbox(key=ITEM_KEY).value
    assert score == pytest.approx(model.scores(np.array([person]))[0, item], abs=1e-3)


def test_train_derives_bpr_and_says_which_sigma(open_app, still_store):
    app = opened(open_app, still_store, "bpr", n_epochs=2)
    formulas = "\n".join(each.value for each in app.markdown)
    assert r"p(i>_u j\mid\Theta)=\sigma(\hat x_{uij})" in formulas
    assert r"\big(1-\sigma(\hat x_{uij})\big)\frac{\partial\hat x_{uij}}{\partial\Theta}" in formulas
    app = opened(open_app, still_store, "lambdarank", n_epochs=2)
    assert any(r"\sigma'(x)=\sigma(x)\,\sigma(-x)" in each.value for each in app.markdown)


def test_without_a_model_the_formula_stands_alone(open_app, still_store):
    app = open_app("train", algorithm="SVD")
    assert not app.exception and not any("product" in table.value for table in app.dataframe)
    app.button(key=TRAIN_KEY).click().run()  # nobody works: it waits, and has no model yet
    assert "Show a finished run of this algorithm above" in texts(app.caption)
    assert not any("product" in table.value for table in app.dataframe)
    assert "unforeseen" not in texts(app.error).lower() and not app.exception


def test_no_command_of_a_formula_runs_into_a_letter():
    for recipe in ALGORITHMS.values():
        assert not re.search(r"\\q?quad[a-zA-Z]", recipe.equation), recipe.label


# Newton chooses λ


@pytest.mark.parametrize("recipe", [*RECIPES, SVD(n_factors=4)], ids=lambda recipe: recipe.label)
def test_the_ridge_regression_of_a_person_is_the_one_that_training_solves(recipe):
    data = small_ratings()
    model, person = run(recipe, data)[-1].model, select_user(data, USER)
    equations = recipe.normal_equations(model, data, person)
    rows = equations.rows_of_one(model.item_factors, person.items)
    theirs = equations.system_of_one(model.item_factors, person.items) - equations.ridge[0] * np.eye(model.n_factors)
    assert rows.T @ rows == pytest.approx(theirs, rel=1e-4, abs=1e-4)


def test_newton_chooses_lambda_only_for_models_that_solve_a_ridge_problem(open_app, still_store):
    train_here(still_store, first_fingerprint(still_store), "bpr", n_factors=2, n_epochs=1)
    app = open_app("optimise", optimise="Newton chooses λ")
    assert [label.split(" ")[1] for label in app.selectbox(key=RUN_KEY).options] == ["ALS"]
    run_, model = still_store.run(1), still_store.model(1)
    train = still_store.split(first_fingerprint(still_store), SplitRecipe()).train
    person = select_user(train, app.selectbox(key=PERSON_KEY).value)
    said = re.search(r"trained with λ = ([\d.]+) for this person, which leaves ([\d.]+) effective", texts(app.caption))
    equations, ridge = run_.recipe.normal_equations(model, train, person), float(said[1])
    rows = equations.rows_of_one(model.item_factors, person.items)
    hat = rows @ np.linalg.inv(rows.T @ rows + ridge * np.eye(model.n_factors)) @ rows.T
    assert float(said[2]) == pytest.approx(np.trace(hat), abs=0.02)
    assert ridge == pytest.approx(run_.recipe.regularization, rel=1e-3)
