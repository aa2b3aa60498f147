"""The objective of explicit factorisation as one function of one long vector, for any optimiser."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from recsys_core.algorithms.centering import Averages
from recsys_core.algorithms.kernels.lanczos import leading_singular_triplets
from recsys_core.algorithms.kernels.least_squares import solve_rows
from recsys_core.algorithms.kernels.row_groups import RowGroups
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.optimize.surface import Surface


@dataclass(frozen=True)
class WorkedSlope:
    """∂F/∂p_u1 = −2 pull + 2λs factor of one user u with `n_ratings`, in the digits that are printed."""

    user: int
    n_ratings: int
    pull: float
    ridge: float
    factor: float
    slope: float


@dataclass(frozen=True, eq=False)
class FactorObjective:
    """F(x) = Σ_Ω (r_ui − p_u·q_i)² + λ s (Σ‖p_u‖² + Σ‖q_i‖²), x all p_u and then all q_i, ((m + n) k,).

    r is what the averages of `train` leave over; where all its ratings are alike, r is the rating itself. It is the
    objective of ALS with the plain penalty (Koren, Bell and Volinsky, IEEE Computer 2009), s the `rating_scale` there
    too.
    """

    train: Interactions
    n_factors: int
    regularization: float

    @property
    def ridge(self) -> float:
        """The weight λ s of the penalty."""
        return self.regularization * self.train.rating_scale

    @property
    def unit(self) -> float:
        """√s, the unit of every factor: with ratings c times as large all x are √c times as large."""
        return float(np.sqrt(self.train.rating_scale))

    def draw_start(self, rng: np.random.Generator) -> np.ndarray:
        """Draw a random x close to 0."""
        return rng.normal(0, 0.1 * self.unit, (self.train.n_users + self.train.n_items) * self.n_factors)

    def split_factors(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the factors of the users (m, k) and of the items (n, k) in x, as views."""
        rows = x.reshape(-1, self.n_factors)
        return rows[: self.train.n_users], rows[self.train.n_users :]

    def value(self, x: np.ndarray) -> float:
        """Return F(x)."""
        errors = self._errors(x)
        return float(errors @ errors + self.ridge * (x @ x))

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """Return ∇F(x): ∂F/∂p_u = −2 Σ_i e_ui q_i + 2λs p_u, and the mirror image; e_ui = r_ui − p_u·q_i."""
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return F(x) and ∇F(x), which share their errors."""
        (p, q), errors = self.split_factors(x), self._errors(x)
        e = sparse.csr_array((errors, self.train.items, self.train.indptr), (len(p), len(q)))
        slopes = 2 * self.ridge * x - 2 * np.concatenate([(e @ q).ravel(), (e.T @ p).ravel()])
        return float(errors @ errors + self.ridge * (x @ x)), slopes

    def worked_slope(self, x: np.ndarray) -> WorkedSlope:
        """Work out the slope in the first factor of the user with most ratings, at x; pull is Σ_i e_ui q_i1."""
        (p, q), user = self.split_factors(x), int(self.train.items_per_user.argmax())
        own = self.train.of(user)
        pull = round(float(self._errors(x)[own] @ q[self.train.items[own], 0]), 6)
        factor = round(float(p[user, 0]), 6)
        ridge = float(f"{self.ridge:.6g}")
        slope = round(-2 * pull + 2 * ridge * factor, 4)
        return WorkedSlope(user, own.stop - own.start, pull, ridge, factor, slope)

    def batches(self, rng: np.random.Generator, size: int) -> Iterator[np.ndarray]:
        """Yield the indices of all ratings in random order, `size` at a time."""
        order = rng.permutation(self.train.n_interactions)
        yield from np.array_split(order, -(-len(order) // size))

    def batch_gradient(self, x: np.ndarray, batch: np.ndarray) -> np.ndarray:
        """Return ∇F from the ratings at `batch` alone, scaled up to all: right on average."""
        (p, q), share = self.split_factors(x), len(batch) / self.train.n_interactions
        users, items = self.train.users[batch], self.train.items[batch]
        errors = self._targets[batch] - np.einsum("ik,ik->i", p[users], q[items])
        e = sparse.csr_array((errors / share, (users, items)), (len(p), len(q)))
        result: np.ndarray = 2 * self.ridge * x - 2 * np.concatenate([(e @ q).ravel(), (e.T @ p).ravel()])
        return result

    def solve_users(self, x: np.ndarray) -> np.ndarray:
        """Return x with every p_u at its ridge regression on the items: half a step of ALS, in float32 as there."""
        people, _ = self._row_groups
        return self._solved(people, self._targets32, self.split_factors(x)[1], x, 0)

    def solve_items(self, x: np.ndarray) -> np.ndarray:
        """Return x with every q_i at its ridge regression on the users."""
        _, items = self._row_groups
        return self._solved(items, items.data.values, self.split_factors(x)[0], x, 1)

    def balance(self, x: np.ndarray) -> np.ndarray:
        """Return x with both sides scaled to the same length, which changes no product and has the least penalty."""
        lengths = [float(np.linalg.norm(side)) for side in self.split_factors(x)]
        balanced = x.copy()
        if all(lengths):
            for side, own, other in zip(self.split_factors(balanced), lengths, lengths[::-1], strict=True):
                side *= np.sqrt(other / own)
        return balanced

    def model(self, x: np.ndarray) -> FactorModel:
        """Return the model that x stands for, averages included."""
        p, q = self.split_factors(x)
        averages = self._averages
        result: FactorModel = FactorModel.of(
            p,
            q,
            user_bias=averages.user_bias,
            item_bias=averages.item_bias,
            offset=averages.offset,
            predicts_ratings=True,
        )
        return result

    def draw_direction(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw a direction in which the factors of the users are as long as those of x, and those of the items too.

        Li, Xu, Taylor, Studer and Goldstein, Visualizing the loss landscape of neural nets, NeurIPS 2018, scale alike.
        """
        direction = rng.normal(size=x.shape)
        for own, part in zip(self.split_factors(x), self.split_factors(direction), strict=True):
            part *= np.linalg.norm(own) / np.linalg.norm(part)
        return direction

    def surface_along(self, x: np.ndarray, direction: np.ndarray) -> Surface:
        """Return F / |Ω| where the users move by a times `direction` and the items by b times `direction`.

        The error of a rating there is e − a d·q − b p·g − ab d·g, with d and g the directions of person and item.
        """
        (p, q), (d, g) = self.split_factors(x), self.split_factors(direction)

        def pairs(left: np.ndarray, right: np.ndarray) -> np.ndarray:
            return np.asarray(np.einsum("ik,ik->i", left[self.train.users], right[self.train.items]))

        terms = np.stack([self._errors(x), -pairs(d, q), -pairs(p, g), -pairs(d, g)])
        degrees = ((0, 0), (1, 0), (0, 1), (1, 1))
        c = np.zeros((3, 3))
        for (i, j), row in zip(degrees, terms @ terms.T, strict=True):
            for (also_i, also_j), product in zip(degrees, row, strict=True):
                c[i + also_i, j + also_j] += product
        ridge = self.ridge
        c[0, 0] += ridge * (x @ x)
        c[1:, 0] += ridge * np.array([2 * np.vdot(p, d), np.vdot(d, d)])
        c[0, 1:] += ridge * np.array([2 * np.vdot(q, g), np.vdot(g, g)])
        return Surface(c / self.train.n_interactions)

    @cached_property
    def longest_safe_step(self) -> float:
        """2 / 4 max(σ₁ − λs, λs): what f(u, v) of the smallest factorisation allows where r is the singular value σ₁.

        Raises InputError where F is flat at 0, with λ = 0 and σ₁ = 0.
        """
        steepest = max(self.largest_singular_value - self.ridge, self.ridge)
        if steepest == 0:
            raise InputError(
                "Where λ is 0, something must be left of the ratings to learn from. The averages leave nothing: raise "
                "λ, or choose other data."
            )
        return 1 / (2 * steepest)

    @cached_property
    def largest_singular_value(self) -> float:
        """σ₁ of the matrix of all r, with 0 where there is no rating."""
        shape = (self.train.n_users, self.train.n_items)
        r = sparse.csr_array((self._targets, self.train.items, self.train.indptr), shape)
        return float(leading_singular_triplets(r, 1)[1][0])

    def _errors(self, x: np.ndarray) -> np.ndarray:
        p, q = self.split_factors(x)
        result: np.ndarray = self._targets - np.einsum("ik,ik->i", p[self.train.users], q[self.train.items])
        return result

    def _solved(self, rows: RowGroups, targets: np.ndarray, fixed: np.ndarray, x: np.ndarray, side: int) -> np.ndarray:
        ridge = np.full(rows.data.n_users, self.ridge, np.float32)
        solved = x.copy()
        self.split_factors(solved)[side][:] = solve_rows(rows, fixed.astype(np.float32), targets=targets, ridge=ridge)
        return solved

    @cached_property
    def _averages(self) -> Averages:
        values = self.train.values
        return Averages.of(self.train, "biases" if np.ptp(values) else "none")

    @cached_property
    def _targets32(self) -> np.ndarray:
        return self._averages.residuals(self.train)

    @cached_property
    def _targets(self) -> np.ndarray:
        return self._targets32.astype(np.float64)

    @cached_property
    def _row_groups(self) -> tuple[RowGroups, RowGroups]:
        residuals = Interactions(self.train.indptr, self.train.items, self._targets32, self.train.n_items)
        return RowGroups.of(self.train, self.n_factors), RowGroups.of(residuals.transposed, self.n_factors)
