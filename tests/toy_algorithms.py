"""Algorithms that nobody has told the program about: what an author must write, and no more."""

import runpy
from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

import numpy as np

from recsys_core.algorithms import ALGORITHMS, shared_fields
from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.data.interactions import Interactions


@dataclass(frozen=True)
class Subspace(Algorithm):
    """Subspace iteration: with V orthonormal, V ← the basis of XᵀXV, and a user is described by XV."""

    label = "Toy subspace"
    objective_label = "Squared error over all cells"
    equation = r"\min_V \lVert X-XVV^{\top}\rVert^2"
    meaning = "A few directions that keep as much as possible of who chose what."
    n_factors: int = shared_fields.factors(8)
    n_epochs: int = shared_fields.alternations(5)

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        x = train.binary.astype(np.float64)
        v = np.linalg.qr(rng.normal(size=(train.n_items, self.n_factors)))[0]
        for number in range(1, self.n_epochs + 1):
            v = np.linalg.qr(x.T @ (x @ v))[0]
            yield Epoch(number, FactorModel.of(x @ v, v), float(x.sum() - np.sum((x @ v) ** 2)))


@dataclass(frozen=True)
class Together(Algorithm):
    """Weights between items: the cosine of their columns in X."""

    label = "Toy co-occurrence"
    objective_label = "Nothing is minimised"
    equation = r"w_{ji}=|U_i\cap U_j|\,/\sqrt{|U_i||U_j|}"
    meaning = "Recommended is what the people with the same choices chose, too."
    is_item_based = True
    is_stochastic = False

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        counts = (train.binary.T @ train.binary).toarray().astype(np.float32)
        np.fill_diagonal(counts, 0)
        lengths = np.sqrt(np.maximum(train.users_per_item, 1)).astype(np.float32)
        yield Epoch(1, ItemModel(train, counts / lengths / lengths[:, None]), 0.0)


TOYS = {"toy_subspace": Subspace, "toy_together": Together}

if __name__ == "__main__":  # a worker process whose ALGORITHMS has a line for each of them
    ALGORITHMS.update(TOYS)
    runpy.run_module("recsys_core.runner", run_name="__main__")
