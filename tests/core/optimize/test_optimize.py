"""The toolkit of optimisers: textbook examples, orders of convergence, and how paths end."""

import gc
import threading
from itertools import combinations, islice

import numpy as np
import pytest
from scipy.optimize import minimize

from recsys_core.optimize.gradient_check import gradient_error
from recsys_core.optimize.methods import adagrad, bfgs, gradient_descent, lbfgs, newton, slsqp
from recsys_core.optimize.surface import LEVEL, MINIMUM, SADDLE, TOP, Surface, ridge_regression, smallest_factorisation
from recsys_core.optimize.textbook import (
    COVARIANCE,
    EXAMPLES,
    RETURNS,
    RISKLESS,
    cubic_root,
    portfolio,
    regression,
    repeated_column,
    sharpe,
    slanted_bowl,
)
from recsys_core.optimize.trajectory import ARRIVED, DIVERGED, UNFINISHED, follow, timed
from recsys_core.optimize.worked_steps import ALS, BFGS, DESCENT, METHODS, NEWTON, follow_methods, worked_step
from tests.conftest import wait_until

QUADRATIC = np.diag([1.0, 4.0, 10.0])


def steps(iterates, count: int) -> np.ndarray:
    return np.array(list(islice(iterates, count + 1)))


def bowl(x):
    return x @ QUADRATIC @ x / 2


def bowl_slope(x):
    return QUADRATIC @ x


# Textbook examples


LESSON = {  # what each tool finds, and how near the exact answer it must come for that to be its answer
    "SLSQP": ([0.486, 0.445, 0.005, 0.064], 0.003),
    "Newton–Raphson": ([2.094551481542], 5e-13),
    "PCA": ([0.326, 0.247, 0.224, 0.199, 0.005], 1e-12),
    "Gradient descent": ([2.015, -0.998, 0.519], 1e-6),
    "BFGS": ([16 / 3, -14 / 3], 1e-5),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_comes_to_its_exact_answer_and_not_from_the_start(name):
    example, (found, within) = EXAMPLES[name](), LESSON[name]
    assert example.distance < within
    assert example.found == pytest.approx(found, abs=within + 0.0005)
    assert len(example.path) == 1 or np.abs(example.path[0] - example.known).max() > 10 * within


@pytest.mark.parametrize(("name", "method"), [("SLSQP", "SLSQP"), ("BFGS", "BFGS")])
def test_the_steps_are_those_that_scipy_makes_by_default(name, method):
    if method == "SLSQP":
        constraint = {"type": "eq", "fun": lambda w: w.sum() - 1}
        found = minimize(lambda w: -sharpe(w), np.full(4, 0.25), method=method, bounds=[(0, 1)] * 4,
                         constraints=[constraint])  # fmt: skip
    else:
        found = minimize(lambda p: (p[0] - 3) ** 2 + (p[1] + 2) ** 2 + p[0] * p[1], [0, 0], method=method,
                         jac=lambda p: np.array([2 * (p[0] - 3) + p[1], 2 * (p[1] + 2) + p[0]]))  # fmt: skip
    example = EXAMPLES[name]()
    assert len(example.path) - 1 == found.nit < 15
    assert example.found == pytest.approx(found.x, abs=1e-9)


def test_the_regression_ends_in_the_least_squares_answer_and_its_error_falls_to_the_noise():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 3))
    y = x @ [2.0, -1.0, 0.5] + rng.normal(0, 0.3, 500)
    example = regression()
    assert example.found == pytest.approx(np.linalg.lstsq(x, y)[0], abs=1e-6)
    errors = example.measures["mean squared error"]
    assert errors[[0, 40, 80, 120]].round(4).tolist() == [5.1626, 0.0974, 0.0956, 0.0956]
    assert errors[17] == pytest.approx(
        np.mean([(row @ example.path[17] - r) ** 2 for row, r in zip(x, y, strict=True)])
    )


def test_newtons_first_step_is_his_own():
    assert cubic_root().path[1] == pytest.approx(2.1)


