"""One step under the glass is a step of the training, and what is printed recomputes to what is printed."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from recsys_core.algorithms.als import ALS, PENALTIES
from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.centering import CENTERINGS
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.lambdarank import LambdaRank
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.pairwise import Pairs, PairState, score_gradient
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.per_user.worked_pairs import pair_steps
from recsys_core.per_user.worked_update import distance_from_training, half_steps
from tests.small_trainings import odd_data, run, small_ratings

TEXTBOOK = replace(load_example_5x5().interactions, relevance_threshold=3)
HALF_STEPS = [
    *(ALS(n_factors=3, penalty=penalty) for penalty in PENALTIES),
    *(ALS(n_factors=2, penalty="plain", centering=centering, regularization=0.5) for centering in CENTERINGS),
    *(ImplicitALS(n_factors=2, penalty=penalty, regularization=0.7, unobserved=0.3) for penalty in PENALTIES),
]
PAIRS = [
    BPR(n_factors=2, regularization=0.2, negatives="uniform"),
    LambdaRank(n_factors=3, regularization=0.2, floor=0.25),
    LambdaRank(n_factors=2, regularization=0.2, floor=0.0, gains="graded", truncation=3),
]
DATA = pytest.mark.parametrize("data", [TEXTBOOK, small_ratings()], ids=["textbook", "60 people"])


# ALS


@DATA
@pytest.mark.parametrize("recipe", HALF_STEPS, ids=lambda recipe: f"{recipe.label} {recipe.settings()}")
def test_half_steps_are_those_of_training(recipe, data):
    learned = recipe.learns_from(data)
    objectives = [epoch.objective for epoch in run(recipe, data)]
    for number, step in enumerate(islice(half_steps(recipe, learned, seed=0), 8), 1):
        assert step.solves_users == bool(number % 2)
        # Rounding is amplified where a factor grows out of noise, so what follows the first step may be further away.
        allowed = (0.002 if number == 1 else 0.1) * np.abs(step.solutions).max()
        assert distance_from_training(recipe, learned, step, number, 0) < allowed
        assert step.objectives[1] <= step.objectives[0] * (1 + 1e-4)
        if not step.solves_users:
            assert step.objectives[1] == pytest.approx(objectives[number // 2 - 1], rel=0.02)


@DATA
@pytest.mark.parametrize("recipe", HALF_STEPS, ids=lambda recipe: f"{recipe.label} {recipe.settings()}")
def test_the_kernel_of_training_takes_the_same_half_step_to_the_last_digit(recipe, data):
    learned = recipe.learns_from(data)
    start = recipe.initial_model(learned, np.random.default_rng(0))
    for step in islice(half_steps(recipe, learned), 6):
        now = replace(
            start,
            user_factors=step.before.users.astype(np.float32),
            item_factors=step.before.items.astype(np.float32),
        )
        if step.solves_users:
            solved = recipe.normal_equations(now, learned, learned).fold_in(now, learned)
        else:
            solved = recipe.item_equations(now, learned).fold_in(now.transposed, learned.transposed)
        # The equations' targets are printed with `decimals` too, which the kernel does not know.
        last_digit = 10.0**-step.decimals
        slack = np.linalg.norm(np.linalg.inv(step.systems), axis=(1, 2)).max() * step.rows.items_per_user.max()
        assert np.abs(solved.user_factors - step.solutions).max() < last_digit * (1 + slack)


def test_the_first_half_step_with_the_textbook_is_exact_to_the_last_digit():
    """Without averages all targets are whole numbers, so that nothing is rounded but the result."""
    recipe = ALS(n_factors=2, penalty="plain", centering="none", regularization=1 / TEXTBOOK.rating_scale)
    start = recipe.initial_model(TEXTBOOK, np.random.default_rng(0))
    for step in islice(half_steps(recipe, TEXTBOOK), 10):
        now = replace(
            start,
            user_factors=step.before.users.astype(np.float32),
            item_factors=step.before.items.astype(np.float32),
        )
        kernel = (
            recipe.normal_equations(now, TEXTBOOK, TEXTBOOK).fold_in(now, TEXTBOOK)
            if step.solves_users
            else recipe.item_equations(now, TEXTBOOK).fold_in(now.transposed, TEXTBOOK.transposed)
        )
        assert np.abs(kernel.user_factors - step.solutions).max() <= 0.51e-4


@pytest.mark.parametrize("recipe", HALF_STEPS, ids=lambda recipe: f"{recipe.label} {recipe.settings()}")
def test_a_row_is_solved_by_the_numbers_that_are_printed(recipe):
    learned = recipe.learns_from(TEXTBOOK)
    for step in islice(half_steps(recipe, learned), 6):
        for row in range(step.rows.n_users):
            own = step.rows.of(row)
            system, right = step.ridge[row] * np.eye(recipe.n_factors), np.zeros(recipe.n_factors)
            for f in step.fixed:
                system += step.everywhere * np.outer(f, f)
            for entry, item in enumerate(step.rows.items[own], own.start):
                system += step.weights[entry] * np.outer(step.fixed[item], step.fixed[item])
                right += step.targets[entry] * step.fixed[item]
            last_digit = 0.51 * 10.0 ** -(step.decimals + 2)
            assert step.systems[row] == pytest.approx(system, abs=last_digit)
            assert step.rights[row] == pytest.approx(right, abs=last_digit)
            solved = np.linalg.solve(step.systems[row], step.rights[row])
            assert step.solutions[row] == pytest.approx(solved, abs=0.51 * 10.0**-step.decimals)


def test_small_factors_get_more_decimals():
    small = replace(TEXTBOOK, values=TEXTBOOK.values * np.float32(1e-4))
    (step,) = islice(half_steps(ALS(n_factors=2), small), 1)
    assert step.decimals > 4
    typical = np.sqrt(np.mean(step.before.items**2))
    assert typical > 50 * 10.0**-step.decimals


def test_what_does_not_train_in_half_steps_is_refused():
    with pytest.raises(ValueError, match="half steps"):
        next(half_steps(BPR(), TEXTBOOK))


# Pairs


def pairs_of(step, gains: np.ndarray) -> Pairs:
    return Pairs(
        scores=step.scores[None].astype(np.float32),
        gains=gains[None],
        rows=np.zeros(len(step.chosen), np.int64),
        items=step.chosen,
        first=np.zeros(1, np.int64),
        samples=step.others[None],
        valid=gains[step.chosen, None] > gains[step.others],
    )


@DATA
@pytest.mark.parametrize("recipe", PAIRS, ids=lambda recipe: f"{recipe.label} {recipe.settings()}")
def test_a_step_on_pairs_is_that_of_training_to_the_last_digit(recipe, data):
    """The kernel's own weights, gradient and Adagrad step, from the state that is printed."""
    all_gains = recipe.gains_of(data)
    for step in islice(pair_steps(recipe, data), 25):
        gains = np.zeros(data.n_items, np.float32)
        gains[data.items[data.of(step.user)]] = all_gains[data.of(step.user)]
        pairs = pairs_of(step, gains)
        assert pairs.valid.all()
        kernel = PairState(*(array.astype(np.float32) for array in vars(step.before).values()))
        rows = kernel.rows_of(np.array([step.user]), step.items)
        weights = recipe.pair_weights(pairs)
        if len(np.unique(step.scores)) == len(step.scores):  # equal scores may be ranked either way
            assert step.weights == pytest.approx(weights.ravel(), abs=5e-6)
            by_score = score_gradient(pairs, weights)[:, step.items]
            assert step.by_score == pytest.approx(by_score[0], abs=5e-6)
            kernel.step(np.array([step.user]), step.items, rows, by_score, step.owed.astype(np.float32),
                        recipe.regularization, recipe.learning_rate)  # fmt: skip
            last_digit = 1.5e-4
            assert kernel.user_factors == pytest.approx(step.after.users, abs=last_digit)
            assert kernel.item_factors == pytest.approx(step.after.items, abs=last_digit)
            assert kernel.item_bias == pytest.approx(step.after.bias, abs=last_digit)


