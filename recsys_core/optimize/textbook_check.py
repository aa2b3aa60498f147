"""The answers of the textbook examples checked by hand: equations made of printed digits alone."""

import numpy as np

from recsys_core.optimize.textbook import RETURNS, RISKLESS, STEP_SIZE, Example, risk


def portfolio(example: Example) -> list[str]:
    weights = example.found.round(3)
    earned = " + ".join(f"{weight:.3f} \\cdot {each:g}" for weight, each in zip(weights, RETURNS, strict=True))
    earns, risks = round(float(weights @ RETURNS), 4), round(risk(weights), 4)
    return [
        rf"w^{{\top}}\mu = {earned} = {earns:.4f}",
        rf"\frac{{{earns:.4f} - {RISKLESS:g}}}{{{risks:.4f}}} = {(earns - RISKLESS) / risks:.3f}",
    ]


def cubic_root(example: Example) -> list[str]:
    x, after = example.path[:2, 0]
    value, slope = x**3 - 2 * x - 5, 3 * x**2 - 2
    step = rf"{x:g}-\frac{{{x:g}^3-2\cdot {x:g}-5}}{{3\cdot {x:g}^2-2}}"
    return [rf"{step} = {x:g}-\frac{{{value:g}}}{{{slope:g}}} = {after:g}"]


def repeated_column(example: Example) -> list[str]:
    first, *others = (f"{value[0]:.3f}^2" for value in example.measures.values())
    return [rf"\frac{{{first}}}{{{first} + {' + '.join(others)}}} = {example.found[0]:.3f}"]


def regression(example: Example) -> list[str]:
    start, after = example.path[0], example.path[1].round(5)
    gradient = (start - after) / STEP_SIZE
    return [
        rf"{letter}: \quad {x:g} - {STEP_SIZE:g}\cdot({slope:.4f}) = {arrived:.5f}"
        for letter, x, slope, arrived in zip(example.names, start, gradient, after, strict=True)
    ]


def slanted_bowl(example: Example) -> list[str]:
    x, y = np.round(example.found, 4)
    return [
        rf"\frac{{\partial f}}{{\partial x}} = 2\cdot({x:.4f}-3)+({y:.4f}) = {2 * (x - 3) + y:.4f}",
        rf"\frac{{\partial f}}{{\partial y}} = 2\cdot({y:.4f}+2)+{x:.4f} = {2 * (y + 2) + x:.4f}",
        rf"f = ({x:.4f}-3)^2+({y:.4f}+2)^2+{x:.4f}\cdot({y:.4f}) = {(x - 3) ** 2 + (y + 2) ** 2 + x * y:.4f}",
    ]


CHECKS = {
    "SLSQP": portfolio,
    "Newton–Raphson": cubic_root,
    "PCA": repeated_column,
    "Gradient descent": regression,
    "BFGS": slanted_bowl,
}
"""By the names of `textbook.EXAMPLES`: the answer checked, or the first step made."""