def test_l_bfgs_finds_the_same_minimum_as_bfgs():
    def value_and_slope(p):
        value = (p[0] - 3) ** 2 + (p[1] + 2) ** 2 + p[0] * p[1]
        return value, np.array([2 * (p[0] - 3) + p[1], 2 * (p[1] + 2) + p[0]])

    assert list(lbfgs(value_and_slope, np.zeros(2)))[-1] == pytest.approx(slanted_bowl().known, abs=1e-6)


def best_portfolio() -> np.ndarray:
    """The tangency portfolio Σ⁻¹(μ − r) of every choice of assets; the best of those without a short sale."""
    candidates = []
    for size in range(1, 5):
        for chosen in map(list, combinations(range(4), size)):
            weights = np.zeros(4)
            weights[chosen] = np.linalg.solve(COVARIANCE[np.ix_(chosen, chosen)], RETURNS[chosen] - RISKLESS)
            if weights.min() >= 0:
                candidates.append(weights / weights.sum())
    return max(candidates, key=sharpe)


def test_slsqp_finds_the_portfolio_that_trying_all_subsets_finds():
    example, best = portfolio(), best_portfolio()
    assert example.known == pytest.approx(best, abs=1e-12)
    found = example.found
    assert (round(found @ RETURNS, 4), round(sharpe(found), 3)) == (0.1051, 0.384)
    assert example.measures["Sharpe ratio"][-1] == pytest.approx(sharpe(best), abs=5e-6)  # the ratio: five decimals
    assert np.abs(found - best).max() > 5e-4  # the weights: not three


def test_the_bowl_is_as_deep_as_its_equations_say():
    assert slanted_bowl().measures["f"][-1] == pytest.approx(-37 / 3)


def test_slsqp_leaves_out_what_another_asset_does_better():
    path = slsqp(
        lambda w: np.sum((w - [0.7, 0.6, -0.4]) ** 2),
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints=[{"type": "eq", "fun": lambda w: w.sum() - 1}],
    )
    assert list(path)[-1] == pytest.approx([0.55, 0.45, 0], abs=1e-6)


def test_two_columns_in_one_direction_are_one_axis_and_nearly_nothing_across():
    example = repeated_column()
    values = [value[0] for value in example.measures.values()]
    assert np.round(values, 3).tolist() == [16.926, 14.723, 14.016, 13.217, 2.018]
    assert example.found == pytest.approx(np.square(values) / np.sum(np.square(values)))
    assert example.found[0] > 0.3 and example.found[-1] < 0.01


def test_newton_falls_into_the_saddle_from_as_many_starts_as_the_page_says():
    """Of the starts on the map with an indefinite Hessian about four in five, of the others about a third."""
    surface = smallest_factorisation(1.0, 0.1)
    ends_in_saddle = {True: [], False: []}
    for start in np.stack(np.meshgrid(*[np.linspace(-2, 2, 24)] * 2), axis=-1).reshape(-1, 2):
        low, high = np.linalg.eigvalsh(surface.hessian(start))
        walk = follow(newton(surface.gradient, surface.hessian, start), surface.value, surface.gradient)
        assert walk.ending == ARRIVED
        ends_in_saddle[bool(low < 0 < high)].append(surface.kind(walk.points[-1]) == SADDLE)
    assert np.mean(ends_in_saddle[True]) == pytest.approx(0.82, abs=0.05)
    assert np.mean(ends_in_saddle[False]) == pytest.approx(1 / 3, abs=0.07)


# Orders of convergence


@pytest.mark.parametrize("step_size", [0.05, 0.15, 0.19])
def test_gradient_descent_shrinks_by_its_known_rate(step_size):
    path = steps(gradient_descent(bowl_slope, np.ones(3), step_size), 300)
    rate = np.abs(1 - step_size * np.diag(QUADRATIC)).max()
    lengths = np.linalg.norm(path, axis=1)
    assert lengths[201:231] / lengths[200:230] == pytest.approx(rate, rel=1e-6)


