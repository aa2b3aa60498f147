"""The textbook section of the Optimise page: what is printed is the book's answer and can be recomputed."""

import re

import pytest

from recsys_core.optimize.textbook import EXAMPLES
from tests.test_pages import button_group, go, headline


def recomputed(formula: str) -> tuple[float, float]:
    """Both sides of a printed equation: the left one evaluated, the right one as it stands."""
    left, right = formula.rsplit("=", 1)
    left = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)", left.split("=")[-1]).replace(r"\cdot", "*")
    return eval(left, {}), float(right)  # the left side has numbers and signs only


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_arrives_at_the_answer_of_the_book(name, open_app, still_store):
    app = go(open_app(optimise="Textbook"), "optimise")
    button_group(app, "example").set_value(name).run()
    assert headline(app).startswith(f"{name} finds ") and headline(app).endswith(": the answer of the book.")
    table = app.dataframe[0].value
    assert table.index[0] == "the book" and len(table) == len(EXAMPLES[name]().path) + 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_printed_step_can_be_recomputed_from_its_digits(name, open_app, still_store):
    app = go(open_app(optimise="Textbook", example=name), "optimise")
    worked = [each.value.strip("$\n").split(r"\quad")[-1].strip() for each in app.latex[1:]]
    assert worked
    for formula in worked:
        ours, printed = recomputed(formula.replace(r"w^{\top}\mu = ", ""))
        assert round(ours, 3) == pytest.approx(round(printed, 3), abs=1e-9) or ours == pytest.approx(printed, abs=6e-5)
