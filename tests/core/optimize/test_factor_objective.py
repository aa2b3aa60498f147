"""The objective of factorisation as one function, cuts through it, and the race of optimisers on it."""

import numpy as np
import pytest

from recsys_core.algorithms.als import ALS
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.subsample import sample_users
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.optimize.factor_objective import FactorObjective
from recsys_core.optimize.gradient_check import gradient_error
from recsys_core.optimize.race import Race
from recsys_core.optimize.trajectory import ARRIVED, DIVERGED, UNFINISHED


@pytest.fixture(scope="module")
def split():
    return make_split(generate(SyntheticRecipe(feedback="explicit", n_users=60, n_items=40)))


@pytest.fixture(scope="module")
def objective(split):
    return FactorObjective(split.train, 3, 0.7)


@pytest.fixture
def x(objective):
    return 5 * objective.draw_start(np.random.default_rng(1))


def written_out(objective: FactorObjective, x: np.ndarray) -> float:
    """F(x), rating by rating."""
    (p, q), train = objective.split_factors(x), objective.train
    averages = objective.model(np.zeros_like(x))
    total = 0.0
    for u, i, r in zip(train.users, train.items, train.values, strict=True):
        left_over = float(r) - averages.offset - averages.user_bias[u] - averages.item_bias[i]
        total += (left_over - sum(p[u, f] * q[i, f] for f in range(objective.n_factors))) ** 2
    lam = objective.regularization * np.std(train.values.astype(float))
    return total + lam * sum(float(entry) ** 2 for entry in x)


def test_the_objective_is_its_sum(objective, x):
    assert objective.value(x) == pytest.approx(written_out(objective, x), rel=1e-6)


def test_the_gradient_agrees_with_finite_differences(objective, x):
    assert gradient_error(objective.value, objective.gradient, x, np.random.default_rng(0)) < 1e-5
    value, gradient = objective.value_and_gradient(x)
    assert value == objective.value(x) and np.array_equal(gradient, objective.gradient(x))


def test_it_is_the_objective_that_als_reports(split):
    epoch = list(ALS(n_factors=3, regularization=0.7, n_epochs=4, penalty="plain").epochs(split.train))[-1]
    objective = FactorObjective(split.train, 3, 0.7)
    x = np.concatenate([epoch.model.user_factors.ravel(), epoch.model.item_factors.ravel()]).astype(float)
    assert objective.value(x) == pytest.approx(epoch.objective, rel=1e-5)
    assert objective.model(x).scores(np.arange(3)) == pytest.approx(epoch.model.scores(np.arange(3)), abs=1e-5)


def test_another_unit_of_the_ratings_changes_nothing_but_the_unit(objective, x):
    """Ratings four times as large: factors are twice as large, errors four times, and so is every step on the way."""
    train = objective.train
    four = Interactions(train.indptr, train.items, 4 * train.values - 4, train.n_items)
    other = FactorObjective(four, objective.n_factors, objective.regularization)
    start = objective.draw_start(np.random.default_rng(0))
    np.testing.assert_allclose(other.draw_start(np.random.default_rng(0)), 2 * start)
    assert other.value(2 * x) == pytest.approx(16 * objective.value(x), rel=1e-5)
    step, other_step = (o.longest_safe_step / 2 * o.gradient(unit * x) for o, unit in ((objective, 1), (other, 2)))
    np.testing.assert_allclose(other_step, 2 * step, atol=1e-4)
    np.testing.assert_allclose(other.solve_users(2 * x), 2 * objective.solve_users(x), atol=1e-3)
    assert other.unit == pytest.approx(2 * objective.unit)


def test_half_steps_solve_their_side(objective, x):
    for improve, side in ((objective.solve_users, 0), (objective.solve_items, 1)):
        solved = improve(x)
        slopes = objective.split_factors(objective.gradient(solved))[side]
        assert np.abs(slopes).max() < 1e-3 * np.abs(objective.split_factors(objective.gradient(x))[side]).max()
        assert np.array_equal(objective.split_factors(solved)[1 - side], objective.split_factors(x)[1 - side])
        assert objective.value(solved) < objective.value(x)


def test_batches_are_right_on_average(objective, x):
    batches = list(objective.batches(np.random.default_rng(0), 100))
    assert sorted(np.concatenate(batches)) == list(range(objective.train.n_interactions))
    shares = np.array([len(batch) for batch in batches]) / objective.train.n_interactions
    mean = sum(s * objective.batch_gradient(x, batch) for s, batch in zip(shares, batches, strict=True))
    assert mean == pytest.approx(objective.gradient(x), abs=1e-9)


def test_a_cut_has_the_height_of_what_it_cuts(objective, x):
    rng = np.random.default_rng(2)
    direction = objective.draw_direction(x, rng)
    for own, part in zip(objective.split_factors(x), objective.split_factors(direction), strict=True):
        assert np.linalg.norm(part) == pytest.approx(np.linalg.norm(own))
    surface = objective.surface_along(x, direction)
    for a, b in rng.normal(size=(4, 2)):
        d, g = (part.ravel() for part in objective.split_factors(direction))
        there = x + np.concatenate([a * d, b * g])
        assert surface.value(np.array([a, b])) * objective.train.n_interactions == pytest.approx(objective.value(there))


def test_a_solution_stretched_has_the_two_minima_of_the_smallest_factorisation(objective, x):
    for _ in range(60):
        x = objective.solve_items(objective.solve_users(x))
    surface = objective.surface_along(np.zeros_like(x), x)
    assert surface.minima == pytest.approx(np.array([[1.0, 1.0], [-1.0, -1.0]]), abs=0.02)
    assert surface.kind(np.zeros(2)) == "saddle"