def test_gradient_descent_grows_past_the_longest_safe_step():
    assert follow(gradient_descent(bowl_slope, np.ones(3), 0.199), bowl, bowl_slope, most=3000).ending == ARRIVED
    assert follow(gradient_descent(bowl_slope, np.ones(3), 0.201), bowl, bowl_slope, most=3000).ending == DIVERGED


def test_newton_squares_its_error():
    root = 2.0945514815423265
    errors = np.abs(steps(newton(lambda x: x**3 - 2 * x - 5, lambda x: 3 * x**2 - 2, 2.0), 3)[:, 0] - root)
    constant = 6 * root / 2 / (3 * root**2 - 2)  # f'' / 2f'
    assert errors[2:] / errors[1:3] ** 2 == pytest.approx(constant, rel=0.01)


def test_newton_is_at_the_bottom_of_a_bowl_in_one_step():
    assert steps(newton(bowl_slope, lambda x: QUADRATIC, np.ones(3)), 1)[1] == pytest.approx(np.zeros(3), abs=1e-12)


def test_bfgs_needs_far_fewer_steps_than_gradient_descent_in_a_long_valley():
    surface = smallest_factorisation(1.0, 0.01)
    walked = follow_methods(surface, np.array([0.3, 0.6]), 0.3 * surface.longest_safe_step, [DESCENT, BFGS])
    assert 5 * walked[BFGS].n_steps < walked[DESCENT].n_steps


def test_adagrad_is_its_recurrence():
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(6, 2))
    path = steps(adagrad(lambda: targets, lambda x, batch: x - batch, np.ones(2), 0.5), 2)
    x, squares = [1.0, 1.0], [1e-12, 1e-12]
    for _ in range(2):
        for target in targets:
            for j in range(2):
                g = x[j] - target[j]
                squares[j] += g * g
                x[j] -= 0.5 * g / squares[j] ** 0.5
    assert path[-1] == pytest.approx(x)


# Iterates are asked for


@pytest.mark.parametrize("name", METHODS)
def test_a_short_path_is_the_beginning_of_a_long_one_and_nothing_changes_what_was_given_out(name):
    surface = smallest_factorisation(1.0, 0.1)
    start = np.array([-0.4, 0.8])
    given = list(islice(METHODS[name](surface, start, 0.2), 6))
    kept = np.array(given)
    again = METHODS[name](surface, start, 0.2)
    assert np.array_equal(np.array(list(islice(again, 4))), kept[:4])
    assert np.array_equal(np.array(given), kept) and np.array_equal(start, [-0.4, 0.8])


def minimisers() -> int:
    return sum(thread.name == "minimize" for thread in threading.enumerate())


def test_who_stops_asking_ends_the_thread_of_scipy():
    gc.collect()
    surface = smallest_factorisation(1.0, 0.1)
    path = bfgs(surface.value, surface.gradient, np.array([-0.4, 0.8]))
    next(path), next(path)
    assert minimisers() >= 1
    path.close()
    wait_until(lambda: minimisers() == 0, "the thread has ended", 5)


def test_an_error_in_the_objective_reaches_who_asks():
    def broken(x):
        raise FloatingPointError("no such height")

    with pytest.raises(FloatingPointError, match="no such height"):
        list(bfgs(broken, lambda x: x, np.ones(2)))


def test_the_time_of_who_asks_does_not_count():
    def slow():
        for number in range(3):
            wait = threading.Event()
            wait.wait(0.02)
            yield np.array([number])

    spent = []
    for _, seconds in timed(slow()):
        spent.append(seconds)
        threading.Event().wait(0.1)
    assert 0.06 <= spent[-1] < 0.2
    assert np.all(np.diff(spent) > 0)


def test_how_a_path_ended():
    start = np.ones(3)
    assert follow(gradient_descent(bowl_slope, start, 1e-4), bowl, bowl_slope, most=5).ending == UNFINISHED
    path = follow(gradient_descent(bowl_slope, start, 5.0), bowl, bowl_slope)
    assert path.ending == DIVERGED
    assert np.all(np.isfinite(path.values)) and path.values[-1] > path.values[0]
    assert len(path.points) == len(path.values) == len(path.slopes) == len(path.seconds) == path.n_steps + 1


