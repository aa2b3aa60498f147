"""Alternating least squares, one half step at a time, in numbers that can be recomputed by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.epochs import last_model
from recsys_core.algorithms.kernels.normal_equations import NormalEquations
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions

_MORE = 2  # decimals of the equations beyond those of the factors
_LEAST_DIRECTION = 1e-8  # of the largest eigenvalue; where equations have several solutions, the shortest is taken


@dataclass(frozen=True, eq=False)
class Factors:
    """The factors of users (m, k) and items (n, k), float64, in the decimals in which they are printed."""

    users: np.ndarray
    items: np.ndarray


@dataclass(frozen=True, eq=False)
class HalfStep:
    """All rows of one side, each solved with the other side fixed, in the decimals in which they are printed.

    From `before` to `after` the users have moved where `solves_users`, else the items. `rows` are the interactions of
    those that move, row by row; `targets` t, `weights` w and `ridge` λ_u are as in NormalEquations. With the fixed
    factors F (n, k), the matrix of a row in `systems` (m, k, k) is everywhere FᵀF + Σ w f fᵀ + λ_u I over its entries,
    and `rights` (m, k) is Σ t f. `decimals` is how many the factors have; the equations have two more.
    `objectives` are the values of the training objective before and after.
    """

    before: Factors
    after: Factors
    solves_users: bool
    rows: Interactions
    targets: np.ndarray
    weights: np.ndarray
    everywhere: float
    ridge: np.ndarray
    systems: np.ndarray
    rights: np.ndarray
    decimals: int
    objectives: tuple[float, float]

    @property
    def fixed(self) -> np.ndarray:
        """The factors (n, k) of the side that stays."""
        return self.before.items if self.solves_users else self.before.users

    @property
    def is_weighted(self) -> bool:
        """Whether entries have weights, and are not alone in counting once each."""
        return self.everywhere > 0 or bool(np.any(self.weights != 1))

    @property
    def solutions(self) -> np.ndarray:
        """The new factors (m, k) of the side that moves."""
        return self.after.users if self.solves_users else self.after.items


def half_steps(recipe: Algorithm, train: Interactions, *, seed: int = 0) -> Iterator[HalfStep]:
    """Yield the half steps of training on `train`, which holds what is learned from: users, items, users, without end.

    The start is that of the training with this seed, and each half step takes the recipe's own equations. All numbers
    are rounded as they are printed before they are used, and so is the result: what is printed can be recomputed from
    what is printed. Raises ValueError for a recipe that does not train in half steps.
    """
    model = recipe.initial_model(train, np.random.default_rng(seed))
    if model is None:
        raise ValueError(f"{recipe.label} does not train in half steps")
    decimals = _enough_decimals(model.item_factors)
    sides = [
        _Side(equations, rows, decimals)
        for equations, rows in (
            (recipe.normal_equations(model, train, train), train),
            (recipe.item_equations(model, train), train.transposed),
        )
        if equations is not None
    ]
    empty = recipe.empty_objective(train)
    now = Factors(_rounded(model.user_factors, decimals), _rounded(model.item_factors, decimals))
    while True:
        for side, solves_users in zip(sides, (True, False), strict=True):
            fixed = now.items if solves_users else now.users
            systems, rights = side.equations_with(fixed)
            found = np.linalg.pinv(systems, rcond=_LEAST_DIRECTION, hermitian=True) @ rights[..., None]
            solutions = _rounded(found[..., 0], decimals)
            after = Factors(solutions, now.items) if solves_users else Factors(now.users, solutions)
            objectives = (_objective(sides, now, empty), _objective(sides, after, empty))
            yield HalfStep(
                now,
                after,
                solves_users,
                side.rows,
                side.targets,
                side.weights,
                side.everywhere,
                side.ridge,
                systems,
                rights,
                decimals,
                objectives,
            )
            now = after


def distance_from_training(recipe: Algorithm, train: Interactions, step: HalfStep, number: int, seed: int) -> float:
    """Return by how much the factors of `step`, the `number`th half step from 1, differ from those of training at most.

    Training does not round. Only the side that has just moved is compared. The recipe must have enough epochs.
    """
    model = last_model(recipe.epochs(train, seed=seed), until=(number + 1) // 2)
    assert isinstance(model, FactorModel)
    theirs = model.user_factors if step.solves_users else model.item_factors
    return float(np.abs(step.solutions - theirs).max())


class _Side:
    """The equations of one side, rounded as they are printed; they do not depend on its factors."""

    def __init__(self, equations: NormalEquations, rows: Interactions, decimals: int):
        self.rows, self.decimals, self.everywhere = rows, decimals, equations.everywhere
        self.targets = _rounded(equations.targets, decimals)
        self.weights = _rounded(equations.weights, decimals)
        self.ridge = _rounded(equations.ridge, decimals)

    def equations_with(self, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the matrices (m, k, k) and right sides (m, k) of all rows, with the other side's factors fixed."""
        own, (m, k) = fixed[self.rows.items], (self.rows.n_users, fixed.shape[1])
        systems, rights = np.empty((m, k, k)), np.empty((m, k))
        for f, g in product(range(k), repeat=2):
            systems[:, f, g] = np.bincount(self.rows.users, self.weights * own[:, f] * own[:, g], minlength=m)
        systems += self.everywhere * (fixed.T @ fixed) + self.ridge[:, None, None] * np.eye(k)
        for f in range(k):
            rights[:, f] = np.bincount(self.rows.users, self.targets * own[:, f], minlength=m)
        return _rounded(systems, self.decimals + _MORE), _rounded(rights, self.decimals + _MORE)


def _objective(sides: list[_Side], factors: Factors, empty: float) -> float:
    """Return Σ a (p·q)² over all cells + Σ w (p·q)² − 2 t (p·q) over the entries + penalties + `empty`."""
    (users, items), p, q = sides, factors.users, factors.items
    scores = np.einsum("ek,ek->e", p[users.rows.users], q[users.rows.items])
    everywhere = users.everywhere * float(np.sum((p.T @ p) * (q.T @ q)))
    observed = float(np.sum(users.weights * scores**2 - 2 * users.targets * scores))
    penalty = float(users.ridge @ np.sum(p**2, axis=1) + items.ridge @ np.sum(q**2, axis=1))
    return empty + everywhere + observed + penalty


def _enough_decimals(factors: np.ndarray) -> int:
    """Return how many decimals tell three digits of typical factors, at least 4 and at most 7."""
    typical = float(np.sqrt(np.mean(factors.astype(np.float64) ** 2)))
    return int(np.clip(2 - np.floor(np.log10(max(typical, 1e-12))), 4, 7))


def _rounded(values: np.ndarray, decimals: int) -> np.ndarray:
    rounded: np.ndarray = np.round(values.astype(np.float64), decimals) + 0.0  # no −0
    return rounded
