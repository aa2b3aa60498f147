"""The textbook section of the Optimise page: what is printed is the exact answer and can be recomputed."""

import re

import numpy as np
import pytest
import scipy

from recsys_core.optimize.textbook import EXAMPLES
from tests.pages.app import button_group, headline


def recomputed(formula: str) -> tuple[float, float]:
    """Both sides of a printed equation: the left one evaluated, the right one as it stands."""
    left, right = formula.rsplit("=", 1)
    left = (
        re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)", left.split("=")[-1])
        .replace(r"\cdot", "*")
        .replace("^", "**")
    )
    return eval(left, {}), float(right)  # the left side has numbers and signs only


FOUND = {
    "SLSQP": "w₁ = 0.486, w₂ = 0.445, w₃ = 0.005, w₄ = 0.064 in 8 steps: the exact answer to within 0.002.",
    "Newton–Raphson": "x = 2.094551481542 in 5 steps: the exact answer in every digit shown.",
    "PCA": "share 1 = 0.326, share 2 = 0.247, share 3 = 0.224, share 4 = 0.199, share 5 = 0.005 in one factorisation: "
    "the exact answer in every digit shown.",
    "Gradient descent": "a = 2.015, b = −0.998, c = 0.519 in 200 steps: the exact answer in every digit shown.",
    "BFGS": "x = 5.3333, y = −4.6667 in 8 steps: the exact answer in every digit shown.",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_says_what_it_found_and_how_near_that_is(name, open_app, still_store):
    app = open_app("optimise", optimise="Textbook")
    button_group(app, "example").set_value(name).run()
    example, said = EXAMPLES[name](), headline(app)
    if int(scipy.__version__.split(".")[1]) == 17:  # another SciPy may take other steps to the same place
        assert said == f"{name} finds {FOUND[name]}"
    letters = dict(re.findall(r"([\w₁₂₃₄ ]+) = (−?[\d.]+)", said.removeprefix(f"{name} finds")))
    printed = [float(value.replace("−", "-")) for value in letters.values()]
    assert printed == pytest.approx(example.found, abs=0.51 * 10**-example.decimals)
    within = re.search("within ([\\d.]+)", said)
    assert np.abs(example.found - example.known).max() <= (
        1.5 * float(within[1].rstrip(".")) if within else 0.5 * 10.0**-example.decimals
    )
    n_steps = len(example.path) - 1
    table = app.dataframe[0].value if n_steps else app.dataframe[0].value.T
    assert [*table.index[[0, -1]]] == ["exact", "start" if n_steps else "found"]
    assert n_steps == 0 or table.index[1] == f"step {n_steps}"
    if name == "Gradient descent":
        errors = table["mean squared error"]
        assert errors[["start", "step 40", "step 80", "step 120"]].tolist() == ["5.1626", "0.0974", "0.0956", "0.0956"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_printed_step_can_be_recomputed_from_its_digits(name, open_app, still_store):
    app = open_app("optimise", optimise="Textbook", example=name)
    given = 2 if EXAMPLES[name]().data else 1
    worked = [each.value.strip("$\n").split(r"\quad")[-1].strip() for each in app.latex[given:]]
    assert worked
    for formula in worked:
        ours, printed = recomputed(formula.replace(r"w^{\top}\mu = ", ""))
        assert round(ours, 3) == pytest.approx(round(printed, 3), abs=1e-9) or ours == pytest.approx(printed, abs=6e-5)