def test_alternating_never_rises_and_moves_one_part_at_a_time():
    surface = smallest_factorisation(1.0, 0.1)
    path = follow_methods(surface, np.array([1.5, -1.2]), 0.1, [ALS])[ALS]
    assert np.all(np.diff(path.values) <= 1e-15)
    moves = np.diff(path.points, axis=0)
    assert np.all(moves[0::2, 1] == 0) and np.all(moves[1::2, 0] == 0)


def test_a_wrong_gradient_is_told_from_a_right_one():
    rng = np.random.default_rng(0)
    x = np.array([1.0, -2.0, 0.5])
    assert gradient_error(bowl, bowl_slope, x, rng) < 1e-7
    assert gradient_error(bowl, lambda x: 1.01 * bowl_slope(x), x, rng) == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e9])
def test_a_right_gradient_is_right_at_every_scale(scale):
    x, rng = scale * np.array([1.0, -2.0, 0.5]), np.random.default_rng(0)
    assert gradient_error(lambda x: float(np.sum(x**4)), lambda x: 4 * x**3, x, rng) < 1e-7
    assert gradient_error(bowl, bowl_slope, 0 * x, rng) < 1e-7


# Landscapes


@pytest.mark.parametrize("seed", range(3))
def test_slopes_and_curvatures_of_a_surface_by_finite_differences(seed):
    rng = np.random.default_rng(seed)
    surface, x, h = Surface(rng.normal(size=(3, 3))), rng.normal(size=2), 1e-5
    slope = [(surface.value(x + h * e) - surface.value(x - h * e)) / (2 * h) for e in np.eye(2)]
    bend = [(surface.gradient(x + h * e) - surface.gradient(x - h * e)) / (2 * h) for e in np.eye(2)]
    assert surface.gradient(x) == pytest.approx(np.array(slope), rel=1e-6, abs=1e-8)
    assert surface.hessian(x) == pytest.approx(np.array(bend), rel=1e-6, abs=1e-8)


def test_the_smallest_factorisation_is_its_formula():
    surface = smallest_factorisation(1.3, 0.2)
    u, v = np.random.default_rng(0).normal(size=(2, 7))
    assert surface.values(np.stack([u, v])) == pytest.approx((1.3 - u * v) ** 2 + 0.2 * (u * u + v * v))


@pytest.mark.parametrize(("r", "ridge"), [(1.0, 0.1), (1.0, 0.5), (1.0, 0.9), (2.0, 0.01), (-1.0, 0.2)])
def test_two_mirror_minima_and_a_saddle_between_them(r, ridge):
    surface, t = smallest_factorisation(r, ridge), np.sqrt(abs(r) - ridge)
    assert surface.minima == pytest.approx(np.array([[t, np.sign(r) * t], [-t, -np.sign(r) * t]]))
    assert surface.lowest == pytest.approx(2 * ridge * abs(r) - ridge**2)
    assert surface.curvatures == pytest.approx(sorted([4 * (abs(r) - ridge), 4 * ridge]))
    assert surface.kind(np.zeros(2)) == SADDLE
    assert surface.kind(surface.minima[0]) == MINIMUM
    assert np.linalg.eigvalsh(surface.hessian(np.zeros(2))) == pytest.approx(
        [2 * (ridge - abs(r)), 2 * (ridge + abs(r))]
    )


@pytest.mark.parametrize(("r", "ridge"), [(1.0, 1.0), (1.0, 1.5), (0.4, 2.0)])
def test_from_there_on_the_minima_are_one_at_zero(r, ridge):
    surface = smallest_factorisation(r, ridge)
    assert surface.minima == pytest.approx(np.zeros((1, 2)), abs=1e-6)
    assert surface.kind(np.zeros(2)) == MINIMUM


def test_without_a_penalty_all_of_a_valley_is_a_minimum():
    surface = smallest_factorisation(1.0, 0.0)
    assert surface.value(surface.minima[0]) == pytest.approx(0, abs=1e-15)
    assert surface.kind(np.array([0.5, 2.0])) == MINIMUM


