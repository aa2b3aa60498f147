"""One step on Train: what is printed recomputes to what is printed, on the textbook's table and on one's own data."""

import re

import numpy as np
import pytest

from pages.views.train.controls import ALGORITHM_KEY
from pages.views.train.one_step import (
    FACTORS_KEY,
    ITEM_SHOWN_KEY,
    NUMBER_KEY,
    OPEN_KEY,
    OWN,
    PERSON_SHOWN_KEY,
    SOURCE_KEY,
    TAKE_KEY,
    TEXTBOOK,
)
from recsys_core.algorithms import ALGORITHMS
from tests.pages.app import texts

_HALF = 0.51  # of a last digit


def numbers(text: str) -> list[float]:
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-").replace(",", ""))]


def opened(open_app, algorithm: str, **views):
    app = open_app("train", algorithm=ALGORITHMS[algorithm].label, one_step="true", **views)
    assert not app.exception
    return app


def tables(app) -> dict:
    """The tables of the panel by what only they have: factors of people and items, scores, sums, pairs, parameters."""
    found = {}
    frames = [each.value for each in app.dataframe]
    plain = [frame for frame in frames if set(frame.columns) <= {"1", "2", "3", "4", "b"}]
    found["U"], found["V"] = plain
    found["UV"] = next(frame for frame in frames if list(frame.columns) == list(found["V"].index))
    for name, column in (("sums", "target t"), ("pairs", "|ΔNDCG|"), ("parameters", "Σg²")):
        found[name] = next((frame for frame in frames if column in frame), None)
    return found


def as_numbers(frame) -> np.ndarray:
    return np.array([[numbers(cell)[0] for cell in row] for row in frame.to_numpy()])


def check_scores(app) -> None:
    """UVᵀ (+ b) is the product of the tables beside it."""
    found = tables(app)
    u, v = as_numbers(found["U"]), as_numbers(found["V"])
    k = u.shape[1]
    products = u @ v[:, :k].T + (v[:, k] if v.shape[1] > k else 0)
    decimals = len(re.search(r"\.(\d+)", found["UV"].iloc[0, 0])[1])
    assert as_numbers(found["UV"]) == pytest.approx(products, abs=_HALF * 10.0**-decimals)