@pytest.mark.parametrize("cls", [BPR, LambdaRank])
def test_with_one_person_and_one_pair_a_step_is_a_whole_epoch_of_training(cls):
    data = Interactions.from_triples([0], [1], [1.0], 1, 2)
    recipe = cls(n_factors=2, n_epochs=6, regularization=0.3, negatives="uniform")
    epochs = [epoch.model for epoch in run(recipe, data)]
    for step, trained in zip(pair_steps(recipe, data), epochs[1:], strict=False):
        assert isinstance(trained, FactorModel)
        assert trained.user_factors == pytest.approx(step.after.users, abs=5e-4)
        assert trained.item_factors == pytest.approx(step.after.items, abs=5e-4)
        assert trained.item_bias == pytest.approx(step.after.bias, abs=5e-4)


def test_pairs_of_one_person_are_theirs_and_where_there_are_none_it_is_said():
    assert {step.user for step in islice(pair_steps(PAIRS[0], TEXTBOOK, user=3), 9)} == {3}
    assert {step.user for step in islice(pair_steps(PAIRS[0], TEXTBOOK), 40)} == set(range(5))
    for step in islice(pair_steps(PAIRS[1], TEXTBOOK), 20):
        likes = set(TEXTBOOK.relevant.items[TEXTBOOK.relevant.of(step.user)].tolist())
        assert set(step.chosen.tolist()) <= likes and not likes & set(step.others.tolist())
    with pytest.raises(InputError, match="choose another"):
        next(pair_steps(PAIRS[0], Interactions.from_triples([0, 0], [0, 1], [1, 1], 1, 2)))
    with pytest.raises(InputError, match="choose another"):
        next(pair_steps(PAIRS[0], Interactions.from_triples([0], [0], [1], 2, 3), user=1))