def test_kinds_of_level_points():
    assert Surface(np.array([[0, 0, -1.0], [0, 0, 0], [-1.0, 0, 0.1]])).kind(np.zeros(2)) == TOP
    assert Surface(np.array([[0, 0, 0], [0, 0, 0], [0, -1.0, 1.0]])).kind(np.zeros(2)) == LEVEL


def test_ridge_regression_has_the_minimum_of_its_equations():
    rng = np.random.default_rng(0)
    items, ratings = rng.normal(size=(5, 2)), rng.normal(size=5)
    surface, u = ridge_regression(items, ratings, 0.3), rng.normal(size=2)
    assert surface.value(u) == pytest.approx(np.sum((ratings - items @ u) ** 2) + 0.3 * u @ u)
    solution = np.linalg.solve(items.T @ items + 0.3 * np.eye(2), items.T @ ratings)
    assert surface.minima == pytest.approx(solution[None])


def test_in_the_convex_twin_all_methods_meet():
    surface = ridge_regression(np.array([[1.0, 0.7], [0.8, 1.0]]), np.array([1.5, 0.6]), 0.3)
    for path in follow_methods(surface, np.array([-1.0, 1.0]), 0.5 * surface.longest_safe_step, METHODS).values():
        assert path.points[-1] == pytest.approx(surface.minima[0], abs=1e-5)


@pytest.mark.parametrize("height", [0.25, 0.3, 0.4])
def test_outlines_lie_at_their_height(height):
    surface, a = smallest_factorisation(1.0, 0.1), np.linspace(-2, 2, 41)
    low, high = surface.sublevel(height, a)
    inside = np.isfinite(low)
    for b in (low, high):
        assert surface.values(np.stack([a, b]))[inside] == pytest.approx(height)
    bottoms = [surface.value(surface.minimise_b(np.array([column, 0.0]))) for column in a]
    assert np.array_equal(inside, np.array(bottoms) <= height)
    assert 0 < inside.sum() < len(a)


@pytest.mark.parametrize("ridge", [0.0, 0.1, 0.7])
@pytest.mark.parametrize("start", [(-0.4, 0.8), (1.6, -1.2), (0.05, 0.02)])
def test_only_newton_falls_into_the_saddle(ridge, start):
    surface = smallest_factorisation(1.0, ridge)
    walked = follow_methods(surface, np.array(start), 0.3 * surface.longest_safe_step, METHODS)
    ends = {name: surface.kind(path.points[-1]) for name, path in walked.items()}
    assert ends == {ALS: MINIMUM, DESCENT: MINIMUM, NEWTON: SADDLE, BFGS: MINIMUM}


def test_a_step_twice_too_long_drives_gradient_descent_away():
    surface = smallest_factorisation(1.0, 0.1)
    path = follow_methods(surface, np.array([-0.4, 0.8]), 2.5 * surface.longest_safe_step, [DESCENT])[DESCENT]
    assert path.ending == DIVERGED


# One step in the digits that are printed


@pytest.mark.parametrize("step", [1, 2, 3])
def test_the_printed_digits_give_the_printed_result(step):
    surface, η = smallest_factorisation(1.0, 0.1), 0.1667
    walked = follow_methods(surface, np.array([-0.4, 0.8]), η, METHODS)
    worked = {name: worked_step(name, surface, path, step, η) for name, path in walked.items()}
    descent, jump, turn, learnt = (worked[name] for name in (DESCENT, NEWTON, ALS, BFGS))
    assert np.array_equal(descent.after, (descent.before - η * descent.gradient).round(4))
    assert np.array_equal(jump.after, (jump.before - np.linalg.inv(jump.hessian) @ jump.gradient).round(4))
    assert turn.after[turn.axis] == round(-turn.parabola[1] / (2 * turn.parabola[2]), 4)
    assert np.array_equal(learnt.difference, (surface.gradient(learnt.after).round(6) - learnt.gradient).round(6))
    for name, path in walked.items():
        assert worked[name].after == pytest.approx(path.points[step], abs=2e-4)
