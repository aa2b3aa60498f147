"""Nearest neighbours between items."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.kernels.cooccurrence import count_cooccurrences
from recsys_core.algorithms.models import ItemModel
from recsys_core.data.interactions import Interactions
from recsys_core.parameters import choice, number

SIMILARITIES = ("cosine", "jaccard")
_MOST = 10  # times the neighbours asked for: so many alike tell nothing, and would fill the memory

# As measured: a weight and its index, as blocks, joined, turned and packed.
_BYTES_PER_NEIGHBOUR = 4 * 8


@dataclass(frozen=True)
class ItemKNN(Algorithm):
    """score(u, i) = Σ of sim(i, j) over the items j that u chose and that are among the nearest to i.

    With U_i the people who chose i, sim is |U_i ∩ U_j| / (√(|U_i||U_j|) + shrinkage) when "cosine" and
    |U_i ∩ U_j| / (|U_i ∪ U_j| + shrinkage) when "jaccard"; an item is not its own neighbour. Source: Deshpande
    and Karypis, Item-based top-N recommendation algorithms, TOIS 2004, with the shrinkage of Bell and Koren,
    ICDM 2007, put as in Ferrari Dacrema et al., TOIS 2021. As in the latter, scores are not divided by the sum
    of similarities, which serves to predict ratings and harms lists.

    The k nearest are all that are at least as similar as the k-th, so that the order of the items decides nothing:
    those that are tied with it count too, or, where that makes more than 10k, none of them.
    """

    label = "Item neighbours"
    objective_label = "Nothing is minimised"
    equation = (
        r"\begin{gathered}s_{ui}=\sum_{j\in I_u\cap N_k(i)}\operatorname{sim}(i,j)"
        r"\\ \operatorname{sim}_{\cos}=\frac{|U_i\cap U_j|}{\sqrt{|U_i||U_j|}+h},\quad"
        r"\operatorname{sim}_{\mathrm{Jaccard}}=\frac{|U_i\cap U_j|}{|U_i\cup U_j|+h}\end{gathered}"
    )
    meaning = (
        "Two items are alike if the same people chose them; recommended is what is most like the things a person "
        "has chosen, counted together."
    )
    divergence_advice = "raise the shrinkage"
    is_stochastic = False
    is_item_based = True
    caution = "It learns nothing: similarities are counted, once. So the curve is a single point."

    n_neighbours: int = number(
        100,
        "Neighbours",
        "How many of the most similar items count in an item's score; ties with the last one count too.",
        bounds=(1, 1_000_000),
        typical=(5, 500),
        log=True,
        symbol="size",
    )
    shrinkage: float = number(
        5.0,
        "Shrinkage h",
        "How much less a similarity counts that rests on few people.",
        bounds=(0, 1e6),
        typical=(0, 100),
        symbol="h",
    )
    similarity: str = choice(
        "cosine",
        "Similarity",
        "People in common, divided by the geometric mean of the two audiences (cosine) or by all in either (Jaccard).",
        options=SIMILARITIES,
    )

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        blocks = [self._nearest(rows, counts, train.users_per_item) for rows, counts in count_cooccurrences(train)]
        weights = sparse.vstack(blocks).T.tocsr()  # from the neighbour j to the item i that it speaks for
        yield Epoch(1, ItemModel(train, weights), 0.0)

    def training_bytes(self, train: Interactions) -> int:
        return _BYTES_PER_NEIGHBOUR * train.n_items * min(train.n_items, self.n_neighbours)

    def model_bytes(self, train: Interactions) -> int:
        neighbours = train.n_items * min(train.n_items, self.n_neighbours)
        return 8 * neighbours + 8 * self.learns_from(train).n_interactions

    def _nearest(self, rows: slice, counts: np.ndarray, audience: np.ndarray) -> sparse.csr_array:
        """Similarities (b, n) of the items `rows` to their nearest; `counts` (b, n) have chosen both."""
        b, n = counts.shape
        ours, all_ = audience[rows, None].astype(np.float32), audience.astype(np.float32)
        apart = np.sqrt(ours * all_) if self.similarity == "cosine" else ours + all_ - counts
        apart += self.shrinkage
        similarities = np.divide(counts, apart, out=np.zeros_like(counts), where=counts > 0)
        similarities[np.arange(b), np.arange(n)[rows]] = 0
        if self.n_neighbours < n:
            edge = np.partition(similarities, n - self.n_neighbours, axis=1)[:, n - self.n_neighbours, None]
            is_far = similarities < edge
            is_crowded = np.count_nonzero(is_far, axis=1) < n - _MOST * self.n_neighbours
            is_far[is_crowded] |= (similarities == edge)[is_crowded]
            similarities[is_far] = 0
        return sparse.csr_array(similarities)