def test_the_pairs_are_those_of_bpr_and_of_lambdarank():
    for step in islice(pair_steps(PAIRS[0], TEXTBOOK), 5):
        assert len(step.pairs) == 1 and step.swaps is None and step.weights.tolist() == [1.0]
    for step in islice(pair_steps(PAIRS[1], TEXTBOOK), 5):
        assert step.scale * step.swaps.mean() == pytest.approx(1, abs=1e-5) and len(step.pairs) > 1


@pytest.mark.filterwarnings("error")
def test_where_no_swap_changes_the_list_nothing_is_scaled():
    recipe = LambdaRank(n_factors=2, floor=0.25, truncation=1)
    steps = list(islice(pair_steps(recipe, small_ratings()), 20))
    idle = [step for step in steps if not step.swaps.any()]
    assert 0 < len(idle) < len(steps) and {step.scale for step in idle} == {0}
    assert all(np.all(step.ranks[step.items] > 1) for step in idle)
    for step in idle:
        assert step.weights == pytest.approx(np.full(len(step.pairs), 0.25 / len(step.others)), abs=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", odd_data())
def test_odd_data_give_finite_steps_or_a_sentence(name):
    data = odd_data()[name]
    for cls, steps in ((ALS, half_steps), (ImplicitALS, half_steps), (BPR, pair_steps), (LambdaRank, pair_steps)):
        recipe = replace(cls.defaults_for(data), n_factors=2)
        try:
            *_, last = islice(steps(recipe, recipe.learns_from(data)), 4)
        except InputError as error:
            assert steps is pair_steps and "choose another" in str(error)
            continue
        assert np.isfinite(last.after.users).all() and np.isfinite(last.after.items).all()