def matrices(latex: str) -> list[np.ndarray]:
    found = re.findall(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", latex)
    return [np.array([numbers(row) for row in each.split(r"\\")]) for each in found]


def check_equations(app) -> None:
    """A is the sum and the penalty, p solves A p = b, and the scores of the table are those of p."""
    first, *between, second = [each.value for each in app.latex if "pmatrix" in each.value]
    (sums, system), (right, solution, before) = matrices(first + "".join(between)), matrices(second)
    ridge = numbers(re.search(r"\+([\d.]+)\\,I", first)[1])[0]
    k = len(system)
    assert system == pytest.approx(sums + ridge * np.eye(k), abs=1e-9)
    printed = len(re.search(r"p=A.*?\.(\d+)|q=A.*?\.(\d+)", second).group(1) or "0000")
    assert solution.ravel() == pytest.approx(np.linalg.solve(system, right).ravel(), abs=_HALF * 10.0**-printed)
    table = tables(app)["sums"]
    fixed = as_numbers(table.iloc[:, 1 : 1 + k])
    for name, factors in (("score before", before), ("score after", solution)):
        decimals = len(table[name].iloc[0].split(".")[1])
        found = [numbers(cell)[0] for cell in table[name]]
        assert found == pytest.approx((fixed @ factors).ravel(), abs=_HALF * 10.0**-decimals)
    return fixed, table, sums, right


@pytest.mark.parametrize("algorithm", ["als", "implicit_als"])
def test_a_half_step_of_als_can_be_recomputed(algorithm, open_app, still_store):
    app = opened(open_app, algorithm)
    headline = ""
    for number in range(1, 5):
        assert app.slider(key=NUMBER_KEY).value == number
        check_scores(app)
        fixed, table, sums, right = check_equations(app)
        targets = np.array([numbers(cell)[0] for cell in table["target t"]])
        assert right.ravel() == pytest.approx(targets @ fixed, abs=_HALF * 1e-6)
        if algorithm == "als":  # all that is summed over stands in the table
            assert sums == pytest.approx(fixed.T @ fixed, abs=_HALF * 1e-6)
        else:
            weights = np.array([numbers(cell)[0] for cell in table["weight w"]])
            found = tables(app)
            everyone = as_numbers(found["V" if number % 2 else "U"])
            theirs = (fixed.T * weights) @ fixed + everyone.T @ everyone
            assert sums == pytest.approx(theirs, abs=_HALF * 1e-6)
        said = next(each.value for each in app.markdown if f"Step {number} solves" in each.value)
        falls = re.search(r"falls from ([\d.,]+) to ([\d.,]+)\.", said)
        before, after = (float(each.replace(",", "")) for each in falls.groups())
        assert after < before and (not headline or headline == falls[1])
        headline = falls[2]
        app.button(key=TAKE_KEY).click().run()
    app.selectbox(key=PERSON_SHOWN_KEY).set_value(3).run()
    check_equations(app)
    app.segmented_control(key=FACTORS_KEY).set_value(3).run()
    check_equations(app)
    check_scores(app)
    app.segmented_control(key=SOURCE_KEY).set_value(OWN).run()
    for key in (PERSON_SHOWN_KEY, ITEM_SHOWN_KEY):  # step 5 moves people, step 6 items
        assert not app.exception and app.selectbox(key=key).value is not None
        check_equations(app)
        check_scores(app)
        assert "5 of 400 people and 5 of 200 items" in texts(app.caption)
        app.button(key=TAKE_KEY).click().run()


def test_where_what_is_not_chosen_has_no_weight_the_weights_of_choices_are_shown(open_app, still_store):
    app = opened(open_app, "implicit_als", implicit_als_unobserved="0", implicit_als_alpha="2", one_step_data=OWN)
    app.selectbox(key=PERSON_SHOWN_KEY).set_value(54).run()
    assert "more are in the sums" not in texts(app.caption), "all that is summed over stands in the table"
    fixed, table, sums, _ = check_equations(app)
    weights = np.array([numbers(cell)[0] for cell in table["weight w"]])
    assert sums == pytest.approx((fixed.T * weights) @ fixed, abs=_HALF * 1e-6)
    (formula,) = (each.value for each in app.latex if "A=" in each.value and "underset" in each.value)
    assert r"\underset{\sum w\,vv^{\top}}" in formula and "and t = w." in texts(app.caption)


@pytest.mark.parametrize("algorithm", ["bpr", "lambdarank"])
def test_a_step_on_pairs_can_be_recomputed(algorithm, open_app, still_store):
    app = opened(open_app, algorithm)
    for source in (TEXTBOOK, OWN):
        app.segmented_control(key=SOURCE_KEY).set_value(source).run()
        for _ in range(3):
            assert not app.exception
            check_scores(app)
            check_parameters(app)
            (check_one_pair if algorithm == "bpr" else check_pairs)(app)
            app.button(key=TAKE_KEY).click().run()


def check_parameters(app) -> None:
    """Gradient, sum of squares and the number after are those of the numbers before."""
    table = tables(app)["parameters"]
    rows = [
        {name: (numbers(cell)[0] if name not in ("of", "parameter") and cell else cell) for name, cell in row.items()}
        for row in table.to_dict("records")
    ]
    p = [row for row in rows if row["parameter"].startswith("p")]
    q = [row for row in rows if row["parameter"].startswith("q")]
    b = [row for row in rows if row["parameter"] == "b"]
    rate = numbers(next(each.value for each in app.latex if r"\theta" in each.value).split(r"\frac{")[-1])[0]
    for row in q + b:
        along = 1 if row["parameter"] == "b" else next(
            each["before"] for each in p if each["parameter"][1] == row["parameter"][1]
        )  # fmt: skip
        assert row["gradient g"] == pytest.approx(row["∂C/∂s"] * along + row["2λ"] * row["before"], abs=6e-7)
    for row in p:
        pull = sum(each["∂C/∂s"] * each["before"] for each in q if each["parameter"][1] == row["parameter"][1])
        assert row["gradient g"] == pytest.approx(pull + row["2λ"] * row["before"], abs=6e-7)
    for row in rows:
        assert row["Σg²"] == pytest.approx(row["Σg² before"] + row["gradient g"] ** 2, abs=6e-11)
        moved = row["before"] - rate * row["gradient g"] / np.sqrt(row["Σg²"])
        assert row["after"] == pytest.approx(moved, abs=_HALF * 1e-4)


def check_one_pair(app) -> None:
    """The scores, their difference, σ and the derivatives of BPR."""
    lines = [each.value for each in app.latex if r"\hat x" in each.value]
    scores = []
    for line in lines[:2]:
        *factors, bias, score = numbers(line)
        pairs = np.array(factors).reshape(-1, 2)
        assert score == pytest.approx(np.prod(pairs, axis=1).sum() + bias, abs=_HALF * 1e-4)
        scores.append(score)
    lead, one, one_, exponent, force, up, down = numbers(lines[2].replace("1-", ""))[:7]
    assert (one, one_) == (1, 1) and exponent == lead == pytest.approx(scores[0] - scores[1], abs=1e-9)
    assert force == pytest.approx(1 / (1 + np.exp(lead)), abs=6e-7) and (up, down) == (-force, force)
    said = next(each.value for each in app.markdown if "lead goes from" in each.value)
    before, after = numbers(said.replace("\\", "").split("lead goes from")[1])
    assert before == lead and after > before


def check_pairs(app) -> None:
    """The weights, λ and derivatives of LambdaRank follow from the ranks and differences of scores."""
    table = tables(app)["pairs"]
    floor, rest, scale = (float(each) for each in re.search(
        r"frac\{([\d.]+)\+([\d.]+)\\cdot ([\d.]+)", next(each.value for each in app.latex if r"\frac{0" in each.value)
    ).groups())  # fmt: skip
    assert floor + rest == pytest.approx(1)
    others = table["other j"].nunique()
    swaps = table["|ΔNDCG|"].astype(float)
    discounts = abs(1 / np.log2(1 + table["rank of i"]) - 1 / np.log2(1 + table["rank of j"]))
    ideal = (discounts / swaps).iloc[0]
    assert swaps.to_numpy() == pytest.approx((discounts / ideal).to_numpy(), abs=1e-7)
    assert scale * swaps.mean() == pytest.approx(1, abs=1e-5)
    weights = table["w"].astype(float)
    assert weights.to_numpy() == pytest.approx(((floor + rest * scale * swaps) / others).to_numpy(), abs=1e-6)
    gaps = table["sᵢ − sⱼ"].map(lambda cell: numbers(cell)[0])
    pulls = table["λᵢⱼ"].map(lambda cell: numbers(cell)[0])
    assert pulls.to_numpy() == pytest.approx((-weights / (1 + np.exp(gaps))).to_numpy(), abs=6e-7)
    parameters = tables(app)["parameters"]
    for item, sum_ in [
        *pulls.groupby(table["chosen i"]).sum().items(),
        *(-pulls).groupby(table["other j"]).sum().items(),
    ]:
        (printed,) = set(parameters.loc[parameters["of"] == item, "∂C/∂s"])
        assert numbers(printed)[0] == pytest.approx(sum_, abs=1e-9)


@pytest.mark.parametrize("floor", ["0.25", "0"])
def test_pairs_below_the_first_k_are_said_to_change_nothing(floor, open_app, still_store):
    app = opened(open_app, "lambdarank", lambdarank_truncation="1", lambdarank_floor=floor, one_step_data=OWN)
    assert any(r"\cdot 0.000000\,|\Delta" in each.value for each in app.latex)
    assert "No swap of these items changes NDCG@1" in texts(app.caption)
    assert ("exert no force" in texts(app.markdown)) == (floor == "0")
    check_parameters(app)


def test_only_what_trains_in_such_steps_has_the_panel(open_app, still_store):
    app = open_app("train", algorithm="EASE", one_step="true")
    assert not app.exception and not [each for each in app.slider if each.key == NUMBER_KEY]
    app.selectbox(key=ALGORITHM_KEY).set_value("bpr").run()
    assert app.slider(key=NUMBER_KEY).value == 1 and app.session_state[OPEN_KEY]