def test_balanced_sides_predict_the_same_for_the_least_penalty_and_lie_at_the_minima(split):
    objective = FactorObjective(split.train, 8, 0.02)
    x = objective.draw_start(np.random.default_rng(0))
    for _ in range(30):
        x = objective.solve_items(objective.solve_users(x))
    balanced = objective.balance(x)
    people = np.arange(split.train.n_users)
    np.testing.assert_allclose(objective.model(balanced).scores(people), objective.model(x).scores(people), atol=1e-4)
    for factor in (0.9, 1.1):
        p, q = objective.split_factors(balanced)
        assert objective.value(np.concatenate([factor * p, q / factor], axis=None)) > objective.value(balanced)
    at_one = [objective.surface_along(np.zeros_like(x), each).minima for each in (x, balanced)]
    assert np.abs(at_one[1] - [[1, 1], [-1, -1]]).max() < 0.02 < np.abs(at_one[0] - [[1, 1], [-1, -1]]).max()
    assert not objective.balance(np.zeros_like(x)).any()


def test_the_worked_slope_is_that_of_the_gradient(objective, x):
    worked = objective.worked_slope(x)
    assert worked.slope == round(-2 * worked.pull + 2 * worked.ridge * worked.factor, 4)
    assert worked.slope == pytest.approx(objective.split_factors(objective.gradient(x))[0][worked.user, 0], abs=1e-4)
    assert worked.n_ratings == objective.train.items_per_user.max()


def test_ratings_that_are_all_alike_are_learned_themselves():
    train = Interactions.from_triples([0, 0, 1], [0, 1, 1], [1.0, 1.0, 1.0], 2, 2)
    objective = FactorObjective(train, 1, 0.5)
    assert objective.value(np.zeros(4)) == 3
    assert objective.largest_singular_value == pytest.approx(np.linalg.svd([[1, 1], [0, 1]], compute_uv=False)[0])


@pytest.mark.parametrize("table", [[[5.0, 3.0, 1.0, 2.0]], [[5.0], [3.0], [1.0]], [[3.0]], [[0.0, 0.0], [0.0, 0.0]]])
def test_one_person_one_item_and_nothing_but_zeros_can_be_raced_on(table):
    users, items = np.indices(np.shape(table)).reshape(2, -1)
    train = Interactions.from_triples(users, items, np.ravel(table), *np.shape(table))
    objective = FactorObjective(train, 2, 1.0)
    averages = objective.model(np.zeros((sum(np.shape(table)), 2)))
    left_over = np.array(table) - averages.scores(np.arange(len(table)))
    assert objective.largest_singular_value == pytest.approx(np.linalg.norm(left_over, 2), abs=1e-6)
    race = Race(objective, train, seconds=0.1, step_size=0.5 * objective.longest_safe_step, learning_rate=0.1)
    race.advance(10)
    assert race.is_over and DIVERGED not in {racer.ending for racer in race.racers}


def test_without_a_penalty_there_is_no_step_where_nothing_is_left_to_learn():
    nothing = Interactions.from_triples([0, 1], [0, 1], [0.0, 0.0], 2, 2)
    with pytest.raises(InputError, match="raise λ"):
        _ = FactorObjective(nothing, 1, 0.0).longest_safe_step


def test_a_step_within_the_estimate_goes_down_and_one_far_beyond_does_not(objective):
    for share, ending in ((0.5, ARRIVED), (4.0, DIVERGED)):
        race = Race(
            objective,
            objective.train,
            seconds=2,
            step_size=share * objective.longest_safe_step,
            learning_rate=0.1,
        )
        (descent,) = (racer for racer in race.racers if racer.name == "Gradient descent")
        race.racers = [descent]
        race.advance(10)
        assert descent.ending == ending
        assert all(mark.objective <= 10 * descent.marks[0].objective for mark in descent.marks)


def test_a_race_is_fair_and_ends(split, objective):
    race = Race(objective, split.validation, seconds=0.3, step_size=objective.longest_safe_step / 2, learning_rate=0.1)
    assert race.lowest == np.inf
    race.advance(0.05)
    assert not race.is_over
    spent = [racer.seconds for racer in race.racers if not racer.ending]
    assert max(spent) - min(spent) < 0.25  # nobody has run away from the others
    race.advance(60)
    assert race.is_over
    assert {racer.ending for racer in race.racers} <= {ARRIVED, UNFINISHED}
    firsts = [racer.marks[0] for racer in race.racers]
    assert len({(mark.objective, mark.slope, mark.rmse) for mark in firsts}) == 1
    for racer in race.racers:
        assert racer.marks[-1].objective < racer.marks[0].objective
        assert np.all(np.diff([mark.seconds for mark in racer.marks]) > 0)
    assert race.lowest == min(mark.objective for racer in race.racers for mark in racer.marks)


def test_the_least_objectives_of_als_and_l_bfgs_are_the_same(split):
    objective = FactorObjective(split.train, 2, 2.0)
    race = Race(objective, split.validation, seconds=1, step_size=0.001, learning_rate=0.1)
    race.racers = [racer for racer in race.racers if racer.name in ("ALS", "L-BFGS")]
    race.advance(20)
    ends = [racer.marks[-1].objective for racer in race.racers]
    assert ends[0] == pytest.approx(ends[1], rel=1e-3)


def test_some_people_are_kept_whole(split):
    train = split.train
    assert sample_users(train, train.n_interactions, np.random.default_rng(0)).all()
    kept = sample_users(train, train.n_interactions // 3, np.random.default_rng(0))
    part = train.select(kept[train.users])
    assert train.n_interactions / 5 < part.n_interactions <= train.n_interactions / 3
    assert np.array_equal(part.items_per_user, np.where(kept, train.items_per_user, 0))
    assert sample_users(train, 1, np.random.default_rng(0)).sum() == 1
